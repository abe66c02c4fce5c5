"""Step 3: RingCentral's call log is asked for the truth about a call that has ended."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from appconnect.calls.decision.outcome import Retry, outcome_of
from appconnect.calls.intake.extension import choose_extension
from appconnect.calls.intake.talk_time import talk_seconds
from appconnect.calls.models import CallSession, Step
from appconnect.calls.models.choices import (
    FailureReason,
    Message,
    Skip,
    SkipReason,
    StepName,
)
from appconnect.calls.models.timing import record_delays, retry_at
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.logging_settings.do_not_log import is_listed
from appconnect.organizations.logging_settings.phone_numbers import to_e164
from appconnect.organizations.models import Extension, Organization
from appconnect.ringcentral.call_log import CallRecord, find_record
from appconnect.ringcentral.errors import RingCentralError
from connector.types import Call, Direction, Party

WAIT_FOR_TURN = timedelta(seconds=10)
"""Between looks that could not begin: RingCentral's rate limit is used up."""
WAIT_FOR_ADMIN = timedelta(minutes=15)
"""Between looks while an admin has to connect RingCentral again; connecting ends the wait."""


def look_for_record(call: CallSession, *, now: datetime) -> None:
    """Ask for the record of this one call. Raises a `RingCentralError`.

    A call whose record is not there waits for its next look, or ends without one after
    the last. A look that the rate limit does not allow does not count.
    """
    organization = call.organization
    if not organization.ringcentral_connection.take_call_log_token(now):
        postpone(call, now + WAIT_FOR_TURN, now=now)
        return
    with open_ringcentral(organization, now=now) as client:
        record = find_record(
            client, call.telephony_session_id, started_at=call.started_at
        )
    take_look(call, record, now=now)


def wait_for_ringcentral(
    call: CallSession, error: RingCentralError, *, now: datetime
) -> None:
    """Wait until RingCentral answers again, or an admin has put it right.

    What RingCentral refuses about this one call is a look that found nothing.
    """
    outcome = outcome_of(error)
    match outcome.retry:
        case Retry.SEARCH:
            take_look(call, None, now=now)
        case Retry.BACKOFF:
            wait = max(WAIT_FOR_TURN, timedelta(seconds=outcome.retry_after or 0))
            postpone(call, now + wait, now=now)
        case _:
            postpone(call, now + WAIT_FOR_ADMIN, now=now)


@transaction.atomic
def postpone(claimed: CallSession, until: datetime, *, now: datetime) -> None:
    """Look again at `until`; this look does not count."""
    call = CallSession.objects.lock_claimed(claimed)
    if call.status == CallSession.Status.WAITING_FOR_RECORD:
        call.wait(until, counts=False, now=now)


@transaction.atomic
def take_look(
    claimed: CallSession, record: CallRecord | None, *, now: datetime
) -> None:
    """Take over what a look found. Other news may have come while RingCentral was asked.

    After the last look a record is believed whatever it says: better what RingCentral
    has than nothing.
    """
    call = CallSession.objects.lock_claimed(claimed)
    if call.status != CallSession.Status.WAITING_FOR_RECORD:
        return
    next_look = retry_at(record_delays()[1:], attempts=call.attempts, now=now)
    if next_look and not (record and is_believable(record, call)):
        call.wait(next_look, now=now)
    elif record is None:
        reason = FailureReason.NO_RECORD
        step = Step(StepName.FAILED, Message(reason))
        call.mark_failed(reason, steps=[step], now=now)
    else:
        extensions = extensions_of(call.organization, [record])
        store_record(call, record, extensions, now=now)


def extensions_of(
    organization: Organization, records: Iterable[CallRecord]
) -> dict[str, Extension]:
    """Return the extensions that take part in the records, by extension id."""
    ids = {extension_id for record in records for extension_id in record.extension_ids}
    rows = organization.extensions.filter(extension_id__in=ids)
    return {row.extension_id: row for row in rows}


def is_believable(record: CallRecord, call: CallSession) -> bool:
    """Tell whether the record is final, as far as the notifications let us see."""
    ours = call.parties.exclude(extension_id="")
    return record.is_final(
        ended_at=call.last_event_at,
        was_answered=ours.filter(was_answered=True).exists(),
    )


def store_record(
    call: CallSession,
    record: CallRecord,
    extensions: dict[str, Extension],
    *,
    now: datetime,
) -> None:
    """Store the record's facts, and go on to log the call."""
    if keep_record(call, record, extensions, now=now):
        call.advance(
            CallSession.Status.WAITING_TO_LOG,
            at=now,
            steps=[Step(StepName.RECORD, call.summary)],
            now=now,
        )


def keep_record(
    call: CallSession,
    record: CallRecord,
    extensions: dict[str, Extension],
    *,
    now: datetime,
) -> bool:
    """Store the record's facts; of a call on the do-not-log list, none of them: False."""
    try:
        call_facts, extension_id = read_record(call.organization, record, extensions)
    except Skip as skip:
        call.forget()
        step = Step(StepName.SKIPPED, skip.message)
        call.mark_skipped(skip.reason, steps=[step], now=now)
        return False
    call.is_final = is_believable(record, call)
    call.take_record(call_facts, type=record.type, extension_id=extension_id)
    return True


def read_record(
    organization: Organization, record: CallRecord, extensions: dict[str, Extension]
) -> tuple[Call, str]:
    """Return the call as it is stored, and the id of the extension whose it is.

    Raises `Skip` for a call on the do-not-log list. Nothing is written here: a dry run
    reads what it is asked about as a record, too.
    """
    if is_listed(organization, numbers_of(record, organization, extensions)):
        raise Skip(SkipReason.DO_NOT_LOG)
    extension_id = choose_extension(record, extensions)
    call_facts = complete(record.call_facts, organization, extensions.get(extension_id))
    return replace(
        call_facts, talk_seconds=talk_seconds(record, extensions)
    ), extension_id


def numbers_of(
    record: CallRecord, organization: Organization, extensions: dict[str, Extension]
) -> set[str]:
    """Return every number that has to do with the call: E.164 and extension numbers."""
    numbers = {extension.extension_number for extension in extensions.values()}
    for party in record.parties:
        number = to_e164(party.phone_number, region=organization.region)
        numbers |= {number or party.phone_number, party.extension_number}
    return numbers - {""}


def complete(
    call_facts: Call, organization: Organization, own: Extension | None
) -> Call:
    """Write the numbers in E.164, where they are complete, and name our own side."""
    caller = normalize(call_facts.caller, organization)
    callee = normalize(call_facts.callee, organization)
    if own and call_facts.direction is Direction.INBOUND:
        callee = as_extension(callee, own)
    elif own:
        caller = as_extension(caller, own)
    return replace(call_facts, caller=caller, callee=callee)


def normalize(party: Party, organization: Organization) -> Party:
    number = to_e164(party.phone_number, region=organization.region)
    return replace(party, phone_number=number or party.phone_number)


def as_extension(party: Party, extension: Extension) -> Party:
    return replace(
        party,
        extension_id=extension.extension_id,
        extension_number=extension.extension_number,
        name=extension.name,
    )
