"""Work that one worker at a time does, and waiting for it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar

from django.db import models

from appconnect.rows import adapt, read_row, take_fields, update

T = TypeVar("T")


class Lease(models.Model):
    """A row with one or more leases: nullable times, each named after what is done.

    A lease is free while its time is empty or over, so that it outlives no dead worker.
    """

    class Meta:
        abstract = True

    def take_lease(self, name: str, duration: timedelta, *, now: datetime) -> bool:
        """Return whether the lease is this worker's now; False while another has it.

        With it all fields of the row are read.
        """
        model, until = type(self), adapt(self, name, now + duration)
        key, at = adapt(self, self._meta.pk.name, self.pk), adapt(self, name, now)
        row = read_row(model, take_lease_of(model, name), [until, key, at])
        if row is None:
            return False
        take_fields(self, row)
        return True

    def end_lease(self, name: str) -> None:
        """Release the lease, unless it ran out and another process has taken it."""
        update(self, {name: None}, unchanged=(name,))


@cache
def take_lease_of(model: type[Lease], name: str) -> str:
    """Return the statement that takes a lease and reads the row with it."""
    meta = model._meta
    columns = ", ".join(field.column for field in meta.concrete_fields)
    return (
        f"UPDATE {meta.db_table} SET {name} = %s"  # noqa: S608  no outside text
        f" WHERE {meta.pk.column} = %s AND ({name} IS NULL OR {name} <= %s)"
        f" RETURNING {columns}"
    )


def wait_until(
    condition: Callable[[], T], *, timeout_seconds: float, interval_seconds: float = 0.2
) -> T:
    """Return what `condition` returns once that is true, or at the end of the timeout."""
    deadline = time.monotonic() + timeout_seconds
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(interval_seconds)
    return result
