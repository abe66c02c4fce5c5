"""Bullhorn's sign-in: password, code, token, and then a REST session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from connector.crms.members import JsonObject, get_member, get_text, get_url
from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    PermanentError,
    RateLimited,
)
from connector.http import HttpConnector, origin_of
from connector.types import AuthType, OAuthInfo, SignedIn

SESSION_MINUTES = 60
"""The lifetime to ask for a REST session; an account may have 50 at once."""
SIGN_IN_REFUSED = (
    "Bullhorn did not accept the API user name and password. If both are right, sign in "
    "to Bullhorn once by hand as that user and accept the terms of use."
)


class BullhornSignIn(HttpConnector):
    """Sign-in of the API user of the settings.

    A sign-in finds the user's data center, exchanges the password for a code, the code
    for a token that is valid for 10 minutes, and the token for a REST session. Instead of
    the password it uses the refresh token of the last sign-in, which works once. The
    session is stored for all workers and renewed when Bullhorn answers 401, or 307
    because the account has moved.

    Password, client secret and refresh token travel in forms, never in an address; the
    documentation has the latter two in the token endpoint's query, but clients in use
    send a form (league/oauth2-client). Only the login takes its access token in the
    query. Not confirmed against a real account: that the password may be sent as a form,
    and that a REST address of another data center answers 307. `credentials.client_id`
    and `client_secret` are the partner app's. Source: bullhorn.github.io/Getting-Started-with-REST.
    """

    @property
    def base_url(self) -> str:
        return self.signed_in["rest_url"]

    @property
    def host_url(self) -> str:
        return origin_of(
            "rest.bullhornstaffing.com", hostname=self.credentials.hostname
        )

    def auth_headers(self) -> Mapping[str, str]:
        return {"BhRestToken": self.signed_in["rest_token"]}

    def get_auth_type(self) -> AuthType:
        return AuthType.OAUTH

    def get_oauth_info(self) -> OAuthInfo:
        """Return the addresses that all data centers share."""
        return OAuthInfo(
            client_id=self.credentials.client_id,
            client_secret=self.credentials.client_secret,
            authorization_uri="https://auth.bullhornstaffing.com/oauth/authorize",
            access_token_uri="https://auth.bullhornstaffing.com/oauth/token",  # noqa: S106  an address
        )

    def sign_in(self, last: SignedIn) -> SignedIn:
        if not (self._setting("apiUsername") and self._setting("apiPassword")):
            raise CredentialsRejected("Bullhorn's API user is not filled in.")
        if not (self.credentials.client_id and self.credentials.client_secret):
            raise CredentialsRejected(
                "This program's client id and secret for Bullhorn are not set."
            )
        center = self._ask(
            "GET",
            f"{self.host_url}/rest-services/loginInfo",
            refused="Bullhorn does not know this API user name.",
            params={"username": self._setting("apiUsername")},
        )
        oauth_url = get_url(center, "oauthUrl")
        tokens = self._refresh(oauth_url, last.get("refresh_token"))
        tokens = tokens or self._exchange_password(oauth_url)
        session = self._ask(
            "POST",
            f"{get_url(center, 'restUrl')}/login",
            refused="Bullhorn gives this API user no REST session.",
            params={
                "version": "*",
                "access_token": get_member(tokens, "access_token", kind=str),
                "ttl": SESSION_MINUTES,
            },
        )
        return {
            "rest_token": get_member(session, "BhRestToken", kind=str),
            "rest_url": get_url(session, "restUrl"),
            "refresh_token": get_text(tokens, "refresh_token"),
        }

    def _refresh(self, oauth_url: str, refresh_token: str | None) -> JsonObject:
        """Return new tokens; empty where the refresh token is missing or used up."""
        if not refresh_token:
            return {}
        try:
            return self._ask_for_tokens(
                oauth_url, grant_type="refresh_token", refresh_token=refresh_token
            )
        except CredentialsRejected:
            return {}

    def _exchange_password(self, oauth_url: str) -> JsonObject:
        reply = self.send(
            "POST",
            f"{oauth_url}/authorize",
            headers={},
            expects=302,
            data={
                "client_id": self.credentials.client_id,
                "response_type": "code",
                "action": "Login",
                "username": self._setting("apiUsername"),
                "password": self._setting("apiPassword"),
            },
        )
        query = parse_qs(urlsplit(reply.headers.get("Location", "")).query)
        if "code" not in query:
            raise CredentialsRejected(SIGN_IN_REFUSED)
        return self._ask_for_tokens(
            oauth_url, grant_type="authorization_code", code=query["code"][0]
        )

    def _ask_for_tokens(self, oauth_url: str, **form: str) -> JsonObject:
        form["client_id"] = self.credentials.client_id
        form["client_secret"] = self.credentials.client_secret
        return self._ask(
            "POST",
            f"{oauth_url}/token",
            refused="Bullhorn does not accept this program's client id and secret.",
            data=form,
        )

    def _ask(
        self, method: str, url: str, *, refused: str, **options: Any
    ) -> JsonObject:
        """Send a request of the sign-in. Raises `CredentialsRejected` where it is refused."""
        try:
            reply = self.request(method, url, headers={}, **options)
        except PermanentError as error:
            raise CredentialsRejected(refused) from error
        return get_member(reply, kind=dict)

    def _setting(self, const: str) -> str:
        return self.credentials.server_logging_settings.get(const, "")

    def error_from(
        self, response: requests.Response, *, creates: bool
    ) -> ConnectorError | None:
        path = urlsplit(response.url).path
        if response.status_code == 200 and path.endswith("/oauth/authorize"):
            return CredentialsRejected(
                SIGN_IN_REFUSED
            )  # it shows the sign-in page again
        if response.status_code == 307:
            return CredentialsRejected("Bullhorn has moved this account elsewhere.")
        error = super().error_from(response, creates=creates)
        if isinstance(error, RateLimited) and error.retry_after is None:
            error.retry_after = 1  # as its documentation asks
        return error
