"""Step 3: what RingCentral's call log says of a call that has ended."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from appconnect.calls.decision.outcome import Retry, outcome_of
from appconnect.calls.intake.extension import choose_extension, extensions_of
from appconnect.calls.intake.talk_time import talk_seconds
from appconnect.calls.intake.transfer import (
    TRANSFER_INTERVAL,
    is_still_talking,
    join_transfers,
    resume_transferred,
    without_consultations,
)
from appconnect.calls.models import CallParty, CallSession, Step
from appconnect.calls.models.choices import (
    FailureReason,
    Message,
    Skip,
    SkipReason,
    StepName,
)
from appconnect.calls.models.timing import record_delays, retry_at
from appconnect.organizations.connections.account_numbers import account_numbers
from appconnect.organizations.connections.configuration import configured_now
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.logging_settings.do_not_log import is_listed
from appconnect.organizations.models import Extension, Organization
from appconnect.ringcentral.call_log import find_record
from appconnect.ringcentral.call_record import TRANSFERRED_CALL, CallRecord
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import RingCentralError
from connector.phone_numbers import to_e164
from connector.types import Call, Direction, Party

RATE_LIMIT_INTERVAL = timedelta(seconds=10)
"""Until the next attempt where RingCentral's rate limit is used up."""
ADMIN_INTERVAL = timedelta(minutes=15)
"""Between attempts while an admin has to connect RingCentral again; that ends the wait."""


def fetch_record(call: CallSession, *, now: datetime) -> list[CallSession]:
    """Fetch the record of this one call; return others that can go on now.

    A call whose record is not there waits for its next attempt, or fails after the
    last. An attempt that the rate limit does not allow does not count. Raises a
    `RingCentralError`.
    """
    organization = call.organization
    with open_ringcentral(organization, now=now) as client:
        if not organization.ringcentral_connection.take_call_log_token(now):
            postpone(call, now + RATE_LIMIT_INTERVAL, now=now)
            return []
        record = find_whole_record(call, client, now=now)
    if record and is_still_talking(organization, record):
        postpone(call, now + TRANSFER_INTERVAL, now=now)
        return []
    finish_attempt(call, record, now=now)
    return resume_transferred(organization, record, now=now) if record else []


def find_whole_record(
    call: CallSession, client: RingCentral, *, now: datetime
) -> CallRecord | None:
    """Return the call's record, joined with those of the sessions in which it went on.

    These are read on credit: calls that wait for two requests at once would take each
    other's first one for ever.
    """
    organization, own_session = call.organization, call.telephony_session_id
    session, whole = own_session, None
    records: dict[str, CallRecord] = {}
    while session and (
        record := find_record(client, session, started_at=call.started_at)
    ):
        records[session] = with_known_numbers(record, organization)
        joined = {own_session: join_transfers(records[own_session], records)}
        whole = without_consultations(organization, joined)[own_session]
        session = whole.transfer_target
        connection = organization.ringcentral_connection
        if session and not connection.take_call_log_token(now, is_on_credit=True):
            break
    return whole


def wait_for_ringcentral(
    call: CallSession, error: RingCentralError, *, now: datetime
) -> None:
    """Wait until RingCentral answers again, or an admin has connected it again.

    Where RingCentral refuses this one call, the attempt has found nothing.
    """
    outcome = outcome_of(error)
    match outcome.retry:
        case Retry.SEARCH:
            finish_attempt(call, None, now=now)
        case Retry.BACKOFF:
            wait = max(RATE_LIMIT_INTERVAL, timedelta(seconds=outcome.retry_after or 0))
            postpone(call, now + wait, now=now)
        case _:
            postpone(call, now + ADMIN_INTERVAL, now=now)


@transaction.atomic
def postpone(call: CallSession, until: datetime, *, now: datetime) -> None:
    """Retry at `until`; this attempt does not count."""
    CallSession.objects.lock_claimed(call)
    if call.status == CallSession.Status.WAITING_FOR_RECORD:
        call.wait(until, counts=False, now=now)


@transaction.atomic
def finish_attempt(
    call: CallSession, record: CallRecord | None, *, now: datetime
) -> None:
    """Store the record that an attempt has found, if any, or schedule the next one.

    Does nothing where the call has moved on meanwhile. After the last attempt even a
    provisional record is stored: it is better than none.
    """
    CallSession.objects.lock_claimed(call)
    if call.status != CallSession.Status.WAITING_FOR_RECORD:
        return
    next_attempt = retry_at(record_delays()[1:], attempts=call.attempts, now=now)
    is_final = record is not None and is_believable(record, call, CallParty.of([call]))
    if next_attempt and not is_final:
        call.wait(next_attempt, now=now)
    elif record is None:
        reason = FailureReason.NO_RECORD
        step = Step(StepName.FAILED, Message(reason))
        call.mark_failed(reason, steps=[step], now=now)
    else:
        call.organization = configured_now(call.organization.pk)
        extensions = extensions_of(call.organization, [record])
        store_record(call, record, extensions, is_final=is_final, now=now)


