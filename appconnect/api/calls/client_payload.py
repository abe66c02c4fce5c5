"""What a client sends about a call, and its translation into a `Call`.

Ids are numbers or texts, times ISO 8601 or epoch milliseconds, and the extension is named
by a hash, an id or a number.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework.fields import BooleanField, ChoiceField, DictField, Field, empty

from appconnect.api.base.answers import example
from appconnect.api.base.fields import (
    MAX_ID_CHARACTERS,
    IdField,
    Lenient,
    ListField,
    NamedFaults,
    RequestSerializer,
    SessionIdField,
    StrictTextField,
    TextField,
)
from appconnect.api.calls.client_text import Sections
from appconnect.organizations.models import Organization
from connector.phone_numbers import to_e164
from connector.types import Call, Direction, Party

PENDING = "pending"
NEW_CONTACT_ID = "createNewContact"
"""Stands for a contact that the client's form is still to create."""
YEARS = range(2000, 2100)
"""Of a call's start: a day before or after can be calculated with, in any time zone."""
MAX_SECONDS = 30 * 24 * 60 * 60
MAX_RESULT_CHARACTERS = 60
INSTANT = "ISO 8601 with its offset, or epoch milliseconds."
SECONDS = "In seconds; `pending` for a call that goes on."
LEGS = "The call's journey; `direction`, `legType`, `from`, `to` and `duration` count."


@extend_schema_field(
    {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]}
)
class InstantField(NamedFaults, Field):
    default_error_messages = dict.fromkeys(
        ("required", "null", "invalid"),
        "{name} must be ISO 8601 with its offset, or epoch milliseconds, in the years"
        f" {YEARS.start} to {YEARS.stop - 1}.",
    )

    def run_validation(self, data: object = empty) -> datetime | None:
        return super().run_validation(empty if data in (None, "") else data)

    def to_internal_value(self, data: object) -> datetime:
        try:
            if isinstance(data, int | float) and not isinstance(data, bool):
                at = datetime.fromtimestamp(data / 1000, tz=UTC)
            else:
                at = parse_datetime(data) if isinstance(data, str) else None
            if at is not None and at.tzinfo is not None and at.year in YEARS:
                return at.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            pass
        self.fail("invalid")


