"""The sandbox's RingCentral account: its directory, tokens and rate limits."""

import secrets
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from appconnect.sandbox import seed
from appconnect.sandbox.clock import Clock

LIMITS = {"Light": 50, "Medium": 40, "Heavy": 10, "Auth": 5}
"""Requests a minute, per person and group: RingCentral's defaults."""
WINDOW = timedelta(seconds=60)
TOKEN_LIFETIME = timedelta(hours=1)


class RateLimited(Exception):
    """The group is in its penalty; every request in it starts the penalty anew."""


@dataclass
class Window:
    """One person's requests of one group."""

    at: deque[datetime] = field(default_factory=deque)
    penalty_until: datetime | None = None


class Account:
    """Who is there, and who is signed in."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._lock = threading.Lock()
        self.extensions = {
            seed.extension_id(number): make_extension(number, name, email, kind)
            for number, name, email, kind in seed.EXTENSIONS
        }
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._windows: dict[tuple[str, str], Window] = defaultdict(Window)
        self._jwts = {
            seed.jwt_of(number): seed.extension_id(number)
            for number, _, email, _ in seed.EXTENSIONS
            if email
        }

    def sign_in(self, jwt: str) -> dict[str, Any] | None:
        """Return a token response for a JWT credential, None when nobody has it."""
        owner = self._jwts.get(jwt)
        if owner is None:
            return None
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (owner, self._clock.now() + TOKEN_LIFETIME)
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
            "scope": "ReadAccounts ReadCallLog CallControl SubscriptionWebhook",
            "owner_id": owner,
            "endpoint_id": secrets.token_hex(8),
            "session_id": secrets.token_hex(8),
        }

    def owner_of(self, token: str) -> str | None:
        """Return the extension id of a valid access token."""
        owner, expires_at = self._tokens.get(token, (None, self._clock.now()))
        return owner if expires_at > self._clock.now() else None

    def revoke_tokens(self) -> None:
        """Make every access token invalid at once."""
        self._tokens.clear()

    def count(self, owner: str, group: str) -> int:
        """Count a request against the person's limit and return how many are left."""
        now = self._clock.now()
        with self._lock:
            window = self._windows[owner, group]
            while window.at and window.at[0] <= now - WINDOW:
                window.at.popleft()
            in_penalty = window.penalty_until and window.penalty_until > now
            if in_penalty or len(window.at) >= LIMITS[group]:
                window.penalty_until = now + WINDOW
                raise RateLimited
            window.at.append(now)
            return LIMITS[group] - len(window.at)


def make_extension(number: str, name: str, email: str, kind: str) -> dict[str, Any]:
    """Return an extension in RingCentral's shape."""
    first, _, last = name.partition(" ")
    return {
        "id": int(seed.extension_id(number)),
        "extensionNumber": number,
        "name": name,
        "type": kind,
        "status": "Enabled",
        "contact": {
            "firstName": first,
            "lastName": last,
            "company": seed.COMPANY,
            **({"email": email} if email else {}),
        },
        "permissions": {"admin": {"enabled": number == seed.ADMIN_EXTENSION}},
    }
