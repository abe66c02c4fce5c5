"""The time, handed on as something that runs: what a CRM takes long for is later."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

Clock = Callable[[], datetime]


def running_from(now: datetime) -> Clock:
    """Return a clock that begins at `now`."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)
