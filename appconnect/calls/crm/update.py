"""Updates of the CRM's record after a call was logged."""

from contextlib import suppress
from datetime import datetime
from functools import partial

from django.db import transaction

from appconnect.calls.crm.circuit import updating_circuit, wait_for_crm
from appconnect.calls.crm.sending_lock import changing
from appconnect.calls.decision.credentials import choose_credentials
from appconnect.calls.decision.outcome import (
    EXPECTED_ERRORS,
    Retry,
    is_refusal,
    outcome_of,
)
from appconnect.calls.decision.owner import Owner, find_mapping
from appconnect.calls.models import (
    CallSession,
    ClientDetails,
    CrmCircuit,
    CrmRecord,
    Overtaken,
    Step,
)
from appconnect.calls.models.choices import Message, Sentence, StepName, message_of
from appconnect.calls.models.timing import (
    FINAL_DEADLINE,
    LEASE,
    LOG_DELAYS,
    Clock,
    retry_at,
)
from appconnect.calls.text.compose import updated_text
from appconnect.calls.text.crm_facts import crm_facts
from appconnect.organizations.connections.connectors import Connectors, get_settings
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector, accepted
from connector.errors import NotSupported, PermanentError
from connector.types import Call, CallLogInfo

DELETED = Step(StepName.DELETED, Message(Sentence.DELETED_IN_CRM))


def update_record(call: CallSession, *, clock: Clock) -> None:
    """Update the CRM's record with what RingCentral has said since."""
    crm_record = call.crm_record
    if crm_record is not None:
        crm_record.organization = call.organization  # saves a query
    is_there = crm_record is not None and crm_record.is_in_present_crm
    if not is_there or call.details is None:  # or it was erased meanwhile
        call.rest(now=clock())
        return
    circuit = CrmCircuit.objects.ahead_of(call)
    if wait_for_crm(call, circuit, now=clock()):
        return
    settings = get_settings(call.organization)
    connectors = Connectors(call.organization)
    try:
        with connectors, updating_circuit(circuit, settings, connectors, clock=clock):
            credentials, _source = choose_credentials(
                settings, extension_id=call.extension_id
            )
            connector = connectors.open(credentials)
            with changing(crm_record.lock_id, waits=False):
                steps = write_update(call, crm_record, settings, connector, now=clock())
    except BlockingIOError:  # a client is updating it, or a worker hangs
        call.wait(clock() + LEASE, counts=False, now=clock())
        return
    except EXPECTED_ERRORS as error:
        # Refused credentials are waited for, a person's own as well.
        retry = None
        if outcome_of(error).retry is not Retry.NEVER:
            retry = retry_at(LOG_DELAYS, attempts=call.attempts, now=clock())
        if retry is not None:
            step = Step(StepName.NOT_UPDATED_YET, message_of(error))
            call.wait(retry, steps=[step], now=clock())
            return
        steps = [Step(StepName.NOT_UPDATED, message_of(error))]
    finish_update(call, steps, now=clock())


def write_update(
    call: CallSession,
    crm_record: CrmRecord,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    now: datetime,
) -> list[Step]:
    """Update the record unless it was deleted; return the steps for the timeline.

    Where the CRM refuses the text, it is left out, a client's words first: the recording
    and the duration do not wait for it. What a person writes between our reading and our
    writing is lost.
    """
    words = ClientDetails.words_of(crm_record)
    texts: list[tuple[str | None, Sentence]] = [(None, Sentence.UPDATED_UNREAD)]
    with suppress(NotSupported):
        record = read_crm_record(crm_record, connector)
        if record is None:
            return [DELETED]
        text_with = partial(
            updated_text, record.full_body, call, settings, connector, now=now
        )
        texts = [text_with(words=words)]
        if words:
            texts.append((text_with()[0], Sentence.UPDATED_WITHOUT_WORDS))
        texts.append((None, Sentence.UPDATED_WITHOUT_TEXT))
    call_facts = crm_facts(call.call_facts, settings, previous=call.written_facts)
    steps, sentence = give(connector, crm_record, call_facts, texts)
    call.take_written(call.call_facts)
    try:
        assign_record(call, crm_record, settings, connector)
    except PermanentError as error:
        if not is_refusal(error):
            raise
        steps.append(Step(StepName.NOT_UPDATED_YET, message_of(error)))
    facts = {"result": call.result, "seconds": call.duration_seconds}
    return [*steps, Step(StepName.UPDATED, Message(sentence, facts))]


def give(
    connector: Connector,
    crm_record: CrmRecord,
    call_facts: Call,
    texts: list[tuple[str | None, Sentence]],
) -> tuple[list[Step], Sentence]:
    """Update the record with the first of the texts that the CRM does not refuse.

    Return its sentence, and the step of the last refusal. Raises a `ConnectorError`.
    """
    refused: list[Step] = []
    for text, sentence in texts:
        try:
            connector.update_call_log(
                crm_record.record_id, call_facts, composed_log_details=text
            )
        except PermanentError as error:
            if text is None or not is_refusal(error):
                raise
            refused = [Step(StepName.NOT_UPDATED_YET, message_of(error))]
        else:
            return refused, sentence
    raise AssertionError("The last of the texts is None, which is not refused.")


def assign_record(
    call: CallSession,
    crm_record: CrmRecord,
    settings: ServerLoggingSettings,
    connector: Connector,
) -> None:
    """Assign a record without owner to its agent, if they have been mapped since."""
    is_for_agent = settings.activity_record_owner != Owner.ADMIN
    can_assign = connector.implements("assign_call_log")
    if crm_record.owner_id or not is_for_agent or not can_assign:
        return
    mapping = find_mapping(call.organization, call.extension_id)
    if mapping is not None and mapping.crm_user.is_active:
        owner = mapping.crm_user.as_owner()
        connector.assign_call_log(crm_record.record_id, owner)
        crm_record.move(crm_record.status, owner_id=owner.id, owner_name=owner.name)


def read_crm_record(crm_record: CrmRecord, connector: Connector) -> CallLogInfo | None:
    """Return the record as it is in the CRM; None where it was deleted."""
    options = accepted(connector.get_call_log, contact=crm_record.contact)
    return connector.get_call_log(crm_record.record_id, **options)


def finish_update(call: CallSession, steps: list[Step], *, now: datetime) -> None:
    """End the update, unless RingCentral has said more during it.

    Where another worker has sent an update meanwhile, either may have come last: the
    record is updated once more.
    """
    try:
        with transaction.atomic():
            is_as_read = call.rest(steps=steps, now=now)
            if steps == [DELETED]:
                return
            if is_as_read:
                schedule_deadline(call, now=now)
            else:
                call.schedule_update(at=now)
    except Overtaken:
        with transaction.atomic():
            other = CallSession.objects.lock(call.pk)
            if other.status == CallSession.Status.LOGGED:
                other.take_written(None)
                other.save(update_fields=["written"])
                other.schedule_update(at=now + LEASE)


def schedule_deadline(call: CallSession, *, now: datetime) -> None:
    """Schedule the last update, for a record that RingCentral does not confirm before."""
    deadline = call.ended_at + FINAL_DEADLINE
    if not call.is_final and now < deadline:
        call.schedule_update(at=deadline)
