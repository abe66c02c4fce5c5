"""Limits to the threads of a web process that wait for somebody else's server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

from appconnect.ringcentral.errors import Unavailable

PLACES = 8
"""A quarter of the threads of a web process."""
WAIT_TIMEOUT_SECONDS = 2.0


class Bulkhead:
    """A block that at most `places` threads are in at a time; a thread may nest it.

    Without a place, entering raises what `refusal` returns.
    """

    def __init__(self, places: int, *, refusal: Callable[[], Exception]):
        self._places = BoundedSemaphore(places)
        self._refusal = refusal
        self._thread = local()
        self._moved_at = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        if getattr(self._thread, "is_in", False):
            yield
            return
        if not self._take():
            raise self._refusal()
        self._thread.is_in = True
        try:
            yield
        finally:
            self._thread.is_in = False
            self._moved_at = time.monotonic()
            self._places.release()

    def _take(self) -> bool:
        """Take a place. Wait for one only while others are given back: not behind a server that hangs."""
        is_moving = time.monotonic() < self._moved_at + WAIT_TIMEOUT_SECONDS
        taken = self._places.acquire(blocking=False) or (
            is_moving and self._places.acquire(timeout=WAIT_TIMEOUT_SECONDS)
        )
        if taken:
            self._moved_at = time.monotonic()
        return taken


ringcentral_bulkhead = Bulkhead(
    PLACES,
    refusal=lambda: Unavailable(
        "RingCentral answers too slowly. Try again in a moment."
    ),
)
"""For requests to RingCentral while a browser or a client waits; the worker is not limited.

Some of them anybody can cause. Each can keep its thread for half a minute.
"""
