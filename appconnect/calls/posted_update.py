"""A client tells more about a call that is logged: a note, a recording, its real duration."""

from collections.abc import Mapping
from typing import Any

from appconnect.calls.agent_note import put_note, read_note
from appconnect.calls.fence import replace_details
from appconnect.calls.models import CallLog, PostedDetails
from appconnect.calls.posted_call import (
    call_from,
    details_of,
    keep_details,
    with_words,
)
from appconnect.calls.sending_lock import changing
from appconnect.organizations.connectors import (
    get_settings,
    make_credentials,
    open_connector,
)
from appconnect.organizations.models import CrmSession, ServerLoggingSettings
from connector.errors import PermanentError
from connector.types import Call, CallLogInfo, LogFormatType


def update_posted_call(
    session: CrmSession, call_log: CallLog, told: Mapping[str, Any], note: str | None
) -> str:
    """Bring a record up to what a client tells; return the agent's note as it now stands.

    `told` has fields of `Call`, those the client speaks of; None for `note` leaves it.
    One client at a time: nobody's words are lost to another's. Raises a
    `ConnectorError`; what cannot be read is not written over.
    """
    settings = get_settings(session.organization)
    values = settings.additional_field_values or {}
    credentials = make_credentials(session.organization, values, crm_session=session)
    with (
        changing(call_log.lock_id),
        open_connector(session.organization, credentials) as connector,
    ):
        call, contact_name, is_pending = take_in(call_log, told)
        record = connector.get_call_log(call_log.crm_log_id)
        if record is None:
            raise PermanentError("The record was deleted in the CRM.")
        log_format = connector.get_log_format_type()
        details = details_of(
            call, contact_name, settings, log_format, is_pending=is_pending
        )
        text = new_text(record.full_body, details, note, log_format)
        connector.update_call_log(
            call_log.crm_log_id,
            call,
            composed_log_details=None if text == record.full_body else text,
        )
    return read_note(text, log_format)


def take_in(call_log: CallLog, told: Mapping[str, Any]) -> tuple[Call, str, bool]:
    """Keep what a client tells; return the call, its contact's name, whether it goes on.

    What RingCentral's own record says counts more than what a client does.
    """
    event = call_log.call_event
    if event is not None and event.details:
        links = {
            name: told[name]
            for name in ("recording_url", "voicemail_url")
            if told.get(name) and not getattr(event.call, name)
        }
        call = with_words(event.call, links)
        if links:
            event.take_record(call, type=event.type, extension_id=event.extension_id)
        return call, event.contact_name, False
    kept = PostedDetails.objects.filter(call_log=call_log).first()
    if kept is None:
        raise PermanentError("Nothing is known here about this call.")
    details = kept.details
    call = with_words(call_from(details), told)
    is_pending = details["is_pending"] and told.get("duration_seconds") is None
    keep_details(call_log, call, details["contact_name"], is_pending=is_pending)
    return call, details["contact_name"], is_pending


def new_text(
    body: str, details: str, note: str | None, log_format: LogFormatType
) -> str:
    """Return a record's text with our part, where it is ours still, and the note renewed."""
    text = replace_details(body, details, log_format) if details else None
    if text is None:
        text = body
    if note is not None and note != read_note(text, log_format):
        text = put_note(text, note, log_format)
    return text


def read_record(
    session: CrmSession, call_log: CallLog
) -> tuple[CallLogInfo | None, str]:
    """Return a record as the CRM has it, None where it was deleted, and the agent's note."""
    settings: ServerLoggingSettings = get_settings(session.organization)
    values = settings.additional_field_values or {}
    credentials = make_credentials(session.organization, values, crm_session=session)
    with open_connector(session.organization, credentials) as connector:
        record = connector.get_call_log(call_log.crm_log_id)
        note = (
            read_note(record.full_body, connector.get_log_format_type())
            if record
            else ""
        )
    return record, note
