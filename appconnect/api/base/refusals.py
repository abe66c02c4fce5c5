"""App Connect's answers to what a CRM refuses, in words that its client knows."""

from collections.abc import Iterator
from contextlib import contextmanager

from appconnect.api.base.exceptions import Refusal, SessionRevoked
from appconnect.calls.models import Overtaken
from appconnect.calls.models.choices import NeedsAttention, NotYet, Skip
from appconnect.organizations.connections.connectors import NoCredentials
from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    RateLimited,
    SignInEnded,
)


@contextmanager
def refusing(message: str) -> Iterator[None]:
    """Answer 200 with `message` where the block fails for a reason that people can read."""
    try:
        with revoking():
            yield
    except RateLimited as error:
        raise Refusal("Rate limit exceeded", details=str(error)) from error
    except CredentialsRejected as error:
        raise Refusal("Authorization error", details=str(error)) from error
    except (ConnectorError, NoCredentials, NotYet, Skip, NeedsAttention) as error:
        raise Refusal(message, details=str(error)) from error
    except Overtaken as error:
        raise Refusal(message, details="Somebody else is about it.") from error


@contextmanager
def revoking(**members: bool) -> Iterator[None]:
    """Answer 401 where the person has to connect to the CRM anew, with further `members`."""
    try:
        yield
    except SignInEnded as error:
        raise SessionRevoked(**members) from error
