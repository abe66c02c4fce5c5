"""App Connect's userJwt: who a request of the client is from."""

import time
import uuid

from django.db.models import Exists, OuterRef
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from appconnect.organizations.models import CrmSession, Member
from appconnect.organizations.models.sealed import derive_key

ALGORITHM = "HS256"
LIFETIME_SECONDS = 14 * 24 * 3600
REFRESH_BELOW_SECONDS = 7 * 24 * 3600
REFRESHED_HEADER = "x-refreshed-jwt-token"


def issue_user_jwt(session: CrmSession) -> str:
    """Return a userJwt for a CRM session, valid for two weeks."""
    now = int(time.time())
    claims = {
        "id": session.user_id,
        "platform": session.platform,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
    }
    return jwt.encode({"alg": ALGORITHM}, claims, _key())


def read_user_jwt(token: str) -> dict | None:
    """Return the claims of a userJwt that is ours and not expired, else None."""
    try:
        claims = jwt.decode(token, _key(), algorithms=[ALGORITHM]).claims
        jwt.JWTClaimsRegistry(exp={"essential": True}).validate(claims)
    except (JoseError, ValueError):
        return None
    return claims


def _key() -> OctKey:
    return OctKey.import_key(derive_key("userJwt"))


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
    """Tell whether an old client's token does not verify: some routes have a word for it.

    Beside a token in the header, the one in the query counts for nothing.
    """
    has_one = bool(request.query_params.get("jwtToken"))
    return request.auth is None and has_one and not bearer_token(request)


def refreshed_user_jwt(session: CrmSession, claims: dict) -> str:
    """Return a new token when the old one is in the second half of its life, else ""."""
    if claims["exp"] - time.time() > REFRESH_BELOW_SECONDS:
        return ""
    return issue_user_jwt(session)


def find_session(claims: dict) -> CrmSession | None:
    """Return the CRM session of a userJwt.

    None too when the organization has left that CRM, or has removed the person.
    """
    platform = str(claims.get("platform", ""))
    try:
        pk = uuid.UUID(str(claims.get("id", "")).removesuffix(f"-{platform}"))
    except ValueError:
        return None
    removed = Member.objects.removed().filter(
        organization=OuterRef("organization"), extension_id=OuterRef("extension_id")
    )
    sessions = CrmSession.objects.select_related("organization")
    return sessions.filter(
        ~Exists(removed), pk=pk, platform=platform, organization__platform=platform
    ).first()
