"""What RingCentral says after a call was logged reaches the CRM's record too.

A recording is there a minute after the call, and a duration may have been provisional.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from appconnect.calls.intake.talk_time import talk_seconds
from appconnect.calls.models import CallSession
from appconnect.organizations.models import Extension
from appconnect.ringcentral.call_record import CallRecord


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
    if call.status == CallSession.Status.LOGGED:
        call.schedule_update(at=now)
