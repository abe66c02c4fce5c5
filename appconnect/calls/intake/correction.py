"""After a call was logged: RingCentral's late words reach the CRM's record too.

A recording is there a minute after the call, and a duration may have been provisional.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from appconnect.calls.intake.talk_time import talk_seconds
from appconnect.calls.models import CallSession
from appconnect.organizations.models import Extension
from appconnect.ringcentral.call_log import CallRecord


def correct(
    call: CallSession,
    record: CallRecord,
    extensions: Mapping[str, Extension],
    *,
    now: datetime,
) -> None:
    """Take over what a record says now of a call whose record was believed before."""
    was, says = call.call_facts, record.call_facts
    if says.direction != was.direction:
        return  # another record of the session, which came without the one that leads
    call_facts = replace(
        was,
        duration_seconds=says.duration_seconds,
        result=says.result,
        talk_seconds=talk_seconds(record, extensions),
        recording_url=says.recording_url or was.recording_url,
        voicemail_url=says.voicemail_url or was.voicemail_url,
    )
    is_confirmed = not call.is_final and not record.is_provisional
    if call_facts == was and not is_confirmed:
        return
    call.is_final = call.is_final or is_confirmed
    call.take_record(call_facts, type=call.type, extension_id=call.extension_id)
    if call.status == CallSession.Status.LOGGED:
        call.schedule_update(at=now)
