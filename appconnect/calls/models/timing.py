"""When to try again: the delays between attempts, in tables."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings


def scaled(**duration: float) -> timedelta:
    """Return a duration, multiplied by `TIME_SCALE` so that tests do not wait for days."""
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
"""Between attempts to log a call while the CRM does not answer."""

SWEEP_INTERVAL = scaled(minutes=1)
"""How often workers look for what is due although no message says so."""

RECORD_DELAY_FACTORS = (1, 1.5, 3, 6, 15, 45)
"""Before each attempt to fetch RingCentral's record, times `CALL_LOG_DELAY_SECONDS`."""

LEASE = timedelta(minutes=3)
"""How long a worker has a call: longer than all requests of one step can take."""

LOST_END = timedelta(hours=4)
"""After this long without a notification a call counts as ended."""

FINAL_DEADLINE = timedelta(hours=4)
"""How long RingCentral may take to confirm a provisional record that was logged.

Production systems treat a record as final once it has not changed for that long."""

SEARCH_WINDOW = timedelta(minutes=2)
"""A record that is not found so long after it was sent was never written.

Longer than a request may take, so that one that lands late is seen."""

SEARCH_DELAY = scaled(seconds=30)
"""Between searches for a record of unknown outcome."""


def late_notification() -> timedelta:
    """Return how late the notification of the end may come after the record."""
    return timedelta(seconds=3 * settings.CALL_LOG_DELAY_SECONDS)


def record_delays() -> list[timedelta]:
    """Return the delay before each attempt to fetch a call's record."""
    seconds = settings.CALL_LOG_DELAY_SECONDS
    return [timedelta(seconds=seconds * factor) for factor in RECORD_DELAY_FACTORS]


def resend_delay(attempts: int) -> timedelta:
    """Return how long after `attempts` failed requests the next one may follow."""
    return LOG_DELAYS[min(max(attempts, 1), len(LOG_DELAYS)) - 1]


def retry_at(
    delays: Sequence[timedelta],
    *,
    attempts: int,
    now: datetime,
    retry_after: int | None = None,
    jitter: float = 0.0,
) -> datetime | None:
    """Return when to retry after `attempts` attempts; None after the last.

    Never earlier than the `retry_after` seconds that the other side asked for. `jitter`,
    from 0 to 1, adds up to a quarter, so that calls that failed together do not all
    come back together.
    """
    if attempts > len(delays):
        return None
    requested = timedelta(seconds=retry_after or 0)
    delay = max(delays[max(attempts, 1) - 1], requested)
    return now + delay * (1 + jitter / 4)


Clock = Callable[[], datetime]
BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Never goes back and, where the system has it, goes on while the machine is suspended."""


def running_from(now: datetime) -> Clock:
    """Return a clock that begins at `now`."""
    started = time.clock_gettime(BOOT_CLOCK)
    return lambda: now + timedelta(seconds=time.clock_gettime(BOOT_CLOCK) - started)
