"""Sign-ins at the sandbox's RingCentral: authorization codes and token rotation."""

import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from appconnect.sandbox.ringcentral.clock import Clock

CODE_LIFETIME = timedelta(seconds=60)
ACCESS_LIFETIME = timedelta(hours=1)
REFRESH_LIFETIME = timedelta(days=7)
UNUSED_TOKEN_GRACE = timedelta(minutes=60)
"""How long a used refresh token still works while the new access token is unused."""
USED_TOKEN_GRACE = timedelta(seconds=10)
"""The same once that access token is in use."""
MAX_SESSIONS = 5
SCOPE = "ReadAccounts ReadCallLog CallControl SubscriptionWebhook ReadCallRecording"


class SignInRefused(Exception):
    """The grant is refused; `code` is RingCentral's."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


class TokenRefused(Exception):
    """The access token is refused; `code` is RingCentral's."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass
class SignInSession:
    """One sign-in of one extension: an access token and its refresh token."""

    owner: str
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime
    refreshed_at: datetime
    used_at: datetime | None = None
    previous_refresh_token: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    def as_reply(self, now: datetime) -> dict[str, Any]:
        return {
            "access_token": self.access_token,
            "token_type": "bearer",
            "expires_in": int((self.access_expires_at - now).total_seconds()),
            "refresh_token": self.refresh_token,
            "refresh_token_expires_in": int(
                (self.refresh_expires_at - now).total_seconds()
            ),
            "scope": SCOPE,
            "owner_id": self.owner,
            "endpoint_id": secrets.token_hex(8),
            "session_id": self.id,
        }


@dataclass(frozen=True)
class Code:
    """An authorization code's grant."""

    owner: str
    redirect_uri: str
    challenge: str
    expires_at: datetime


class SignIns:
    """All sign-in sessions of the account."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: list[SignInSession] = []
        self._codes: dict[str, Code] = {}
        self._open_requests = 0
        self.max_open_requests = 0
        """The highest number of token requests open at the same time."""

    @contextmanager
    def open_request(self) -> Iterator[None]:
        """Count a token request while it is open."""
        with self._lock:
            self._open_requests += 1
            self.max_open_requests = max(self.max_open_requests, self._open_requests)
        try:
            yield
        finally:
            with self._lock:
                self._open_requests -= 1

    def make_code(self, owner: str, *, redirect_uri: str, challenge: str) -> str:
        """Return a code that can be redeemed once, within a minute."""
        code = secrets.token_urlsafe(16)
        expires_at = self._clock.now() + CODE_LIFETIME
        self._codes[code] = Code(owner, redirect_uri, challenge, expires_at)
        return code

    def owner_of_grant(self, grant: str) -> str | None:
        """Return the owner of a code or a refresh token, without using it."""
        if code := self._codes.get(grant):
            return code.owner
        for session in self._sessions:
            tokens = (session.refresh_token, session.previous_refresh_token)
            if grant and grant in tokens:
                return session.owner
        return None

    def redeem(self, code: str, *, redirect_uri: str, verifier: str) -> SignInSession:
        """Exchange a code. Raises `SignInRefused`."""
        found = self._codes.pop(code, None)
        if found is None:
            raise SignInRefused("OAU-106", "The code is not valid")
        if found.expires_at <= self._clock.now():
            raise SignInRefused("OAU-108", "The code is expired")
        if found.redirect_uri != redirect_uri:
            raise SignInRefused("OAU-109", "The redirect URI does not match")
        if found.challenge and challenge_of(verifier) != found.challenge:
            raise SignInRefused("OAU-106", "The code verifier does not match")
        return self.begin(found.owner)

    def begin(self, owner: str) -> SignInSession:
        """Sign an extension in; of more than five sessions the oldest ends."""
        now = self._clock.now()
        session = SignInSession(
            owner=owner,
            access_token=secrets.token_urlsafe(24),
            access_expires_at=now + ACCESS_LIFETIME,
            refresh_token=secrets.token_urlsafe(24),
            refresh_expires_at=now + REFRESH_LIFETIME,
            refreshed_at=now,
        )
        with self._lock:
            self._sessions.append(session)
            for oldest in self._of(owner)[:-MAX_SESSIONS]:
                self._sessions.remove(oldest)
        return session

    def refresh(self, token: str) -> SignInSession:
        """Rotate a refresh token; a retry within the grace period gets the same reply.

        Raises `SignInRefused`.
        """
        now = self._clock.now()
        with self._lock:
            for session in self._sessions:
                if token == session.refresh_token and session.refresh_expires_at > now:
                    self._rotate(session, now)
                    return session
                if token and token == session.previous_refresh_token:
                    is_used = session.used_at is not None
                    since = session.used_at or session.refreshed_at
                    if now <= since + (
                        USED_TOKEN_GRACE if is_used else UNUSED_TOKEN_GRACE
                    ):
                        return session
        raise SignInRefused("OAU-213", "Token not found")

    def _rotate(self, session: SignInSession, now: datetime) -> None:
        session.previous_refresh_token = session.refresh_token
        session.refresh_token = secrets.token_urlsafe(24)
        session.refresh_expires_at = now + REFRESH_LIFETIME
        session.access_token = secrets.token_urlsafe(24)
        session.access_expires_at = now + ACCESS_LIFETIME
        session.refreshed_at, session.used_at = now, None

    def owner_of(self, token: str) -> str:
        """Return the owner of an access token, and mark it used. Raises `TokenRefused`."""
        now = self._clock.now()
        for session in list(self._sessions):
            if token == session.access_token:
                if session.access_expires_at <= now:
                    raise TokenRefused("OAU-128", "Access token is expired")
                session.used_at = session.used_at or now
                return session.owner
        raise TokenRefused("OAU-149", "Token not found")

    def revoke(self, token: str) -> None:
        """End the session that a token belongs to."""
        self._end(
            session
            for session in self._sessions
            if token in (session.access_token, session.refresh_token)
        )

    def end_all(self, owner: str | None = None) -> None:
        """End every session, of all owners or of one."""
        self._end(self._sessions if owner is None else self._of(owner))

    def expire_access_tokens(self) -> None:
        """Expire every access token now; its refresh token still works."""
        for session in self._sessions:
            session.access_expires_at = self._clock.now()

    def _of(self, owner: str) -> list[SignInSession]:
        return [session for session in self._sessions if session.owner == owner]

    def _end(self, sessions: Iterable[SignInSession]) -> None:
        for session in list(sessions):
            self._sessions.remove(session)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier."""
    digest = sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
