"""The details of a call in a record's text: App Connect's `composedLogDetails`."""

from collections.abc import Collection, Mapping
from datetime import tzinfo

from appconnect.calls.text.formats import Line, Text
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
AI_HTML = "<div><b>{}</b><br>{}</div><br>"
JOURNEY = "- {}:\n{}\n--- JOURNEY END\n"


def compose(
    call_facts: Call,
    contact: Contact,
    *,
    log_format: LogFormatType,
    sections: Collection[str],
    date_format: str,
    time_zone: tzinfo,
    words: Mapping[str, str] | None = None,
    is_unconfirmed: bool = False,
    room: int | None = None,
) -> str:
    """Return the details of a call, those of the chosen sections that are known.

    `words` has the sections that a client has sent. `is_unconfirmed`: RingCentral never
    confirmed duration and result. `room` is how many characters there is room for, where
    the CRM limits that: long texts are cut, then the first lines left out.
    """
    words = words or {}
    at = call_facts.started_at.astimezone(time_zone)
    date_time = at.strftime(f"{DATE_FORMATS[date_format]} %Z")
    remark = UNCONFIRMED if is_unconfirmed else ""
    known: list[Line | Text] = [
        *lines_of(call_facts, contact, words, date_time, remark),
        *client_parts(words),
    ]
    cleaned = [part.cleaned() for part in known if part.section in sections]
    parts = [part for part in cleaned if part.value]
    if room is not None:  # megabytes are not written just to be cut
        parts = [p.within(room) if isinstance(p, Text) else p for p in parts]
    text = assemble(parts, log_format)
    while room is not None and parts and len(text) > room:
        parts = shortened(parts, log_format, excess=len(text) - room)
        text = assemble(parts, log_format)
    return text


def assemble(parts: list[Line | Text], log_format: LogFormatType) -> str:
    written = [part.write(log_format) for part in parts]
    if log_format is not LogFormatType.HTML:
        return "".join(written)
    pairs = list(zip(parts, written, strict=True))
    lines = "".join(text for part, text in pairs if isinstance(part, Line))
    texts = "".join(text for part, text in pairs if isinstance(part, Text))
    return f"<ul>{lines}</ul>{texts}"


def shortened(
    parts: list[Line | Text], log_format: LogFormatType, *, excess: int
) -> list[Line | Text]:
    """Return the parts with the longest text cut; where there is none, without the first."""
    texts = [part for part in parts if isinstance(part, Text)]
    if not texts:
        return parts[1:]
    longest = max(texts, key=lambda part: len(part.value))
    cut = longest.shortened(excess, log_format)
    changed = [cut if part is longest else part for part in parts]
    return [part for part in changed if part.value]


def lines_of(
    call_facts: Call,
    contact: Contact,
    words: Mapping[str, str],
    date_time: str,
    remark: str,
) -> list[Line]:
    """Return what is known of the call itself, in App Connect's order, in plain text."""
    own = call_facts.own_party
    other = "Recipient" if call_facts.direction is Direction.OUTBOUND else "Caller"
    number = f"{own.phone_number} {own.extension_number}"
    talk_time = (
        ""
        if call_facts.talk_seconds is None
        else format_duration(call_facts.talk_seconds)
    )
    s = NoteSection
    return [
        Line(s.SESSION_ID, "Session Id", call_facts.session_id),
        Line(s.RINGCENTRAL_USER_NAME, "RingCentral user name", own.name),
        Line(s.RINGCENTRAL_NUMBER, "RingCentral number and extension", number),
        Line(s.SUBJECT, "Summary", words.get(s.SUBJECT) or call_facts.subject(contact)),
        Line(s.SUBJECT, "On behalf of", own.on_behalf_of),
        Line(
            s.CONTACT_NUMBER,
            "Contact Number",
            call_facts.contact_number,
            html_label=f"{other} phone number",
        ),
        Line(s.DATE_TIME, "Date/Time", date_time, html_label="Date/time"),
        Line(s.DURATION, "Duration", format_duration(call_facts.duration_seconds)),
        Line(s.DURATION, "Talk time", talk_time),
        Line(s.RESULT, "Result", call_facts.result),
        Line(
            s.RECORDING, "Call recording link", call_facts.recording_url, is_link=True
        ),
        Line(
            s.RECORDING,
            "Voicemail recording link",
            call_facts.voicemail_url,
            is_link=True,
        ),
        Line(s.DURATION, "Note", remark),
    ]


def client_parts(words: Mapping[str, str]) -> list[Line | Text]:
    """Return the sections that only a client sends, in App Connect's order."""
    s = NoteSection

    def text(section: NoteSection) -> str:
        return words.get(section, "")

    return [
        Text(s.AI_NOTE, "AI Note", text(s.AI_NOTE), html=AI_HTML),
        Text(s.TRANSCRIPT, "Transcript", text(s.TRANSCRIPT), html=AI_HTML),
        Text(s.ACE_TRANSCRIPT, "ACE transcript", text(s.ACE_TRANSCRIPT)),
        Text(s.ACE_SUMMARY, "ACE summary", text(s.ACE_SUMMARY)),
        Line(s.ACE_SCORE, "Call score", text(s.ACE_SCORE)),
        Text(
            s.ACE_BULLETED_SUMMARY,
            "ACE bulleted summary",
            text(s.ACE_BULLETED_SUMMARY),
        ),
        Line(s.ACE_LINK, "ACE recording link", text(s.ACE_LINK), is_link=True),
        Text(s.LEGS, "Call journey", text(s.LEGS), plain=JOURNEY),
    ]


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
