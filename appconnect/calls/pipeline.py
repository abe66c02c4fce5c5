"""The way of a call, from its last notification to its record in the CRM."""

import random
from datetime import datetime, timedelta

from django.db import transaction

from appconnect.calls.crm.circuit import is_kept_away, noting
from appconnect.calls.crm.placeholder import provide_contact
from appconnect.calls.crm.resolve_unknown import look_up
from appconnect.calls.crm.update import update_record
from appconnect.calls.crm.write import create_record, find_call_log
from appconnect.calls.decision.decision import decide
from appconnect.calls.intake.settle import settle
from appconnect.calls.intake.sqlite_turns import taking_turns
from appconnect.calls.intake.sync import find_records
from appconnect.calls.models import CallEvent, CrmCircuit, Step, TimedSteps
from appconnect.calls.models.choices import (
    AttentionReason,
    FailureReason,
    NeedsAttention,
    NotYet,
    Skip,
    SkipReason,
)
from appconnect.calls.models.timing import (
    LOG_DELAYS,
    LOOK_UP_DELAY,
    Clock,
    retry_at,
    running_from,
)
from appconnect.organizations.connections.connectors import (
    Connectors,
    NoCredentials,
    get_settings,
)
from connector.errors import (
    CredentialsRejected,
    PermanentError,
    TemporaryError,
    UnknownOutcome,
)

PAUSE_LOOK = timedelta(hours=1)
"""Between looks while logging is paused; resuming ends the wait."""
MOST_ATTEMPTS = len(LOG_DELAYS) + 1


def process(event: CallEvent, *, now: datetime) -> list[CallEvent]:
    """Take the next step of a call that was claimed; return other calls it has helped on.

    Raises `Overtaken` when another worker has the call by now.
    """
    if (
        event.attempts > MOST_ATTEMPTS
    ):  # each of them killed its worker, or failed badly
        if event.status == CallEvent.Status.LOGGED:
            step = Step("Not updated", str(FailureReason.GAVE_UP.label))
            event.rest(steps=[step], now=now)
        else:
            give_up(event, steps=[], now=now)
        return []
    match event.status:
        case CallEvent.Status.CALLING:
            with taking_turns:
                settle(event, now=now)
        case CallEvent.Status.WAITING_FOR_RECORD:
            return find_records(event, now=now)
        case CallEvent.Status.WAITING_TO_LOG:
            log_call(event, clock=running_from(now))
        case CallEvent.Status.LOGGED:
            update_record(event, clock=running_from(now))
    return []


def log_call(event: CallEvent, *, clock: Clock) -> None:
    """Log the call, or leave it in the state that says why not."""
    settings = get_settings(event.organization)
    if settings.paused_at is not None:
        event.wait(clock() + PAUSE_LOOK, counts=False, now=clock())
        return
    circuit = CrmCircuit.objects.at(event.organization)
    if is_kept_away(event, circuit, now=clock()):
        return
    steps = TimedSteps(clock)
    connectors = Connectors(event.organization)
    try:
        with connectors, noting(circuit, settings, connectors, clock=clock):
            call_log = find_call_log(event)
            if call_log and call_log.was_sent:
                known = (event, call_log, settings, connectors)
                if look_up(*known, steps=steps, clock=clock):
                    return
            decision = decide(event, settings, connectors, steps=steps)
            decision = provide_contact(
                event, decision, settings, connectors, steps=steps, clock=clock
            )
            create_record(
                event, call_log, decision, connectors, steps=steps, clock=clock
            )
    except Skip as skip:
        steps.append(Step("Skipped", str(skip)))
        with transaction.atomic():
            event = CallEvent.objects.lock_claimed(event)
            if skip.reason == SkipReason.DO_NOT_LOG:
                event.forget()
            event.mark_skipped(skip.reason, steps=steps, now=clock())
    except NeedsAttention as need:
        if need.candidates:
            event.offer_contacts(need.candidates)
        hold(event, need.reason, str(need), steps=steps, now=clock())
    except NoCredentials as error:
        reason = AttentionReason.NO_CREDENTIALS
        hold(event, reason, str(error), steps=steps, now=clock())
    except CredentialsRejected as error:
        if connectors.used_for(settings):  # all its calls wait, this one too
            steps.append(Step("Not logged yet", str(error)))
            until = clock() + CrmCircuit.REJECTED_LOOK
            event.wait(until, counts=False, steps=steps, now=clock())
        else:
            reason = AttentionReason.CREDENTIALS_REJECTED
            hold(event, reason, str(error), steps=steps, now=clock())
    except PermanentError as error:
        reason = AttentionReason.REFUSED_BY_CRM
        hold(event, reason, str(error), steps=steps, now=clock())
    except TemporaryError as error:
        steps.append(Step("Not logged yet", str(error)))
        try_again(event, steps=steps, now=clock(), retry_after=error.retry_after)
    except UnknownOutcome as error:
        steps.append(Step("No clear answer", str(error)))
        event.wait(clock() + LOOK_UP_DELAY, steps=steps, now=clock())
    except NotYet as error:
        step = Step("Not logged yet", str(error))
        event.wait(error.until, counts=False, steps=[step], now=clock())


def hold(
    event: CallEvent,
    reason: AttentionReason,
    sentence: str,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    steps.append(Step("Needs attention", sentence))
    event.mark_needs_attention(reason, steps=steps, now=now)


def try_again(
    event: CallEvent,
    *,
    steps: list[Step],
    now: datetime,
    retry_after: int | None = None,
) -> None:
    """Wait for the next attempt, or give up after the last."""
    next_attempt = retry_at(
        LOG_DELAYS,
        attempts=event.attempts,
        now=now,
        retry_after=retry_after,
        jitter=random.random(),  # noqa: S311  no secret
    )
    if next_attempt is not None:
        event.wait(next_attempt, steps=steps, now=now)
    else:
        give_up(event, steps=steps, now=now)


def give_up(event: CallEvent, *, steps: list[Step], now: datetime) -> None:
    """End unlogged; where a record was sent, a person has to say if it is there."""
    call_log = find_call_log(event)
    if call_log and call_log.was_sent:
        reason = AttentionReason.UNDECIDED
        hold(event, reason, str(reason.label), steps=steps, now=now)
        return
    steps.append(Step("Gave up", str(FailureReason.GAVE_UP.label)))
    event.mark_failed(FailureReason.GAVE_UP, steps=steps, now=now)
