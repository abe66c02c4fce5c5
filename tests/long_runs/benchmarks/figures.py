"""What the benchmarks share: percentiles, and waiting until work is done."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from appconnect.calls.models import CallSession
from appconnect.worker import queue


@dataclass(frozen=True)
class Sizes:
    """How much a benchmark does."""

    scale: float
    stored_calls: int | None

    def of(self, full: int) -> int:
        """Return the size of something whose full size is `full`."""
        return max(1, round(full * self.scale))


def milliseconds(seconds: Iterable[float], percent: float) -> float:
    """Return a percentile of durations, in milliseconds."""
    ordered = sorted(seconds)
    index = min(len(ordered) - 1, int(len(ordered) * percent / 100))
    return round(ordered[index] * 1000, 1)


def cpu_seconds(command: str) -> float:
    """Return the processor time that the processes with this in their command have used."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            if command.encode() in (process / "cmdline").read_bytes():
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def database_cpu_seconds() -> float:
    """Return what PostgreSQL's processes for this database have used; 0 for SQLite."""
    if connection.vendor != "postgresql":
        return 0.0  # it is part of the program
    return cpu_seconds(f" {connection.settings_dict['NAME']} 127.0.0.1(")


def send(calls: list[CallSession]) -> None:
    """Put the calls into the workers' queue."""
    for call in calls:
        queue.dispatch(call)


def wait_until_logged(organization, count: int) -> None:
    """Wait until the organization has so many logged calls."""
    logged = CallSession.objects.filter(
        organization=organization, status=CallSession.Status.LOGGED
    )
    while logged.count() < count:
        time.sleep(0.05)
    connection.close()


def waits(calls: list[CallSession]) -> list[float]:
    """Return the seconds from each call's being due to its confirmed record."""
    due = {call.pk: call.next_attempt_at for call in calls}
    logs = CallSession.objects.filter(pk__in=due).values_list(
        "pk", "crm_records__logged_at"
    )
    return [(logged_at - due[pk]).total_seconds() for pk, logged_at in logs]


def vacuum() -> None:
    """Do what PostgreSQL does by itself within a minute of many changes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
