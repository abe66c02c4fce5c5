import uuid
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.timeline import Step, TimelineEntry
from appconnect.calls.reasons import (
    FIXED_BY_CONFIGURATION,
    AttentionReason,
    FailureReason,
    SkipReason,
)
from appconnect.calls.retries import LEASE, LOST_END
from appconnect.organizations.models import Organization
from appconnect.organizations.secrets import SealedField
from appconnect.ringcentral.notifications import PartyChange
from connector.types import Call, Direction, Party


class CallEventQuerySet(models.QuerySet):
    def due(self, now: datetime):
        return self.filter(next_attempt_at__lte=now)

    def claim(self, pk: uuid.UUID, now: datetime) -> "CallEvent | None":
        """Take a due call for this worker; None when it is not due, or not any more.

        One conditional UPDATE, so that two workers never have the same call. It counts
        the attempt: a call that kills its worker is given up after its last one.
        """
        if (
            self.due(now)
            .filter(pk=pk)
            .update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1)
        ):
            return self.select_related("organization").get(pk=pk)
        return None

    def ready_to_log(self, organization: Organization, now: datetime):
        return self.due(now).filter(
            organization=organization, status=CallEvent.Status.WAITING_TO_LOG
        )

    def put_right(self):
        """Return the calls that wait for a configuration that has changed since."""
        return self.filter(
            status=CallEvent.Status.NEEDS_ATTENTION,
            reason__in=FIXED_BY_CONFIGURATION,
            configuration_version__lt=F("organization__configuration_version"),
        )

    def with_crm_record(self):
        """Fetch the CRM records along, as `call_logs`."""
        return self.select_related("organization").prefetch_related(
            "call_logs__organization"
        )

    def held(self):
        """Return the calls that ended unlogged and that a person may have tried again."""
        return self.filter(status__in=CallEvent.HELD)

    def make_due(self, *, now: datetime) -> int:
        """Have these calls tried again from where they stopped; return how many."""
        tried = {"reason": "", "attempts": 0, "next_attempt_at": now, "ended_at": None}
        has_record = models.Q(details__isnull=False)
        to_log = self.filter(has_record).update(
            status=CallEvent.Status.WAITING_TO_LOG, **tried
        )
        to_find = self.exclude(has_record).update(
            status=CallEvent.Status.WAITING_FOR_RECORD, **tried
        )
        return to_log + to_find


