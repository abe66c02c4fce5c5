"""RingCentral's call log, which has the final facts of a call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appconnect.ringcentral.call_record import CallRecord, parse_records
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import Refused
from appconnect.ringcentral.extensions import ACCOUNT

MAX_SYNC_RECORDS = 250
RECORD_WINDOW = timedelta(hours=1)
"""How long before the first notification of a call its record may begin."""


class SyncTokenRejected(Exception):
    """The sync token is too old: the call log has to be read again from an instant on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The changes of the call log up to `until`; `sync_token` continues after them."""

    records: Mapping[str, CallRecord]
    """By telephony session."""
    sync_token: str
    until: datetime
    has_more: bool


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
