"""The text of a call's record: written once, then only our part of it is kept up to date."""

from collections.abc import Mapping
from datetime import datetime

from appconnect.calls.models import CachedNote, CallSession
from appconnect.calls.models.choices import Sentence
from appconnect.calls.models.timing import FINAL_DEADLINE
from appconnect.calls.text.agent_note import put_note
from appconnect.calls.text.crm_facts import with_links
from appconnect.calls.text.details import compose
from appconnect.calls.text.markers import fence, replace_details
from appconnect.organizations.connections.time_zones import zone_of
from appconnect.organizations.models import NoteSection, ServerLoggingSettings
from connector.base import Connector
from connector.types import Call, Contact, LogFormatType

TIMED = frozenset({NoteSection.DURATION, NoteSection.RESULT})
"""The sections that are unknown until a call has ended."""


def first_text(
    call: CallSession,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    words: Mapping[str, str] | None = None,
    now: datetime,
) -> str:
    """Return the text of a new record; empty where we write none.

    `words` has the sections that a client has sent for it.
    """
    log_format = connector.get_log_format_type()
    if log_format is LogFormatType.CUSTOM:
        return ""
    details = details_of(call, settings, log_format, words=words, now=now)
    text = "" if details is None else fence(details, log_format)
    if NoteSection.NOTE not in settings.note_sections:
        return text
    note = CachedNote.find(call.organization, call.session_id, now=now)
    return put_note(text, note, log_format) if note else text


def updated_text(
    body: str,
    call: CallSession,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    words: Mapping[str, str] | None = None,
    now: datetime,
) -> tuple[str | None, Sentence]:
    """Return the record's whole new text, and the sentence for the timeline.

    None where the text stays: nothing is new, we write none, or a person changed our
    part.
    """
    log_format = connector.get_log_format_type()
    details = details_of(call, settings, log_format, words=words, now=now)
    if details is None:
        return None, Sentence.UPDATED
    text = replace_details(body, details, log_format)
    if text is None:
        return None, Sentence.UPDATED_BESIDE_EDITS
    return (None if text == body else text), Sentence.UPDATED


def details_of(
    call: CallSession,
    settings: ServerLoggingSettings,
    log_format: LogFormatType,
    *,
    words: Mapping[str, str] | None,
    now: datetime,
) -> str | None:
    """Return what our part of the text says now; None where there is none."""
    is_overdue = call.ended_at is not None and now >= call.ended_at + FINAL_DEADLINE
    return our_part(
        call.call_facts,
        call.contact_name,
        settings,
        log_format,
        words=words,
        is_unconfirmed=is_overdue and not call.is_final,
    )


def our_part(
    call_facts: Call,
    contact_name: str,
    settings: ServerLoggingSettings,
    log_format: LogFormatType,
    *,
    words: Mapping[str, str] | None = None,
    is_pending: bool = False,
    is_unconfirmed: bool = False,
) -> str | None:
    """Return what our part of a text says of a call that goes on (`is_pending`) or ended.

    None where every section of it is switched off, or the connector composes its own text.
    """
    sections = set(settings.note_sections) - {NoteSection.NOTE}
    if log_format is LogFormatType.CUSTOM or not sections:
        return None
    return compose(
        with_links(call_facts, settings),
        Contact(id="", name=contact_name),
        log_format=log_format,
        sections=sections - TIMED if is_pending else sections,
        date_format=settings.log_date_format,
        time_zone=zone_of(settings.organization, call_facts.own_party.extension_id),
        words=words,
        is_unconfirmed=is_unconfirmed,
    )