class CallEvent(models.Model):
    """One call of an organization, from its first notification to its visible end.

    The row is the truth of the queue: `next_attempt_at` says when a worker is to look
    at it next, and is empty once the call has ended in a state that a person can see.
    No phone number is stored before the do-not-log list has been asked.
    """

    class Status(models.TextChoices):
        CALLING = "CALLING", _("On the phone")
        WAITING_FOR_RECORD = "WAITING_FOR_RECORD", _("Waiting for RingCentral")
        WAITING_TO_LOG = "WAITING_TO_LOG", _("Waiting to be logged")
        LOGGED = "LOGGED", _("Logged")
        SKIPPED = "SKIPPED", _("Skipped")
        NEEDS_ATTENTION = "NEEDS_ATTENTION", _("Needs attention")
        FAILED = "FAILED", _("Failed")

    IN_PROGRESS = (Status.CALLING, Status.WAITING_FOR_RECORD, Status.WAITING_TO_LOG)
    HEARD_FIELDS = (
        "started_at",
        "last_event_at",
        "status",
        "attempts",
        "next_attempt_at",
    )
    HELD = (Status.NEEDS_ATTENTION, Status.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="call_events"
    )
    telephony_session_id = models.CharField(max_length=200)
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.CALLING
    )
    reason = models.CharField(
        max_length=20,
        blank=True,
        choices=SkipReason.choices + AttentionReason.choices + FailureReason.choices,
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField(
        null=True, help_text=_("When the call came to its visible end here.")
    )
    configuration_version = models.PositiveIntegerField(default=0)

    # What RingCentral's record says, once it is there.
    session_id = models.CharField(max_length=40, blank=True)
    direction = models.CharField(
        max_length=10, blank=True, choices=[(d.value, d.value) for d in Direction]
    )
    extension_id = models.CharField(max_length=40, blank=True)
    type = models.CharField(max_length=10, blank=True)
    duration_seconds = models.PositiveIntegerField(null=True)
    result = models.CharField(max_length=60, blank=True)
    details = SealedField()
    """Caller, callee and recording: what is personal, as one sealed value."""

    objects = CallEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "telephony_session_id"],
                name="one_event_per_session",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="call_event_due",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
            models.Index(
                fields=["organization", "-started_at", "-id"], name="call_event_recent"
            ),
            models.Index(
                fields=["organization", "status", "-started_at", "-id"],
                name="call_event_by_status",
            ),
        ]

    def __str__(self):
        return f"{self.telephony_session_id} ({self.get_status_display()})"

    def get_absolute_url(self):
        return reverse("console:call-detail", kwargs={"pk": self.pk})

    @property
    def is_held(self) -> bool:
        """Whether a person may have it tried again."""
        return self.status in self.HELD

    @property
    def crm_record(self) -> "models.Model | None":
        """The record that was written to the CRM, where there is one."""
        logs = self.call_logs.all()
        return next((log for log in logs if log.crm_log_id), None)

    @property
    def call(self) -> Call:
        """The call as RingCentral's record told it."""
        details = self.details
        return Call(
            telephony_session_id=self.telephony_session_id,
            session_id=self.session_id,
            direction=Direction(self.direction),
            caller=Party(**details["caller"]),
            callee=Party(**details["callee"]),
            started_at=self.started_at,
            duration_seconds=self.duration_seconds,
            result=self.result,
            recording_url=details["recording_url"],
            marker=self.organization.marker(
                self.telephony_session_id, self.extension_id
            ),
        )

    def hear(self, change: PartyChange) -> None:
        """Take in what a notification, old or new, says about the call as a whole."""
        self.started_at = min(self.started_at, change.event_time)
        self.last_event_at = max(self.last_event_at, change.event_time)

    def expect_news(self, received_at: datetime, *, is_ending: bool) -> None:
        """Put the call (back) on the phone, for a worker to look at when it stays quiet.

        A call that is ending may still go on, with a party that is only being set up:
        it has to be quiet for the settle time. One that has come further already stays
        where it is.
        """
        if self.status in (self.Status.CALLING, self.Status.WAITING_FOR_RECORD):
            settle = timedelta(seconds=settings.CALL_SETTLE_SECONDS)
            self.status, self.attempts = self.Status.CALLING, 0
            self.next_attempt_at = received_at + (settle if is_ending else LOST_END)

    def take_record(self, call: Call, *, type: str, extension_id: str) -> None:
        """Take over what RingCentral's record says; saved with the next change of state."""
        self.session_id = call.session_id
        self.direction = call.direction
        self.type = type[:10]
        self.extension_id = extension_id
        self.started_at = call.started_at
        self.duration_seconds = call.duration_seconds
        self.result = call.result[:60]
        self.details = {
            "caller": asdict(call.caller),
            "callee": asdict(call.callee),
            "recording_url": call.recording_url,
        }

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
        if not counts:
            self.attempts = max(0, self.attempts - 1)
        self._save(steps, now)

    def advance(
        self,
        status: "CallEvent.Status",
        *,
        at: datetime,
        steps: Iterable[Step] = (),
        now: datetime,
    ) -> None:
        """Go on to another stage, which begins at `at`."""
        self.status, self.reason, self.ended_at = status, "", None
        self.attempts, self.next_attempt_at = 0, at
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

    def _end(
        self,
        status: "CallEvent.Status",
        reason: str,
        steps: Iterable[Step],
        now: datetime,
    ) -> None:
        self.status, self.reason = status, reason
        self.next_attempt_at, self.ended_at = None, now
        self._save(steps, now)

    @transaction.atomic
    def _save(self, steps: Iterable[Step], now: datetime) -> None:
        self.configuration_version = self.organization.configuration_version
        self.save()
        TimelineEntry.objects.bulk_create(
            TimelineEntry(
                call_event=self,
                at=now,
                step=step.name,
                text=step.text[:500],
                configuration_version=self.configuration_version,
            )
            for step in steps
        )
