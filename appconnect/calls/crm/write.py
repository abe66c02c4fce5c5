"""Step 8: one record in the CRM, reserved here before anything is sent there."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from appconnect.calls.crm.outcome import keeping_outcome
from appconnect.calls.crm.sending_lock import being_sent
from appconnect.calls.crm.update import schedule_deadline
from appconnect.calls.decision.decision import Decision
from appconnect.calls.models import CallEvent, CallLog, PostedDetails, Step
from appconnect.calls.models.choices import AttentionReason, NeedsAttention
from appconnect.calls.models.timing import Clock
from appconnect.calls.text.compose import first_text
from appconnect.organizations.connections.connectors import Connectors
from connector.base import Connector
from connector.errors import UnknownOutcome
from connector.types import Contact, MarkerSupport

Status = CallLog.Status
FRESH = timedelta(minutes=10)
"""A call that ended longer ago may have been logged by a life of ours that is forgotten:
the database may have been restored from a backup. Its record is looked for first."""


def create_record(
    event: CallEvent,
    call_log: CallLog | None,
    decision: Decision,
    connectors: Connectors,
    *,
    steps: list[Step],
    clock: Clock,
) -> None:
    """Write the record, once, and mark the call logged.

    `call_log` is what an earlier attempt has left. The reservation is committed before a
    byte is sent. What was surely not written may be tried again; raises `UnknownOutcome`
    when the record may be there, and `Overtaken` when another worker has the call by now.
    """
    connector = connectors.open(decision.credentials)
    written = find_written(event, connector, decision.contact, now=clock())
    call_log = call_log or CallLog(**key_of(event))
    with being_sent(call_log.lock_id):
        event.take_contact(decision.contact)
        text = first_text(
            event,
            decision.settings,
            connector,
            words=PostedDetails.words_of(call_log),
            now=clock(),
        )
        reserve(call_log, event, decision, now=clock())
        attempt = f"Attempt {event.attempts}: no other worker sends this call."
        steps.append(Step("Reserved", attempt))
        if written:
            steps.append(Step("Found", f"The CRM has the record already: {written}."))
            adopt(event, call_log, written, steps=steps, now=clock())
        else:
            began = clock()
            written = send(call_log, event, decision, connector, text, clock=clock)
            seconds = (clock() - began).total_seconds()
            steps.append(Step("Sent", f"The CRM answered after {seconds:.1f} seconds."))
            steps.append(Step("Logged", f"The CRM confirmed record {written}."))
            confirm(event, call_log, written, steps=steps, now=clock())


def find_written(
    event: CallEvent, connector: Connector, contact: Contact, *, now: datetime
) -> str:
    """Return the record that an old call has in the CRM; empty where there is none."""
    is_fresh = not event.was_recovered and now < event.last_event_at + FRESH
    if is_fresh or connector.marker_support is MarkerSupport.NONE:
        return ""
    return only(connector.find_call_logs(event.call.marker, contact=contact))


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
    call_log: CallLog, event: CallEvent, decision: Decision, *, now: datetime
) -> None:
    """Commit that this worker, and no other, is about to send the record."""
    call_log.reserve(
        call_event=event,
        session_id=event.session_id,
        sent_at=now,
        crm_hostname=event.organization.crm_hostname,
        contact_id=decision.contact.id,
        contact_type=decision.contact.type[:60],
        owner_id=decision.owner.id if decision.owner else "",
        owner_name=decision.owner.name if decision.owner else "",
    )


def send(
    call_log: CallLog,
    event: CallEvent,
    decision: Decision,
    connector: Connector,
    text: str,
    *,
    clock: Clock,
) -> str:
    """Send the record and return its id; keep what is known where that is not the end."""
    with keeping_outcome(call_log, clock=clock):
        crm_log_id = connector.create_call_log(
            decision.settings.as_logged(event.call),
            contact=decision.contact,
            owner=decision.owner,
            composed_log_details=text,
        )
        if not crm_log_id:
            raise UnknownOutcome("The CRM's answer names no record.")
    return crm_log_id


def key_of(event: CallEvent) -> dict[str, object]:
    """Return what a record belongs to, and there is one of."""
    return {
        "organization": event.organization,
        "platform": event.organization.platform,
        "telephony_session_id": event.telephony_session_id,
        "extension_id": event.extension_id,
    }


def find_call_log(event: CallEvent) -> CallLog | None:
    """Return what earlier attempts to log the call have left.

    A client that did not know the telephony session has named the call by its session,
    and one whose extension was not in the directory has named none.
    """
    key = key_of(event)
    found = CallLog.objects.filter(**key).first()
    if found or not event.session_id:
        return found
    posted = CallLog.objects.exclude(status=Status.RESERVED).filter(
        Q(call_event=None) | Q(call_event=event.pk),
        organization=event.organization,
        platform=key["platform"],
        telephony_session_id__in=[event.telephony_session_id, event.session_id],
        session_id=event.session_id,
        extension_id__in=[event.extension_id, ""],
    )
    return posted.order_by("-extension_id").first()


def confirm(
    event: CallEvent,
    call_log: CallLog,
    crm_log_id: str,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    """Mark the call logged; what RingCentral said meanwhile is added right after.

    The record's id is kept whoever has the call by now.
    """
    call_log.move(Status.LOGGED, crm_log_id=crm_log_id, logged_at=now)
    with transaction.atomic():
        current = CallEvent.objects.lock_claimed(event)
        current.mark_logged(steps=steps, now=now)
        if current.call != event.call:
            current.schedule_update(at=now)
        else:
            schedule_deadline(current, now=now)


def adopt(
    event: CallEvent,
    call_log: CallLog,
    crm_log_id: str,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    """Mark the call logged by a record that was found; what that says may be old."""
    if call_log.status != Status.LOGGED:
        call_log.move(Status.LOGGED, crm_log_id=crm_log_id, logged_at=now)
    if call_log.call_event_id is None:  # a client has logged it
        call_log.move(Status.LOGGED, call_event=event)
        if name := PostedDetails.contact_name_of(call_log):
            event.take_contact(Contact(id=call_log.contact_id, name=name))
    with transaction.atomic():
        current = CallEvent.objects.lock_claimed(event)
        current.mark_logged(steps=steps, now=now)
        current.schedule_update(at=now)
