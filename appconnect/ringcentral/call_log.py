"""RingCentral's call log: the truth about a call that has ended."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.extensions import ACCOUNT
from connector.types import Call, Direction, Party

PER_PAGE = 250
"""The most that has always been allowed with ``view=Detailed``."""
ANSWERED = frozenset({"Accepted", "Call connected"})
PROVISIONAL = frozenset({"In Progress", "Stopped", "IP Phone Offline", "Unknown"})
"""Results that RingCentral shows before the real ones are there."""
END_TOLERANCE = timedelta(seconds=10)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a call, at one of our extensions or at none."""

    extension_id: str
    result: str
    started_at: datetime

    @property
    def is_answered(self) -> bool:
        return self.result in ANSWERED


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """What the call log says of one telephony session. `type` is Voice or Fax."""

    call: Call
    type: str
    is_finished: bool
    legs: tuple[Leg, ...]

    def is_final(self, *, ended_at: datetime, was_answered: bool) -> bool:
        """Tell whether the record can be believed.

        A record may show before it is final: with a provisional result, or with a
        duration that ends well before `ended_at`, the end that the notifications saw.
        """
        if not self.is_finished or self.call.result in PROVISIONAL:
            return False
        ends_at = self.call.started_at + timedelta(seconds=self.call.duration_seconds)
        return not was_answered or ends_at >= ended_at - END_TOLERANCE


def read_call_log(
    client: RingCentral,
    *,
    own_extension_only: bool,
    date_from: datetime,
    telephony_session_id: str = "",
    may_ask: Callable[[], bool],
) -> dict[str, CallRecord]:
    """Return the records since `date_from`, by telephony session.

    Asks for one session where `telephony_session_id` is given. `may_ask` is consulted
    before each page: the call log is a heavy request, ten a minute are allowed. When it
    says no, what was read so far is returned.
    """
    scope = f"{ACCOUNT}/extension/~" if own_extension_only else ACCOUNT
    # At account level only the detailed view tells the extensions: they are in the legs.
    params: dict[str, Any] = {
        "view": "Detailed",
        "dateFrom": date_from.isoformat().replace("+00:00", "Z"),
        "perPage": PER_PAGE,
    }
    if telephony_session_id:
        params["telephonySessionId"] = telephony_session_id
    records: list[Mapping[str, Any]] = []
    page = 1
    while page and may_ask():
        reply = client.get(f"{scope}/call-log", {**params, "page": page})
        records += reply["records"]
        page = page + 1 if reply.get("navigation", {}).get("nextPage") else 0
    return parse_records(records)


def parse_records(records: Iterable[Mapping[str, Any]]) -> dict[str, CallRecord]:
    """Translate call-log records; several of one session become one.

    A record that names no telephony session, or cannot be read, is left out: its call
    then ends as one without a record, where a person sees it.
    """
    by_session = defaultdict(list)
    for record in records:
        by_session[record.get("telephonySessionId", "")].append(record)
    by_session.pop("", None)
    merged = {}
    for session, parts in by_session.items():
        try:
            merged[session] = merge(parts)
        except (KeyError, TypeError, ValueError) as fault:
            logger.warning("Unreadable call-log record: %s", type(fault).__name__)
    return merged


def merge(parts: list[Mapping[str, Any]]) -> CallRecord:
    """Make one record of a session's parts; the one with a party outside the account leads."""
    parsed = [parse_record(part) for part in parts]
    lead = min(parsed, key=lambda r: (r.call.is_internal, r.call.started_at))
    recordings = (record.call.recording_url for record in parsed)
    return CallRecord(
        call=replace(lead.call, recording_url=next(filter(None, recordings), "")),
        type=lead.type,
        is_finished=all(record.is_finished for record in parsed),
        legs=tuple(leg for record in parsed for leg in record.legs),
    )


def parse_record(record: Mapping[str, Any]) -> CallRecord:
    """Translate one record. A record without legs is its own only leg."""
    return CallRecord(
        call=Call(
            telephony_session_id=record["telephonySessionId"],
            session_id=str(record.get("sessionId", "")),
            direction=Direction(record["direction"]),
            caller=parse_party(record.get("from", {})),
            callee=parse_party(record.get("to", {})),
            started_at=datetime.fromisoformat(record["startTime"]),
            duration_seconds=int(record.get("duration") or 0),
            result=record.get("result", "Unknown"),
            recording_url=record.get("recording", {}).get("contentUri", ""),
        ),
        type=record.get("type", "Voice"),
        is_finished=record.get("finished", True),
        legs=tuple(
            Leg(
                extension_id=str(leg.get("extension", {}).get("id", "")),
                result=leg.get("result", ""),
                started_at=datetime.fromisoformat(
                    leg.get("startTime", record["startTime"])
                ),
            )
            for leg in record.get("legs") or [record]
        ),
    )


def parse_party(party: Mapping[str, Any]) -> Party:
    return Party(
        phone_number=str(party.get("phoneNumber", "")),
        extension_id=str(party.get("extensionId", "")),
        extension_number=str(party.get("extensionNumber", "")),
        name=party.get("name", ""),
    )
