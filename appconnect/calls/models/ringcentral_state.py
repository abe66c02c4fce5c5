from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from appconnect.calls.models.call_session import CallSession
from appconnect.organizations.models import Lease, Organization
from appconnect.ringcentral.notifications import PartyChange
from appconnect.rows import (
    adapt,
    insert_new,
    one_of,
    read_rows,
    update,
    with_columns,
)


class CallParty(models.Model):
    """One party of a call, in the state of the newest notification about it."""

    CHANGING = (
        "sequence",
        "extension_id",
        "status",
        "reason",
        "has_ended",
        "was_answered",
    )

    call = models.ForeignKey(
        CallSession,
        on_delete=models.CASCADE,
        related_name="parties",
        db_index=False,
    )
    party_id = models.CharField(max_length=200)
    extension_id = models.CharField(max_length=40, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=40)
    reason = models.CharField(max_length=60, blank=True)
    has_ended = models.BooleanField(default=False)
    was_answered = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "call parties"
        constraints = [
            models.UniqueConstraint(
                fields=["call", "party_id"], name="one_row_per_party"
            )
        ]

    def __str__(self):
        return f"{self.party_id}: {self.status}"

    @classmethod
    def of(cls, calls: Collection[CallSession]) -> list["CallParty"]:
        """Return the parties of all the calls, by one statement."""
        keys = [adapt(cls, "call", call) for call in calls]
        return read_rows(cls, f"{PARTIES} {one_of(keys)}", keys) if keys else []

    def apply_notification(self, change: PartyChange) -> bool:
        """Apply a change unless a newer one was applied; return whether it was news."""
        is_new = self._state.adding
        before = (self.sequence, self.was_answered)
        self.was_answered = self.was_answered or change.is_answered
        if is_new or change.sequence > self.sequence:
            self.sequence = change.sequence
            self.extension_id = change.extension_id
            self.status, self.reason = change.status[:40], change.reason[:60]
            self.has_ended = change.has_ended
        return is_new or before != (self.sequence, self.was_answered)

    def store(self) -> None:
        if self._state.adding:
            insert_new(self)
        else:
            update(self, {name: getattr(self, name) for name in self.CHANGING})


PARTIES = with_columns(  # `one_of` follows
    "SELECT {party} FROM calls_callparty party WHERE call_id", party=CallParty
)


class CallLogSync(Lease):
    """How far an organization's call log has been read, change by change.

    Every change there before `complete_until` has been processed: no eligible call
    before it is missing here.
    """

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="call_log_sync",
    )
    since = models.DateTimeField(null=True)
    """Calls that ended before this are not logged."""
    sync_token = models.TextField(blank=True)
    complete_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    reading_until = models.DateTimeField(null=True)

    def __str__(self):
        return f"Call log of {self.organization}, read until {self.complete_until}"

    def was_just_read(self, now: datetime) -> bool:
        """Return whether it is too early to read it again for calls that wait."""
        interval = timedelta(seconds=settings.CALL_LOG_DELAY_SECONDS / 2)
        return self.read_at is not None and self.read_at > now - interval

    def is_due(self, now: datetime) -> bool:
        """Return whether it is to be read although no call waits for it."""
        interval = timedelta(seconds=settings.CALL_LOG_SYNC_SECONDS)
        return self.read_at is None or self.read_at <= now - interval

    def restart(self, since: datetime) -> None:
        """Read from `since` on, whatever was read before."""
        self.since, self.sync_token, self.complete_until = since, "", None
