"""The text of a call's record: written once, then only our part of it is kept up to date."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from appconnect.calls.models import CachedNote, CallSession
from appconnect.calls.models.choices import Sentence
from appconnect.calls.models.timing import FINAL_DEADLINE
from appconnect.calls.text.agent_note import put_note
from appconnect.calls.text.crm_facts import with_links
from appconnect.calls.text.details import compose
from appconnect.calls.text.formats import cut_text
from appconnect.calls.text.markers import fence, replace_details
from appconnect.organizations.connections.time_zones import zone_of
from appconnect.organizations.models import NoteSection, ServerLoggingSettings
from connector.base import Connector
from connector.types import Call, Contact, LogFormatType

TIMED = frozenset({NoteSection.DURATION, NoteSection.RESULT})
"""The sections that are unknown until a call has ended."""
MAX_LINES_LENGTH = 800
"""Of our part without long texts: an agent's note leaves room for so much, or for half."""
Details = Callable[..., str | None]
"""Returns our part of the text in at most `room` characters, a keyword argument."""


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
    note = ""
    if NoteSection.NOTE in settings.note_sections:
        note = CachedNote.find(
            call.organization, call.extension_id, call.session_id, now=now
        )
    details = partial(details_of, call, settings, log_format, words=words, now=now)
    return whole_text(note, details, connector)


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
    if not has_part(settings, log_format):
        return None, Sentence.UPDATED
    details = partial(details_of, call, settings, log_format, words=words, now=now)
    text = with_new_part(body, details, connector)
    if text is None:
        return None, Sentence.UPDATED_BESIDE_EDITS
    return (None if text == body else text), Sentence.UPDATED


def whole_text(note: str, details: Details, connector: Connector) -> str:
    """Return the text of a new record: the agent's note, then our part.

    Both are cut to what the CRM takes, and neither leaves the other out.
    """
    log_format, room = connector.get_log_format_type(), None
    if connector.max_text_length is not None:
        note = fitting_note(note, connector)
        others = put_note(fence("", log_format), note, log_format)
        room = connector.max_text_length - len(others)
    part = details(room=room)
    text = "" if part is None else fence(part, log_format)
    return put_note(text, note, log_format)


def with_new_part(body: str, details: Details, connector: Connector) -> str | None:
    """Return `body` with our part of it replaced, cut to what the CRM takes.

    None where there is no part of ours, or a person changed it.
    """
    log_format, room = connector.get_log_format_type(), None
    if connector.max_text_length is not None:
        others = replace_details(body, "", log_format) or ""
        room = connector.max_text_length - len(others)
    part = details(room=room)
    return None if part is None else replace_details(body, part, log_format)


def fitting_note(note: str, connector: Connector) -> str:
    """Return an agent's note, cut where it leaves no room for our part of the text."""
    limit = connector.max_text_length
    if limit is None:
        return note
    length = limit - min(MAX_LINES_LENGTH, limit // 2)
    return note if len(note) <= length else cut_text(note, length)


def details_of(
    call: CallSession,
    settings: ServerLoggingSettings,
    log_format: LogFormatType,
    *,
    words: Mapping[str, str] | None,
    now: datetime,
    room: int | None = None,
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
        room=room,
    )


def has_part(settings: ServerLoggingSettings, log_format: LogFormatType) -> bool:
    """Return whether a text has a part of ours.

    It has none where every section of it is switched off, or the connector composes its
    own text.
    """
    is_ours = log_format is not LogFormatType.CUSTOM
    return is_ours and any(s != NoteSection.NOTE for s in settings.note_sections)


def our_part(
    call_facts: Call,
    contact_name: str,
    settings: ServerLoggingSettings,
    log_format: LogFormatType,
    *,
    words: Mapping[str, str] | None = None,
    is_pending: bool = False,
    is_unconfirmed: bool = False,
    room: int | None = None,
) -> str | None:
    """Return what our part of a text says of a call that goes on (`is_pending`) or ended.

    In at most `room` characters. None where there is none.
    """
    if not has_part(settings, log_format):
        return None
    sections = set(settings.note_sections) - {NoteSection.NOTE}
    return compose(
        with_links(call_facts, settings),
        Contact(id="", name=contact_name),
        log_format=log_format,
        sections=sections - TIMED if is_pending else sections,
        date_format=settings.log_date_format,
        time_zone=zone_of(settings.organization, call_facts.own_party.extension_id),
        words=words,
        is_unconfirmed=is_unconfirmed,
        room=room,
    )
