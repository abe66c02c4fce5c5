"""After a call was logged: RingCentral's late words reach the CRM's record too.

A recording is there a minute after the call, and a duration may have been provisional.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from appconnect.calls.intake.talk_time import talk_seconds
from appconnect.calls.models import CallEvent
from appconnect.organizations.models import Extension
from appconnect.ringcentral.call_log import CallRecord


def correct(
    event: CallEvent,
    record: CallRecord,
    extensions: Mapping[str, Extension],
    *,
    now: datetime,
) -> None:
    """Take over what a record says now of a call whose record was believed before."""
    was, says = event.call, record.call
    if says.direction != was.direction:
        return  # another record of the session, which came without the one that leads
    call = replace(
        was,
        duration_seconds=says.duration_seconds,
        result=says.result,
        talk_seconds=talk_seconds(record, extensions),
        recording_url=says.recording_url or was.recording_url,
        voicemail_url=says.voicemail_url or was.voicemail_url,
    )
    is_confirmed = not event.is_final and not record.is_provisional
    if call == was and not is_confirmed:
        return
    event.is_final = event.is_final or is_confirmed
    event.take_record(call, type=event.type, extension_id=event.extension_id)
    if event.status == CallEvent.Status.LOGGED:
        event.schedule_update(at=now)
