"""App Connect's answers to a CRM's refusals, in the sentences that its client knows."""

from collections.abc import Iterator
from contextlib import contextmanager

from appconnect.api.base.exceptions import Refusal, SessionRevoked
from appconnect.calls.decision.outcome import EXPECTED_ERRORS, Retry, outcome_of
from appconnect.calls.models import Overtaken
from appconnect.calls.models.choices import AttentionReason
from connector.errors import SignInEnded


@contextmanager
def refusing(message: str) -> Iterator[None]:
    """Answer 200 with `message` where the block fails for a foreseen reason."""
    try:
        with revoking():
            yield
    except EXPECTED_ERRORS as error:
        outcome = outcome_of(error)
        if outcome.retry is Retry.RATE_LIMIT:
            message = "Rate limit exceeded"
        elif outcome.reason == AttentionReason.CREDENTIALS_REJECTED:
            message = "Authorization error"
        details = getattr(error, "full_message", str(error))
        raise Refusal(message, details=details) from error
    except Overtaken as error:
        raise Refusal(message, details="Somebody else is about it.") from error


@contextmanager
def revoking(**members: bool) -> Iterator[None]:
    """Answer 401 where the person has to connect to the CRM anew, with further `members`."""
    try:
        yield
    except SignInEnded as error:
        raise SessionRevoked(**members) from error
