"""App Connect's userJwt, which names the CRM session of a client's request."""

import time
import uuid
from functools import cache, lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from appconnect.organizations.client import client_session
from appconnect.organizations.models import CrmSession
from appconnect.organizations.models.sealed import derive_key

ALGORITHM = "HS256"
LIFETIME_SECONDS = 14 * 24 * 3600
REFRESH_BELOW_SECONDS = 7 * 24 * 3600
REFRESHED_HEADER = "x-refreshed-jwt-token"
MAX_TOKENS = 10_000


def issue_user_jwt(session: CrmSession) -> str:
    """Return a userJwt for a CRM session, valid for two weeks."""
    claims = {"id": session.user_id, "platform": session.platform}
    return issue_token("userJwt", claims, lifetime_seconds=LIFETIME_SECONDS)


def read_user_jwt(token: str) -> dict | None:
    """Return the claims of a userJwt that is ours and not expired, else None."""
    return read_token("userJwt", token)


def issue_token(purpose: str, claims: dict[str, Any], *, lifetime_seconds: int) -> str:
    now = int(time.time())
    claims = {**claims, "iat": now, "exp": now + lifetime_seconds}
    return jwt.encode({"alg": ALGORITHM}, claims, import_key(derive_key(purpose)))


def read_token(purpose: str, token: str, **rules: dict[str, Any]) -> dict | None:
    """Return the claims of a token of ours that is not expired and keeps `rules`."""
    try:
        claims = verify(token, derive_key(purpose))
        jwt.JWTClaimsRegistry(exp={"essential": True}, **rules).validate(claims)
    except (JoseError, ValueError):
        return None
    return claims


@lru_cache(MAX_TOKENS)
def verify(token: str, key: bytes) -> dict[str, Any]:
    """Return the claims of a token that `key` has signed, of whatever age.

    Remembered, because a client sends the same token for days. Raises `JoseError`, and
    `ValueError`.
    """
    return jwt.decode(token, import_key(key), algorithms=[ALGORITHM]).claims


@cache
def import_key(key: bytes) -> OctKey:
    return OctKey.import_key(key)


class UserJwt(BaseAuthentication):
    """Reads the token from the Authorization header, or from ``?jwtToken=`` of old clients.

    ``request.auth`` are its claims and ``request.user`` is the `CrmSession`, None when
    that is gone. A token that does not verify leaves the request unauthenticated: the
    client expects the answer of a request without one.
    """

    def authenticate(self, request: Request):
        token = bearer_token(request) or request.query_params.get("jwtToken", "")
        claims = read_user_jwt(token) if token else None
        return None if claims is None else (find_session(claims), claims)


def bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def has_bad_query_token(request: Request) -> bool:
    """Return whether an old client's token, in the query, does not verify.

    A token in the header takes its place.
    """
    has_one = bool(request.query_params.get("jwtToken"))
    return request.auth is None and has_one and not bearer_token(request)


def refreshed_user_jwt(session: CrmSession, claims: dict) -> str:
    """Return a new token when the old one is in the second half of its life, else ""."""
    if claims["exp"] - time.time() > REFRESH_BELOW_SECONDS:
        return ""
    return issue_user_jwt(session)


def find_session(claims: dict) -> CrmSession | None:
    """Return the CRM session of a userJwt; None where it is gone."""
    pk, platform = session_key(claims)
    return client_session.find_session(pk, platform) if pk else None


def session_key(claims: dict) -> tuple[uuid.UUID | None, str]:
    """Return the primary key and the platform of the CRM session that a userJwt names."""
    platform = str(claims.get("platform", ""))
    try:
        pk = uuid.UUID(str(claims.get("id", "")).removesuffix(f"-{platform}"))
    except ValueError:
        return None, platform
    return pk, platform
