"""Limits of the requests that clients cause at a CRM, which counts them for the company.

An ordinary person's client could use up in a minute what the workers need for a day.
"""

import time
from collections import Counter
from threading import Lock

from connector.errors import TemporaryError

MAX_PER_REQUEST = 60
"""Of one request of a client: a number in some spellings, in some of the CRM's modules."""
MAX_PER_MINUTE = 300
"""Of one person, in one web process: a client that opens shows fifty calls."""
MAX_PER_MINUTE_OF_ADMIN = 3000
"""Of the settings' admin: App Connect's logging service logs everybody's calls in the admin's
session where the CRM's manifest says so, with some six requests for each."""


class MinuteCounts:
    """How often each key was counted in this minute, in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def count(self, key: str) -> int:
        """Count once more; return how often that was."""
        minute = int(time.monotonic() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts.clear()
            self._counts[key] += 1
            return self._counts[key]


by_person = MinuteCounts()


class CrmRequests:
    """The requests to the CRM that one request of a client makes."""

    def __init__(self, *, max_per_request: int, max_per_minute: int) -> None:
        self.max_per_request = max_per_request
        self.max_per_minute = max_per_minute
        self.person = ""
        """Whose client asks; empty until that is known."""
        self._count = 0

    def count(self) -> None:
        """Count one before it is sent. Raises `TemporaryError` where it is one too many."""
        self._count += 1
        if self._count > self.max_per_request:
            raise TemporaryError(
                "This would take too many requests to the CRM, and was given up."
            )
        if self.person and by_person.count(self.person) > self.max_per_minute:
            raise TemporaryError(
                "Too many requests to the CRM. Wait a minute, then try again."
            )
