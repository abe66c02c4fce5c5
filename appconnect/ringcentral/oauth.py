"""Signing in to RingCentral: by a person in the browser, by a refresh token, by a JWT."""

import contextlib
from dataclasses import dataclass, field
from urllib.parse import urlencode

from appconnect.ringcentral.client import open_session_to, send
from appconnect.ringcentral.errors import (
    Refused,
    RingCentralError,
    SignInRefused,
    TokenRejected,
)
from connector.http.oauth import pkce_challenge

AUTHORIZE_PATH = "/restapi/oauth/authorize"
TOKEN_PATH = "/restapi/oauth/token"  # noqa: S105  a path
REVOKE_PATH = "/restapi/oauth/revoke"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The app that the operator registered in RingCentral's Developer Console."""

    server: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The result of a sign-in. Lifetimes are in seconds; a missing refresh token is empty."""

    access_token: str = field(repr=False)
    access_token_lifetime: int
    refresh_token: str = field(repr=False)
    scopes: str = ""
    """The granted scopes, separated by spaces."""


def authorize_url(
    app: App,
    *,
    redirect_uri: str,
    state: str,
    code_verifier: str,
    asks_anew: bool = False,
) -> str:
    """Return where a person signs in; RingCentral sends them back to `redirect_uri`.

    `asks_anew`: also a person who is signed in at RingCentral has to answer there. Its
    `prompt` names the forms that may be shown: consent comes on top of the usual two.
    """
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        **pkce_challenge(code_verifier),
    }
    if asks_anew:
        query["prompt"] = "login sso consent"
    return f"{app.server}{AUTHORIZE_PATH}?{urlencode(query)}"


def redeem_code(
    app: App, *, code: str, redirect_uri: str, code_verifier: str = ""
) -> Tokens:
    """Exchange an authorization code, which works once and for a minute.

    An empty `code_verifier`: the code was requested without one. Raises `SignInRefused` or
    `Unavailable`.
    """
    grant = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
    }
    if code_verifier:
        grant["code_verifier"] = code_verifier
    return _request_tokens(app, grant)


def refresh(app: App, refresh_token: str) -> Tokens:
    """Exchange a refresh token for new tokens.

    It works once. After a lost reply the same one may be used again: RingCentral gives
    the same reply for an hour while the new access token is unused, and for some ten
    seconds after. Raises `SignInRefused` or `Unavailable`.
    """
    return _request_tokens(
        app, {"grant_type": "refresh_token", "refresh_token": refresh_token}
    )


def sign_in_with_jwt(app: App, jwt: str) -> Tokens:
    """Exchange a JWT credential, made in RingCentral's Developer Console, for tokens.

    Raises `SignInRefused` or `Unavailable`.
    """
    return _request_tokens(app, {"grant_type": JWT_GRANT, "assertion": jwt})


def revoke(app: App, token: str) -> None:
    """End the sign-in that a token belongs to. A failure is ignored."""
    with contextlib.suppress(RingCentralError):
        _post(app, REVOKE_PATH, {"token": token})


def _request_tokens(app: App, grant: dict[str, str]) -> Tokens:
    try:
        reply = _post(app, TOKEN_PATH, grant)
    except (Refused, TokenRejected) as error:
        raise SignInRefused(f"RingCentral refused to sign in: {error}") from error
    return Tokens(
        access_token=reply["access_token"],
        access_token_lifetime=int(reply["expires_in"]),
        refresh_token=reply.get("refresh_token", ""),
        scopes=str(reply.get("scope", "")),
    )


def _post(app: App, path: str, form: dict[str, str]):
    with open_session_to(app.server) as session:
        return send(
            session,
            "POST",
            app.server + path,
            data=form,
            auth=(app.client_id, app.client_secret),
        )
