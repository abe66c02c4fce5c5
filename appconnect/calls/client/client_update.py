"""A client's updates of a logged call: a note, a recording, its real duration."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import transaction

from appconnect.calls.client.bulkhead import bulkhead
from appconnect.calls.client.client_details import (
    StoredCall,
    call_from,
    store_details,
    store_words,
    with_changes,
    with_subject,
)
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.client.queries import read_again
from appconnect.calls.crm.sending_lock import changing
from appconnect.calls.crm.update import read_crm_record
from appconnect.calls.decision.outcome import is_refusal
from appconnect.calls.models import CallSession, ClientDetails, CrmRecord
from appconnect.calls.models.timing import Clock
from appconnect.calls.text.agent_note import put_note, read_note
from appconnect.calls.text.compose import (
    Details,
    fitting_note,
    our_part,
    with_new_part,
)
from appconnect.calls.text.crm_facts import crm_facts
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import CrmSession, NoteSection
from connector.base import Connector
from connector.errors import PermanentError
from connector.types import Call, CallLogInfo

PENDING_NOTE = "From auto logging (Pending)"
"""The note of App Connect's logging service until the call has ended."""
WITHOUT_WORDS = "Everything but these texts was updated."
FORGOTTEN = "Nothing is known here any more about this call."


def update_client_call(
    session: CrmSession,
    crm_record: CrmRecord,
    changes: Mapping[str, Any],
    note: str | None,
    *,
    words: Mapping[str, str],
    is_from_service: bool = False,
    clock: Clock,
) -> str:
    """Update a record with a client's changes; return the agent's note as it is then.

    `changes` has fields of `Call`, and `words` sections of the text. A `note` of None
    leaves the note, and a logging service's note does not replace an agent's. Clients
    take turns, so that none overwrites another's words. Raises a `ConnectorError`; a
    record that cannot be read is not written.
    """
    settings = get_settings(session.organization)
    with (
        bulkhead(),
        changing(crm_record.lock_id, waits=True),
        asking_crm(session, settings, clock=clock) as connector,
    ):
        crm_record = read_again(crm_record)  # another client may have changed it
        if crm_record is None:
            raise PermanentError(FORGOTTEN)
        old_words = ClientDetails.words_of(crm_record)
        all_words = old_words | words
        stored = store_changes(crm_record, changes, all_words)
        record = read_crm_record(crm_record, connector)
        if record is None:
            raise PermanentError("The record was deleted in the CRM.")
        log_format = connector.get_log_format_type()
        details = partial(
            our_part,
            stored.call_facts,
            stored.contact_name,
            settings,
            log_format,
            is_pending=stored.is_pending,
        )
        current_note = read_note(record.full_body, log_format)
        is_agents = is_from_service and current_note not in ("", PENDING_NOTE)
        if is_agents or NoteSection.NOTE not in settings.note_sections:
            note = None
        call_facts = crm_facts(stored.call_facts, settings, previous=stored.previous)

        def update(all_words: Mapping[str, str], new_words: Mapping[str, str]) -> str:
            part = partial(details, words=all_words)
            text = new_text(record.full_body, part, note, connector)
            connector.update_call_log(
                crm_record.record_id,
                with_subject(call_facts, new_words),
                composed_log_details=None if text == record.full_body else text,
            )
            stored.confirm()
            return text

        try:
            text = update(all_words, words)
        except PermanentError as error:
            if not words or not is_refusal(error):
                raise
            store_words(crm_record, old_words)
            update(old_words, {})
            raise PermanentError(f"{error} {WITHOUT_WORDS}") from error
    return read_note(text, log_format)


def store_changes(
    crm_record: CrmRecord, changes: Mapping[str, Any], words: Mapping[str, str]
) -> StoredCall:
    """Store a client's changes and all its words, and return the call with them.

    RingCentral's own record counts more than the client's facts.
    """
    name = ClientDetails.contact_name_of(crm_record)
    if crm_record.call_id is not None:
        with transaction.atomic():
            call = CallSession.objects.lock(crm_record.call_id)
            if call.details:
                call_facts = store_links(call, changes)
                if words != ClientDetails.words_of(crm_record):
                    store_words(crm_record, words)
                return StoredCall(
                    call_facts=call_facts,
                    previous=call.written_facts,
                    contact_name=call.contact_name or name,
                    row=call,
                )
    stored = ClientDetails.of(crm_record)
    if stored is None or "call" not in (stored.details or {}):
        raise PermanentError(FORGOTTEN)
    details = stored.details
    before = call_from(details)
    call_facts = with_changes(before, changes)
    is_pending = details["is_pending"] and changes.get("duration_seconds") is None
    written = ClientDetails.written_of(crm_record)
    store_details(
        crm_record,
        call_facts,
        name,
        words=words,
        is_pending=is_pending,
        written=written,
    )
    return StoredCall(
        call_facts=call_facts,
        previous=replace(before, **written),
        contact_name=name,
        row=stored,
        is_pending=is_pending,
    )


def store_links(call: CallSession, changes: Mapping[str, Any]) -> Call:
    """Store the links that RingCentral has not given yet; return the call's facts."""
    links = {
        link: changes[link]
        for link in ("recording_url", "voicemail_url")
        if changes.get(link) and not getattr(call.call_facts, link)
    }
    call_facts = with_changes(call.call_facts, links)
    if links:
        call.take_record(call_facts, type=call.type, extension_id=call.extension_id)
        call.save_record()
    return call_facts


def new_text(
    body: str, details: Details, note: str | None, connector: Connector
) -> str:
    """Return a record's text with a new note, and our part if it is unedited."""
    log_format = connector.get_log_format_type()
    if note is not None and note != read_note(body, log_format):
        body = put_note(body, fitting_note(note, connector), log_format)
    return with_new_part(body, details, connector) or body


def read_record(
    session: CrmSession, crm_record: CrmRecord, *, clock: Clock
) -> tuple[CallLogInfo | None, str]:
    """Return the CRM's record, None where it was deleted, and the agent's note in it."""
    settings = get_settings(session.organization)
    with asking_crm(session, settings, clock=clock) as connector:
        record = read_crm_record(crm_record, connector)
        log_format = connector.get_log_format_type()
    return record, read_note(record.full_body, log_format) if record else ""
