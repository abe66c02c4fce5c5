"""Work that one worker at a time does, and waiting for it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models
from django.db.models import Q

T = TypeVar("T")


class Lease(models.Model):
    """A row with one or more leases: nullable times, each named after what is done.

    A lease is free while its time is empty or over, so that it outlives no dead worker.
    """

    class Meta:
        abstract = True

    def take_lease(self, name: str, duration: timedelta, *, now: datetime) -> bool:
        """Return whether the lease is this worker's now; False while another has it."""
        is_free = Q(**{name: None}) | Q(**{f"{name}__lte": now})
        until = now + duration
        row = type(self).objects.filter(is_free, pk=self.pk)
        if not row.update(**{name: until}):
            return False
        setattr(self, name, until)
        return True

    def end_lease(self, name: str) -> None:
        """Release the lease, unless it ran out and another process has taken it."""
        mine = {name: getattr(self, name)}
        type(self).objects.filter(pk=self.pk, **mine).update(**{name: None})


def wait_until(
    condition: Callable[[], T], *, timeout_seconds: float, interval_seconds: float = 0.2
) -> T:
    """Return what `condition` returns once that is true, or at the end of the timeout."""
    deadline = time.monotonic() + timeout_seconds
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(interval_seconds)
    return result
