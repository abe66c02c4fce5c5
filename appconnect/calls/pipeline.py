"""The way of a call, from its last notification to its record in the CRM."""

from datetime import datetime

from appconnect.calls.crm_record import create_record, find_earlier, look_up
from appconnect.calls.decision import decide
from appconnect.calls.models import CallEvent, Step
from appconnect.calls.reasons import (
    AttentionReason,
    FailureReason,
    NeedsAttention,
    Skip,
)
from appconnect.calls.record import read_records
from appconnect.calls.retries import LOG_DELAYS, LOOK_UP_DELAY, retry_at
from appconnect.calls.settle import settle
from appconnect.organizations.connectors import Connectors, NoCredentials
from connector.errors import (
    CredentialsRejected,
    PermanentError,
    TemporaryError,
    UnknownOutcome,
)

MOST_ATTEMPTS = len(LOG_DELAYS) + 1


def process(event: CallEvent, *, now: datetime) -> None:
    """Take the next step of a call that was claimed."""
    if event.attempts > MOST_ATTEMPTS:  # each of them killed its worker
        give_up(event, steps=[], now=now)
        return
    match event.status:
        case CallEvent.Status.CALLING:
            settle(event, now=now)
        case CallEvent.Status.WAITING_FOR_RECORD:
            read_records(event, now=now)
        case CallEvent.Status.WAITING_TO_LOG:
            log_call(event, now=now)


def log_call(event: CallEvent, *, now: datetime) -> None:
    """Log the call, or leave it in the state that says why not."""
    steps: list[Step] = []
    try:
        with Connectors(event.organization.platform) as connectors:
            earlier = find_earlier(event)
            if earlier and look_up(event, earlier, connectors, steps=steps, now=now):
                return
            decision = decide(event, connectors, steps=steps)
            create_record(event, decision, connectors, steps=steps, now=now)
    except Skip as skip:
        steps.append(Step("Skipped", str(skip)))
        event.mark_skipped(skip.reason, steps=steps, now=now)
    except NeedsAttention as need:
        hold(event, need.reason, str(need), steps=steps, now=now)
    except NoCredentials as error:
        reason = AttentionReason.NO_CREDENTIALS
        hold(event, reason, str(error), steps=steps, now=now)
    except CredentialsRejected as error:
        reason = AttentionReason.CREDENTIALS_REJECTED
        hold(event, reason, str(error), steps=steps, now=now)
    except PermanentError as error:
        reason = AttentionReason.REFUSED_BY_CRM
        hold(event, reason, str(error), steps=steps, now=now)
    except TemporaryError as error:
        steps.append(Step("Not logged yet", str(error)))
        try_again(event, steps=steps, now=now, retry_after=error.retry_after)
    except UnknownOutcome as error:
        steps.append(Step("No clear answer", str(error)))
        event.wait(now + LOOK_UP_DELAY, counts=False, steps=steps, now=now)


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
        LOG_DELAYS, attempts=event.attempts, now=now, retry_after=retry_after
    )
    if next_attempt is not None:
        event.wait(next_attempt, steps=steps, now=now)
    else:
        give_up(event, steps=steps, now=now)


def give_up(event: CallEvent, *, steps: list[Step], now: datetime) -> None:
    steps.append(Step("Gave up", str(FailureReason.GAVE_UP.label)))
    event.mark_failed(FailureReason.GAVE_UP, steps=steps, now=now)
