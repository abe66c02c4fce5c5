import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, Q
from django.utils.functional import cached_property

from appconnect.calls.models.choices import IN_PROGRESS
from appconnect.organizations.models import Organization

RETRY_BATCH_WINDOW = timedelta(days=7)
"""How long a batch may be under way: all attempts of a call together last two days."""


class RetryBatchQuerySet(models.QuerySet):
    def with_progress(self):
        """Count each one's calls as `total`, and those still on their way as `left`."""
        is_left = Q(calls__status__in=IN_PROGRESS)
        return self.annotate(total=Count("calls"), left=Count("calls", filter=is_left))

    def under_way(self, now: datetime):
        """Return those of the last days with calls still on their way."""
        recent = self.filter(started_at__gt=now - RETRY_BATCH_WINDOW)
        return recent.with_progress().filter(left__gt=0).order_by("-started_at")


class RetryBatch(models.Model):
    """Calls that an admin retried together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="retry_batches"
    )
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)

    objects = RetryBatchQuerySet.as_manager()

    def __str__(self):
        return f"RetryBatch of {self.started_at}"

    @cached_property
    def size(self) -> int:
        """How many calls are retried."""
        return self.calls.count()
