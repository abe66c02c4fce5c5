"""How many threads of a web process wait for CRMs: the others are RingCentral's."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from connector.errors import TemporaryError

PLACES = 8
"""Half of the threads that README's *Deploy* gives to a web process."""
PATIENCE_SECONDS = 1.0
_places = BoundedSemaphore(PLACES)


@contextmanager
def bulkhead() -> Iterator[None]:
    """Ask a CRM in the block, beside so many others at most. Raises `TemporaryError`.

    A CRM that hangs keeps each thread that asks it for half a minute. Were those all
    there are, RingCentral's notifications would wait behind them.
    """
    if not _places.acquire(timeout=PATIENCE_SECONDS):
        raise TemporaryError("The CRM answers too slowly. Try again in a moment.")
    try:
        yield
    finally:
        _places.release()
