"""The CRM's record of a call that a client of App Connect logs.

Its reservation is the same row as a worker's: the two never write two records of one call
of one extension.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from appconnect.calls.client.client_details import (
    ClientCall,
    store_details,
    with_subject,
)
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.client.queries import (
    find_call,
    find_crm_user,
    has_no_details,
    reservations,
)
from appconnect.calls.crm.sending_lock import is_being_sent
from appconnect.calls.crm.write import (
    columns_of,
    create_in_crm,
    find_by_marker,
    may_be_forgotten,
    sent_to,
)
from appconnect.calls.crm.write_once import write_once
from appconnect.calls.decision.owner import find_mapping
from appconnect.calls.models import CachedNote, CallSession, CrmRecord, Overtaken, Step
from appconnect.calls.models.choices import (
    Message,
    Sentence,
    Skip,
    SkipReason,
    StepName,
)
from appconnect.calls.models.timing import Clock
from appconnect.calls.text.compose import our_part, whole_text
from appconnect.calls.text.crm_facts import crm_facts
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.do_not_log import is_listed
from appconnect.organizations.models import (
    CrmSession,
    NoteSection,
    Organization,
    ServerLoggingSettings,
)
from connector.base import Connector
from connector.types import CrmUser, LogFormatType

Status = CrmRecord.Status
Ended = CallSession.Status


class AlreadyLogged(Exception):
    """The call has its record, or another sender is writing it."""


def log_client_call(
    session: CrmSession, client_call: ClientCall, *, clock: Clock
) -> str:
    """Write the record in the person's own CRM session and return its id.

    Raises `AlreadyLogged`, `NotYet` while an earlier attempt may still show, `Skip` for
    a number that is never logged, `NeedsAttention`, or a `ConnectorError`.
    """
    organization = session.organization
    if is_listed(organization, client_call.call_facts.numbers):
        raise Skip(SkipReason.DO_NOT_LOG)
    crm_record = find_reservation(organization, client_call)
    if crm_record.status == Status.LOGGED or is_in_progress(crm_record):
        raise AlreadyLogged
    call_facts = replace(client_call.call_facts, marker=crm_record.marker)
    client_call = replace(client_call, call_facts=call_facts)
    if client_call.is_from_service:
        typed = CachedNote.find(
            organization,
            client_call.extension_id,
            call_facts.session_id,
            now=clock(),
        )
        client_call = replace(client_call, note=typed or client_call.note)
    settings = get_settings(organization)
    contact, owner = client_call.contact, owner_of(session, client_call)
    ended_at = call_facts.started_at + timedelta(seconds=call_facts.duration_seconds)
    is_old = may_be_forgotten(ended_at, clock())
    with asking_crm(session, settings, clock=clock) as connector:
        forgotten = find_by_marker(crm_record, connector, contact) if is_old else ""

        def find() -> str:
            return find_by_marker(crm_record, connector, sent_to(crm_record))

        def store() -> None:
            store_details(
                crm_record,
                call_facts,
                contact.name,
                words=client_call.words,
                is_pending=client_call.is_pending,
            )

        def create() -> str:
            if forgotten:
                return forgotten
            text = first_text(client_call, settings, connector)
            titled = with_subject(crm_facts(call_facts, settings), client_call.words)
            return create_in_crm(connector, titled, contact, owner, text)

        columns = columns_of(crm_record, contact, owner)
        columns["session_id"] = call_facts.session_id[:40]
        try:
            record_id = write_once(
                crm_record,
                find=find,
                create=create,
                store=store,
                clock=clock,
                **columns,
            )
        except Overtaken as error:
            raise AlreadyLogged from error
    mark_call_logged(crm_record, client_call, by=str(session), now=clock())
    return record_id


def find_reservation(organization: Organization, client_call: ClientCall) -> CrmRecord:
    """Return the reservation for the call's record; unsaved where there is none."""
    call_facts, extension_id = client_call.call_facts, client_call.extension_id
    telephony_session_id = call_facts.telephony_session_id
    crm_records = reservations(
        organization, telephony_session_id, call_facts.session_id
    )
    crm_record = of_extension(crm_records, extension_id)
    if crm_record is None:
        crm_record = CrmRecord(
            organization=organization,
            platform=organization.platform,
            telephony_session_id=telephony_session_id,
            extension_id=extension_id,
        )
        has_no_details(crm_record)
    return crm_record


def is_in_progress(crm_record: CrmRecord) -> bool:
    """Return whether another client or a worker is sending the record now."""
    is_sending = crm_record.status == Status.SENDING
    return is_sending and is_being_sent(crm_record.lock_id)


def of_extension(
    crm_records: Iterable[CrmRecord], extension_id: str
) -> CrmRecord | None:
    """Return the call's row with this extension, else with none.

    Without an `extension_id`, any row of the call. A client may name an extension that
    the directory does not have yet.
    """
    of_extensions = {record.extension_id: record for record in crm_records}
    if not extension_id:
        return of_extensions[min(of_extensions)] if of_extensions else None
    return of_extensions.get(extension_id) or of_extensions.get("")


def owner_of(session: CrmSession, client_call: ClientCall) -> CrmUser | None:
    """Return the owner that the client names, the mapped one first; else the signed-in user."""
    organization, extension_id = session.organization, client_call.owner_extension_id
    mapping = find_mapping(organization, extension_id) if extension_id else None
    if mapping:
        return mapping.crm_user.as_owner()
    crm_user_id = client_call.owner_crm_user_id or session.crm_user_id
    crm_user = find_crm_user(organization, crm_user_id)
    return crm_user.as_owner() if crm_user else None


def first_text(
    client_call: ClientCall, settings: ServerLoggingSettings, connector: Connector
) -> str:
    """Return the text of a new record: the agent's note, then our part."""
    log_format = connector.get_log_format_type()
    note = client_call.note if NoteSection.NOTE in settings.note_sections else ""
    if log_format is LogFormatType.CUSTOM:
        return note
    details = partial(
        our_part,
        client_call.call_facts,
        client_call.contact.name,
        settings,
        log_format,
        words=client_call.words,
        is_pending=client_call.is_pending,
    )
    return whole_text(note, details, connector)


def mark_call_logged(
    crm_record: CrmRecord, client_call: ClientCall, *, by: str, now: datetime
) -> None:
    """Mark the call logged if it waits to be logged, or has ended unlogged.

    At an earlier stage it stays: it finds the record when it comes to be logged.
    """
    call = find_call(crm_record)
    if call is None or call.reason == SkipReason.DO_NOT_LOG:
        return
    crm_record.move(Status.LOGGED, call=call)
    with transaction.atomic():
        call = CallSession.objects.lock(call.pk)
        if call.is_held or call.status in (Ended.SKIPPED, Ended.WAITING_TO_LOG):
            call.supersede()  # a worker may have it
            call.take_contact(client_call.contact)
            call.take_written(client_call.call_facts)
            values = {"by": by, "record": crm_record.record_id}
            message = Message(Sentence.LOGGED_BY_HAND, values)
            call.mark_logged(steps=[Step(StepName.LOGGED, message)], now=now)
            if call.details:
                call.schedule_update(at=now)
