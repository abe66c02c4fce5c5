"""Whose call is it? One call, one extension: the one that a person would name."""

from collections.abc import Mapping

from appconnect.organizations.models import Extension
from appconnect.ringcentral.call_log import CallRecord
from appconnect.ringcentral.extensions import PEOPLE, QUEUES
from connector.types import Direction


def choose_extension(record: CallRecord, extensions: Mapping[str, Extension]) -> str:
    """Return the id of the extension that owns the call, or an empty string.

    An outbound call belongs to its caller. An inbound call belongs to the last person
    who talked (after a transfer: whom it was transferred to); where nobody talked, to
    the one person it rang; where it rang several in a queue, to the queue.
    `extensions` is the directory by extension id: one it does not have is taken for a
    person, so that a newcomer's call is held and not lost.
    """

    def is_ours(extension_id: str) -> bool:
        return is_person(extension_id, extensions)

    def is_queue(extension_id: str) -> bool:
        known = extensions.get(extension_id)
        return known is not None and known.type in QUEUES

    legs = sorted(record.legs, key=lambda leg: leg.started_at)
    if record.call_facts.direction is Direction.OUTBOUND:
        callers = [
            record.call_facts.caller.extension_id,
            *(leg.extension_id for leg in legs),
        ]
        return next(filter(is_ours, callers), "")
    talked = [
        leg.extension_id
        for leg in legs
        if leg.is_answered and is_ours(leg.extension_id)
    ]
    if talked:
        return talked[-1]
    rung = [record.call_facts.callee.extension_id, *(leg.extension_id for leg in legs)]
    people = set(filter(is_ours, rung))
    if len(people) == 1:
        return people.pop()
    return next(filter(is_queue, rung), "")


def is_person(extension_id: str, extensions: Mapping[str, Extension]) -> bool:
    """Tell whether somebody answers there; who is not in the directory is a person."""
    known = extensions.get(extension_id)
    return bool(extension_id) and (known is None or known.type in PEOPLE)
