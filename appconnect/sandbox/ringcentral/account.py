"""The sandbox's RingCentral account: its directory and its rate limits."""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.clock import Clock

LIMITS = {"Light": 50, "Medium": 40, "Heavy": 10, "Auth": 5}
"""Requests a minute, per person and group: RingCentral's defaults."""
WINDOW = timedelta(seconds=60)


class RateLimited(Exception):
    """The group is in its penalty; every request in it starts the penalty anew."""


@dataclass
class Window:
    """One person's requests of one group."""

    at: deque[datetime] = field(default_factory=deque)
    penalty_until: datetime | None = None


class Account:
    """Who is there, and how often they may ask."""

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
        """Return whose JWT credential this is, None when nobody has it any more."""
        owner = self._jwts.get(jwt)
        return owner if owner in self.extensions else None

    def set_admin(self, extension_id: str, *, is_admin: bool) -> None:
        self.extensions[extension_id]["permissions"]["admin"]["enabled"] = is_admin

    def is_admin(self, extension_id: str) -> bool:
        return self.extensions[extension_id]["permissions"]["admin"]["enabled"]

    def count(self, owner: str, group: str) -> int:
        """Count a request against the person's limit and return how many are left."""
        now = self._clock.now()
        with self._lock:
            window = self._windows[owner, group]
            while window.at and window.at[0] <= now - WINDOW:
                window.at.popleft()
            in_penalty = bool(window.penalty_until and window.penalty_until > now)
            if in_penalty or len(window.at) >= LIMITS[group]:
                self.requests_in_penalty += in_penalty
                window.penalty_until = now + WINDOW
                raise RateLimited
            window.at.append(now)
            return LIMITS[group] - len(window.at)

    def penalize(self, owner: str, group: str, length: timedelta) -> None:
        """Begin a penalty for no fault of the person's."""
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
        "status": "Enabled",
        "contact": {
            "firstName": first,
            "lastName": last,
            "company": seed.COMPANY,
            **({"email": email} if email else {}),
        },
        "permissions": {"admin": {"enabled": number == seed.ADMIN_EXTENSION}},
    }
