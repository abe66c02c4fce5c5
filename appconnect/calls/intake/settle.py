"""Step 2: has the call ended? The end of one party is not the end of the call."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from appconnect.calls.models import CallParty, CallSession, Step
from appconnect.calls.models.choices import Message, Sentence, StepName
from appconnect.calls.models.timing import LOST_END, record_delays
from appconnect.ringcentral.call_record import reaches

Status = CallSession.Status


def has_ended(parties: Collection[CallParty]) -> bool:
    """Return whether every party of ours has ended.

    A party outside the account counts only where there is no other: RingCentral does
    not promise a notification of its end.
    """
    ours = [party for party in parties if party.extension_id]
    return all(party.has_ended for party in ours or parties)


@transaction.atomic
def settle(call: CallSession, *, now: datetime) -> None:
    """Move on to the call's record when every party has ended, or its end was lost."""
    CallSession.objects.lock_claimed(call)
    if call.status != Status.CALLING:
        return
    lost_at = call.last_event_at + LOST_END
    parties = CallParty.of([call])
    has_record = call.has_ended_in_log and reaches(call.call_facts, call.last_event_at)
    if has_ended(parties):
        sentence = Sentence.PARTIES_ENDED
    elif has_record:
        sentence = Sentence.END_IN_CALL_LOG
    elif now >= lost_at:
        sentence = Sentence.END_LOST
    else:
        call.wait(lost_at, counts=False, now=now)
        return
    ended = Step(StepName.ENDED, Message(sentence))
    if has_record:
        steps = [ended, Step(StepName.RECORD, call.summary)]
        call.advance(Status.WAITING_TO_LOG, at=now, steps=steps, now=now)
    else:
        look_at = now + record_delays()[0]
        call.advance(Status.WAITING_FOR_RECORD, at=look_at, steps=[ended], now=now)
