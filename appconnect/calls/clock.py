"""The time, handed on as something that runs: what a CRM takes long for is later."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

Clock = Callable[[], datetime]
SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Never goes back and, where the system has it, goes on while the machine is suspended."""


def running_from(now: datetime) -> Clock:
    """Return a clock that begins at `now`."""
    began = time.clock_gettime(SINCE_BOOT)
    return lambda: now + timedelta(seconds=time.clock_gettime(SINCE_BOOT) - began)
