from collections.abc import Iterable
from datetime import datetime

from django.db import models

MAX_ROWS = 50_000
"""Rows of `Attempts`: an attacker may try a million user names."""


class AttemptsQuerySet(models.QuerySet):
    def expired(self, now: datetime):
        """Return rows to delete: expired ones, and beyond `MAX_ROWS` the first to expire."""
        first_out = self.order_by("-expires_at").values_list("expires_at", flat=True)
        beyond = first_out[MAX_ROWS : MAX_ROWS + 1].first()
        return self.filter(expires_at__lte=max(now, beyond) if beyond else now)

    def lock(self, keys: Iterable[str], *, now: datetime) -> "dict[str, Attempts]":
        """Return the rows of the keys, locked; missing ones are created.

        Locked in the order of the keys, so that two transactions never deadlock.
        """
        made = [Attempts(key=k, last_at=now, expires_at=now) for k in sorted(keys)]
        self.bulk_create(
            made,
            update_conflicts=True,  # locks a row before it can be deleted
            unique_fields=["key"],
            update_fields=["last_at"],
        )
        return self.in_bulk(keys)


class Attempts(models.Model):
    """How often something was tried; the key is a digest of who tried what."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    refused_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    objects = AttemptsQuerySet.as_manager()

    def __str__(self):
        return f"{self.key[:8]}: {self.count}"