def is_believable(
    record: CallRecord, call: CallSession, parties: Iterable[CallParty]
) -> bool:
    """Return whether the record is final, as far as the notifications show."""
    ours = (party for party in parties if party.extension_id)
    return record.is_final(
        ended_at=call.last_event_at,
        was_answered=any(party.was_answered for party in ours),
    )


def store_record(
    call: CallSession,
    record: CallRecord,
    extensions: dict[str, Extension],
    *,
    is_final: bool,
    now: datetime,
) -> None:
    """Store the record's facts, and move on to log the call."""
    if take_facts(call, record, extensions, is_final=is_final, now=now):
        call.advance(
            CallSession.Status.WAITING_TO_LOG,
            at=now,
            steps=[Step(StepName.RECORD, call.summary)],
            fields=call.RECORD_FIELDS,
            now=now,
        )


def take_facts(
    call: CallSession,
    record: CallRecord,
    extensions: dict[str, Extension],
    *,
    is_final: bool,
    now: datetime,
) -> bool:
    """Set the record's facts and return True; skip a call on the do-not-log list instead.

    The caller has read the configuration again: the list counts as it is now, not as it
    was when the call was claimed.
    """
    try:
        call_facts, extension_id = read_record(call.organization, record, extensions)
    except Skip as skip:
        call.forget()
        step = Step(StepName.SKIPPED, skip.message)
        call.mark_skipped(skip.reason, steps=[step], now=now)
        return False
    call.is_final = is_final
    call.take_record(call_facts, type=record.type, extension_id=extension_id)
    return True


def read_record(
    organization: Organization, record: CallRecord, extensions: dict[str, Extension]
) -> tuple[Call, str]:
    """Return the facts as they are stored, and the id of the extension of the call.

    `record` is one `with_known_numbers`. Raises `Skip` for a call on the do-not-log list.
    Nothing is written, so that a dry run can use it.
    """
    if is_listed(organization, numbers_of(record, extensions)):
        raise Skip(SkipReason.DO_NOT_LOG)
    extension_id = choose_extension(record, extensions)
    own = extensions.get(extension_id)
    call_facts = record.call_facts
    if own is not None:
        call_facts = name_own_party(
            call_facts, own, find_principal(record, own, extensions)
        )
    return replace(
        call_facts, talk_seconds=talk_seconds(record, extensions)
    ), extension_id


def numbers_of(record: CallRecord, extensions: dict[str, Extension]) -> set[str]:
    """Return every number of the call, also those of its extensions."""
    numbers = {extension.extension_number for extension in extensions.values()}
    for party in record.parties:
        numbers |= {party.phone_number, party.extension_number}
    return numbers - {""}


def find_principal(
    record: CallRecord, own: Extension, extensions: Mapping[str, Extension]
) -> Extension | None:
    """Return the colleague for whom `own` made or took the call, as a delegate."""
    principals = (
        extensions.get(leg.on_behalf_of)
        for leg in record.legs
        if leg.extension_id == own.extension_id
    )
    return next(filter(None, principals), None)


def name_own_party(
    call_facts: Call, own: Extension, principal: Extension | None
) -> Call:
    """Return the facts with our side as the directory has it."""
    party = replace(
        call_facts.own_party,
        extension_id=own.extension_id,
        extension_number=own.extension_number,
        name=own.name,
        on_behalf_of=principal.name if principal else "",
    )
    if call_facts.direction is Direction.INBOUND:
        return replace(call_facts, callee=party)
    return replace(call_facts, caller=party)


def with_known_numbers(record: CallRecord, organization: Organization) -> CallRecord:
    """Return the record with numbers in E.164, where complete, and the account's known.

    RingCentral does not say that a call to a colleague's direct number is internal. The
    number that an outbound call shows may be a colleague's: its legs say who made it.
    """
    own_numbers = account_numbers(organization)

    def known(party: Party) -> Party:
        number = to_e164(party.phone_number, region=organization.region)
        if number is None:
            return party
        if number not in own_numbers:
            return replace(party, phone_number=number)
        return replace(
            party,
            phone_number=number,
            extension_id=party.extension_id or own_numbers[number],
            is_own_number=True,
        )

    call_facts = record.call_facts
    parties = {
        party: known(party)
        for party in {*record.parties, call_facts.caller, call_facts.callee}
    }
    caller, callee = parties[call_facts.caller], parties[call_facts.callee]
    is_outbound = call_facts.direction is Direction.OUTBOUND
    if is_outbound and any(leg.extension_id for leg in record.legs):
        caller = replace(caller, extension_id=call_facts.caller.extension_id)
    call_facts = replace(call_facts, caller=caller, callee=callee)
    is_transferred = bool(record.transferee) and call_facts.is_internal
    return replace(
        record,
        call_facts=call_facts,
        parties=tuple(parties[party] for party in record.parties),
        type=TRANSFERRED_CALL if is_transferred else record.type,
    )
