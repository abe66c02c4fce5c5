"""Telephony session notifications: a webhook body as changes of a call's parties."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appconnect.ringcentral.subscriptions import REMINDER

# RingCentral's own calls to itself: greetings recorded, numbers verified.
SYSTEM_ORIGINS = frozenset({"GreetingsRecording", "VerificationCall", "TestCall"})
TERMINAL = frozenset({"disconnected", "gone"})
IDENTIFIER = re.compile(r"[\w=+/.:-]{1,200}", re.ASCII)
YEARS = range(2000, 2200)
FAULTS = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What parsing a body of another shape raises."""


class InvalidNotification(Exception):
    """The body is not a notification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyChange:
    """The state of one party of one call, from one notification.

    `sequence` rises with every change of the session, and notifications arrive in any
    order: of two changes of one party the one with the higher sequence counts.
    """

    telephony_session_id: str
    party_id: str
    extension_id: str
    """Empty for a party outside the account."""
    sequence: int
    status: str
    """Lower case: the spelling varies between RingCentral's sources."""
    reason: str
    event_time: datetime

    @property
    def has_ended(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_answered(self) -> bool:
        return self.status == "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One webhook body. `changes` is empty when it is about something else."""

    subscription_id: str
    owner_id: str = ""
    """The extension that owns the subscription; empty where it is not in the body."""
    changes: tuple[PartyChange, ...]
    is_reminder: bool = False
    """Whether it reminds that the subscription expires soon."""


def parse_notification(payload: object) -> Notification:
    """Translate one webhook body. Raises `InvalidNotification`.

    The event's path differs from party to party of one subscription, so only its end is
    compared.
    """
    try:
        return _parse(payload)
    except FAULTS as error:
        raise InvalidNotification(f"not a notification: {error!r}") from error


def _parse(payload: Any) -> Notification:
    event = payload["event"].partition("?")[0]
    changes: tuple[PartyChange, ...] = ()
    if event.endswith("/telephony/sessions"):
        body = payload["body"]
        if body.get("origin", {}).get("type") not in SYSTEM_ORIGINS:
            changes = tuple(_parse_party(body, party) for party in body["parties"])
    return Notification(
        subscription_id=str(payload["subscriptionId"]),
        owner_id=str(payload.get("ownerId") or ""),
        changes=changes,
        is_reminder=event == REMINDER,
    )


def _identifier(value: object, *, max_length: int = 200) -> str:
    text = str(value)
    if len(text) > max_length or not IDENTIFIER.fullmatch(text):
        raise ValueError("not an identifier")
    return text


def _word(value: str) -> str:
    """Return a word of RingCentral's without the characters that a database refuses."""
    return value.encode("ascii", "ignore").decode().replace("\0", "")


def _sequence(value: object) -> int:
    number = int(value)
    if not 0 <= number < 2**31:
        raise ValueError("not a sequence number")
    return number


def _instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("not an instant: no time zone")
    if instant.year not in YEARS:
        raise ValueError("not an instant of a call")
    return instant


def _parse_party(body: Mapping[str, Any], party: Mapping[str, Any]) -> PartyChange:
    own = party.get("extensionId")
    return PartyChange(
        telephony_session_id=_identifier(body["telephonySessionId"]),
        party_id=_identifier(party["id"]),
        extension_id=_identifier(own, max_length=40) if own else "",
        sequence=_sequence(body["sequence"]),
        status=_word(party["status"]["code"]).lower(),
        reason=_word(party["status"].get("reason") or ""),
        event_time=_instant(body["eventTime"]),
    )
