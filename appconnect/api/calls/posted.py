"""What a client says about a call, translated: its ids are numbers or strings, its times
ISO or epoch milliseconds, and its extension is named by a hash, an id or a number."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ParseError

from appconnect.calls.client.client_log import of_extension
from appconnect.calls.models import CrmRecord
from appconnect.organizations.client.client_hash import client_hash
from appconnect.organizations.logging_settings.phone_numbers import to_e164
from appconnect.organizations.models import CrmSession, Organization
from connector.types import Call, Direction, Party

LONGEST = 200
PENDING = "pending"
NO_SESSION = "0"
NO_TIME = "startTime is no ISO 8601 instant and no epoch milliseconds."


def id_of(members: Mapping[str, Any], name: str) -> str:
    """Return an id of the CRM's. Raises `ParseError` for one that is too long."""
    value = text_of(members, name)
    if len(value) > LONGEST:
        raise ParseError(f"{name} is longer than {LONGEST} characters.")
    return value


def text_of(members: Mapping[str, Any], name: str) -> str:
    """Return a text or a whole number as text; empty where the member is neither."""
    value = members.get(name)
    return str(value) if is_text_or_number(value) else ""


def is_text_or_number(value: object) -> bool:
    """Tell an id from what is none; a switch is no number."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def parse_call(
    organization: Organization, log_info: Mapping[str, Any], extension_id: str
) -> tuple[Call, bool]:
    """Translate RingCentral's record as a client posts it, and whether the call goes on.

    Raises `ParseError`, which names the member.
    """
    session_id = text_of(log_info, "sessionId")
    if session_id in ("", NO_SESSION) or len(session_id) > LONGEST:
        raise ParseError("logInfo.sessionId is missing.")
    telephony_session_id = text_of(log_info, "telephonySessionId")
    telephony_session_id = telephony_session_id or known_as(organization, session_id)
    try:
        direction = Direction(text_of(log_info, "direction"))
    except ValueError as error:
        raise ParseError("logInfo.direction is Inbound or Outbound.") from error
    duration = parse_seconds(log_info.get("duration"))
    voicemail = log_info.get("voicemail")
    voicemail = voicemail if isinstance(voicemail, dict) else {}
    call_facts = Call(
        telephony_session_id=telephony_session_id[:LONGEST],
        session_id=session_id,
        direction=direction,
        caller=parse_party(organization, log_info.get("from")),
        callee=parse_party(organization, log_info.get("to")),
        started_at=parse_time(log_info.get("startTime")),
        duration_seconds=duration or 0,
        result=text_of(log_info, "result"),
        recording_url=recording_of(log_info),
        voicemail_url=link(text_of(voicemail, "link")),
        marker=organization.marker(telephony_session_id, extension_id),
    )
    return call_facts, duration is None


def known_as(organization: Organization, session_id: str) -> str:
    """Return the telephony session of a call that only its shorter id names."""
    call = organization.calls.filter(session_id=session_id).first()
    return call.telephony_session_id if call else session_id


def parse_party(organization: Organization, party: object) -> Party:
    party = party if isinstance(party, dict) else {}
    number = text_of(party, "phoneNumber")
    return Party(
        phone_number=to_e164(number, region=organization.region) or number,
        extension_id=text_of(party, "extensionId"),
        extension_number=text_of(party, "extensionNumber"),
        name=text_of(party, "name"),
    )


def parse_time(value: object) -> datetime:
    """Translate an ISO 8601 instant or epoch milliseconds. Raises `ParseError`."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, tz=UTC)
        at = parse_datetime(value) if isinstance(value, str) else None
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ParseError(NO_TIME) from error
    raise ParseError(NO_TIME)


def parse_seconds(value: object) -> int | None:
    """Translate a duration; None for a call that goes on. Raises `ParseError`."""
    if value is None or value == PENDING:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and value >= 0):  # NaN is neither that nor less
        raise ParseError("duration is no number of seconds.")
    return int(min(value, 2**31 - 1))


def recording_of(log_info: Mapping[str, Any]) -> str:
    recording = log_info.get("recording")
    return link(text_of(recording, "link")) if isinstance(recording, dict) else ""


def link(text: str) -> str:
    """Return a link, not what stands for one that is still to come."""
    return text if text.startswith(("https://", "http://")) else ""


def parse_changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Translate what a PATCH says about the call, as fields of `Call`."""
    changes: dict[str, Any] = {
        "recording_url": link(text_of(body, "recordingLink")),
        "voicemail_url": link(text_of(body, "voicemailLink")),
        "result": text_of(body, "result"),
        "duration_seconds": parse_seconds(body.get("duration")),
    }
    if body.get("startTime") not in (None, ""):
        changes["started_at"] = parse_time(body["startTime"])
    return changes


def extension_of(session: CrmSession, members: Mapping[str, Any]) -> str:
    """Return the id of the extension that a client speaks of; its own where of none.

    A logging service gives the id, a browser its hash or the extension number. What is
    not in the organization's directory is nobody's.
    """
    if raw := text_of(members, "rcExtensionId"):
        return raw[:40]
    if hashed := text_of(members, "hashedExtensionId"):
        if hashed == client_hash(session.extension_id):
            return session.extension_id
        ids = session.organization.extensions.values_list("extension_id", flat=True)
        return next((pk for pk in ids if client_hash(pk) == hashed), "")
    if number := text_of(members, "extensionNumber"):
        known = session.organization.extensions.filter(extension_number=number[:20])
        # Of those who had the number one after the other, the one who has it now.
        known = known.order_by("-is_enabled", "pk")
        return known.values_list("extension_id", flat=True).first() or ""
    return session.extension_id


def find_crm_record(
    session: CrmSession, session_id: str, extension_id: str
) -> CrmRecord | None:
    """Return the record of a call of an extension, where there is one in the CRM."""
    if session_id in ("", NO_SESSION):
        return None
    logged = session.organization.crm_records.filter(
        platform=session.platform,
        crm_hostname=session.organization.crm_hostname,
        status=CrmRecord.Status.LOGGED,
    ).exclude(record_id="")
    return of_extension(logged.filter(session_id=session_id[:40]), extension_id)
