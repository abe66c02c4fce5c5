"""Step 8: the CRM's record of a call."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from appconnect.calls.crm.update import schedule_deadline
from appconnect.calls.crm.write_once import find_earlier, send
from appconnect.calls.decision.credentials import choose_credentials
from appconnect.calls.decision.decision import Decision
from appconnect.calls.decision.outcome import is_refusal
from appconnect.calls.models import CallSession, ClientDetails, CrmRecord, Step
from appconnect.calls.models.choices import (
    AttentionReason,
    Message,
    NeedsAttention,
    Sentence,
    StepName,
    message_of,
)
from appconnect.calls.models.timing import LOG_DELAYS, Clock, resend_delay
from appconnect.calls.text.compose import first_text
from appconnect.calls.text.crm_facts import crm_facts
from appconnect.organizations.connections.connectors import Connectors
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector
from connector.errors import PermanentError, UnknownOutcome
from connector.types import Call, Contact, CrmUser

Status = CrmRecord.Status
BACKUP_SEARCH_AGE = timedelta(minutes=10)
"""The record of a call that ended longer ago is searched for before it is sent.

It may have been written before the database was restored from a backup."""


def find_earlier_record(
    call: CallSession,
    crm_record: CrmRecord,
    settings: ServerLoggingSettings,
    connectors: Connectors,
    *,
    steps: list[Step],
    clock: Clock,
) -> bool:
    """Mark the call logged when a client or an earlier attempt has written its record.

    This comes before the decision, which may be another one by now. Returns False when
    nothing was written. Raises what `find_earlier` raises.
    """

    def find() -> str:
        credentials, _source = choose_credentials(
            settings, extension_id=call.extension_id
        )
        connector = connectors.open(credentials)
        return find_by_marker(crm_record, connector, sent_to(crm_record))

    sent = call.attempts - 1  # this attempt has sent nothing yet
    delay = resend_delay(sent) if sent < len(LOG_DELAYS) else None
    if crm_record.status == Status.LOGGED:
        message = Message(Sentence.LOGGED_BEFORE, {"record": crm_record.record_id})
        steps.append(Step(StepName.LOGGED, message))
    elif find_earlier(crm_record, find=find, clock=clock, resend_delay=delay):
        message = Message(Sentence.FOUND_AFTER_ALL, {"record": crm_record.record_id})
        steps.append(Step(StepName.FOUND, message))
    else:
        steps.append(Step(StepName.NOT_FOUND, Message(Sentence.NEVER_WRITTEN)))
        if crm_record.key != CrmRecord(**key_of(call)).key:  # by a client's ids
            crm_record.move(Status.RESERVED, **key_of(call))
        return False
    finish(call, crm_record, is_new=False, steps=steps, now=clock())
    return True


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

    `crm_record` is the reservation of an earlier attempt. Raises what `send` raises;
    also `Overtaken` when another worker has claimed the call meanwhile.
    """
    connector = connectors.open(decision.credentials)
    contact, owner = decision.contact, decision.owner
    crm_record = crm_record or CrmRecord(**key_of(call))
    is_old = call.was_recovered or may_be_forgotten(call.last_event_at, clock())
    forgotten = find_by_marker(crm_record, connector, contact) if is_old else ""
    call.take_contact(contact)
    words = ClientDetails.words_of(crm_record)
    text_with = partial(first_text, call, decision.settings, connector, now=clock())

    def create() -> str:
        message = Message(Sentence.RESERVED, {"attempt": call.attempts})
        steps.append(Step(StepName.RESERVED, message))
        if forgotten:
            message = Message(Sentence.FOUND_IN_CRM, {"record": forgotten})
            steps.append(Step(StepName.FOUND, message))
            return forgotten
        began = clock()
        call_facts = call.call_facts
        given = crm_facts(call_facts, decision.settings)
        create_with = partial(create_in_crm, connector, given, contact, owner)
        try:
            record_id = create_with(text_with(words=words))
        except PermanentError as error:
            if not words or not is_refusal(error):
                raise
            steps.append(Step(StepName.NOT_LOGGED_YET, message_of(error)))
            steps.append(Step(StepName.SENT, Message(Sentence.LOGGED_WITHOUT_WORDS)))
            record_id = create_with(text_with())
        call.take_written(call_facts)
        seconds = (clock() - began).total_seconds()
        message = Message(Sentence.ANSWERED, {"seconds": round(seconds, 1)})
        steps.append(Step(StepName.SENT, message))
        message = Message(Sentence.CONFIRMED, {"record": record_id})
        steps.append(Step(StepName.LOGGED, message))
        return record_id

    columns = columns_of(crm_record, contact, owner)
    columns |= {"call": call, "session_id": call.session_id}
    send(crm_record, create=create, store=call.store_contact, clock=clock, **columns)
    finish(call, crm_record, is_new=not forgotten, steps=steps, now=clock())


