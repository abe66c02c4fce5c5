"""Google's sign-in of a service account: an assertion signed with its key, for a token."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connector.assertion import sign_claims
from connector.crms.members import get_member
from connector.errors import ConnectorError, CredentialsRejected, InvalidSettings
from connector.http import HttpConnector, Reply
from connector.types import AuthType, SignedIn

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY_FIELD = "serviceAccountKey"


class GoogleSignIn(HttpConnector):
    """Signs in as the service account of the settings, whose key is a file in JSON.

    Of the file only the account's address and the private key are used: its own address
    of the token server could lead anywhere. Source:
    developers.google.com/identity/protocols/oauth2/service-account.
    """

    scope: str

    def get_auth_type(self) -> AuthType:
        return AuthType.API_KEY

    def get_basic_auth(self, api_key: str) -> str:
        return api_key

    def auth_headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.signed_in['token']}"}

    def sign_in(self, last: SignedIn) -> SignedIn:
        key_file = self.credentials.server_logging_settings.get(KEY_FIELD, "")
        assertion = sign_claims(
            {"iss": account_of(key_file), "scope": self.scope, "aud": TOKEN_URL},
            key=key_file,
            algorithms=["RS256"],
            const=KEY_FIELD,
        )
        reply = self.request(
            "POST",
            TOKEN_URL,
            headers={},
            data={"grant_type": JWT_BEARER, "assertion": assertion},
            judge=judge_sign_in,
        )
        return {"token": get_member(reply, "access_token", kind=str)}


def account_of(key_file: str) -> str:
    """Return the service account's address. Raises `InvalidSettings`, without the key."""
    try:
        account = json.loads(key_file)["client_email"]
    except (ValueError, KeyError, TypeError):
        account = ""
    if not isinstance(account, str) or not account:
        raise InvalidSettings(
            "This is not the key file of a service account: paste all of the JSON file.",
            const=KEY_FIELD,
        )
    return account


def judge_sign_in(reply: Reply, error: ConnectorError | None) -> ConnectorError | None:
    if reply.status not in (400, 401):
        return error
    about = reply.json if isinstance(reply.json, dict) else {}
    reason = str(about.get("error_description") or about.get("error") or "")
    return CredentialsRejected(
        "Google did not accept the key of the service account: the key or the account "
        "was deleted or disabled, or this server's clock is wrong.",
        reason=reason,
    )
