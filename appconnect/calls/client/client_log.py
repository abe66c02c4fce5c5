"""A call that a client of App Connect logs: one record for it, as for those logged here.

The reservation is the same row, so that a client and a worker never write two records of
one call of one extension.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from appconnect.calls.client.client_details import (
    ClientCall,
    keep_details,
    with_subject,
)
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.crm.outcome import keeping_outcome, take_over
from appconnect.calls.crm.resolve_unknown import settled_at
from appconnect.calls.crm.sending_lock import being_sent, is_being_sent
from appconnect.calls.crm.write import FRESH, only
from appconnect.calls.decision.owner import find_mapping
from appconnect.calls.models import CachedNote, CallSession, CrmRecord, Overtaken, Step
from appconnect.calls.models.choices import (
    AttentionReason,
    NeedsAttention,
    NotYet,
    Skip,
    SkipReason,
)
from appconnect.calls.models.timing import SEARCH_DELAY, Clock
from appconnect.calls.text.agent_note import put_note
from appconnect.calls.text.compose import our_part
from appconnect.calls.text.markers import fence
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.do_not_log import is_listed
from appconnect.organizations.models import (
    CrmSession,
    CrmUser,
    NoteSection,
    ServerLoggingSettings,
)
from connector.base import Connector
from connector.errors import UnknownOutcome
from connector.types import Contact, LogFormatType, MarkerSupport

Status = CrmRecord.Status
Ended = CallSession.Status


class AlreadyLogged(Exception):
    """The call has its record, or somebody is about to write it."""


def log_client_call(session: CrmSession, posted: ClientCall, *, clock: Clock) -> str:
    """Write the record in the person's own CRM session and return its id.

    Raises `AlreadyLogged`, `NotYet` while an earlier attempt may still show, `Skip` for
    a number that is never logged, `NeedsAttention`, or a `ConnectorError`.
    """
    organization = session.organization
    if is_listed(organization, posted.call_facts.numbers):
        raise Skip(SkipReason.DO_NOT_LOG)
    key = {
        "platform": organization.platform,
        "telephony_session_id": posted.call_facts.telephony_session_id,
    }
    crm_record = of_extension(
        organization.crm_records.filter(**key), posted.extension_id
    )
    if crm_record is None:
        key["extension_id"] = posted.extension_id
        crm_record = CrmRecord(organization=organization, **key)
    posted = replace(
        posted, call_facts=replace(posted.call_facts, marker=crm_record.marker)
    )
    if posted.is_from_service:
        typed = CachedNote.find(organization, posted.call_facts.session_id, now=clock())
        posted = replace(posted, note=typed or posted.note)
    is_taken = crm_record.status == Status.SENDING and is_being_sent(crm_record.lock_id)
    if is_taken or crm_record.status == Status.LOGGED:
        raise AlreadyLogged
    settings = get_settings(organization)
    owner = owner_of(session, posted)
    with asking_crm(session, settings, clock=clock) as connector:
        written = find_written(crm_record, posted, connector, now=clock())
        with being_sent(crm_record.lock_id):
            reserve(crm_record, posted, owner, now=clock())
            if not written:
                written = send(
                    crm_record, posted, owner, settings, connector, clock=clock
                )
            crm_record.move(Status.LOGGED, record_id=written, logged_at=clock())
    tell_call(crm_record, posted, by=str(session), now=clock())
    return written


def of_extension(
    crm_records: QuerySet[CrmRecord], extension_id: str
) -> CrmRecord | None:
    """Return the call's row of an extension, else of none; where none is known, of any.

    A client may name an extension that the directory does not have yet.
    """
    if not extension_id:
        return crm_records.order_by("extension_id").first()
    known = crm_records.filter(extension_id__in=[extension_id, ""])
    return known.order_by("-extension_id").first()


def find_written(
    crm_record: CrmRecord, posted: ClientCall, connector: Connector, *, now: datetime
) -> str:
    """Return what an earlier attempt has written; empty where that is surely nothing."""
    take_over(crm_record, look_again_after=SEARCH_DELAY, now=now)
    if not crm_record.was_sent:
        return find_forgotten(posted, connector, now=now)
    if connector.marker_support is MarkerSupport.NONE:
        raise NeedsAttention(AttentionReason.UNDECIDED)
    contact = Contact(id=crm_record.contact_id, type=crm_record.contact_type, name="")
    found = only(connector.find_call_logs(posted.call_facts.marker, contact=contact))
    if not found and now < settled_at(crm_record, connector):
        raise NotYet(now + SEARCH_DELAY, "The record may still show in the CRM.")
    if not found:
        crm_record.move(Status.RESERVED)
    return found


def find_forgotten(posted: ClientCall, connector: Connector, *, now: datetime) -> str:
    """Return the record that an old call has in the CRM; empty where there is none.

    A life of ours that is forgotten may have written it: see `crm_record.FRESH`.
    """
    call_facts = posted.call_facts
    ended_at = call_facts.started_at + timedelta(seconds=call_facts.duration_seconds)
    if now < ended_at + FRESH or connector.marker_support is MarkerSupport.NONE:
        return ""
    return only(connector.find_call_logs(call_facts.marker, contact=posted.contact))


def reserve(
    crm_record: CrmRecord, posted: ClientCall, owner: CrmUser | None, *, now: datetime
) -> None:
    """Commit that nobody else writes the record. Raises `AlreadyLogged` when others do."""
    try:
        crm_record.reserve(
            session_id=posted.call_facts.session_id[:40],
            sent_at=now,
            crm_hostname=crm_record.organization.crm_hostname,
            contact_id=posted.contact.id,
            contact_type=posted.contact.type[:60],
            owner_id=owner.crm_user_id if owner else "",
            owner_name=owner.name if owner else "",
        )
    except Overtaken as error:
        raise AlreadyLogged from error


def send(
    crm_record: CrmRecord,
    posted: ClientCall,
    owner: CrmUser | None,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    clock: Clock,
) -> str:
    """Write the record and return its id; keep what is known where that is not the end."""
    with keeping_outcome(crm_record, clock=clock):
        keep_details(
            crm_record,
            posted.call_facts,
            posted.contact.name,
            words=posted.words,
            is_pending=posted.is_pending,
        )
        written = connector.create_call_log(
            with_subject(posted.call_facts, posted.words),
            contact=posted.contact,
            owner=owner.as_owner() if owner else None,
            composed_log_details=first_text(posted, settings, connector),
        )
        if not written:
            raise UnknownOutcome("The CRM's answer names no record.")
    return written


def owner_of(session: CrmSession, posted: ClientCall) -> CrmUser | None:
    """Return the owner for whom the client asks, the mapped one first; else who is signed in."""
    organization, extension_id = session.organization, posted.owner_extension_id
    mapping = find_mapping(organization, extension_id) if extension_id else None
    if mapping:
        return mapping.crm_user
    crm_user_id = posted.owner_crm_user_id or session.crm_user_id
    return organization.crm_users.filter(
        platform=organization.platform, crm_user_id=crm_user_id
    ).first()


def first_text(
    posted: ClientCall, settings: ServerLoggingSettings, connector: Connector
) -> str:
    """Return the text of a new record: the agent's note, then our part."""
    log_format = connector.get_log_format_type()
    note = posted.note if NoteSection.NOTE in settings.note_sections else ""
    if log_format is LogFormatType.CUSTOM:
        return note
    details = our_part(
        posted.call_facts,
        posted.contact.name,
        settings,
        log_format,
        words=posted.words,
        is_pending=posted.is_pending,
    )
    text = "" if details is None else fence(details, log_format)
    return put_note(text, note, log_format)


def tell_call(
    crm_record: CrmRecord, posted: ClientCall, *, by: str, now: datetime
) -> None:
    """Mark the call logged where it waits, or had ended unlogged.

    One that is not so far yet finds the record when it comes to be logged.
    """
    call = crm_record.organization.calls.filter(
        telephony_session_id=crm_record.telephony_session_id,
        extension_id=crm_record.extension_id,
    ).first()
    if call is None or call.reason == SkipReason.DO_NOT_LOG:
        return
    crm_record.move(Status.LOGGED, call=call)
    with transaction.atomic():
        call = CallSession.objects.lock(call.pk)
        if call.is_held or call.status in (Ended.SKIPPED, Ended.WAITING_TO_LOG):
            call.supersede()  # a worker may be about it
            call.take_contact(posted.contact)
            text = f"{by} logged it by hand: record {crm_record.record_id}."
            call.mark_logged(steps=[Step("Logged", text)], now=now)
            if call.details:
                call.schedule_update(at=now)
