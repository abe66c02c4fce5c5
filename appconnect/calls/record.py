"""Step 3: RingCentral's call log is asked for the truth about the calls that wait for it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from appconnect.calls.extension import choose_extension
from appconnect.calls.models import CallEvent, Step
from appconnect.calls.reasons import FailureReason, SkipReason
from appconnect.calls.retries import record_delays, retry_at
from appconnect.organizations.connectors import get_settings
from appconnect.organizations.do_not_log import is_listed
from appconnect.organizations.models import (
    Extension,
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
)
from appconnect.organizations.phone_numbers import to_e164
from appconnect.organizations.ringcentral_connection import open_ringcentral
from appconnect.ringcentral.call_log import CallRecord, read_call_log
from appconnect.ringcentral.errors import RingCentralError, Unavailable
from connector.types import Call, Direction, Party

WAIT_FOR_RINGCENTRAL = timedelta(seconds=10)
MARGIN_OF_ONE = timedelta(hours=1)
"""How long before its first word a call may have begun: asked for alone, it costs nothing."""
MARGIN_OF_MANY = timedelta(minutes=10)
"""The same in a list of a busy account, where every hour more is many pages."""
MOST_AT_ONCE = 500


@dataclass
class Budget:
    """The organization's share of call-log requests, as one read uses it."""

    connection: RingCentralConnection
    now: datetime
    is_used_up: bool = False

    def take(self) -> bool:
        self.is_used_up = not self.connection.take_call_log_token(self.now)
        return not self.is_used_up


def read_records(event: CallEvent, *, now: datetime) -> None:
    """Look for the record of `event`, and of every other call that is due with it.

    One list serves all that wait: RingCentral allows ten requests a minute. A call whose
    record is not there waits for its next look, or ends without one after the last; all
    wait for as long as RingCentral does not answer.
    """
    organization = event.organization
    waiting = [event, *waiting_with(event, now)]
    budget = Budget(organization.ringcentral_connection, now)
    try:
        records = find_records(organization, waiting, budget)
    except RingCentralError as error:
        wait = WAIT_FOR_RINGCENTRAL
        if isinstance(error, Unavailable) and error.retry_after:
            wait = timedelta(seconds=error.retry_after)
            budget.connection.pause_call_log(now + wait)
        event.wait(now + wait, counts=False, now=now)
        return
    extensions = {e.extension_id: e for e in organization.extensions.all()}
    for waited in waiting:
        record = records.get(waited.telephony_session_id)
        is_claimed = waited is event
        if record is None and is_claimed and budget.is_used_up:
            event.wait(now + WAIT_FOR_RINGCENTRAL, counts=False, now=now)
        elif record is not None or is_claimed:
            take_record(waited, record, extensions, is_claimed=is_claimed, now=now)


def waiting_with(event: CallEvent, now: datetime) -> list[CallEvent]:
    """Return the other calls that wait for their record and are due, or soon will be.

    Those that wait for the budget only are due some seconds apart: all come along.
    """
    soon = CallEvent.objects.due(now + WAIT_FOR_RINGCENTRAL).filter(
        organization=event.organization, status=CallEvent.Status.WAITING_FOR_RECORD
    )
    return list(soon.exclude(pk=event.pk).order_by("started_at")[:MOST_AT_ONCE])


def find_records(
    organization: Organization, waiting: list[CallEvent], budget: Budget
) -> dict[str, CallRecord]:
    """Ask RingCentral once: for the one session that waits, or for the window of them all."""
    level = get_settings(organization).logging_level
    first = min(event.started_at for event in waiting)
    alone = len(waiting) == 1
    with open_ringcentral(organization, now=budget.now) as client:
        return read_call_log(
            client,
            own_extension_only=level == ServerLoggingSettings.LoggingLevel.USER,
            date_from=first - (MARGIN_OF_ONE if alone else MARGIN_OF_MANY),
            telephony_session_id=waiting[0].telephony_session_id if alone else "",
            may_ask=budget.take,
        )


@transaction.atomic
def take_record(
    waited: CallEvent,
    record: CallRecord | None,
    extensions: dict[str, Extension],
    *,
    is_claimed: bool,
    now: datetime,
) -> None:
    """Take the record over, where there is one to be believed.

    A call that only comes along (`is_claimed` False) is left as it is otherwise: it has
    its own looks. After the last of them a record is believed whatever it says: better
    what RingCentral has than nothing.
    """
    event = CallEvent.objects.select_for_update().get(pk=waited.pk)
    if event.status != CallEvent.Status.WAITING_FOR_RECORD:
        return
    if not is_claimed:
        has_another_worker = event.next_attempt_at > now + WAIT_FOR_RINGCENTRAL
        if not has_another_worker and is_believable(record, event):
            store_record(event, record, extensions, now=now)
        return
    next_look = retry_at(record_delays()[1:], attempts=event.attempts, now=now)
    if next_look and not is_believable(record, event):
        event.wait(next_look, now=now)
    elif record is None:
        reason = FailureReason.NO_RECORD
        event.mark_failed(reason, steps=[Step("Failed", str(reason.label))], now=now)
    else:
        store_record(event, record, extensions, now=now)


def is_believable(record: CallRecord | None, event: CallEvent) -> bool:
    """Tell whether there is a record, and it is final."""
    if record is None:
        return False
    ours = event.parties.exclude(extension_id="")
    return record.is_final(
        ended_at=event.last_event_at,
        was_answered=ours.filter(was_answered=True).exists(),
    )


def store_record(
    event: CallEvent,
    record: CallRecord,
    extensions: dict[str, Extension],
    *,
    now: datetime,
) -> None:
    """Store the record's facts; of a call on the do-not-log list, none of them."""
    organization = event.organization
    extension_id = choose_extension(record, extensions)
    call = complete(record.call, organization, extensions.get(extension_id))
    if is_listed(organization, call.numbers):
        reason = SkipReason.DO_NOT_LOG
        event.mark_skipped(reason, steps=[Step("Skipped", str(reason.label))], now=now)
        return
    event.take_record(call, type=record.type, extension_id=extension_id)
    said = f"{call.direction}, {call.result}, {call.duration_seconds} seconds"
    event.advance(
        CallEvent.Status.WAITING_TO_LOG,
        at=now,
        steps=[Step("Record", f"RingCentral's call log says: {said}.")],
        now=now,
    )


def complete(call: Call, organization: Organization, own: Extension | None) -> Call:
    """Write the numbers in E.164, where they are complete, and name our own side."""
    caller = normalize(call.caller, organization)
    callee = normalize(call.callee, organization)
    if own and call.direction is Direction.INBOUND:
        callee = as_extension(callee, own)
    elif own:
        caller = as_extension(caller, own)
    return replace(call, caller=caller, callee=callee)


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
