"""When to try again: every delay of the program, in tables."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings


def scaled(**duration: float) -> timedelta:
    """Return a duration as long as `TIME_SCALE` makes it: tests have no day to wait."""
    return timedelta(**duration) * settings.TIME_SCALE


LOG_DELAYS = (
    scaled(seconds=10),
    scaled(seconds=30),
    scaled(minutes=2),
    scaled(minutes=10),
    scaled(hours=1),
    scaled(hours=4),
    scaled(hours=12),
    scaled(hours=24),
)
"""Between attempts to log a call, while the CRM does not answer."""

SWEEP_INTERVAL = scaled(minutes=1)
"""How often workers look for what is due although no message says so."""

RECORD_DELAY_FACTORS = (1, 1.5, 3, 6, 15, 45)
"""Between looks for a call's record, in multiples of `CALL_LOG_DELAY_SECONDS`."""

LEASE = timedelta(minutes=3)
"""How long a worker has a call to itself: longer than all its requests together can take."""

LOST_END = timedelta(hours=4)
"""After this long without a word a call is taken for ended, its last notification lost."""

FINAL_DEADLINE = timedelta(hours=4)
"""How long RingCentral may take to confirm a record that was logged as it was.

Production systems take a record for final once it has been quiet that long."""

SEARCH_WINDOW = timedelta(minutes=2)
"""A record that is not found so long after it was sent was never written.

Longer than a request may take, so that one that lands late is seen."""

SEARCH_DELAY = scaled(seconds=30)
"""Between looks for a record of unknown outcome."""


def late_notification() -> timedelta:
    """Return how late the notification of a call's end may be, once its record is there."""
    return timedelta(seconds=3 * settings.CALL_LOG_DELAY_SECONDS)


def record_delays() -> list[timedelta]:
    """Return the waits before each look for a call's record."""
    seconds = settings.CALL_LOG_DELAY_SECONDS
    return [timedelta(seconds=seconds * factor) for factor in RECORD_DELAY_FACTORS]


def resend_delay(attempts: int) -> timedelta:
    """Return how long after `attempts` sendings in vain the next one may follow."""
    return LOG_DELAYS[min(max(attempts, 1), len(LOG_DELAYS)) - 1]


def retry_at(
    delays: Sequence[timedelta],
    *,
    attempts: int,
    now: datetime,
    retry_after: int | None = None,
    jitter: float = 0.0,
) -> datetime | None:
    """Return when to try again after `attempts` tries, or None when enough is enough.

    `retry_after`, in seconds, is what the other side asked for: never earlier than that.
    `jitter`, from 0 to 1, adds up to a quarter: what failed together does not come back
    together.
    """
    if attempts > len(delays):
        return None
    asked_for = timedelta(seconds=retry_after or 0)
    delay = max(delays[max(attempts, 1) - 1], asked_for)
    return now + delay * (1 + jitter / 4)


Clock = Callable[[], datetime]
SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Never goes back and, where the system has it, goes on while the machine is suspended."""


def running_from(now: datetime) -> Clock:
    """Return a clock that begins at `now`."""
    began = time.clock_gettime(SINCE_BOOT)
    return lambda: now + timedelta(seconds=time.clock_gettime(SINCE_BOOT) - began)
