"""Held calls that end unlogged: nothing tries them again by itself."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import F

from appconnect.calls.models import CallSession, TimelineEntry
from appconnect.calls.models.choices import SkipReason
from appconnect.organizations.models import Organization


def leave_unlogged(
    organization: Organization,
    keys: Collection[UUID],
    *,
    why: str,
    now: datetime,
) -> None:
    """End these calls, which are held and locked; `why` is what their timelines say."""
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            call_id=key,
            at=now,
            step="Skipped",
            text=why,
            configuration_version=organization.configuration_version,
        )
        for key in keys
    )
    CallSession.objects.filter(pk__in=keys).update(
        status=CallSession.Status.SKIPPED,
        reason=SkipReason.LEFT_BY_ADMIN,
        ended_at=now,
        fence=F("fence") + 1,
    )
