"""Held calls that end unlogged: they are not retried automatically."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import F

from appconnect.calls.models import CallSession, Step, TimelineEntry
from appconnect.calls.models.choices import Message, SkipReason, StepName
from appconnect.organizations.models import Organization


def leave_unlogged(
    organization: Organization,
    keys: Collection[UUID],
    message: Message,
    *,
    now: datetime,
) -> None:
    """End these calls, which are held and locked; `message` goes into their timelines."""
    TimelineEntry.add(
        keys,
        [Step(StepName.SKIPPED, message)],
        configuration_version=organization.configuration_version,
        now=now,
    )
    CallSession.objects.filter(pk__in=keys).update(
        status=CallSession.Status.SKIPPED,
        reason=SkipReason.LEFT_BY_ADMIN,
        ended_at=now,
        held_since=None,
        fence=F("fence") + 1,
    )
