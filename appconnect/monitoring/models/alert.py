from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appconnect.monitoring.models.alert_channel import AlertChannel
from appconnect.monitoring.models.problems import Problem, ProblemKind, Severity
from appconnect.organizations.models import Organization

RESOLVED_AFTER = timedelta(minutes=5)
"""How long a problem must be gone before its alert is resolved: it may come back."""

GROWTH_INTERVAL = timedelta(hours=1)
"""A growing problem is announced again once within this time at most."""


class AlertQuerySet(models.QuerySet):
    def unresolved(self):
        return self.filter(resolved_at=None)


class Alert(models.Model):
    """A problem that the admins are notified of: one row from its begin to its end."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="alerts",
        db_index=False,
    )
    kind = models.CharField(max_length=30, choices=ProblemKind.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    sentence = models.TextField()
    page = models.CharField(max_length=60)
    count = models.PositiveIntegerField(
        default=0, help_text=_("How many calls it concerned when last seen.")
    )
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_since = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    told_count = models.PositiveIntegerField(
        default=0,
        help_text=_("How many calls it concerned when last told, and still does."),
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind"],
                name="one_open_alert_per_kind",
                condition=Q(resolved_at=None),
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-opened_at"], name="alert_recent")
        ]

    def __str__(self):
        return f"{self.get_kind_display()} ({self.organization})"

    @property
    def duration(self) -> timedelta | None:
        """How long the problem lasted; None while it does."""
        return self.resolved_at and self.resolved_at - self.opened_at

    def see(self, problem: Problem, *, now: datetime) -> None:
        """Copy the present state of the problem; saves nothing."""
        self.severity, self.sentence = problem.severity, problem.sentence
        self.page, self.count = problem.page, problem.count
        self.told_count = min(self.told_count, problem.count)
        self.last_seen_at, self.gone_since = now, None

    def has_grown(self, now: datetime) -> bool:
        """Return whether twice as many calls need a person as when it was announced.

        A call that stays held must not hide the ones that are held after it.
        """
        is_of_calls = self.kind == ProblemKind.NEEDS_ATTENTION
        has_doubled = self.count >= 2 * self.told_count
        return is_of_calls and has_doubled and now >= self.told_at + GROWTH_INTERVAL

    def mark_announced(self, now: datetime) -> None:
        """Remember when and with how many calls it was announced; saves nothing."""
        self.told_at, self.told_count = now, self.count

    def miss(self, now: datetime) -> None:
        """Note that the problem is gone; resolve it once that has lasted. Saves nothing."""
        self.gone_since = self.gone_since or now
        if self.gone_since <= now - RESOLVED_AFTER:
            self.resolved_at = now


class AlertSettings(models.Model):
    """When an organization's admins are reminded, and their quiet hours."""

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="alert_settings",
    )
    quiet_from = models.TimeField(_("quiet hours begin"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet hours end"), null=True, blank=True)
    reminder_days = models.JSONField(
        default=list, help_text=_("After so many days an open alert is told again.")
    )

    REMINDER_DAYS = (1, 3, 7)

    def __str__(self):
        return f"Alert settings of {self.organization}"

    @classmethod
    def of(cls, organization: Organization) -> "AlertSettings":
        """Return the settings; unsaved defaults where none are stored."""
        stored = cls.objects.filter(organization=organization).first()
        return stored or cls(
            organization=organization, reminder_days=list(cls.REMINDER_DAYS)
        )

    def find_end_of_quiet(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end that last now, by the organization's clock."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return None
        local = now.astimezone(ZoneInfo(self.organization.time_zone))
        at = local.time()
        is_quiet = begin <= at < end if begin < end else at >= begin or at < end
        if not is_quiet:
            return None
        ends_at = local.replace(
            hour=end.hour, minute=end.minute, second=0, microsecond=0
        )
        return ends_at if ends_at > local else ends_at + timedelta(days=1)


class AlertMessageQuerySet(models.QuerySet):
    def due(self, now: datetime):
        return self.filter(sent_at=None, due_at__lte=now)


class AlertMessage(models.Model):
    """One message about an alert, for one channel.

    The row is stored together with the alert's change and marked after it was sent: a
    worker that dies between the two makes it sent twice, never lost.
    """

    class Event(models.TextChoices):
        OPENED = "OPENED", _("New")
        REMINDER = "REMINDER", _("Reminder")
        RESOLVED = "RESOLVED", _("Resolved")

    LEASE = timedelta(minutes=5)
    DELAYS = (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
    )

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey(
        AlertChannel, on_delete=models.CASCADE, related_name="messages"
    )
    event = models.CharField(max_length=10, choices=Event.choices)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    objects = AlertMessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="alert_message_due",
                condition=Q(sent_at=None, due_at__isnull=False),
            )
        ]

    def __str__(self):
        return f"{self.get_event_display()}: {self.alert}"

    def claim(self, now: datetime) -> bool:
        """Claim the message for this worker; False if another one has it."""
        mine = type(self).objects.due(now).filter(pk=self.pk, attempts=self.attempts)
        self.attempts += 1
        return bool(mine.update(due_at=now + self.LEASE, attempts=self.attempts))

    def mark_sent(self, now: datetime) -> None:
        self._mine().update(sent_at=now, due_at=None)

    def mark_failed(self, now: datetime) -> None:
        """Try again later, unless that was the last attempt or it is over meanwhile."""
        is_over = self.attempts > len(self.DELAYS)
        due_at = None if is_over else now + self.DELAYS[self.attempts - 1]
        self._mine().filter(due_at__isnull=False).update(due_at=due_at)

    def _mine(self) -> models.QuerySet:
        return type(self).objects.filter(pk=self.pk, attempts=self.attempts)
