"""What is kept of calls, and for how long: first numbers and names go, later the rest."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from appconnect.calls.models import CallEvent, CallLog, CallParty
from appconnect.calls.models.call_event_queryset import CallEventQuerySet
from appconnect.organizations.models import Organization, Retention

PURGE = "purge"
PURGE_INTERVAL = timedelta(days=1)
BATCH_SIZE = 500


def purge(organization: Organization, *, now: datetime) -> None:
    """Let go of what is kept no longer; of nothing while there is a legal hold.

    A call that is still on its way waits until it has ended here.
    """
    retention, _is_new = Retention.objects.get_or_create(organization=organization)
    if retention.is_on_hold:
        return
    finished = organization.call_events.finished().order_by("started_at")
    identifiable = finished.filter(
        details__isnull=False, started_at__lt=retention.identity_limit(now)
    )
    forgotten = in_batches(identifiable, forget, retention)
    limit = retention.work_state_limit(now)
    retention.delete_until(limit)
    deleted = in_batches(finished.filter(started_at__lt=limit), delete, retention)
    retention.note_purge(forgotten=forgotten, deleted=deleted, now=now)


def in_batches(
    events: CallEventQuerySet, act: Callable[[list], None], retention: Retention
) -> int:
    """Act on the calls until none matches any more; return how many there were.

    Between batches others can write, and a legal hold ends it.
    """
    count = 0
    while not Retention.objects.filter(pk=retention.pk, is_on_hold=True).exists():
        with transaction.atomic():
            locked = events.select_for_update().values_list("pk", flat=True)
            keys = list(locked[:BATCH_SIZE])
            act(keys)
        count += len(keys)
        if len(keys) < BATCH_SIZE:
            break
    return count


def forget(keys: list) -> None:
    CallParty.objects.filter(call_event_id__in=keys).delete()
    CallEvent.objects.filter(pk__in=keys).forget_identity()


def delete(keys: list) -> None:
    CallLog.objects.filter(call_event_id__in=keys).delete()
    CallEvent.objects.filter(pk__in=keys).delete()
