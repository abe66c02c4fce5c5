"""A client tells more about a call that is logged: a note, a recording, its real duration."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from appconnect.calls.client.bulkhead import bulkhead
from appconnect.calls.client.client_details import (
    call_from,
    keep_details,
    keep_words,
    with_subject,
    with_words,
)
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.crm.sending_lock import changing
from appconnect.calls.models import CallSession, ClientDetails, CrmRecord
from appconnect.calls.models.timing import Clock
from appconnect.calls.text.agent_note import put_note, read_note
from appconnect.calls.text.compose import our_part
from appconnect.calls.text.markers import replace_details
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import CrmSession, NoteSection
from connector.errors import PermanentError
from connector.types import Call, CallLogInfo, LogFormatType

PENDING_NOTE = "From auto logging (Pending)"
"""What App Connect's logging service notes until it knows more."""


def update_client_call(
    session: CrmSession,
    crm_record: CrmRecord,
    told: Mapping[str, Any],
    note: str | None,
    *,
    words: Mapping[str, str],
    is_from_service: bool = False,
    clock: Clock,
) -> str:
    """Bring a record up to what a client tells; return the agent's note as it now stands.

    `told` has fields of `Call` and `words` sections of the text, those that the client
    speaks of; None for `note` leaves it, and no logging service's replaces what an agent
    wrote. One client at a time: nobody's words are lost to another's. Raises a
    `ConnectorError`; what cannot be read is not written over.
    """
    settings = get_settings(session.organization)
    with (
        bulkhead(),
        changing(crm_record.lock_id, waits=True),
        asking_crm(session, settings, clock=clock) as connector,
    ):
        call_facts, contact_name, is_pending = take_in(crm_record, told, words)
        record = connector.get_call_log(crm_record.record_id)
        if record is None:
            raise PermanentError("The record was deleted in the CRM.")
        log_format = connector.get_log_format_type()
        details = our_part(
            call_facts,
            contact_name,
            settings,
            log_format,
            words=ClientDetails.words_of(crm_record),
            is_pending=is_pending,
        )
        written = read_note(record.full_body, log_format)
        is_agents = is_from_service and written not in ("", PENDING_NOTE)
        if is_agents or NoteSection.NOTE not in settings.note_sections:
            note = None
        text = new_text(record.full_body, details, note, log_format)
        connector.update_call_log(
            crm_record.record_id,
            with_subject(call_facts, words),
            composed_log_details=None if text == record.full_body else text,
        )
    return read_note(text, log_format)


def take_in(
    crm_record: CrmRecord, told: Mapping[str, Any], words: Mapping[str, str]
) -> tuple[Call, str, bool]:
    """Keep what a client tells; return the call, its contact's name, whether it goes on.

    What RingCentral's own record says counts more than what a client does.
    """
    name = ClientDetails.contact_name_of(crm_record)
    with transaction.atomic():
        crm_record.refresh_from_db(fields=["call"])
        call = None
        if crm_record.call_id is not None:
            call = CallSession.objects.lock(crm_record.call_id)
        if call is not None and call.details:
            links = {
                link: told[link]
                for link in ("recording_url", "voicemail_url")
                if told.get(link) and not getattr(call.call_facts, link)
            }
            call_facts = with_words(call.call_facts, links)
            if links:
                extension_id = call.extension_id
                call.take_record(call_facts, type=call.type, extension_id=extension_id)
            if words:
                keep_words(crm_record, words)
            return call_facts, call.contact_name or name, False
    kept = ClientDetails.of(crm_record)
    if kept is None or "call" not in (kept.details or {}):
        raise PermanentError("Nothing is known here any more about this call.")
    details = kept.details
    call_facts = with_words(call_from(details), told)
    is_pending = details["is_pending"] and told.get("duration_seconds") is None
    keep_details(crm_record, call_facts, name, words=words, is_pending=is_pending)
    return call_facts, name, is_pending


def new_text(
    body: str, details: str | None, note: str | None, log_format: LogFormatType
) -> str:
    """Return a record's text with our part, where it is ours still, and the note renewed."""
    text = None if details is None else replace_details(body, details, log_format)
    if text is None:
        text = body
    if note is not None and note != read_note(text, log_format):
        text = put_note(text, note, log_format)
    return text


def read_record(
    session: CrmSession, crm_record: CrmRecord, *, clock: Clock
) -> tuple[CallLogInfo | None, str]:
    """Return a record as the CRM has it, None where it was deleted, and the agent's note."""
    settings = get_settings(session.organization)
    with asking_crm(session, settings, clock=clock) as connector:
        record = connector.get_call_log(crm_record.record_id)
        log_format = connector.get_log_format_type()
    return record, read_note(record.full_body, log_format) if record else ""
