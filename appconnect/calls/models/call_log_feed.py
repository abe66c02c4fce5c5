from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from appconnect.organizations.models import Organization


class CallLogFeed(models.Model):
    """How far an organization's call log has been read, change by change.

    Everything that changed there before `complete_until` has been looked at here: no
    eligible call before it is unknown.
    """

    LEASE = timedelta(minutes=2)

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="call_log_feed",
    )
    since = models.DateTimeField(null=True)
    """From when on calls are logged; calls before it are none of ours."""
    sync_token = models.TextField(blank=True)
    complete_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    reading_until = models.DateTimeField(null=True)

    def __str__(self):
        return f"Call log of {self.organization}, read until {self.complete_until}"

    @property
    def next_read_at(self) -> datetime:
        """When calls that wait may have it read again."""
        return self.read_at + timedelta(seconds=settings.CALL_LOG_DELAY_SECONDS / 2)

    def is_due(self, now: datetime) -> bool:
        """Tell whether it is to be read although no call waits for it."""
        interval = timedelta(seconds=settings.CALL_LOG_SYNC_SECONDS)
        return self.read_at is None or self.read_at <= now - interval

    def claim(self, now: datetime) -> bool:
        """Take the feed for this worker; False while another one reads it."""
        free = Q(reading_until=None) | Q(reading_until__lte=now)
        mine = type(self).objects.filter(free, pk=self.pk)
        if not mine.update(reading_until=now + self.LEASE):
            return False
        self.refresh_from_db()
        return True

    def release(self) -> None:
        type(self).objects.filter(pk=self.pk).update(reading_until=None)

    def begin_anew(self, since: datetime) -> None:
        """Read from an instant on, whatever was read before."""
        self.since, self.sync_token, self.complete_until = since, "", None
