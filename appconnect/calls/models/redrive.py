import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, Q

from appconnect.calls.status import IN_PROGRESS
from appconnect.organizations.models import Organization

LONGEST = timedelta(days=7)
"""How long calls may take that are tried again: all attempts together last two days."""


class RedriveQuerySet(models.QuerySet):
    def with_progress(self):
        """Count each one's calls as `total`, and those still on their way as `left`."""
        is_left = Q(call_events__status__in=IN_PROGRESS)
        return self.annotate(
            total=Count("call_events"), left=Count("call_events", filter=is_left)
        )

    def under_way(self, now: datetime):
        """Return those with calls still on their way; older ones are not counted through."""
        recent = self.filter(started_at__gt=now - LONGEST)
        return recent.with_progress().filter(left__gt=0).order_by("-started_at")


class Redrive(models.Model):
    """Calls that an admin has had tried again together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="redrives"
    )
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)

    objects = RedriveQuerySet.as_manager()

    def __str__(self):
        return f"Redrive of {self.started_at}"
