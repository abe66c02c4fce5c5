import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.call_facts import RecordedCall, Step, TimelineEntry
from appconnect.calls.models.call_queries import (
    CallSessionQuerySet,
    RetryBatch,
    store_state,
)
from appconnect.calls.models.choices import (
    CHOICES,
    HELD,
    AttentionReason,
    CallStatus,
    FailureReason,
    SkipReason,
)
from appconnect.organizations.models import Organization

SLOT_LIFETIME = timedelta(minutes=3)
"""How long a slot at the CRM can be used: the sweep sends a call up to a minute late."""


class CallSession(RecordedCall):
    """One call of an organization, from its first notification to its visible end.

    `next_attempt_at` is when a worker processes it next; it is empty once the call has
    ended in a state that a person can see. No phone number is stored before it was
    checked against the do-not-log list.
    """

    Status = CallStatus
    STATE_FIELDS = (
        "status",
        "reason",
        "attempts",
        "next_attempt_at",
        "ended_at",
        "held_since",
        "configuration_version",
        "slot_at",
    )
    SEALED_WITH_STATE = ("written", "logged_contact_name")
    """Stored together with the state."""
    may_have_crm_record = True
    """Whether one may have been reserved before this worker claimed the call."""
    may_have_open_circuit = True
    """Whether its CRM had failed when this worker claimed the call."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="calls",
        db_index=False,
    )
    telephony_session_id = models.CharField(max_length=200)
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.CALLING
    )
    reason = models.CharField(max_length=20, blank=True, choices=CHOICES)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(
        default=0, help_text=_("Counts the claims: an earlier one is too late.")
    )
    next_attempt_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField(
        null=True, help_text=_("When the call came to its visible end here.")
    )
    held_since = models.DateTimeField(
        null=True,
        help_text=_("When it was first held, however often it was retried since."),
    )
    configuration_version = models.PositiveIntegerField(default=0)
    retry_batch = models.ForeignKey(
        RetryBatch, null=True, on_delete=models.SET_NULL, related_name="calls"
    )
    retry_requested_at = models.DateTimeField(
        null=True, help_text=_("When a person last retried this one call.")
    )
    was_recovered = models.BooleanField(
        default=False, help_text=_("No notification came; it is from the call log.")
    )
    has_ended_in_log = models.BooleanField(
        default=False,
        help_text=_("The call log's record was stored before the call had settled."),
    )
    is_final = models.BooleanField(
        default=True,
        help_text=_("RingCentral's record looked final when it was stored."),
    )
    slot_at = models.DateTimeField(
        null=True, help_text=_("Its slot at a CRM that limits the calls per minute.")
    )

    objects = CallSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "telephony_session_id"],
                name="one_call_per_session",
            )
        ]
        # Of several that fit, SQLite takes the last: what finds fewer calls stands later.
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="call_due",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
            models.Index(
                fields=["organization", "-started_at", "-id"], name="call_recent"
            ),
            models.Index(
                fields=["organization", "status", "-started_at", "-id"],
                name="call_by_status",
            ),
            models.Index(
                fields=["organization", "reason", "-started_at", "-id"],
                name="call_by_reason",
            ),
            models.Index(
                fields=["organization", "extension_id", "-started_at", "-id"],
                name="call_by_extension",
            ),
            models.Index(
                fields=["organization", "direction", "-started_at", "-id"],
                name="call_by_direction",
            ),
            models.Index(
                fields=["organization", "contact_number_hash", "-started_at", "-id"],
                name="call_by_number",
            ),
            models.Index(fields=["organization", "session_id"], name="call_by_session"),
            models.Index(
                fields=["organization", "-started_at", "-id"],
                name="call_waiting",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
            models.Index(
                fields=["organization", "-started_at", "-id"],
                name="call_recovered",
                condition=models.Q(was_recovered=True),
            ),
            models.Index(
                fields=["organization", "-started_at", "-id"],
                name="call_in_retry_batch",
                condition=models.Q(retry_batch__isnull=False),
            ),
            models.Index(
                fields=["organization", "started_at"],
                name="call_identifiable",
                condition=models.Q(details__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.telephony_session_id} ({self.get_status_display()})"

    def get_absolute_url(self):
        return reverse("console:call-detail", kwargs={"pk": self.pk})

    @property
    def is_held(self) -> bool:
        """Whether it ended unlogged and can be retried."""
        return self.status in HELD

    @property
    def is_undecided(self) -> bool:
        """Whether a person must say if the record is in the CRM."""
        return self.reason == AttentionReason.UNDECIDED

    @property
    def waits_for_choice(self) -> bool:
        """Whether a person must say which contact it is logged to."""
        is_reason = self.reason == AttentionReason.SEVERAL_CONTACTS
        return self.is_held and is_reason

    @property
    def crm_record(self) -> "models.Model | None":
        """The record that was written to the CRM, where there is one."""
        logs = self.crm_records.all()
        return next((log for log in logs if log.record_id), None)

    def has_slot(self, now: datetime) -> bool:
        """Return whether its slot at the CRM can be used now."""
        if self.slot_at is None:
            return False
        return self.slot_at <= now < self.slot_at + SLOT_LIFETIME

    def wait(
        self,
        until: datetime,
        *,
        counts: bool = True,
        steps: Iterable[Step] = (),
        now: datetime,
    ) -> None:
        """Retry at `until`. An attempt that could not even begin does not count."""
        self.next_attempt_at = until
        if counts:
            self.slot_at = None
        else:
            self.attempts = max(0, self.attempts - 1)
        self._save(steps, now)

    def advance(
        self,
        status: "CallSession.Status",
        *,
        at: datetime,
        steps: Iterable[Step] = (),
        fields: Sequence[str] = (),
        now: datetime,
    ) -> None:
        """Move on to another state, in which it is processed at `at`.

        Its `fields` are stored with the state.
        """
        self.status, self.reason, self.ended_at = status, "", None
        self.attempts, self.next_attempt_at = 0, at
        self._save(steps, now, fields)

    def schedule_update(self, *, at: datetime) -> None:
        """Update the CRM's record of a logged call at `at`."""
        self.attempts, self.next_attempt_at = 0, at
        self.save(update_fields=["attempts", "next_attempt_at"])

    def rest(self, *, steps: Iterable[Step] = (), now: datetime) -> bool:
        """Do nothing more with a logged call; return whether its facts are as read."""
        self.next_attempt_at = None
        return self._save(steps, now)

    def mark_logged(self, *, steps: Iterable[Step] = (), now: datetime) -> bool:
        """End it as logged; return whether its facts are as they were read."""
        return self._end(self.Status.LOGGED, "", steps, now)

    def mark_skipped(
        self, reason: SkipReason, *, steps: Iterable[Step] = (), now: datetime
    ) -> None:
        self._end(self.Status.SKIPPED, reason, steps, now)

    def mark_needs_attention(
        self, reason: AttentionReason, *, steps: Iterable[Step] = (), now: datetime
    ) -> None:
        self._end(self.Status.NEEDS_ATTENTION, reason, steps, now)

    def mark_failed(
        self, reason: FailureReason, *, steps: Iterable[Step] = (), now: datetime
    ) -> None:
        self._end(self.Status.FAILED, reason, steps, now)

    def supersede(self) -> None:
        """Invalidate the claim of a worker that still has the call."""
        self.fence += 1
        self.save(update_fields=["fence"])

    def _end(
        self,
        status: "CallSession.Status",
        reason: str,
        steps: Iterable[Step],
        now: datetime,
    ) -> bool:
        self.status, self.reason = status, reason
        self.next_attempt_at, self.ended_at, self.slot_at = None, now, None
        self.held_since = (self.held_since or now) if self.is_held else None
        return self._save(steps, now)

    @transaction.atomic(savepoint=False)
    def _save(
        self, steps: Iterable[Step], now: datetime, fields: Sequence[str] = ()
    ) -> bool:
        """Store the state with its timeline; return whether the facts are as read."""
        self.configuration_version = self.organization.configuration_version
        is_as_read = store_state(self, fields)
        TimelineEntry.add(
            [self.pk],
            steps,
            configuration_version=self.configuration_version,
            now=now,
        )
        return is_as_read
