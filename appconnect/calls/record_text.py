"""The text of a call's record: written once, then only our part of it is kept up to date."""

from datetime import datetime
from zoneinfo import ZoneInfo

from appconnect.calls.agent_note import put_note
from appconnect.calls.fence import fence, replace_details
from appconnect.calls.models import CachedNote, CallEvent
from appconnect.calls.note import compose
from appconnect.calls.retries import FINAL_DEADLINE
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector
from connector.types import Contact, LogFormatType

UNREADABLE = "Its text stays as it was: the records of this CRM cannot be read."
EDITED = "Its text stays as it was: our part is not there, or somebody has changed it."


def first_text(
    event: CallEvent,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    now: datetime,
) -> str:
    """Return the text of a new record; empty where we write none."""
    details = details_of(event, settings, connector, now=now)
    if details is None:
        return ""
    log_format = connector.get_log_format_type()
    text = fence(details, log_format)
    note = CachedNote.find(event.organization, event.session_id, now=now)
    return put_note(text, note, log_format) if note else text


def updated_text(
    body: str,
    event: CallEvent,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    now: datetime,
) -> tuple[str | None, str]:
    """Return the record's whole new text, and in a sentence why `body` stays as it is.

    None leaves it: nothing in it is new, we write none, or our part is a person's now.
    """
    details = details_of(event, settings, connector, now=now)
    if details is None:
        return None, ""
    text = replace_details(body, details, connector.get_log_format_type())
    if text is None:
        return None, EDITED
    return (None if text == body else text), ""


def details_of(
    event: CallEvent,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    now: datetime,
) -> str | None:
    """Return what our part of the text says now.

    None where every section is switched off, or the connector composes its own text.
    """
    log_format = connector.get_log_format_type()
    if log_format is LogFormatType.CUSTOM or not settings.note_sections:
        return None
    is_overdue = event.ended_at is not None and now >= event.ended_at + FINAL_DEADLINE
    return compose(
        event.call,
        Contact(id="", name=event.contact_name),
        log_format=log_format,
        sections=settings.note_sections,
        date_format=settings.log_date_format,
        time_zone=ZoneInfo(event.organization.time_zone),
        is_unconfirmed=is_overdue and not event.is_final,
    )
