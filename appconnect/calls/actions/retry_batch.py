"""Many calls retried at once: the chosen ones, or all in a state."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from appconnect.calls.models import CallSession, RetryBatch, Step, TimelineEntry
from appconnect.calls.models.call_queries import CallSessionQuerySet
from appconnect.calls.models.choices import (
    IN_PROGRESS,
    AttentionReason,
    Message,
    Sentence,
    StepName,
)
from appconnect.organizations.models import Organization

BATCH_SIZE = 500
MAX_AT_ONCE = 10_000


def retryable(
    organization: Organization, calls: CallSessionQuerySet
) -> CallSessionQuerySet:
    """Return the calls that can be retried together, the oldest first.

    A record of unknown outcome is left out: first a person has to look for it in the
    CRM.
    """
    held = calls.filter(organization=organization).held()
    return held.exclude(reason=AttentionReason.UNDECIDED).order_by("started_at", "id")


@transaction.atomic
def retry_batch(
    organization: Organization,
    calls: CallSessionQuerySet,
    *,
    started_by: str,
    now: datetime,
) -> RetryBatch | None:
    """Retry the retryable ones of the calls; return their batch, if there are any.

    `MAX_AT_ONCE` at most. Done twice at once, it is one attempt. `started_by` is a name
    for people.
    """
    started = RetryBatch.objects.create(
        organization=organization, started_at=now, started_by=started_by
    )
    chosen = retryable(organization, calls).values_list("pk", flat=True)
    held = CallSession.objects.filter(pk__in=list(chosen[:MAX_AT_ONCE])).held()
    count = held.make_due(now=now, retry_batch=started)
    if not count:
        started.delete()
        return None
    message = Message(Sentence.TRIED_BY, {"by": started_by, "count": count})
    pks = started.calls.values_list("pk", flat=True)
    add_timeline(started, pks, Step(StepName.TRIED_AGAIN, message), now=now)
    return started


@transaction.atomic
def cancel(started: RetryBatch, *, canceled_by: str, now: datetime) -> int:
    """Hold the calls again that were not attempted yet; return how many that are.

    A worker finishes what it has begun.
    """
    waiting = started.calls.filter(status__in=IN_PROGRESS, attempts=0)
    # Locked: no worker begins one of them before it is held.
    pks = list(waiting.select_for_update().values_list("pk", flat=True))
    message = Message(Sentence.CANCELED_BY, {"by": canceled_by})
    add_timeline(started, pks, Step(StepName.NOT_TRIED_AGAIN, message), now=now)
    return waiting.update(
        status=CallSession.Status.NEEDS_ATTENTION,
        reason=AttentionReason.RETRY_CANCELED,
        next_attempt_at=None,
        ended_at=now,
        fence=F("fence") + 1,
    )


def add_timeline(
    started: RetryBatch, pks: Iterable[UUID], step: Step, *, now: datetime
) -> None:
    version = started.organization.configuration_version
    TimelineEntry.add(pks, [step], configuration_version=version, now=now)