@extend_schema_field(
    {"oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "enum": [PENDING]}]}
)
class SecondsField(NamedFaults, Field):
    """A duration; None while the call goes on."""

    default_error_messages = {"invalid": "{name} is no number of seconds."}

    def __init__(self, **options: Any):
        super().__init__(default=lambda: None, allow_null=True, **options)

    def to_internal_value(self, data: object) -> int | None:
        if data == PENDING:
            return None
        is_number = isinstance(data, int | float) and not isinstance(data, bool)
        if not (is_number and 0 <= data <= MAX_SECONDS):  # NaN is neither
            self.fail("invalid")
        return int(data)


class LinkField(TextField):
    """A link; empty for the text that stands for one still to come."""

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        return text if text.startswith(("https://", "http://")) else ""


class DirectionField(Lenient, ChoiceField):
    kind = str
    default_error_messages = dict.fromkeys(
        ("required", "invalid_choice"), "logInfo.direction is Inbound or Outbound."
    )


class TruthyField(BooleanField):
    def run_validation(self, data: object = empty) -> bool:
        return data is not empty and bool(data)


class CallExtension(RequestSerializer):
    extensionNumber = IdField(help_text="Whose call it is, as a browser says it.")
    hashedExtensionId = IdField(help_text="The same, as `/userInfoHash` gives it.")
    rcExtensionId = IdField(help_text="The same, as a logging service says it.")


class ClientParty(RequestSerializer):
    phoneNumber = TextField()
    extensionNumber = IdField()
    extensionId = IdField()
    name = TextField()


class ClientLink(RequestSerializer):
    link = LinkField()


class CallInfo(RequestSerializer):
    """RingCentral's record of the call."""

    sessionId = SessionIdField(missing="logInfo.sessionId is missing.")
    telephonySessionId = TextField()
    direction = DirectionField(list(Direction), required=True)
    startTime = InstantField(help_text=INSTANT)
    duration = SecondsField(help_text=SECONDS)
    result = TextField()
    customSubject = TextField(help_text="What its person calls the record.")
    legs = ListField(child=DictField(), help_text=LEGS)
    recording = ClientLink(required=False)
    voicemail = ClientLink(required=False)

    def get_fields(self) -> dict[str, Field]:  # `from` is no name for an attribute
        parties = {name: ClientParty(required=False) for name in ("from", "to")}
        return super().get_fields() | parties


class Assignment(RequestSerializer):
    isAssignedToUser = TruthyField(required=False)
    adminAssignedUserRcId = IdField(help_text="The extension whose mapping decides.")
    adminAssignedUserToken = TextField(
        help_text="The userJwt of the owner where there is no mapping."
    )


@example(
    logInfo={
        "sessionId": "815201",
        "telephonySessionId": "s-a1b2c3",
        "direction": "Inbound",
        "from": {"phoneNumber": "+14155550101"},
        "to": {"extensionNumber": "101"},
        "startTime": "2026-11-02T09:30:00Z",
        "duration": 42,
        "result": "Accepted",
    },
    contactId="c1",
    contactName="Iris Ito",
    note="Asked for an offer.",
)
class CallToLog(CallExtension, Sections):
    logInfo = CallInfo()
    contactId = IdField(
        max_characters=MAX_ID_CHARACTERS,
        help_text="Without one the answer is a refusal.",
    )
    contactType = TextField()
    contactName = TextField()
    note = TextField()
    voicemailLink = LinkField()
    additionalSubmission = Assignment(required=False)


@example(
    sessionId="815201", duration=61, recordingLink="https://recordings.example.com/1"
)
class CallUpdate(CallExtension, Sections):
    sessionId = IdField()
    note = StrictTextField(default=None)
    startTime = InstantField(default=None, help_text=INSTANT)
    duration = SecondsField(help_text=SECONDS)
    result = TextField()
    recordingLink = LinkField()
    voicemailLink = LinkField()
    subject = TextField()
    legs = ListField(child=DictField(), help_text=LEGS)


def parse_call(
    organization: Organization, payload: Mapping[str, Any], extension_id: str
) -> Call:
    """Translate the payload of a `CallToLog`; a call that goes on has no duration."""
    info = payload["logInfo"]
    session_id = info["sessionId"]
    telephony_session_id = info["telephonySessionId"]
    telephony_session_id = telephony_session_id or known_as(organization, session_id)
    return Call(
        telephony_session_id=telephony_session_id[:MAX_ID_CHARACTERS],
        session_id=session_id,
        direction=Direction(info["direction"]),
        caller=parse_party(organization, info["from"]),
        callee=parse_party(organization, info["to"]),
        started_at=info["startTime"],
        duration_seconds=info["duration"] or 0,
        result=info["result"][:MAX_RESULT_CHARACTERS],
        recording_url=info["recording"]["link"],
        voicemail_url=payload["voicemailLink"] or info["voicemail"]["link"],
        marker=organization.marker(telephony_session_id, extension_id),
    )


def known_as(organization: Organization, session_id: str) -> str:
    """Return the telephony session of a call that only its shorter id names."""
    for rows in (organization.calls, organization.crm_records):
        named = rows.filter(session_id=session_id)
        if name := named.values_list("telephony_session_id", flat=True).first():
            return name
    return session_id


def parse_party(organization: Organization, party: Mapping[str, str]) -> Party:
    number = party["phoneNumber"]
    return Party(
        phone_number=to_e164(number, region=organization.region) or number,
        extension_id=party["extensionId"],
        extension_number=party["extensionNumber"],
        name=party["name"],
    )


def parse_changes(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Translate the payload of a `CallUpdate` into fields of `Call`."""
    changes: dict[str, Any] = {
        "recording_url": payload["recordingLink"],
        "voicemail_url": payload["voicemailLink"],
        "result": payload["result"][:MAX_RESULT_CHARACTERS],
        "duration_seconds": payload["duration"],
    }
    if payload["startTime"]:
        changes["started_at"] = payload["startTime"]
    return changes
