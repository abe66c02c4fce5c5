"""RingCentral's call log, which has the final facts of a call."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import Refused
from appconnect.ringcentral.extensions import ACCOUNT
from connector.types import Call, Direction, Party

MAX_SYNC_RECORDS = 250
RECORD_WINDOW = timedelta(hours=1)
"""How long before the first notification of a call its record may begin."""
ANSWERED = frozenset({"Accepted", "Call connected"})
PROVISIONAL = frozenset({"In Progress", "Stopped", "IP Phone Offline", "Unknown"})
"""Results that RingCentral shows before the final ones."""
SYSTEM_CALLS = frozenset({"VerificationNumber"})
"""`internalType` of RingCentral's own calls."""
END_TOLERANCE = timedelta(seconds=10)
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)

logger = logging.getLogger(__name__)


class SyncTokenRejected(Exception):
    """The sync token is too old: the call log has to be read again from an instant on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a call, at an extension of the account or at none."""

    extension_id: str
    result: str
    started_at: datetime
    duration_seconds: int = 0

    @property
    def is_answered(self) -> bool:
        return self.result in ANSWERED


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """The call-log records of one telephony session as one. `type` is Voice or Fax."""

    call_facts: Call
    parties: tuple[Party, ...]
    """Both parties of every record of the session, as RingCentral writes them."""
    type: str
    is_system_call: bool
    is_finished: bool
    legs: tuple[Leg, ...]

    @property
    def is_provisional(self) -> bool:
        """Whether the record itself says that it is not final."""
        return not self.is_finished or self.call_facts.result in PROVISIONAL

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
        return {extension_id for extension_id in (*parties, *legs) if extension_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The changes of the call log up to `until`; `sync_token` continues after them."""

    records: Mapping[str, CallRecord]
    """By telephony session."""
    sync_token: str
    until: datetime
    has_more: bool


def end_of(call_facts: Call) -> datetime:
    return call_facts.started_at + timedelta(seconds=call_facts.duration_seconds)


def reaches(call_facts: Call, instant: datetime) -> bool:
    """Return whether the call lasted until `instant`, according to the record."""
    return end_of(call_facts) >= instant - END_TOLERANCE


def find_record(
    client: RingCentral, telephony_session_id: str, *, started_at: datetime
) -> CallRecord | None:
    """Return the record of one session; None when it is not there yet.

    A heavy request: RingCentral allows ten a minute.
    """
    # At account level only the detailed view has the extensions, in the legs.
    reply = client.get(
        f"{ACCOUNT}/call-log",
        {
            "view": "Detailed",
            "telephonySessionId": telephony_session_id,
            "dateFrom": utc(started_at - RECORD_WINDOW),
        },
    )
    # The filter may be ignored: then other sessions are in the reply too.
    return parse_records(reply["records"]).get(telephony_session_id)


def read_changes(
    client: RingCentral, *, sync_token: str = "", since: datetime
) -> Changes:
    """Return the changes after `sync_token`, or since an instant where that is empty.

    A heavy request, and the cheapest that is complete: RingCentral's
    ``call-log-extract-sync`` returns new and changed records, each once. Raises
    `SyncTokenRejected`.
    """
    params: dict[str, Any] = {"view": "Detailed", "recordCount": MAX_SYNC_RECORDS}
    if sync_token:
        params |= {"syncType": "ISync", "syncToken": sync_token}
    else:
        params |= {"syncType": "FSync", "dateFrom": utc(since)}
    try:
        reply = client.get(f"{ACCOUNT}/call-log-extract-sync", params)
    except Refused as error:
        if sync_token and error.status == 400:
            raise SyncTokenRejected(str(error)) from error
        raise
    info = reply["syncInfo"]
    return Changes(
        records=parse_records(reply["records"]),
        sync_token=info["syncToken"],
        until=datetime.fromisoformat(info["syncTime"]),
        has_more=bool(info.get("newerRecordsExist")),
    )


def utc(instant: datetime) -> str:
    """Return an instant in RingCentral's format, without a plus sign to encode."""
    return instant.isoformat().replace("+00:00", "Z")


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
    """Merge the records of a session; one with a party outside the account leads."""
    lead = min(
        parts,
        key=lambda part: (part.call_facts.is_internal, part.call_facts.started_at),
    )
    recordings = (part.call_facts.recording_url for part in parts)
    messages = (part.call_facts.voicemail_url for part in parts)
    return replace(
        lead,
        call_facts=replace(
            lead.call_facts,
            recording_url=next(filter(None, recordings), ""),
            voicemail_url=next(filter(None, messages), ""),
        ),
        parties=tuple(party for part in parts for party in part.parties),
        is_finished=all(part.is_finished for part in parts),
        legs=tuple(leg for part in parts for leg in part.legs),
    )


def parse_record(record: Mapping[str, Any]) -> CallRecord:
    """Translate one record. A record without legs is its only leg itself.

    Any member may be missing or null. Raises one of `UNREADABLE`.
    """
    caller = parse_party(record.get("from") or {})
    callee = parse_party(record.get("to") or {})
    started_at = parse_instant(record["startTime"])
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
        type=text(record, "type") or "Voice",
        is_system_call=record.get("internalType") in SYSTEM_CALLS,
        is_finished=record.get("finished") is not False,
        legs=tuple(
            Leg(
                extension_id=text(leg.get("extension") or {}, "id"),
                result=text(leg, "result"),
                started_at=(
                    parse_instant(leg["startTime"])
                    if leg.get("startTime")
                    else started_at
                ),
                duration_seconds=int(leg.get("duration") or 0),
            )
            for leg in record.get("legs") or [record]
        ),
    )


def parse_party(party: Mapping[str, Any]) -> Party:
    return Party(
        phone_number=text(party, "phoneNumber"),
        extension_id=text(party, "extensionId"),
        extension_number=text(party, "extensionNumber"),
        name=text(party, "name"),
    )


def parse_voicemail(message: Mapping[str, Any]) -> str:
    """Return the address of a voicemail; empty for other messages."""
    return text(message, "uri") if text(message, "type") == "VoiceMail" else ""


def parse_instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("not an instant: no time zone")
    return instant


def text(members: Mapping[str, Any], name: str) -> str:
    """Return a member as text; empty where it is missing or null."""
    value = members.get(name)
    return "" if value is None else str(value)
