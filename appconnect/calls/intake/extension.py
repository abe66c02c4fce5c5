"""Which extension a call belongs to: one only, the one that a person would name."""

from collections.abc import Iterable, Mapping

from appconnect.organizations.models import Extension, Organization
from appconnect.ringcentral.call_record import CallRecord
from appconnect.ringcentral.extensions import PEOPLE, SHARED
from appconnect.rows import adapt, one_of, read_rows, with_columns
from connector.types import Direction

EXTENSIONS = with_columns(  # `one_of` follows
    "SELECT {extension} FROM organizations_extension extension"
    " WHERE organization_id = %s AND extension_id",
    extension=Extension,
)


def extensions_of(
    organization: Organization, records: Iterable[CallRecord]
) -> dict[str, Extension]:
    """Return the extensions that take part in the records, by extension id."""
    ids = {extension_id for record in records for extension_id in record.extension_ids}
    if not ids:
        return {}
    key = adapt(Extension, "organization", organization)
    rows = read_rows(Extension, f"{EXTENSIONS} {one_of(ids)}", [key, *ids])
    return {row.extension_id: row for row in rows}


def choose_extension(record: CallRecord, extensions: Mapping[str, Extension]) -> str:
    """Return the id of the extension that the call belongs to, or an empty string.

    An outbound call belongs to its caller, or the delegate who made it. An inbound call
    belongs to the last person who talked (after a transfer, its target). If there was no
    talk, to the one person it rang; if it rang several, to the queue, the mailbox or the
    like that it reached, and else to the first. `extensions` is the directory by extension
    id: an id that it lacks counts as a person, so that a newcomer's call is held and not
    lost.
    """

    def is_ours(extension_id: str) -> bool:
        return is_person(extension_id, extensions)

    def is_shared(extension_id: str) -> bool:
        extension = extensions.get(extension_id)
        return extension is not None and extension.type in SHARED

    legs = sorted(record.legs, key=lambda leg: leg.started_at)
    if record.call_facts.direction is Direction.OUTBOUND:
        callers = [
            *(leg.extension_id for leg in legs if leg.on_behalf_of),
            record.call_facts.caller.extension_id,
            *(leg.extension_id for leg in legs),
        ]
        return next(filter(is_ours, callers), "") or next(
            filter(is_shared, callers), ""
        )
    talked = [
        leg.extension_id
        for leg in legs
        if leg.is_answered and is_ours(leg.extension_id)
    ]
    if talked:
        return talked[-1]
    rung = [record.call_facts.callee.extension_id, *(leg.extension_id for leg in legs)]
    people = list(filter(is_ours, rung))
    shared = list(filter(is_shared, rung))
    if len(set(people)) == 1 or not shared:
        return people[0] if people else ""
    return shared[0]


def is_person(extension_id: str, extensions: Mapping[str, Extension]) -> bool:
    """Return whether it is a person's; so is one that the directory lacks."""
    extension = extensions.get(extension_id)
    return bool(extension_id) and (extension is None or extension.type in PEOPLE)
