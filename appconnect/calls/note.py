"""What a record's text tells of a call: App Connect's `composedLogDetails`.

The words are App Connect's own. Values are what others may have chosen, a caller's name for
one: they stay on their line, and no format takes them for anything but text.
"""

import re
from collections.abc import Collection
from datetime import tzinfo
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from appconnect.organizations.models import NoteSection, ServerLoggingSettings
from connector.types import Call, Contact, Direction, LogFormatType

UNCONFIRMED = "RingCentral never confirmed this duration and result."
LogDateFormat = ServerLoggingSettings.LogDateFormat
DATE_FORMATS: dict[str, str] = {
    LogDateFormat.ISO_12: "%Y-%m-%d %I:%M:%S %p",
    LogDateFormat.ISO_24: "%Y-%m-%d %H:%M:%S",
    LogDateFormat.US: "%m/%d/%Y %I:%M:%S %p",
    LogDateFormat.BRITISH: "%d/%m/%Y %H:%M:%S",
    LogDateFormat.GERMAN: "%d.%m.%Y %H:%M:%S",
}
CONTROLS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"  # the last two turn text around
)
MARKDOWN = re.compile(r"[\\`*_\[\]<>~]|&(?=#?\w+;)")
URL_CHARACTERS = "/:?#@!$&'+,;=%~"
"""What is left as it is in a link; brackets, quotes and asterisks are percent-encoded."""


class Line(NamedTuple):
    """One detail: the section that it belongs to, App Connect's label, the value."""

    section: NoteSection
    label: str
    value: str
    html_label: str = ""
    """Where App Connect has another one in HTML."""
    is_link: bool = False


def compose(
    call: Call,
    contact: Contact,
    *,
    log_format: LogFormatType,
    sections: Collection[str],
    date_format: str,
    time_zone: tzinfo,
    is_unconfirmed: bool = False,
) -> str:
    """Return the details of a call, those of the chosen sections that are known.

    `is_unconfirmed`: RingCentral never said that duration and result are its last word.
    """
    at = call.started_at.astimezone(time_zone)
    date_time = at.strftime(f"{DATE_FORMATS[date_format]} %Z")
    known = lines_of(call, contact, date_time, UNCONFIRMED if is_unconfirmed else "")
    lines = [line for line in known if line.value and line.section in sections]
    match log_format:
        case LogFormatType.HTML:
            return f"<ul>{''.join(map(html_line, lines))}</ul>"
        case LogFormatType.MARKDOWN:
            return "".join(map(markdown_line, lines))
        case _:
            return "".join(f"- {line.label}: {line.value}\n" for line in lines)


def lines_of(call: Call, contact: Contact, date_time: str, remark: str) -> list[Line]:
    """Return every detail in App Connect's order, the value in plain text, on one line."""
    own = call.own_party
    other = "Recipient" if call.direction is Direction.OUTBOUND else "Caller"
    number = f"{own.phone_number} {own.extension_number}"
    s = NoteSection
    lines = [
        Line(s.SESSION_ID, "Session Id", call.session_id),
        Line(s.RINGCENTRAL_USER_NAME, "RingCentral user name", own.name),
        Line(s.RINGCENTRAL_NUMBER, "RingCentral number and extension", number),
        Line(s.SUBJECT, "Summary", call.subject(contact)),
        Line(
            s.CONTACT_NUMBER,
            "Contact Number",
            call.contact_number,
            html_label=f"{other} phone number",
        ),
        Line(s.DATE_TIME, "Date/Time", date_time, html_label="Date/time"),
        Line(s.DURATION, "Duration", format_duration(call.duration_seconds)),
        Line(s.RESULT, "Result", call.result),
        Line(s.RECORDING, "Call recording link", call.recording_url, is_link=True),
        Line(s.RECORDING, "Voicemail recording link", call.voicemail_url, is_link=True),
        Line(s.DURATION, "Note", remark),
    ]
    return [line._replace(value=clean(line)) for line in lines]


def clean(line: Line) -> str:
    """Return a line's value without what could end the line; of a link only http(s)."""
    value = CONTROLS.sub("", " ".join(line.value.split()))
    if not line.is_link:
        return value
    is_safe = value.lower().startswith(("http://", "https://"))
    return quote(value, safe=URL_CHARACTERS) if is_safe else ""


def html_line(line: Line) -> str:
    value = escape(line.value)
    if line.is_link:
        value = f'<a target="_blank" href="{value}">open</a>'
    return f"<li><b>{line.html_label or line.label}</b>: {value}</li>"


def markdown_line(line: Line) -> str:
    value = line.value if line.is_link else MARKDOWN.sub(r"\\\g<0>", line.value)
    return f"**{line.label}**: {value}\n"


def format_duration(seconds: int) -> str:
    """Return a duration in words, as App Connect writes it: 1 hour, 2 minutes, 5 seconds."""
    minutes, seconds_left = divmod(seconds, 60)
    hours, minutes_left = divmod(minutes, 60)
    parts = [
        f"{count} {unit}" if count == 1 else f"{count} {unit}s"
        for count, unit in (
            (hours, "hour"),
            (minutes_left, "minute"),
            (seconds_left, "second"),
        )
        if count
    ]
    return ", ".join(parts) or "0 seconds"
