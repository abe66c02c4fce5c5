"""One record of RingCentral's call log: what it says of a call, and who was on it."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connector.types import Call, Direction, Party

ANSWERED = frozenset({"Accepted", "Call connected"})
PROVISIONAL = frozenset({"In Progress", "Stopped", "IP Phone Offline", "Unknown"})
"""Results that RingCentral shows before the final ones."""
SYSTEM_CALLS = frozenset({"VerificationNumber"})
"""`internalType` of RingCentral's own calls."""
SUPERVISION = frozenset({"Monitoring", "SilentMonitoring", "JoinCall", "Barge In Call"})
"""Actions and leg types of supervisors who listen to a call, whisper or barge in."""
SUPERVISION_CODES = frozenset({"*80", "*81", "*82", "*83"})
"""What supervisors dial to monitor, whisper, barge in or take over."""
SUPERVISOR_CALL = "Supervisor"
TRANSFERRED_CALL = "Transfer"
END_TOLERANCE = timedelta(seconds=10)
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a call, at an extension of the account or at none."""

    extension_id: str
    """Of a delegate's leg the delegate's own."""
    result: str
    started_at: datetime
    duration_seconds: int = 0
    is_supervision: bool = False
    """Whether a supervisor listened, whispered or barged in."""
    on_behalf_of: str = ""
    """The extension for which a delegate made or took the call."""

    @property
    def is_answered(self) -> bool:
        return self.result in ANSWERED

    @property
    def ends_at(self) -> datetime:
        return self.started_at + timedelta(seconds=self.duration_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """The call-log records of one telephony session as one.

    `type` is Voice, Fax, `SUPERVISOR_CALL` where a supervisor was on another call, or
    `TRANSFERRED_CALL` where a colleague's call was transferred to this one.
    """

    call_facts: Call
    parties: tuple[Party, ...]
    """Both parties of every record of the session, as RingCentral writes them."""
    type: str
    is_system_call: bool
    is_finished: bool
    legs: tuple[Leg, ...]
    transfer_target: str = ""
    """The session in which the call goes on after a warm transfer."""
    transferee: str = ""
    """The session that was transferred to this one."""

    @property
    def has_provisional_result(self) -> bool:
        return self.call_facts.result in PROVISIONAL

    @property
    def is_provisional(self) -> bool:
        """Whether the record itself says that it is not final."""
        is_whole = self.is_finished and not self.transfer_target
        return not is_whole or self.has_provisional_result

    def is_final(self, *, ended_at: datetime, was_answered: bool) -> bool:
        """Return whether the record is final.

        A record may show before it is final: with a provisional result, or with a
        duration that ends well before `ended_at`, the end that the notifications saw.
        """
        if self.is_provisional:
            return False
        return not was_answered or reaches(self.call_facts, ended_at)

    @property
    def extension_ids(self) -> set[str]:
        """The extensions that took part in the call."""
        parties = (party.extension_id for party in self.parties)
        legs = (leg.extension_id for leg in self.legs)
        others = (leg.on_behalf_of for leg in self.legs)
        return {*parties, *legs, *others} - {""}


def end_of(call_facts: Call) -> datetime:
    return call_facts.started_at + timedelta(seconds=call_facts.duration_seconds)


def reaches(call_facts: Call, instant: datetime) -> bool:
    """Return whether the call lasted until `instant`, according to the record."""
    return end_of(call_facts) >= instant - END_TOLERANCE


def parse_records(records: Iterable[Mapping[str, Any]]) -> dict[str, CallRecord]:
    """Translate call-log records; several of one session become one.

    A record without a telephony session, or one that cannot be parsed, is left out: its
    call then ends as one without a record, where a person sees it.
    """
    by_session = defaultdict(list)
    for record in readable(records):
        by_session[record.call_facts.telephony_session_id].append(record)
    return {session: merge(parts) for session, parts in by_session.items()}


def readable(records: Iterable[Mapping[str, Any]]) -> Iterator[CallRecord]:
    for record in records:
        if not record.get("telephonySessionId") or record.get("deleted"):
            continue
        try:
            yield parse_record(record)
        except UNREADABLE as fault:
            logger.warning("Unreadable call-log record: %s", type(fault).__name__)


def merge(parts: list[CallRecord]) -> CallRecord:
    """Merge the records of a session; one with a party outside the account leads.

    A supervisor's own record leads only where there is no other.
    """
    lead = min(
        parts,
        key=lambda part: (
            part.type == SUPERVISOR_CALL,
            part.call_facts.is_internal,
            part.call_facts.started_at,
        ),
    )
    recordings = (part.call_facts.recording_url for part in parts)
    messages = (part.call_facts.voicemail_url for part in parts)
    return replace(
        lead,
        call_facts=replace(
            lead.call_facts,
            recording_url=first(recordings),
            voicemail_url=first(messages),
        ),
        parties=tuple(party for part in parts for party in part.parties),
        is_finished=all(part.is_finished for part in parts),
        legs=without_supervisors([leg for part in parts for leg in part.legs]),
        transfer_target=first(part.transfer_target for part in parts),
        transferee=first(part.transferee for part in parts),
    )


def first(texts: Iterable[str]) -> str:
    """Return the first that is not empty."""
    return next(filter(None, texts), "")


def without_supervisors(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """Return the legs of those who had the call.

    A supervisor has it after a take-over: their leg goes on when the others' have ended.
    """
    others = [leg for leg in legs if not leg.is_supervision]
    talks = [leg.ends_at for leg in others if leg.is_answered and leg.duration_seconds]
    if not talks:
        return tuple(others)
    last_end = max(talks) + END_TOLERANCE
    return tuple(
        leg for leg in legs if not leg.is_supervision or leg.ends_at > last_end
    )


def parse_record(record: Mapping[str, Any]) -> CallRecord:
    """Translate one record. A record without legs is its only leg itself.

    Any member may be missing or null. Raises one of `UNREADABLE`.
    """
    caller = parse_party(record.get("from") or {})
    callee = parse_party(record.get("to") or {})
    started_at = parse_instant(record["startTime"])
    is_supervision = shows_supervision(record) or (
        callee.phone_number in SUPERVISION_CODES
    )
    raw_legs = list(record.get("legs") or [record])
    if record.get("delegate") and not any(leg.get("delegate") for leg in raw_legs):
        raw_legs[0] = {**raw_legs[0], "delegate": record["delegate"]}
    legs = tuple(
        parse_leg(leg, started_at=started_at, is_supervision=is_supervision)
        for leg in raw_legs
    )
    if all(leg.is_supervision for leg in legs):
        type_ = SUPERVISOR_CALL
    else:
        type_ = text(record, "type") or "Voice"
    return CallRecord(
        call_facts=Call(
            telephony_session_id=record["telephonySessionId"],
            session_id=text(record, "sessionId"),
            direction=Direction(record["direction"]),
            caller=caller,
            callee=callee,
            started_at=started_at,
            duration_seconds=int(record.get("duration") or 0),
            result=text(record, "result") or "Unknown",
            recording_url=text(record.get("recording") or {}, "contentUri"),
            voicemail_url=parse_voicemail(record.get("message") or {}),
        ),
        parties=(caller, callee),
        type=type_,
        is_system_call=record.get("internalType") in SYSTEM_CALLS,
        is_finished=record.get("finished") is not False,
        legs=legs,
        transfer_target=parse_session(record, "transferTarget"),
        transferee=parse_session(record, "transferee"),
    )


def parse_session(record: Mapping[str, Any], name: str) -> str:
    """Return the other session of a warm transfer: a record, or one of its legs, has it."""
    return first(
        text(members.get(name) or {}, "telephonySessionId")
        for members in (record, *(record.get("legs") or []))
    )


def parse_leg(
    leg: Mapping[str, Any], *, started_at: datetime, is_supervision: bool
) -> Leg:
    """Translate one leg of a record that began at `started_at`."""
    extension_id = text(leg.get("extension") or {}, "id")
    delegate_id = text(leg.get("delegate") or {}, "id")
    is_delegated = delegate_id not in ("", extension_id)
    return Leg(
        extension_id=delegate_id or extension_id,
        on_behalf_of=extension_id if is_delegated else "",
        result=text(leg, "result"),
        started_at=(
            parse_instant(leg["startTime"]) if leg.get("startTime") else started_at
        ),
        duration_seconds=int(leg.get("duration") or 0),
        is_supervision=is_supervision or shows_supervision(leg),
    )


def shows_supervision(members: Mapping[str, Any]) -> bool:
    """Return whether a record or a leg is a supervisor's."""
    return not SUPERVISION.isdisjoint((members.get("action"), members.get("legType")))


def parse_party(party: Mapping[str, Any]) -> Party:
    return Party(
        phone_number=text(party, "phoneNumber"),
        extension_id=text(party, "extensionId"),
        extension_number=text(party, "extensionNumber"),
        name=text(party, "name"),
    )


def parse_voicemail(message: Mapping[str, Any]) -> str:
    """Return the address of a voicemail's audio; empty for other messages.

    `uri` has the message as JSON. Its first attachment is the audio, and has the
    message's own id.
    """
    uri = text(message, "uri")
    if text(message, "type") != "VoiceMail" or not uri:
        return ""
    message_id = text(message, "id") or uri.rpartition("/")[2]
    return f"{uri.replace('://platform.', '://media.', 1)}/content/{message_id}"


def parse_instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("not an instant: no time zone")
    return instant


def text(members: Mapping[str, Any], name: str) -> str:
    """Return a member as text; empty where it is missing or null."""
    value = members.get(name)
    return "" if value is None else str(value)
