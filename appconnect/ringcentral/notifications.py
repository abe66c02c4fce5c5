"""Telephony session notifications: a webhook body as changes of a call's parties."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from appconnect.ringcentral.subscriptions import REMINDER

# RingCentral's own calls to itself: greetings recorded, numbers verified.
SYSTEM_ORIGINS = frozenset({"GreetingsRecording", "VerificationCall", "TestCall"})
TERMINAL = frozenset({"disconnected", "gone"})
IDENTIFIER = re.compile(r"[\w=+/.:-]{1,200}", re.ASCII)
T = TypeVar("T")
YEARS = range(2000, 2200)
FAULTS = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What parsing a body of another shape raises."""


class UnreadableField(Exception):
    """A field of a notification is missing or odd; the message is its name alone."""


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

    subscription_id: str = ""
    """Empty where it is not in the body."""
    owner_id: str = ""
    """The extension that owns the subscription; empty where it is not in the body."""
    changes: tuple[PartyChange, ...] = ()
    is_reminder: bool = False
    """Whether it reminds that the subscription expires soon."""
    unreadable: str = ""
    """The first field that is missing or odd; empty where all could be read."""


def parse_notification(payload: object) -> Notification:
    """Translate one webhook body, as far as it can be read: it never raises.

    The event's path differs from party to party of one subscription, so only its end is
    compared.
    """
    message = _unwrap(payload)
    subscription_id = str(message.get("subscriptionId") or "")
    owner_id = str(message.get("ownerId") or "")
    event, changes, unreadable = "", [], ""
    try:
        event = _read(message, "event", _event)
        if event.endswith("/telephony/sessions"):
            for party in _parties(_read(message, "body", dict)):
                try:
                    changes.append(_parse_party(message["body"], party))
                except UnreadableField as error:
                    unreadable = unreadable or str(error)
    except UnreadableField as error:
        unreadable = str(error)
    return Notification(
        subscription_id=subscription_id,
        owner_id=owner_id,
        changes=tuple(changes),
        is_reminder=event == REMINDER,
        unreadable=unreadable,
    )


def _unwrap(payload: object) -> Mapping[str, Any]:
    """Return the notification itself, of one that is wrapped for a phone's push service.

    RingCentral's own example of the event is, in the member `pn_apns`.
    """
    if not isinstance(payload, dict):
        return {}
    if "event" not in payload:
        for name, wrapped in payload.items():
            if name.startswith("pn_") and isinstance(wrapped, dict):
                return payload | wrapped
    return payload


def _parties(body: Mapping[str, Any]) -> list[Any]:
    """Return the parties of a call; none of RingCentral's own calls to itself."""
    origin = body.get("origin")
    if isinstance(origin, dict) and str(origin.get("type")) in SYSTEM_ORIGINS:
        return []
    parties = body.get("parties")
    if not (isinstance(parties, list) and parties):
        raise UnreadableField("parties")
    return parties


def _read(source: Any, name: str, translate: Callable[[Any], T]) -> T:
    """Return a field's value, translated. Raises `UnreadableField`."""
    try:
        return translate(source[name])
    except FAULTS as error:
        raise UnreadableField(name) from error


def _event(value: str) -> str:
    return value.partition("?")[0]


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


def _extension(value: object) -> str:
    return _identifier(value, max_length=40) if value else ""


def _status(value: Mapping[str, Any]) -> tuple[str, str]:
    """Return the status's code and its reason, which may be missing."""
    return _word(value["code"]).lower(), _word(value.get("reason") or "")


def _parse_party(body: Mapping[str, Any], party: Any) -> PartyChange:
    status, reason = _read(party, "status", _status)
    return PartyChange(
        telephony_session_id=_read(body, "telephonySessionId", _identifier),
        party_id=_read(party, "id", _identifier),
        extension_id=_read({"extensionId": None} | party, "extensionId", _extension),
        sequence=_read(body, "sequence", _sequence),
        status=status,
        reason=reason,
        event_time=_read(body, "eventTime", _instant),
    )
