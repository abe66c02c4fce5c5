"""Sign-in by OAuth's authorization code: the tokens, and their renewal.

A person is sent to `get_oauth_info().authorization_uri` and comes back with a code.
The framework passes it to `exchange_code` and stores the result; from then on the
connector renews it itself whenever the CRM answers 401. RFC 6749, 4.1 and 6.
"""

from __future__ import annotations

import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any, ClassVar

from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    PermanentError,
    SignInEnded,
    TemporaryError,
)
from connector.http.http import HttpConnector, Reply
from connector.types import AuthType, SignedIn

ENDED = frozenset(["invalid_grant", "invalid_code"])
"""Errors that a new sign-in mends; the second is Zoho's."""
REFUSALS = ENDED | {"invalid_client", "invalid_client_secret", "unauthorized_client"}


class OAuthConnector(HttpConnector):
    """A connector with sign-in by OAuth; a subclass provides `get_oauth_info`.

    `signed_in` then has `access_token`, `refresh_token`, `expires_at` (seconds since
    1970, as text) and the `token_members` of the CRM.
    """

    client_in_body: ClassVar[bool] = False
    """Whether the client's id and secret go into the form, not into a Basic header."""
    token_members: ClassVar[tuple[str, ...]] = ()
    """Further members of the token reply that requests need, such as the account's host."""

    def get_auth_type(self) -> AuthType:
        return AuthType.OAUTH

    def auth_headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.signed_in['access_token']}"}

    def exchange_code(
        self, code: str, *, redirect_uri: str, code_verifier: str = ""
    ) -> SignedIn:
        """Exchange the authorization `code` that a person came back with for tokens.

        The caller stores them with that person's sign-in keeper. `redirect_uri` is the one
        of the authorization request; `code_verifier` its PKCE verifier, if any. Raises
        `CredentialsRejected` for a code that is not valid.
        """
        form = {"code": code, "redirect_uri": redirect_uri}
        if code_verifier:
            form["code_verifier"] = code_verifier
        return self._ask_for_tokens(grant_type="authorization_code", **form)

    def sign_in(self, last: SignedIn) -> SignedIn:
        """Use the refresh token. Raises `SignInEnded` where a person must connect again."""
        if not last.get("refresh_token"):
            raise SignInEnded(f"Nobody is signed in to {self.display_name} yet.")
        tokens = self._ask_for_tokens(
            grant_type="refresh_token", refresh_token=last["refresh_token"]
        )
        return {**last, **tokens}  # a refresh token that is not replaced stays valid

    def _ask_for_tokens(self, **form: str) -> SignedIn:
        client = self.get_oauth_info()
        if not (client.client_id and client.client_secret):
            raise CredentialsRejected(
                f"This program's client id and secret for {self.display_name} are not set."
            )
        headers = {}
        if self.client_in_body:
            form |= {
                "client_id": client.client_id,
                "client_secret": client.client_secret,
            }
        else:
            pair = f"{client.client_id}:{client.client_secret}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        reply = self.request(
            "POST",
            client.access_token_uri,
            headers=headers,
            data=form,
            judge=self._judge_token_reply,
        )
        if not isinstance(reply, dict) or not reply.get("access_token"):
            raise TemporaryError(
                f"{self.display_name} answered without an access token."
            )
        tokens = {
            name: str(reply[name])
            for name in ("access_token", "refresh_token")
            if reply.get(name)
        } | self.read_token_members(reply)
        with suppress(
            KeyError, TypeError, ValueError
        ):  # a token is worth more than this
            tokens["expires_at"] = str(int(time.time() + float(reply["expires_in"])))
        return tokens

    def read_token_members(self, reply: Mapping[str, Any]) -> dict[str, str]:
        """Return what else of the token reply requests need."""
        members = {name: reply.get(name) for name in self.token_members}
        return {name: str(value) for name, value in members.items() if value}

    def _judge_token_reply(
        self, reply: Reply, error: ConnectorError | None
    ) -> ConnectorError | None:
        """Return `SignInEnded` where a person must connect again, not an admin fix something."""
        body = reply.json if isinstance(reply.json, dict) else {}
        kinds = {oauth_error(body.get(name)) for name in ("error", "message")}
        if error is None and not (kinds & REFUSALS):  # with HTTP 200, as Zoho has it
            return None
        if not isinstance(error, PermanentError | None):
            return error
        if kinds & ENDED:
            return SignInEnded(
                f"{self.display_name} does not accept this sign-in any more: connect again."
            )
        return CredentialsRejected(
            f"{self.display_name} does not accept this program (HTTP {reply.status}): check "
            "its client id and secret."
        )


def oauth_error(text: object) -> str:
    """Return an error's code (RFC 6749, 5.2); Pipedrive writes "Invalid grant: …".

    https://pipedrive.readme.io/docs/marketplace-oauth-and-api-proxy-status-codes
    """
    code = text.partition(":")[0] if isinstance(text, str) else ""
    return code.lower().replace(" ", "_")


def make_code_verifier() -> str:
    """Return a new secret, sent only when the code is redeemed: PKCE, RFC 7636.

    Without it a stolen authorization code is of no use.
    """
    return secrets.token_urlsafe(48)


def pkce_challenge(code_verifier: str) -> dict[str, str]:
    """Return the parameters of the authorization request; they do not reveal the verifier."""
    digest = sha256(code_verifier.encode()).digest()
    return {
        "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
