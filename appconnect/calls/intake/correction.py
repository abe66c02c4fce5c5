"""What the call log says of a call that is known here; after it was logged, the CRM is told.

A recording is there a minute after the call, and a duration may have been provisional.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from appconnect.calls.intake.ringcentral_record import (
    is_believable,
    store_record,
    take_facts,
)
from appconnect.calls.intake.talk_time import talk_seconds
from appconnect.calls.models import CallParty, CallSession
from appconnect.calls.models.choices import FailureReason
from appconnect.calls.models.timing import late_notification
from appconnect.organizations.models import Extension
from appconnect.ringcentral.call_record import CallRecord

Status = CallSession.Status


def apply_record(
    call: CallSession,
    record: CallRecord,
    extensions: dict[str, Extension],
    parties: Iterable[CallParty],
    *,
    now: datetime,
) -> bool:
    """Store what the record says now; return whether the call is to be processed.

    `extensions` has those of all records of the answer, `parties` the call's.
    """
    extensions = {
        key: extensions[key] for key in record.extension_ids & extensions.keys()
    }
    is_without_record = call.status == Status.WAITING_FOR_RECORD or (
        call.reason == FailureReason.NO_RECORD
    )
    is_open = is_without_record or call.status == Status.CALLING
    if is_open and is_believable(record, call, parties):
        if is_without_record:
            store_record(call, record, extensions, is_final=True, now=now)
        elif take_facts(call, record, extensions, is_final=True, now=now):
            record_end(call, now=now)
    elif call.details:
        correct(call, record, extensions, now=now)
    else:
        return False
    return call.next_attempt_at is not None


def record_end(call: CallSession, *, now: datetime) -> None:
    """Store the facts, and that the call has ended; its notification may only be late."""
    call.has_ended_in_log = True
    latest = now + late_notification()
    call.next_attempt_at = min(call.next_attempt_at or latest, latest)
    call.save_record("has_ended_in_log", "next_attempt_at")


def correct(
    call: CallSession,
    record: CallRecord,
    extensions: Mapping[str, Extension],
    *,
    now: datetime,
) -> None:
    """Store what the record says now of a call that has its facts already."""
    before, after = call.call_facts, record.call_facts
    if after.direction != before.direction:
        return  # another leg of the session, which came without its leading record
    talked = talk_seconds(record, extensions)
    if record.transfer_target:  # it came without the rest of the call
        talked = before.talk_seconds
        after = replace(after, duration_seconds=before.duration_seconds)
    call_facts = replace(
        before,
        duration_seconds=after.duration_seconds,
        result=after.result,
        talk_seconds=talked,
        recording_url=after.recording_url or before.recording_url,
        voicemail_url=after.voicemail_url or before.voicemail_url,
    )
    is_confirmed = not call.is_final and not record.is_provisional
    if call_facts == before and not is_confirmed:
        return
    call.is_final = call.is_final or is_confirmed
    call.take_record(call_facts, type=call.type, extension_id=call.extension_id)
    call.save_record()
    if call.status == Status.LOGGED:
        call.schedule_update(at=now)
