"""What a record says of a sample call, for an admin who chooses its sections."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from appconnect.calls.fence import fence
from appconnect.calls.note import compose
from appconnect.organizations.models import ServerLoggingSettings
from connector.types import Call, Contact, Direction, LogFormatType, Party

SAMPLE_CONTACT = Contact(id="", name="Ada Example")
SAMPLE_CALL = Call(
    telephony_session_id="s-0123456789abcdef",
    session_id="429180487016",
    direction=Direction.INBOUND,
    caller=Party(phone_number="+14155550101", name="ADA EXAMPLE"),
    callee=Party(phone_number="+16505550102", extension_number="102", name="Ann Agent"),
    started_at=datetime(2026, 3, 31, 14, 15, tzinfo=UTC),
    duration_seconds=65,
    result="Accepted",
    recording_url="https://media.ringcentral.com/recording/1",
)


def preview_note(settings: ServerLoggingSettings) -> str:
    """Return the sample's text in plain words, whatever format the CRM wants."""
    if not settings.note_sections:
        return ""
    details = compose(
        SAMPLE_CALL,
        SAMPLE_CONTACT,
        log_format=LogFormatType.PLAIN_TEXT,
        sections=settings.note_sections,
        date_format=settings.log_date_format,
        time_zone=ZoneInfo(settings.organization.time_zone),
    )
    return fence(details, LogFormatType.PLAIN_TEXT)