def may_be_forgotten(ended_at: datetime, now: datetime) -> bool:
    """Return whether a call's record may be missing in a database that was restored."""
    return now >= ended_at + BACKUP_SEARCH_AGE


def find_by_marker(
    crm_record: CrmRecord, connector: Connector, contact: Contact
) -> str:
    """Return the record's id; empty where there is none, or the CRM cannot be searched.

    Raises `NeedsAttention` for several.
    """
    if crm_record.search_window is None:
        return ""
    record_ids = connector.find_call_logs(crm_record.marker, contact=contact)
    if len(record_ids) > 1:
        records = {"records": ", ".join(record_ids[:5])}
        raise NeedsAttention(
            AttentionReason.SEVERAL_RECORDS,
            Message(Sentence.SEVERAL_RECORDS_LISTED, records),
        )
    return record_ids[0] if record_ids else ""


def create_in_crm(
    connector: Connector,
    call_facts: Call,
    contact: Contact,
    owner: CrmUser | None,
    text: str,
) -> str:
    """Create the record and return its id. Raises a `ConnectorError`."""
    record_id = connector.create_call_log(
        call_facts, contact=contact, owner=owner, composed_log_details=text
    )
    if not record_id:
        raise UnknownOutcome("The CRM's answer names no record.")
    return record_id


def columns_of(
    crm_record: CrmRecord, contact: Contact, owner: CrmUser | None
) -> dict[str, object]:
    """Return the columns that say where, to which contact and for which owner it is sent."""
    return {
        "crm_hostname": crm_record.organization.crm_hostname,
        "contact_id": contact.id,
        "contact_type": contact.type[:60],
        "owner_id": owner.id if owner else "",
        "owner_name": owner.name if owner else "",
    }


def sent_to(crm_record: CrmRecord) -> Contact:
    """Return the contact to which the record was sent."""
    return Contact(id=crm_record.contact_id, type=crm_record.contact_type, name="")


def key_of(call: CallSession) -> dict[str, object]:
    """Return the columns of the unique constraint for the call's record."""
    return {
        "organization": call.organization,
        "platform": call.organization.platform,
        "telephony_session_id": call.telephony_session_id,
        "extension_id": call.extension_id,
    }


def find_crm_record(call: CallSession) -> CrmRecord | None:
    """Return the reservation of the call's record, by an earlier attempt or by a client.

    A client that did not know the telephony session has named the call by its session,
    and one whose extension was not in the directory has named none.
    """
    key = key_of(call)
    crm_record = CrmRecord.objects.filter(**key).first()
    if crm_record or not call.session_id:
        return crm_record
    by_client = CrmRecord.objects.exclude(status=Status.RESERVED).filter(
        Q(call=None) | Q(call=call.pk),
        organization=call.organization,
        platform=key["platform"],
        telephony_session_id__in=[call.telephony_session_id, call.session_id],
        session_id=call.session_id,
        extension_id__in=[call.extension_id, ""],
    )
    return by_client.order_by("-extension_id").first()


def finish(
    call: CallSession,
    crm_record: CrmRecord,
    *,
    is_new: bool,
    steps: list[Step],
    now: datetime,
) -> None:
    """Mark the call logged; schedule the record's update where its text may be old.

    Raises `Overtaken` when another worker has the call by now; the record's id is stored.
    """
    if not is_new:  # by a client, or by an attempt of ours with facts of that time
        call.written = ClientDetails.written_of(crm_record)
    if crm_record.call_id is None:  # a client has logged it
        crm_record.move(Status.LOGGED, call=call)
        if name := ClientDetails.contact_name_of(crm_record):
            call.take_contact(Contact(id=crm_record.contact_id, name=name))
    with transaction.atomic():
        is_as_read = call.mark_logged(steps=steps, now=now)
        if is_new and is_as_read:
            schedule_deadline(call, now=now)
        else:
            call.schedule_update(at=now)
