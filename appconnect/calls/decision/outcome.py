"""What an error becomes: decided here alone, for the worker, a dry run and the API."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import partial

from appconnect.calls.models.choices import (
    AttentionReason,
    CallStatus,
    NeedsAttention,
    NotYet,
    Skip,
)
from appconnect.organizations.connections.connectors import NoCredentials
from appconnect.ringcentral.errors import Refused, RingCentralError, Unavailable
from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    RateLimited,
    TemporaryError,
    UnknownOutcome,
)

EXPECTED_ERRORS = (Skip, NeedsAttention, NotYet, NoCredentials, ConnectorError)
"""What a step of logging may raise; anything else is a fault of the program."""


class Retry(Enum):
    """When it is tried again; `models.timing` and the callers have the delays."""

    NEVER = auto()
    """Not before a person has done something, if ever."""
    BACKOFF = auto()
    """After a delay that grows with each attempt."""
    RATE_LIMIT = auto()
    """The same, and nothing else may be sent meanwhile."""
    SEARCH = auto()
    """Soon: what was sent may be there, and is looked for first."""
    NEW_CREDENTIALS = auto()
    """When the organization has signed in again; all its calls wait."""
    AT_TIME = auto()
    """At `Outcome.retry_at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The state in which an error leaves a call, why, and when it is tried again."""

    state: CallStatus
    reason: str = ""
    """A `SkipReason` or an `AttentionReason`."""
    retry: Retry = Retry.NEVER
    retry_after: int | None = None
    """Seconds that the other side asked to wait, or None."""
    retry_at: datetime | None = None


needs_attention = partial(Outcome, state=CallStatus.NEEDS_ATTENTION)
to_log = partial(Outcome, state=CallStatus.WAITING_TO_LOG)
to_find = partial(Outcome, state=CallStatus.WAITING_FOR_RECORD)


def outcome_of(
    error: Exception, *, is_shared: Callable[[], bool] = lambda: True
) -> Outcome:
    """Return what one of `EXPECTED_ERRORS`, or a `RingCentralError`, becomes.

    `is_shared` returns whether the credentials in use are the organization's own, and
    not one person's; it is called only where they were refused. Raises `error` itself
    where it is none of these.
    """
    match error:
        case Skip():
            return Outcome(state=CallStatus.SKIPPED, reason=error.reason)
        case NeedsAttention():
            return needs_attention(reason=error.reason)
        case NotYet():
            return to_log(retry=Retry.AT_TIME, retry_at=error.until)
        case NoCredentials():
            return needs_attention(reason=AttentionReason.NO_CREDENTIALS)
        case CredentialsRejected() if is_shared():
            reason = AttentionReason.CREDENTIALS_REJECTED
            return to_log(retry=Retry.NEW_CREDENTIALS, reason=reason)
        case CredentialsRejected():
            return needs_attention(reason=AttentionReason.CREDENTIALS_REJECTED)
        case RateLimited():
            return to_log(retry=Retry.RATE_LIMIT, retry_after=error.retry_after)
        case TemporaryError():
            return to_log(retry=Retry.BACKOFF, retry_after=error.retry_after)
        case UnknownOutcome():
            return to_log(retry=Retry.SEARCH)
        case ConnectorError():
            return needs_attention(reason=AttentionReason.REFUSED_BY_CRM)
        case Unavailable():
            return to_find(retry=Retry.BACKOFF, retry_after=error.retry_after)
        case Refused() if not error.lacks_permission:  # about this one call
            return to_find(retry=Retry.SEARCH)
        case RingCentralError():
            return to_find(retry=Retry.NEW_CREDENTIALS)
    raise error


def is_refusal(error: ConnectorError) -> bool:
    """Return whether the CRM refused what it was sent; nothing of it was written."""
    return outcome_of(error).reason == AttentionReason.REFUSED_BY_CRM
