"""How long people talked: a call's whole duration also counts queue and ringing."""

from collections.abc import Mapping
from datetime import timedelta

from appconnect.calls.intake.extension import is_person
from appconnect.organizations.models import Extension
from appconnect.ringcentral.call_record import CallRecord


def talk_seconds(record: CallRecord, extensions: Mapping[str, Extension]) -> int | None:
    """Return how many seconds of the call one of our people was on the line.

    None where the call log has no talk time beside the whole duration.
    `extensions` is the directory by extension id.
    """
    talks = [
        leg
        for leg in record.legs
        if leg.is_answered and is_person(leg.extension_id, extensions)
    ]
    talked, until = timedelta(), record.call_facts.started_at
    for talk in sorted(talks, key=lambda leg: leg.started_at):  # may overlap
        ends_at = talk.started_at + timedelta(seconds=talk.duration_seconds)
        talked += max(ends_at - max(talk.started_at, until), timedelta())
        until = max(until, ends_at)
    seconds = round(talked.total_seconds())
    return seconds if 0 < seconds < record.call_facts.duration_seconds else None
