"""The way of a call, from its last notification to its record in the CRM."""

import random
from datetime import datetime, timedelta

from django.db import transaction

from appconnect.calls.crm.circuit import updating_circuit, wait_for_crm
from appconnect.calls.crm.placeholder import provide_contact
from appconnect.calls.crm.update import update_record
from appconnect.calls.crm.write import (
    create_record,
    find_crm_record,
    find_earlier_record,
)
from appconnect.calls.decision.decision import decide
from appconnect.calls.decision.outcome import (
    EXPECTED_ERRORS,
    Outcome,
    Retry,
    outcome_of,
)
from appconnect.calls.intake.settle import settle
from appconnect.calls.intake.sync import find_records
from appconnect.calls.models import CallSession, CrmCircuit, Step, TimedSteps
from appconnect.calls.models.choices import (
    AttentionReason,
    FailureReason,
    Message,
    NeedsAttention,
    Sentence,
    SkipReason,
    StepName,
    message_of,
)
from appconnect.calls.models.timing import (
    LOG_DELAYS,
    SEARCH_DELAY,
    Clock,
    retry_at,
    running_from,
)
from appconnect.organizations.connections.connectors import Connectors, get_settings
from connector.errors import AlreadyExists

PAUSE_INTERVAL = timedelta(hours=1)
"""How long a call waits while logging is paused; resuming ends the wait."""
MAX_ATTEMPTS = len(LOG_DELAYS) + 1
HIDDEN_ATTEMPTS = 4
"""So often, over some ten minutes, a record that the CRM has already is looked for."""


def process(call: CallSession, *, now: datetime) -> list[CallSession]:
    """Take the next step of a claimed call; return other calls that can go on now.

    Raises `Overtaken` when another worker has the call by now.
    """
    if call.attempts > MAX_ATTEMPTS:  # each one crashed its worker
        if call.status == CallSession.Status.LOGGED:
            step = Step(StepName.NOT_UPDATED, Message(FailureReason.GAVE_UP))
            call.rest(steps=[step], now=now)
        else:
            give_up(call, steps=[], now=now)
        return []
    match call.status:
        case CallSession.Status.CALLING:
            settle(call, now=now)
        case CallSession.Status.WAITING_FOR_RECORD:
            return find_records(call, now=now)
        case CallSession.Status.WAITING_TO_LOG:
            log_call(call, clock=running_from(now))
        case CallSession.Status.LOGGED:
            update_record(call, clock=running_from(now))
    return []


def log_call(call: CallSession, *, clock: Clock) -> None:
    """Log the call, or leave it in the state that says why it is not logged."""
    settings = get_settings(call.organization)
    if settings.paused_at is not None:
        call.wait(clock() + PAUSE_INTERVAL, counts=False, now=clock())
        return
    circuit = CrmCircuit.objects.ahead_of(call)
    if wait_for_crm(call, circuit, now=clock()):
        return
    steps = TimedSteps(clock)
    connectors = Connectors(call.organization)
    try:
        with connectors, updating_circuit(circuit, settings, connectors, clock=clock):
            crm_record = find_crm_record(call) if call.may_have_crm_record else None
            if crm_record and crm_record.was_sent:
                earlier = (call, crm_record, settings, connectors)
                if find_earlier_record(*earlier, steps=steps, clock=clock):
                    return
            decision = decide(call, settings, connectors, steps=steps)
            decision = provide_contact(
                call, decision, settings, connectors, steps=steps, clock=clock
            )
            create_record(
                call, crm_record, decision, connectors, steps=steps, clock=clock
            )
    except EXPECTED_ERRORS as error:
        outcome = outcome_of(error, is_shared=lambda: connectors.used_for(settings))
        conclude(call, error, outcome, steps=steps, now=clock())


def conclude(
    call: CallSession,
    error: Exception,
    outcome: Outcome,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    """Leave the call in the state that the error becomes."""
    match outcome.state:
        case CallSession.Status.SKIPPED:
            steps.append(Step(StepName.SKIPPED, message_of(error)))
            with transaction.atomic():
                if outcome.reason == SkipReason.DO_NOT_LOG:
                    CallSession.objects.lock_claimed(call)
                    call.forget()
                call.mark_skipped(outcome.reason, steps=steps, now=now)
        case CallSession.Status.NEEDS_ATTENTION:
            if isinstance(error, NeedsAttention) and error.candidates:
                call.offer_contacts(error.candidates)
            hold(call, outcome.reason, message_of(error), steps=steps, now=now)
        case _:
            wait(call, error, outcome, steps=steps, now=now)


def wait(
    call: CallSession,
    error: Exception,
    outcome: Outcome,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    """Wait for as long as the outcome says; where nothing was sent, that is no attempt."""
    step = Step(StepName.NOT_LOGGED_YET, message_of(error))
    match outcome.retry:
        case Retry.AT_TIME:
            call.wait(outcome.retry_at, counts=False, steps=[step], now=now)
        case Retry.NEW_CREDENTIALS:
            until = now + CrmCircuit.REJECTED_INTERVAL
            call.wait(until, counts=False, steps=[*steps, step], now=now)
        case Retry.SEARCH if is_hidden(call, error):
            reason = AttentionReason.UNDECIDED
            steps.append(Step(StepName.NO_CLEAR_ANSWER, message_of(error)))
            message = Message(Sentence.RECORD_IS_HIDDEN)
            hold(call, reason, message, steps=steps, now=now)
        case Retry.SEARCH:
            steps.append(Step(StepName.NO_CLEAR_ANSWER, message_of(error)))
            call.wait(now + SEARCH_DELAY, steps=steps, now=now)
        case _:
            steps.append(step)
            try_again(call, steps=steps, now=now, retry_after=outcome.retry_after)


def is_hidden(call: CallSession, error: Exception) -> bool:
    """Return whether the CRM says again that it has what its search never shows."""
    if not isinstance(error, AlreadyExists) or call.attempts <= HIDDEN_ATTEMPTS:
        return False
    return call.timeline.filter(step=StepName.NO_CLEAR_ANSWER).exists()


def hold(
    call: CallSession,
    reason: AttentionReason,
    message: Message,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    steps.append(Step(StepName.NEEDS_ATTENTION, message))
    call.mark_needs_attention(reason, steps=steps, now=now)


def try_again(
    call: CallSession,
    *,
    steps: list[Step],
    now: datetime,
    retry_after: int | None = None,
) -> None:
    """Wait for the next attempt, or give up after the last."""
    next_attempt = retry_at(
        LOG_DELAYS,
        attempts=call.attempts,
        now=now,
        retry_after=retry_after,
        jitter=random.random(),  # noqa: S311  no secret
    )
    if next_attempt is not None:
        call.wait(next_attempt, steps=steps, now=now)
    else:
        give_up(call, steps=steps, now=now)


def give_up(call: CallSession, *, steps: list[Step], now: datetime) -> None:
    """End the call unlogged; if a record was sent, a person has to look for it."""
    crm_record = find_crm_record(call)
    if crm_record and crm_record.was_sent:
        reason = AttentionReason.UNDECIDED
        hold(call, reason, Message(reason), steps=steps, now=now)
        return
    steps.append(Step(StepName.GAVE_UP, Message(FailureReason.GAVE_UP)))
    call.mark_failed(FailureReason.GAVE_UP, steps=steps, now=now)
