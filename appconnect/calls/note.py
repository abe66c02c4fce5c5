"""The text of a record: App Connect's `composedLogDetails`."""

from datetime import tzinfo

from connector.types import Call, Contact

UNCONFIRMED = "RingCentral never confirmed this duration and result."
DATE_FORMAT = "%Y-%m-%d %I:%M:%S %p %Z"


def compose(
    call: Call, contact: Contact, *, time_zone: tzinfo, is_unconfirmed: bool = False
) -> str:
    """Return the details of a call as plain text, one line each.

    `is_unconfirmed`: RingCentral never said that duration and result are its last word.
    """
    lines = {
        "Summary": call.subject(contact),
        "Date/Time": call.started_at.astimezone(time_zone).strftime(DATE_FORMAT),
        "Duration": format_duration(call.duration_seconds),
        "Result": call.result,
        "Call recording link": call.recording_url,
        "Voicemail link": call.voicemail_url,
        "Note": UNCONFIRMED if is_unconfirmed else "",
    }
    return "".join(f"- {name}: {text}\n" for name, text in lines.items() if text)


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
