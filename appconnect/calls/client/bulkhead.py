"""A limit to the threads of a web process that wait for CRMs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

from connector.errors import TemporaryError

PLACES = 16
"""Half of the threads of a web process; the others are free for RingCentral."""
WAIT_TIMEOUT_SECONDS = 2.0


class Bulkhead:
    """A block that at most `places` threads are in at a time; a thread may nest it."""

    def __init__(self, places: int):
        self._places = BoundedSemaphore(places)
        self._thread = local()
        self._moved_at = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Enter. Raises `TemporaryError` where there is no place."""
        if getattr(self._thread, "is_in", False):
            yield
            return
        if not self._take():
            raise TemporaryError("The CRM answers too slowly. Try again in a moment.")
        self._thread.is_in = True
        try:
            yield
        finally:
            self._thread.is_in = False
            self._moved_at = time.monotonic()
            self._places.release()

    def _take(self) -> bool:
        """Take a place. Wait for one only while others are given back: not behind a CRM that hangs."""
        is_moving = time.monotonic() < self._moved_at + WAIT_TIMEOUT_SECONDS
        taken = self._places.acquire(blocking=False) or (
            is_moving and self._places.acquire(timeout=WAIT_TIMEOUT_SECONDS)
        )
        if taken:
            self._moved_at = time.monotonic()
        return taken


bulkhead = Bulkhead(PLACES)
"""For requests to a CRM while a client waits.

A CRM that hangs keeps each thread for half a minute. Without a limit RingCentral's
notifications would wait for a thread.
"""
