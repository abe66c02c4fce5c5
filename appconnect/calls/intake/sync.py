"""RingCentral's call log, read change by change: no call is missed, and none stays wrong.

One request serves all calls that wait for their record. What nobody notified us of is
recovered, and what RingCentral corrects after a call was logged is corrected in the CRM.
"""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from appconnect.calls.decision.rules import is_in_scope
from appconnect.calls.intake.correction import correct
from appconnect.calls.intake.extension import choose_extension
from appconnect.calls.intake.ringcentral_record import (
    WAIT_FOR_TURN,
    extensions_of,
    is_believable,
    keep_record,
    look_for_record,
    postpone,
    store_record,
    take_look,
    wait_for_ringcentral,
)
from appconnect.calls.models import CallEvent, CallLogFeed, Step
from appconnect.calls.models.choices import FailureReason
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.logging_settings.retention import get_retention
from appconnect.organizations.models import (
    Extension,
    Organization,
    ServerLoggingSettings,
)
from appconnect.ringcentral.call_log import (
    CallRecord,
    Changes,
    SyncTokenRejected,
    end_of,
    read_changes,
)
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import RingCentralError

Status = CallEvent.Status
OVERLAP = timedelta(minutes=15)
"""How much is read again where the place in the feed was lost."""
PROVISIONAL_LOOK = timedelta(minutes=15)
"""When to look again at a call of which only a provisional record is known."""

logger = logging.getLogger(__name__)


def find_records(event: CallEvent, *, now: datetime) -> list[CallEvent]:
    """Look for a call's record; where others wait too, one request serves them all.

    Returns the calls that can go on. What the feed told before the call ended, or never
    will, is asked for alone, from the second look on.
    """
    organization = event.organization
    moved: list[CallEvent] | None = []
    try:
        is_read = get_settings(organization).is_enabled
        if not is_read or event.attempts > 1 or not waits_with_others(event, now):
            look_for_record(event, now=now)
            return []
        if not was_just_read(organization, now):
            moved = read_feed(organization, now=now)
        if moved is None:
            postpone(event, now + WAIT_FOR_TURN, now=now)
        else:
            take_look(event, None, now=now)
    except RingCentralError as error:
        wait_for_ringcentral(event, error, now=now)
    return moved or []


def waits_with_others(event: CallEvent, now: datetime) -> bool:
    soon = CallEvent.objects.waiting_for_record().due(now + WAIT_FOR_TURN)
    return soon.filter(organization=event.organization).exclude(pk=event.pk).exists()


def was_just_read(organization: Organization, now: datetime) -> bool:
    feed = CallLogFeed.objects.filter(organization=organization).first()
    return feed is not None and feed.read_at is not None and feed.next_read_at > now


def needs_reading(organization: Organization, *, now: datetime) -> bool:
    """Tell whether the call log is due to be read although no call may wait for it."""
    feed = getattr(organization, "call_log_feed", None)
    return get_settings(organization).is_enabled and (feed is None or feed.is_due(now))


def read_feed(organization: Organization, *, now: datetime) -> list[CallEvent] | None:
    """Take over all that changed since the last read; return the calls that now go on.

    None where it could not be read now: another worker is at it, or RingCentral's rate
    limit is used up. Raises a `RingCentralError`.
    """
    settings = get_settings(organization)
    feed, _created = CallLogFeed.objects.get_or_create(organization=organization)
    if not settings.is_enabled or not feed.claim(now):
        return None
    try:
        if feed.since != settings.logging_since or feed.since is None:
            feed.begin_anew(settings.logging_since or now)
        moved: list[CallEvent] = []
        with open_ringcentral(organization, now=now) as client:
            while organization.ringcentral_connection.take_call_log_token(now):
                changes = ask(feed, client)
                moved += take_changes(feed, changes, settings, now=now)
                if not changes.has_more:
                    return moved
        return moved or None
    finally:
        feed.release()


def ask(feed: CallLogFeed, client: RingCentral) -> Changes:
    since = feed.complete_until - OVERLAP if feed.complete_until else feed.since
    try:
        return read_changes(client, sync_token=feed.sync_token, since=since)
    except SyncTokenRejected:
        feed.sync_token = ""
        return read_changes(client, since=since)


@transaction.atomic
def take_changes(
    feed: CallLogFeed,
    changes: Changes,
    settings: ServerLoggingSettings,
    *,
    now: datetime,
) -> list[CallEvent]:
    """Take over one answer, and the place up to which it reads, together or not at all."""
    organization = feed.organization
    extensions = extensions_of(organization, changes.records.values())
    known = {
        event.telephony_session_id: event
        for event in CallEvent.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(organization=organization, telephony_session_id__in=changes.records)
    }
    deleted_until = get_retention(organization).deleted_until
    moved = []
    for session, record in changes.records.items():
        event = known.get(session)
        if event is None and (
            was_deleted(record, deleted_until)
            or not is_ours(record, feed, settings, extensions)
        ):
            continue
        try:
            with transaction.atomic():
                event = event or recover(organization, record, now=now)
                if follow(event, record, extensions, now=now):
                    moved.append(event)
        except DatabaseError:  # one odd record must not keep the others from being read
            logger.exception("A call-log record could not be stored")
    feed.sync_token, feed.read_at = changes.sync_token, now
    if not changes.has_more:
        feed.complete_until = changes.until
    feed.save(update_fields=["since", "sync_token", "read_at", "complete_until"])
    return moved


def is_ours(
    record: CallRecord,
    feed: CallLogFeed,
    settings: ServerLoggingSettings,
    extensions: dict[str, Extension],
) -> bool:
    """Tell whether a call that nobody notified us of is one to be looked after."""
    if record.is_system_call or end_of(record.call) < feed.since:
        return False
    extension_id = choose_extension(record, extensions)
    return is_in_scope(feed.organization, settings, extension_id=extension_id)


def was_deleted(record: CallRecord, deleted_until: datetime | None) -> bool:
    """Tell whether the call may have been here, and its days were over."""
    return deleted_until is not None and record.call.started_at < deleted_until


def recover(
    organization: Organization, record: CallRecord, *, now: datetime
) -> CallEvent:
    """Begin with a call whose notifications never came, as if they had."""
    event = CallEvent(
        organization=organization,
        telephony_session_id=record.call.telephony_session_id,
        started_at=record.call.started_at,
        last_event_at=record.call.started_at,
        received_at=now,
        was_recovered=True,
    )
    told = "RingCentral never told us of this call; its call log did."
    event.advance(
        Status.WAITING_FOR_RECORD,
        at=now + PROVISIONAL_LOOK,
        steps=[Step("Recovered", told)],
        now=now,
    )
    return event


def follow(
    event: CallEvent,
    record: CallRecord,
    extensions: dict[str, Extension],
    *,
    now: datetime,
) -> bool:
    """Bring a call up to what its record says now; tell whether it has something to do.

    Of all that takes part in the answer only what takes part in this record counts.
    """
    extensions = {
        key: extensions[key] for key in record.extension_ids & extensions.keys()
    }
    is_without_record = event.status == Status.WAITING_FOR_RECORD or (
        event.reason == FailureReason.NO_RECORD
    )
    if is_without_record and is_believable(record, event):
        store_record(event, record, extensions, now=now)
    elif event.status == Status.CALLING and is_believable(record, event):
        if keep_record(event, record, extensions, now=now):
            event.hear_of_end(now)
    elif event.details:
        correct(event, record, extensions, now=now)
    else:
        return False
    return event.next_attempt_at is not None
