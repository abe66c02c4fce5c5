"""How many threads of a web process wait for CRMs: the others are RingCentral's."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

from connector.errors import TemporaryError

PLACES = 16
"""Half of the threads that README's *Deploy* gives to a web process."""
PATIENCE_SECONDS = 2.0


class Bulkhead:
    """Lets so many threads into its block, each as often as it likes."""

    def __init__(self, places: int):
        self._places = BoundedSemaphore(places)
        self._thread = local()
        self._moved_at = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Be let in, or raise `TemporaryError`."""
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
        """Wait for a place only while they change hands: not behind a CRM that hangs."""
        is_moving = time.monotonic() < self._moved_at + PATIENCE_SECONDS
        taken = self._places.acquire(blocking=False) or (
            is_moving and self._places.acquire(timeout=PATIENCE_SECONDS)
        )
        if taken:
            self._moved_at = time.monotonic()
        return taken


bulkhead = Bulkhead(PLACES)
"""For what asks a CRM while a client waits.

A CRM that hangs keeps each thread that asks it for half a minute. Were those all there
are, RingCentral's notifications would wait behind them.
"""
