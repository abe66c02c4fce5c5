"""The sandbox's RingCentral account: its extensions and its rate limits."""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.clock import Clock

LIMITS = {"Light": 50, "Medium": 40, "Heavy": 10, "Auth": 5}
"""Requests in one `WINDOW`, per extension and group: RingCentral's defaults."""
WINDOW = timedelta(minutes=1) * settings.TIME_SCALE
"""A minute at RingCentral, shortened by `TIME_SCALE`."""


class RateLimited(Exception):
    """The limit is reached. Every request during the penalty restarts it."""


@dataclass
class Window:
    """The requests of one extension in one group."""

    requested_at: deque[datetime] = field(default_factory=deque)
    penalty_until: datetime | None = None


class Account:
    """The extensions of the account, and how many requests each has made."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._lock = threading.Lock()
        self.extensions = {
            seed.extension_id(number): make_extension(number, name, email, kind)
            for number, name, email, kind in seed.EXTENSIONS
        }
        self._windows: dict[tuple[str, str], Window] = defaultdict(Window)
        self._jwts = {
            seed.jwt_of(number): seed.extension_id(number)
            for number, _, email, _ in seed.EXTENSIONS
            if email
        }
        self.requests_in_penalty = 0

    def owner_of_jwt(self, jwt: str) -> str | None:
        """Return the extension id of a JWT credential, None when it is not valid."""
        owner = self._jwts.get(jwt)
        return owner if owner in self.extensions else None

    def set_admin(self, extension_id: str, *, is_admin: bool) -> None:
        self.extensions[extension_id]["permissions"]["admin"]["enabled"] = is_admin

    def is_admin(self, extension_id: str) -> bool:
        return self.extensions[extension_id]["permissions"]["admin"]["enabled"]

    def count_request(self, owner: str, group: str) -> int:
        """Count a request and return how many the limit still allows.

        Raises `RateLimited`.
        """
        now = self._clock.now()
        with self._lock:
            window = self._windows[owner, group]
            while window.requested_at and window.requested_at[0] <= now - WINDOW:
                window.requested_at.popleft()
            in_penalty = bool(window.penalty_until and window.penalty_until > now)
            if in_penalty or len(window.requested_at) >= LIMITS[group]:
                self.requests_in_penalty += in_penalty
                window.penalty_until = now + WINDOW
                raise RateLimited
            window.requested_at.append(now)
            return LIMITS[group] - len(window.requested_at)

    def penalize(self, owner: str, group: str, length: timedelta) -> None:
        """Begin a penalty that the extension's requests did not cause."""
        with self._lock:
            self._windows[owner, group].penalty_until = self._clock.now() + length


def make_extension(number: str, name: str, email: str, kind: str) -> dict[str, Any]:
    """Return an extension in RingCentral's shape."""
    first, _, last = name.partition(" ")
    return {
        "id": int(seed.extension_id(number)),
        "extensionNumber": number,
        "name": name,
        "type": kind,
        "status": "NotActivated" if number == seed.NOT_ACTIVATED else "Enabled",
        "contact": {
            "firstName": first,
            "lastName": last,
            "company": seed.COMPANY,
            **({"email": email} if email else {}),
        },
        "permissions": {"admin": {"enabled": number == seed.ADMIN_EXTENSION}},
    }
