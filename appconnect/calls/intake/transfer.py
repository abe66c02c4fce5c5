"""A warm transfer: the call goes on in the session in which the colleague was asked.

RingCentral's call log has a record of each session, which names the other.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from appconnect.calls.models import CallSession
from appconnect.organizations.models import Organization
from appconnect.ringcentral.call_record import CallRecord, end_of

MAX_TRANSFERS = 5
TRANSFER_INTERVAL = timedelta(minutes=15)
"""Between attempts while the colleague still talks; the end of that ends the wait."""


def join_transfers(record: CallRecord, records: Mapping[str, CallRecord]) -> CallRecord:
    """Return the record joined with those of the sessions in which the call went on.

    `records` are those at hand, by session. Where the next one is not among them the
    record keeps its `transfer_target`, and is provisional. A transfer to somebody outside
    the account is a call of its own.
    """
    for _ in range(MAX_TRANSFERS):
        onward = records.get(record.transfer_target)
        if onward is None:
            return record
        if not onward.call_facts.is_internal:
            break
        record = join(record, onward)
    return replace(record, transfer_target="")


def without_consultations(
    organization: Organization, records: Mapping[str, CallRecord]
) -> dict[str, CallRecord]:
    """Return the records, without the targets of transfers that ended before the call.

    In an attended transfer the colleague joins the call: only the consultation was a
    session of its own, and the call's record has all that followed.
    """
    targets = {record.transfer_target for record in records.values()} - {""}
    if not targets:
        return dict(records)
    recorded = CallSession.objects.filter(
        organization=organization,
        telephony_session_id__in=targets,
        duration_seconds__isnull=False,
    ).values_list("telephony_session_id", "started_at", "duration_seconds")
    ends = {
        session: started_at + timedelta(seconds=seconds)
        for session, started_at, seconds in recorded
    }
    return {
        session: replace(record, transfer_target="")
        if record.transfer_target in ends
        and ends[record.transfer_target] < end_of(record.call_facts)
        else record
        for session, record in records.items()
    }


def join(record: CallRecord, onward: CallRecord) -> CallRecord:
    """Return both records as one, without the consultation's part of who transferred."""
    call_facts = record.call_facts
    ends_at = max(end_of(call_facts), end_of(onward.call_facts))
    talks = sorted(
        (leg for leg in record.legs if leg.is_answered), key=lambda leg: leg.started_at
    )
    transferred_by = talks[-1].extension_id if talks else ""
    return replace(
        record,
        call_facts=replace(
            call_facts,
            duration_seconds=round((ends_at - call_facts.started_at).total_seconds()),
            recording_url=(call_facts.recording_url or onward.call_facts.recording_url),
        ),
        parties=record.parties + onward.parties,
        legs=record.legs
        + tuple(
            leg
            for leg in onward.legs
            if leg.extension_id != transferred_by and leg not in record.legs
        ),
        is_finished=(
            record.is_finished
            and onward.is_finished
            and not onward.has_provisional_result
        ),
        transfer_target=onward.transfer_target,
    )


def is_still_talking(organization: Organization, record: CallRecord) -> bool:
    """Return whether the call was transferred and the colleague has not hung up."""
    if not record.transfer_target:
        return False
    calls = CallSession.objects.filter(
        organization=organization,
        telephony_session_id=record.transfer_target,
        status=CallSession.Status.CALLING,
    )
    return calls.exists()


def resume_transferred(
    organization: Organization, record: CallRecord, *, now: datetime
) -> list[CallSession]:
    """Let the call go on that was transferred to this one; return it.

    Its wait ends, or it gets the recording of the second talk, where it has none.
    """
    if not record.transferee:
        return []
    with transaction.atomic():
        call = (
            CallSession.objects.select_for_update(of=("self",))
            .select_related("organization")
            .filter(organization=organization, telephony_session_id=record.transferee)
            .first()
        )
        if call is None:
            return []
        if call.status == CallSession.Status.WAITING_FOR_RECORD:
            call.next_attempt_at = now
            call.save(update_fields=["next_attempt_at"])
            return [call]
        onward = record.call_facts
        is_logged = call.status == CallSession.Status.LOGGED and call.details
        if not (is_logged and onward.is_internal and onward.recording_url):
            return []
        if call.call_facts.recording_url:
            return []
        call_facts = replace(call.call_facts, recording_url=onward.recording_url)
        call.take_record(call_facts, type=call.type, extension_id=call.extension_id)
        call.save_record()
        call.schedule_update(at=now)
        return [call]
