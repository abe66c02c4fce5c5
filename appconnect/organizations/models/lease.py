"""Work that one worker at a time does, and waiting for it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, models

T = TypeVar("T")


class Lease(models.Model):
    """A row with one or more leases: nullable times, each named after what is done.

    A lease is free while its time is empty or over, so that it outlives no dead worker.
    """

    class Meta:
        abstract = True

    def take_lease(self, name: str, duration: timedelta, *, now: datetime) -> bool:
        """Return whether the lease is this worker's now; False while another has it."""
        until = now + duration
        is_free = "({name} IS NULL OR {name} <= %s)"
        if not self._set_lease(name, until, where=is_free, value=now):
            return False
        setattr(self, name, until)
        return True

    def end_lease(self, name: str) -> None:
        """Release the lease, unless it ran out and another process has taken it."""
        self._set_lease(name, None, where="{name} = %s", value=getattr(self, name))

    def _set_lease(
        self, name: str, until: datetime | None, *, where: str, value: datetime
    ) -> bool:
        """Set the time of a lease; return whether `where` was true of the stored one.

        In SQL: the ORM takes several times as long to write it as the database to run it.
        """
        pk = self._meta.pk
        adapt = connection.ops.adapt_datetimefield_value
        sql = (
            f"UPDATE {self._meta.db_table} SET {name} = %s"  # noqa: S608  no outside text
            f" WHERE {pk.column} = %s AND {where.format(name=name)}"
        )
        key = pk.get_db_prep_value(self.pk, connection)
        with connection.cursor() as cursor:
            cursor.execute(sql, [adapt(until), key, adapt(value)])
            return cursor.rowcount == 1


def wait_until(
    condition: Callable[[], T], *, timeout_seconds: float, interval_seconds: float = 0.2
) -> T:
    """Return what `condition` returns once that is true, or at the end of the timeout."""
    deadline = time.monotonic() + timeout_seconds
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(interval_seconds)
    return result
