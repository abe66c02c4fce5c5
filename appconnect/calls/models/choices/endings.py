"""What a step of logging raises where the call cannot be logged, or not yet."""

from collections.abc import Sequence
from datetime import datetime

from appconnect.calls.models.choices.message import Message
from appconnect.calls.models.choices.sentences import Sentence
from appconnect.calls.models.choices.states import AttentionReason, SkipReason
from connector.types import Contact


class Ending(Exception):
    """An attempt ends without a record; `str` words its message for people."""

    def __init__(self, message: Message):
        super().__init__(message)
        self.message = message


class Skip(Ending):
    """The call ends unlogged, as it should."""

    def __init__(self, reason: SkipReason):
        super().__init__(Message(reason))
        self.reason = reason


class NeedsAttention(Ending):
    """The call waits for a person; `message` says more than the reason's own sentence.

    `candidates` are the contacts that the person may choose from.
    """

    def __init__(
        self,
        reason: AttentionReason,
        message: Message | None = None,
        *,
        candidates: Sequence[Contact] = (),
    ):
        super().__init__(message or Message(reason))
        self.reason = reason
        self.candidates = candidates


class NotYet(Ending):
    """An earlier attempt may still succeed: retry at `until`."""

    def __init__(self, until: datetime, message: Message):
        super().__init__(message)
        self.until = until


def message_of(error: Exception) -> Message:
    """Return what the timeline says of an error; a connector's own words are a value.

    So is the CRM's own reason, which is deleted with the call's names and numbers.
    """
    if isinstance(error, Ending):
        return error.message
    values = {"error": str(error)[:500]}
    if reason := getattr(error, "reason", ""):
        return Message(Sentence.ERROR_WITH_REASON, values | {"reason": reason})
    return Message(Sentence.ERROR, values)
