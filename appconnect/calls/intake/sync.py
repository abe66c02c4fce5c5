"""RingCentral's call log, read change by change: no call is missed, and none stays wrong.

One request serves all calls that wait for their record. A call without any notification
is recovered, and what RingCentral corrects later is corrected in the CRM.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, transaction

from appconnect.calls.decision.rules import is_in_scope
from appconnect.calls.intake.correction import apply_record
from appconnect.calls.intake.extension import choose_extension, extensions_of
from appconnect.calls.intake.ringcentral_record import (
    RATE_LIMIT_INTERVAL,
    fetch_record,
    finish_attempt,
    postpone,
    wait_for_ringcentral,
    with_known_numbers,
)
from appconnect.calls.intake.transfer import (
    join_transfers,
    resume_transferred,
    without_consultations,
)
from appconnect.calls.models import (
    CallLogSync,
    CallParty,
    CallSession,
    Overtaken,
    Step,
)
from appconnect.calls.models.call_queries import waits_with_others
from appconnect.calls.models.choices import Message, Sentence, StepName
from appconnect.organizations.connections.configuration import configured_now
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.logging_settings.retention import get_retention
from appconnect.organizations.models import (
    Extension,
    Organization,
    ServerLoggingSettings,
)
from appconnect.ringcentral.call_log import Changes, SyncTokenRejected, read_changes
from appconnect.ringcentral.call_record import CallRecord, end_of
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import RingCentralError
from appconnect.rows import insert_new, rows_of, update

Status = CallSession.Status
SYNC_OVERLAP = timedelta(minutes=15)
"""How much is read again where the sync token was lost."""
SYNC_LEASE = timedelta(minutes=2)
PROVISIONAL_INTERVAL = timedelta(minutes=15)
"""Until the next attempt for a call that has only a provisional record."""

logger = logging.getLogger(__name__)


def find_records(call: CallSession, *, now: datetime) -> list[CallSession]:
    """Fetch a call's record; where other calls wait too, one request serves them all.

    Returns the calls that can go on. From the second attempt on the call is fetched
    alone: its change may have been read before its end, or may never come.
    """
    organization = call.organization
    moved: list[CallSession] | None = []
    try:
        is_read = get_settings(organization).is_enabled
        soon = now + RATE_LIMIT_INTERVAL
        if not is_read or call.attempts > 1 or not waits_with_others(call, until=soon):
            return fetch_record(call, now=now)
        if not any(s.was_just_read(now) for s in rows_of(organization, CallLogSync)):
            moved = read_call_log(organization, now=now)
        if moved is None:
            postpone(call, now + RATE_LIMIT_INTERVAL, now=now)
        else:
            finish_attempt(call, None, now=now)
    except RingCentralError as error:
        wait_for_ringcentral(call, error, now=now)
    return moved or []


def needs_reading(organization: Organization, *, now: datetime) -> bool:
    """Return whether the call log is due to be read although no call waits for it."""
    sync = getattr(organization, "call_log_sync", None)
    return get_settings(organization).is_enabled and (sync is None or sync.is_due(now))


def read_call_log(
    organization: Organization, *, now: datetime
) -> list[CallSession] | None:
    """Store all that changed since the last read; return the calls that can go on.

    None where it could not be read now: another worker reads it, or RingCentral's rate
    limit is used up. Raises a `RingCentralError`.
    """
    settings = get_settings(organization)
    if not settings.is_enabled:
        return None
    sync = CallLogSync(organization_id=organization.pk)
    lease = {"name": "reading_until", "duration": SYNC_LEASE, "now": now}
    if not sync.take_lease(**lease):
        sync, is_new = CallLogSync.objects.get_or_create(organization=organization)
        if not (is_new and sync.take_lease(**lease)):
            return None
    sync.organization = organization
    moved: list[CallSession] = []
    try:
        if sync.since != settings.logging_since or sync.since is None:
            sync.restart(settings.logging_since or now)
        with open_ringcentral(organization, now=now) as client:
            while organization.ringcentral_connection.take_call_log_token(now):
                changes = fetch_changes(sync, client)
                moved += store_changes(sync, changes, settings, now=now)
                if not changes.has_more:
                    return moved
    except Overtaken:
        logger.warning("Another worker has read the call log of %s", organization.pk)
    finally:
        sync.end_lease("reading_until")
    return moved or None


def fetch_changes(sync: CallLogSync, client: RingCentral) -> Changes:
    since = sync.complete_until - SYNC_OVERLAP if sync.complete_until else sync.since
    try:
        return read_changes(client, sync_token=sync.sync_token, since=since)
    except SyncTokenRejected:
        sync.sync_token = ""
        return read_changes(client, since=since)


def store_changes(
    sync: CallLogSync,
    changes: Changes,
    settings: ServerLoggingSettings,
    *,
    now: datetime,
) -> list[CallSession]:
    """Store one answer and the sync token after it, together or not at all."""
    if not changes.records:  # most answers
        note_read(sync, changes, now=now)
        return []
    with transaction.atomic():
        moved = store_records(sync, changes.records, settings, now=now)
        note_read(sync, changes, now=now)
    return moved


def note_read(sync: CallLogSync, changes: Changes, *, now: datetime) -> None:
    """Store how far the call log has been read with this answer.

    Raises `Overtaken` where the lease ran out and another worker took it.
    """
    sync.sync_token, sync.read_at = changes.sync_token, now
    if not changes.has_more:
        sync.complete_until = changes.until
    columns = ("since", "sync_token", "read_at", "complete_until")
    values = {name: getattr(sync, name) for name in columns}
    if update(sync, values, unchanged=("reading_until",)) is None:
        raise Overtaken


def store_records(
    sync: CallLogSync,
    records: Mapping[str, CallRecord],
    settings: ServerLoggingSettings,
    *,
    now: datetime,
) -> list[CallSession]:
    """Store what the records change; return the calls that can go on."""
    organization = sync.organization
    records = {
        session: with_known_numbers(record, organization)
        for session, record in records.items()
    }
    records = without_consultations(
        organization,
        {
            session: join_transfers(record, records)
            for session, record in records.items()
        },
    )
    extensions = extensions_of(organization, records.values())
    calls = {
        call.telephony_session_id: call
        for call in CallSession.objects.select_for_update().filter(
            organization=organization, telephony_session_id__in=records
        )
    }
    organization = sync.organization = configured_now(organization.pk)
    parties: dict[UUID, list[CallParty]] = {}
    for party in CallParty.of(calls.values()):
        parties.setdefault(party.call_id, []).append(party)
    deleted_until = get_retention(organization).deleted_until
    moved = []
    for session, record in records.items():
        call = calls.get(session)
        if call is None and (
            was_deleted(record, deleted_until)
            or not is_eligible(record, sync, settings, extensions)
        ):
            continue
        try:
            with transaction.atomic():
                call = call or recover(organization, record, now=now)
                if call is None:
                    continue
                call.organization = organization
                known = parties.get(call.pk, ())
                if apply_record(call, record, extensions, known, now=now):
                    moved.append(call)
                moved += resume_transferred(organization, record, now=now)
        except DatabaseError:  # one odd record must not keep the others from being read
            logger.exception("A call-log record could not be stored")
    return moved


def is_eligible(
    record: CallRecord,
    sync: CallLogSync,
    settings: ServerLoggingSettings,
    extensions: dict[str, Extension],
) -> bool:
    """Return whether a call without any notification is to be logged."""
    if record.is_system_call or end_of(record.call_facts) < sync.since:
        return False
    extension_id = choose_extension(record, extensions)
    return is_in_scope(sync.organization, settings, extension_id=extension_id)


def was_deleted(record: CallRecord, deleted_until: datetime | None) -> bool:
    """Return whether the call may have been here and was deleted after its retention."""
    return deleted_until is not None and record.call_facts.started_at < deleted_until


def recover(
    organization: Organization, record: CallRecord, *, now: datetime
) -> CallSession | None:
    """Create a call whose notifications never came.

    None if the first one has just arrived: the call's own steps then find the record.
    """
    call = CallSession(
        organization=organization,
        telephony_session_id=record.call_facts.telephony_session_id,
        started_at=record.call_facts.started_at,
        last_event_at=record.call_facts.started_at,
        received_at=now,
        was_recovered=True,
    )
    if insert_new(call) is None:
        return None
    call.advance(
        Status.WAITING_FOR_RECORD,
        at=now + PROVISIONAL_INTERVAL,
        steps=[Step(StepName.RECOVERED, Message(Sentence.RECOVERED))],
        now=now,
    )
    return call
