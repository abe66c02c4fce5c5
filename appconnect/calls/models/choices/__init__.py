from appconnect.calls.models.choices.endings import (
    NeedsAttention,
    NotYet,
    Skip,
    message_of,
)
from appconnect.calls.models.choices.message import Message
from appconnect.calls.models.choices.sentences import Sentence
from appconnect.calls.models.choices.states import (
    CHOICES,
    FIXED_BY_CONFIGURATION,
    HELD,
    IN_PROGRESS,
    AttentionReason,
    CallStatus,
    FailureReason,
    SkipReason,
)
from appconnect.calls.models.choices.steps import StepName

__all__ = [
    "CHOICES",
    "FIXED_BY_CONFIGURATION",
    "HELD",
    "IN_PROGRESS",
    "AttentionReason",
    "CallStatus",
    "FailureReason",
    "Message",
    "NeedsAttention",
    "NotYet",
    "Sentence",
    "Skip",
    "SkipReason",
    "StepName",
    "message_of",
]
