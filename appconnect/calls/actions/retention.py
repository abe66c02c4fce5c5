"""How long calls are stored: first numbers and names are deleted, later the rest."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from appconnect.calls.actions.leave import leave_unlogged
from appconnect.calls.client.contact_search import ANSWER_LIFETIME
from appconnect.calls.models import (
    CachedNote,
    CallParty,
    CallSession,
    ClientDetails,
    ContactSearch,
    CrmRecord,
)
from appconnect.calls.models.call_facts import TimelineEntry
from appconnect.calls.models.choices import Message, Sentence
from appconnect.organizations.models import Organization, Retention

PURGE = "purge"
PURGE_INTERVAL = timedelta(days=1)
BATCH_SIZE = 500
MAX_READ_AHEAD = 100_000


def purge(organization: Organization, *, now: datetime) -> None:
    """Delete what is older than its retention; nothing during a legal hold.

    A call that is still in progress is left until it has ended.
    """
    retention, _is_new = Retention.objects.get_or_create(organization=organization)
    if retention.is_on_hold:
        return
    finished = organization.calls.finished().order_by("started_at")
    identifiable = finished.filter(
        details__isnull=False, started_at__lt=retention.identity_limit(now)
    )
    forget_batch = partial(forget, organization, now=now)
    forgotten = in_batches(identifiable, forget_batch, retention)
    limit = retention.work_state_limit(now)
    retention.delete_until(limit)
    deleted = in_batches(finished.filter(started_at__lt=limit), delete, retention)
    unclaimed = ClientDetails.objects.filter(
        crm_record__organization=organization,
        crm_record__call=None,
        crm_record__sent_at__lt=retention.identity_limit(now),
    )
    in_batches(unclaimed, delete_details, retention)
    # Logged by a client, without a call here: it is not sent again.
    by_clients = organization.crm_records.filter(call=None, logged_at__lt=limit)
    in_batches(by_clients, delete_records, retention)
    retention.note_purge(forgotten=forgotten, deleted=deleted, now=now)


def in_batches(
    rows: QuerySet, act: Callable[[list], None], retention: Retention
) -> int:
    """Act on the rows' keys, batch by batch, until none matches; return how many that were.

    Others can write between batches, and a legal hold ends it.
    """
    count = 0
    # Read ahead: each batch would pass the rows that stay, to find the next ones.
    while keys := list(rows.values_list("pk", flat=True)[:MAX_READ_AHEAD]):
        for start in range(0, len(keys), BATCH_SIZE):
            if Retention.objects.filter(pk=retention.pk, is_on_hold=True).exists():
                return count
            with transaction.atomic():
                batch = rows.filter(pk__in=keys[start : start + BATCH_SIZE])
                locked = list(batch.select_for_update().values_list("pk", flat=True))
                act(locked)
            count += len(locked)
        if len(keys) < MAX_READ_AHEAD:
            break
    return count


def forget(organization: Organization, keys: list, *, now: datetime) -> None:
    """Delete numbers and names. Held calls end: a retry would fetch everything again."""
    held = list(
        CallSession.objects.filter(pk__in=keys).held().values_list("pk", flat=True)
    )
    leave_unlogged(organization, held, Message(Sentence.NOT_KEPT), now=now)
    ClientDetails.objects.filter(crm_record__call_id__in=keys).delete()
    CallParty.objects.filter(call_id__in=keys).delete()
    TimelineEntry.forget_reasons(keys)
    CallSession.objects.filter(pk__in=keys).forget_identity()


def delete_details(keys: list) -> None:
    ClientDetails.objects.filter(pk__in=keys).delete()


def delete_records(keys: list) -> None:
    CrmRecord.objects.filter(pk__in=keys).delete()


def delete(keys: list) -> None:
    CrmRecord.objects.filter(call_id__in=keys).delete()
    CallSession.objects.filter(pk__in=keys).delete()


def delete_short_lived(*, now: datetime) -> None:
    """Delete the clients' expired notes and contact searches, of all organizations."""
    CachedNote.objects.filter(expires_at__lte=now).delete()
    is_old = Q(looked_up_at=None) | Q(looked_up_at__lte=now - ANSWER_LIFETIME)
    is_asked = Q(looking_until__gt=now)
    ContactSearch.objects.filter(is_old & ~is_asked).delete()
