"""One scripted telephony session: its notifications and its call log records."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.call_log import (
    CallLog,
    make_message,
    make_recording,
)
from appconnect.sandbox.ringcentral.clock import Clock

NAMES = {number: name for number, name, _, _ in seed.EXTENSIONS}


class Publish(Protocol):
    """Notifies subscribers of one change; `is_last` for the last one of its session."""

    def __call__(self, body: dict[str, Any], *, is_last: bool) -> None: ...


@dataclass(frozen=True)
class PartyState:
    """The state of one party, from an offset in seconds from the call's start on."""

    at: float
    party: dict[str, Any]
    code: str
    extra: dict[str, Any]


@dataclass
class Session:
    """A call being scripted. Offsets are in seconds from its start."""

    outside: str
    """The number of the party outside the account."""
    extension: str
    """The number of the extension that is called or calls."""
    telephony_session_id: str = field(
        default_factory=lambda: f"s-{secrets.token_hex(16)}"
    )
    session_id: str = field(default_factory=lambda: str(secrets.randbelow(10**12)))
    origin: str = "Call"
    starts_in: float = 0.0
    """Seconds from `play` to the start of the call; negative: it started earlier."""
    states: list[PartyState] = field(default_factory=list)
    parties: int = 0
    records: list[dict[str, Any]] = field(default_factory=list)
    has_recording: bool = False
    has_message: bool = False
    duration: float = 0.0
    others: "list[Session]" = field(default_factory=list)
    """Other sessions of the same call, played with this one."""

    def add_session(self, extension: str) -> "Session":
        """Add a session of another extension to the call."""
        other = Session(outside=self.outside, extension=extension)
        self.others.append(other)
        return other

    def add_party(
        self,
        direction: str,
        *,
        caller: dict[str, Any],
        callee: dict[str, Any],
        extension: str = "",
        **extra: Any,
    ) -> dict[str, Any]:
        """Add a party; one inside the account has its `extension`."""
        self.parties += 1
        party = {
            "accountId": seed.ACCOUNT_ID,
            "id": f"p-{self.telephony_session_id[2:]}-{self.parties}",
            "direction": direction,
            "from": caller,
            "to": callee,
            **extra,
        }
        if extension:
            party["extensionId"] = seed.extension_id(extension)
        return party

    def notify(self, at: float, party: dict[str, Any], code: str, **extra: Any) -> None:
        """Add a notification that the party is `code` from `at` on."""
        self.states.append(PartyState(at, party, code, extra))
        self.duration = max(self.duration, at)

    def add_record(
        self,
        direction: str,
        result: str,
        *,
        caller: dict[str, Any],
        callee: dict[str, Any],
        legs: list[dict[str, Any]],
        **extra: Any,
    ) -> None:
        """Add a record of this call to the call log."""
        self.records.append(
            {
                "direction": direction,
                "result": result,
                "from": caller,
                "to": callee,
                "legs": legs,
                **extra,
            }
        )

    def play(self, clock: Clock, publish: Publish, call_log: CallLog) -> None:
        """Schedule the notifications and the records."""
        started_at = clock.now() + timedelta(seconds=self.starts_in)
        bodies = self.bodies(started_at)
        for state, body in zip(self._in_order(), bodies, strict=True):
            is_last = body is bodies[-1]
            clock.call_later(
                max(0.0, self.starts_in + state.at),
                lambda body=body, is_last=is_last: publish(body, is_last=is_last),
            )
        ends_in = max(0.0, self.starts_in + self.duration)
        for record in self.records:
            content = self._record(record, started_at)
            clock.call_later(
                ends_in,
                lambda content=content: call_log.add(
                    content, extra=self._late_members(content["id"])
                ),
            )

    def _late_members(self, record_id: str) -> dict[str, Any]:
        """Return the members that are added to a record some time after the call."""
        late = {}
        if self.has_recording:
            late["recording"] = make_recording(record_id)
        if self.has_message:
            late["message"] = make_message(record_id)
        return late

    def bodies(self, started_at: datetime) -> list[dict[str, Any]]:
        """Return the bodies of this session's notifications, in order."""
        return [
            self._body(sequence, state, started_at)
            for sequence, state in enumerate(self._in_order(), start=2)
        ]

    def _in_order(self) -> list[PartyState]:
        return sorted(self.states, key=lambda state: state.at)

    def _body(
        self, sequence: int, state: PartyState, started_at: datetime
    ) -> dict[str, Any]:
        at = started_at + timedelta(seconds=state.at)
        status = {"code": state.code, "rcc": False, **state.extra}
        return {
            "sequence": sequence,
            "sessionId": self.session_id,
            "telephonySessionId": self.telephony_session_id,
            "serverId": "10.0.0.1.TAM",
            "eventTime": at.isoformat(timespec="milliseconds"),
            "parties": [
                {
                    **state.party,
                    "status": status,
                    "park": {},
                    "missedCall": False,
                    "standAlone": False,
                    "muted": False,
                }
            ],
            "origin": {"type": self.origin},
        }

    def _record(self, record: dict[str, Any], started_at: datetime) -> dict[str, Any]:
        """Return a record in RingCentral's shape, as in the account's call log."""
        legs = [
            {
                **leg,
                "startTime": (
                    started_at + timedelta(seconds=leg["startTime"])
                ).isoformat(timespec="milliseconds"),
            }
            for leg in record["legs"]
        ]
        return {
            "id": secrets.token_urlsafe(10),
            "sessionId": self.session_id,
            "telephonySessionId": self.telephony_session_id,
            "startTime": started_at.isoformat(timespec="milliseconds"),
            "duration": round(self.duration),
            "type": "Voice",
            "internalType": "Local",
            "action": "Phone Call",
            "transport": "PSTN",
            **record,
            "from": side_in_record(record["from"]),
            "to": side_in_record(record["to"]),
            "legs": legs,
        }


def outside(number: str) -> dict[str, Any]:
    """Return a party outside the account, without its number when that is withheld."""
    if number == seed.ANONYMOUS:
        return {"name": "Anonymous"}
    return {"phoneNumber": number, "name": "WIRELESS CALLER"}


def inside(number: str) -> dict[str, Any]:
    """Return a party at an extension, by its direct number."""
    return {
        "phoneNumber": seed.direct_number(number),
        "name": NAMES[number],
        "extensionId": seed.extension_id(number),
    }


def side_in_record(side: dict[str, Any]) -> dict[str, Any]:
    """Return a side as in published records: the id only beside the extension number."""
    is_short = "extensionNumber" in side
    return {k: v for k, v in side.items() if is_short or k != "extensionId"}


def leg(extension: str, result: str, *, start: float, seconds: float) -> dict[str, Any]:
    """Return an inbound leg at an extension."""
    return {
        "extension": {"id": int(seed.extension_id(extension))},
        "legType": "Accept",
        "direction": "Inbound",
        "action": "Phone Call",
        "result": result,
        "startTime": start,
        "duration": round(seconds),
    }


def outbound_leg(extension: str, result: str, *, seconds: float) -> dict[str, Any]:
    """Return the leg of a call that an extension makes."""
    inbound = leg(extension, result, start=0, seconds=seconds)
    return {**inbound, "direction": "Outbound"}


def internal(caller: str, callee: str) -> dict[str, dict[str, Any]]:
    """Return both sides of a call between extensions, which have short numbers."""
    return {
        side: {**inside(number), "phoneNumber": number, "extensionNumber": number}
        for side, number in (("caller", caller), ("callee", callee))
    }
