import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.call_facts import RecordedCall, Step, TimelineEntry
from appconnect.calls.models.call_queries import (
    CallSessionQuerySet,
    Overtaken,
    RetryBatch,
)
from appconnect.calls.models.choices import (
    CHOICES,
    HELD,
    AttentionReason,
    CallStatus,
    FailureReason,
    SkipReason,
)
from appconnect.calls.models.timing import LOST_END, late_notification
from appconnect.organizations.models import Organization
from appconnect.ringcentral.notifications import PartyChange

SLOT = timedelta(minutes=3)
"""How long a turn at the CRM is good for: the sweep sends a call up to a minute late."""


class CallSession(RecordedCall):
    """One call of an organization, from its first notification to its visible end.

    The row is the truth of the queue: `next_attempt_at` says when a worker is to look
    at it next, and is empty once the call has ended in a state that a person can see.
    No phone number is stored before the do-not-log list has been asked.
    """

    Status = CallStatus
    HEARD_FIELDS = (
        "started_at",
        "last_event_at",
        "status",
        "attempts",
        "next_attempt_at",
        "reason",
        "ended_at",
    )
    STATE_FIELDS = (
        "status",
        "reason",
        "attempts",
        "next_attempt_at",
        "ended_at",
        "configuration_version",
        "slot_at",
    )
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="calls"
    )
    telephony_session_id = models.CharField(max_length=200)
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.CALLING
    )
    reason = models.CharField(max_length=20, blank=True, choices=CHOICES)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(
        default=0,
        help_text=_("Counts the claims: who had an earlier one is too late."),
    )
    next_attempt_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField(
        null=True, help_text=_("When the call came to its visible end here.")
    )
    configuration_version = models.PositiveIntegerField(default=0)
    retry_batch = models.ForeignKey(
        RetryBatch, null=True, on_delete=models.SET_NULL, related_name="calls"
    )
    asked_for_at = models.DateTimeField(
        null=True, help_text=_("When a person last had this very call tried.")
    )
    was_recovered = models.BooleanField(
        default=False, help_text=_("No notification came; the call log told of it.")
    )
    has_ended_in_log = models.BooleanField(
        default=False,
        help_text=_("The call log's record was kept before the settling."),
    )
    is_final = models.BooleanField(
        default=True,
        help_text=_("RingCentral's record was its last word, as it seemed."),
    )

    slot_at = models.DateTimeField(
        null=True, help_text=_("Its turn at a CRM that allows so many calls a minute.")
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
        """Whether a person may have it tried again."""
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

    def hear(self, change: PartyChange) -> None:
        """Take in what a notification, old or new, says about the call as a whole."""
        self.started_at = min(self.started_at, change.event_time)
        self.last_event_at = max(self.last_event_at, change.event_time)

    def expect_news(self, received_at: datetime, *, is_ending: bool) -> None:
        """Put the call (back) on the phone, for a worker to look at when it stays quiet.

        A call that is ending may still go on, with a party that is only being set up:
        it has to be quiet for the settle time. One that has come further already stays
        where it is; one that was given up for want of a record begins again.
        """
        waits = self.status in (self.Status.CALLING, self.Status.WAITING_FOR_RECORD)
        if waits or self.reason == FailureReason.NO_RECORD:
            self.status, self.attempts = self.Status.CALLING, 0
            self.reason, self.ended_at = "", None
            if is_ending:
                quiet = timedelta(seconds=settings.CALL_SETTLE_SECONDS)
            else:
                quiet = late_notification() if self.has_ended_in_log else LOST_END
            self.next_attempt_at = received_at + quiet

    def hear_of_end(self, now: datetime) -> None:
        """Take in that the call log, whose record is kept, tells the end of the call.

        A notification of it may only be late: it has that long.
        """
        self.has_ended_in_log = True
        late = now + late_notification()
        self.next_attempt_at = min(self.next_attempt_at or late, late)
        self.save(update_fields=["has_ended_in_log", "next_attempt_at"])

    def has_slot(self, now: datetime) -> bool:
        """Whether its turn at the CRM has come, and not long ago."""
        return self.slot_at is not None and self.slot_at <= now < self.slot_at + SLOT

    def wait(
        self,
        until: datetime,
        *,
        counts: bool = True,
        steps: Iterable[Step] = (),
        now: datetime,
    ) -> None:
        """Try again at `until`. An attempt that could not even begin does not count."""
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
        now: datetime,
    ) -> None:
        """Go on to another stage, which begins at `at`."""
        self.status, self.reason, self.ended_at = status, "", None
        self.attempts, self.next_attempt_at = 0, at
        self._save(steps, now)

    def schedule_update(self, *, at: datetime) -> None:
        """Have the CRM's record of a logged call brought up to date, from `at` on."""
        self.attempts, self.next_attempt_at = 0, at
        self.save(update_fields=["attempts", "next_attempt_at"])

    def rest(self, *, steps: Iterable[Step] = (), now: datetime) -> None:
        """Leave a logged call alone."""
        self.next_attempt_at = None
        self._save(steps, now)

    def mark_logged(self, *, steps: Iterable[Step] = (), now: datetime) -> None:
        self._end(self.Status.LOGGED, "", steps, now)

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
        """Have a worker that still has the call come too late with what it finds."""
        self.fence += 1
        self.save(update_fields=["fence"])

    def _end(
        self,
        status: "CallSession.Status",
        reason: str,
        steps: Iterable[Step],
        now: datetime,
    ) -> None:
        self.status, self.reason = status, reason
        self.next_attempt_at, self.ended_at, self.slot_at = None, now, None
        self._save(steps, now)

    @transaction.atomic(savepoint=False)
    def _save(self, steps: Iterable[Step], now: datetime) -> None:
        self.configuration_version = self.organization.configuration_version
        if self._state.adding:
            self.save()
        else:
            # Only these: the call log and notifications may change the others meanwhile.
            state = {name: getattr(self, name) for name in self.STATE_FIELDS}
            mine = type(self).objects.filter(pk=self.pk, fence=self.fence)
            if not mine.update(**state):
                raise Overtaken
        TimelineEntry.add(
            [self.pk],
            steps,
            configuration_version=self.configuration_version,
            now=now,
        )
