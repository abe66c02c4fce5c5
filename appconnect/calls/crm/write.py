"""Step 8: one record in the CRM, reserved here before anything is sent there."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from appconnect.calls.crm.outcome import keeping_outcome
from appconnect.calls.crm.sending_lock import being_sent
from appconnect.calls.crm.update import schedule_deadline
from appconnect.calls.decision.decision import Decision
from appconnect.calls.models import CallSession, ClientDetails, CrmRecord, Step
from appconnect.calls.models.choices import AttentionReason, NeedsAttention
from appconnect.calls.models.timing import Clock
from appconnect.calls.text.compose import first_text
from appconnect.organizations.connections.connectors import Connectors
from connector.base import Connector
from connector.errors import UnknownOutcome
from connector.types import Contact, MarkerSupport

Status = CrmRecord.Status
FRESH = timedelta(minutes=10)
"""A call that ended longer ago may have been logged by a life of ours that is forgotten:
the database may have been restored from a backup. Its record is looked for first."""


def create_record(
    call: CallSession,
    crm_record: CrmRecord | None,
    decision: Decision,
    connectors: Connectors,
    *,
    steps: list[Step],
    clock: Clock,
) -> None:
    """Write the record, once, and mark the call logged.

    `crm_record` is what an earlier attempt has left. The reservation is committed before a
    byte is sent. What was surely not written may be tried again; raises `UnknownOutcome`
    when the record may be there, and `Overtaken` when another worker has the call by now.
    """
    connector = connectors.open(decision.credentials)
    written = find_written(call, connector, decision.contact, now=clock())
    crm_record = crm_record or CrmRecord(**key_of(call))
    with being_sent(crm_record.lock_id):
        call.take_contact(decision.contact)
        text = first_text(
            call,
            decision.settings,
            connector,
            words=ClientDetails.words_of(crm_record),
            now=clock(),
        )
        reserve(crm_record, call, decision, now=clock())
        attempt = f"Attempt {call.attempts}: no other worker sends this call."
        steps.append(Step("Reserved", attempt))
        if written:
            steps.append(Step("Found", f"The CRM has the record already: {written}."))
            adopt(call, crm_record, written, steps=steps, now=clock())
        else:
            began = clock()
            written = send(crm_record, call, decision, connector, text, clock=clock)
            seconds = (clock() - began).total_seconds()
            steps.append(Step("Sent", f"The CRM answered after {seconds:.1f} seconds."))
            steps.append(Step("Logged", f"The CRM confirmed record {written}."))
            confirm(call, crm_record, written, steps=steps, now=clock())


def find_written(
    call: CallSession, connector: Connector, contact: Contact, *, now: datetime
) -> str:
    """Return the record that an old call has in the CRM; empty where there is none."""
    is_fresh = not call.was_recovered and now < call.last_event_at + FRESH
    if is_fresh or connector.marker_support is MarkerSupport.NONE:
        return ""
    return only(connector.find_call_logs(call.call_facts.marker, contact=contact))


def only(crm_log_ids: list[str]) -> str:
    """Return the one id, empty where there is none. Raises `NeedsAttention` for several."""
    if len(crm_log_ids) > 1:
        listed = ", ".join(crm_log_ids[:5])
        raise NeedsAttention(
            AttentionReason.SEVERAL_RECORDS,
            f"The CRM has several records of this call: {listed}. "
            "Delete all but one there, then try again.",
        )
    return crm_log_ids[0] if crm_log_ids else ""


def reserve(
    crm_record: CrmRecord, call: CallSession, decision: Decision, *, now: datetime
) -> None:
    """Commit that this worker, and no other, is about to send the record."""
    crm_record.reserve(
        call=call,
        session_id=call.session_id,
        sent_at=now,
        crm_hostname=call.organization.crm_hostname,
        contact_id=decision.contact.id,
        contact_type=decision.contact.type[:60],
        owner_id=decision.owner.id if decision.owner else "",
        owner_name=decision.owner.name if decision.owner else "",
    )


def send(
    crm_record: CrmRecord,
    call: CallSession,
    decision: Decision,
    connector: Connector,
    text: str,
    *,
    clock: Clock,
) -> str:
    """Send the record and return its id; keep what is known where that is not the end."""
    with keeping_outcome(crm_record, clock=clock):
        record_id = connector.create_call_log(
            decision.settings.as_logged(call.call_facts),
            contact=decision.contact,
            owner=decision.owner,
            composed_log_details=text,
        )
        if not record_id:
            raise UnknownOutcome("The CRM's answer names no record.")
    return record_id


def key_of(call: CallSession) -> dict[str, object]:
    """Return what a record belongs to, and there is one of."""
    return {
        "organization": call.organization,
        "platform": call.organization.platform,
        "telephony_session_id": call.telephony_session_id,
        "extension_id": call.extension_id,
    }


def find_crm_record(call: CallSession) -> CrmRecord | None:
    """Return what earlier attempts to log the call have left.

    A client that did not know the telephony session has named the call by its session,
    and one whose extension was not in the directory has named none.
    """
    key = key_of(call)
    found = CrmRecord.objects.filter(**key).first()
    if found or not call.session_id:
        return found
    posted = CrmRecord.objects.exclude(status=Status.RESERVED).filter(
        Q(call=None) | Q(call=call.pk),
        organization=call.organization,
        platform=key["platform"],
        telephony_session_id__in=[call.telephony_session_id, call.session_id],
        session_id=call.session_id,
        extension_id__in=[call.extension_id, ""],
    )
    return posted.order_by("-extension_id").first()


def confirm(
    call: CallSession,
    crm_record: CrmRecord,
    record_id: str,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    """Mark the call logged; what RingCentral said meanwhile is added right after.

    The record's id is kept whoever has the call by now.
    """
    crm_record.move(Status.LOGGED, record_id=record_id, logged_at=now)
    with transaction.atomic():
        current = CallSession.objects.lock_claimed(call)
        current.mark_logged(steps=steps, now=now)
        if current.call_facts != call.call_facts:
            current.schedule_update(at=now)
        else:
            schedule_deadline(current, now=now)


def adopt(
    call: CallSession,
    crm_record: CrmRecord,
    record_id: str,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    """Mark the call logged by a record that was found; what that says may be old."""
    if crm_record.status != Status.LOGGED:
        crm_record.move(Status.LOGGED, record_id=record_id, logged_at=now)
    if crm_record.call_id is None:  # a client has logged it
        crm_record.move(Status.LOGGED, call=call)
        if name := ClientDetails.contact_name_of(crm_record):
            call.take_contact(Contact(id=crm_record.contact_id, name=name))
    with transaction.atomic():
        current = CallSession.objects.lock_claimed(call)
        current.mark_logged(steps=steps, now=now)
        current.schedule_update(at=now)
