from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.organization import Organization


class Retention(models.Model):
    """How long an organization's calls are kept, and what the last purge did."""

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="retention",
    )
    identity_days = models.PositiveSmallIntegerField(
        _("Keep who called for (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_(
            "Number, name and links to the recording. 1 to 365 days after the call."
        ),
    )
    work_state_days = models.PositiveSmallIntegerField(
        _("Keep what became of a call for (days)"),
        default=400,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_(
            "State, ids, times and timeline. Not shorter than the first. Then nothing "
            "is left of the call here."
        ),
    )
    is_on_hold = models.BooleanField(
        _("Legal hold: nothing is deleted"),
        default=False,
        help_text=_("Neither when its days are over nor for one number."),
    )
    purged_at = models.DateTimeField(null=True)
    forgotten = models.PositiveIntegerField(default=0)
    """How many calls the last purge took number and name from."""
    deleted = models.PositiveIntegerField(default=0)
    """How many calls the last purge deleted."""
    deleted_until = models.DateTimeField(null=True)
    """Calls that began before it were deleted: one that the call log tells of is not new."""

    def __str__(self):
        return f"Retention of {self.organization}"

    def identity_limit(self, now: datetime) -> datetime:
        """Return since when calls have kept their numbers and names."""
        return now - timedelta(days=self.identity_days)

    def work_state_limit(self, now: datetime) -> datetime:
        """Return since when calls are kept at all."""
        return now - timedelta(days=self.work_state_days)

    def keep(
        self, *, identity_days: int, work_state_days: int, is_on_hold: bool
    ) -> None:
        """Keep calls so long from now on."""
        self.identity_days, self.work_state_days = identity_days, work_state_days
        self.is_on_hold = is_on_hold
        self.save(update_fields=["identity_days", "work_state_days", "is_on_hold"])

    def note_purge(self, *, forgotten: int, deleted: int, now: datetime) -> None:
        """Keep what a purge did. Settings that a person saves meanwhile stay."""
        self.purged_at, self.forgotten, self.deleted = now, forgotten, deleted
        self.save(update_fields=["purged_at", "forgotten", "deleted"])

    def delete_until(self, limit: datetime) -> None:
        """Note, before any is deleted, that calls from before `limit` are no news."""
        self.deleted_until = max(filter(None, (self.deleted_until, limit)))
        self.save(update_fields=["deleted_until"])
