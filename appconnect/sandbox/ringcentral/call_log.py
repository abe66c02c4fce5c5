"""The sandbox's call log: a record shows some time after its call, first provisional, then final."""

import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.clock import Clock

DEFAULT_WINDOW = timedelta(hours=24)
SYNC_WINDOW = timedelta(hours=1)
MAX_PER_PAGE = 1000
MAX_CHANGES = 250


class SyncRefused(Exception):
    """The sync token is not good; `code` is RingCentral's."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Version:
    """What one record says from an instant on."""

    visible_at: datetime
    record: dict[str, Any]


class CallLog:
    """All records, each with its versions."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, list[Version]] = {}
        self.delay_seconds = 1.5
        """How long after the end of its call a record shows."""
        self.provisional_seconds = 1.0
        """How long it is provisional then."""
        self.recording_seconds = 4.0
        """How long after the end of its call a recording or a message is there."""
        self.never_shows = False
        """Whether records of calls that end now never show."""
        self.ignores_session = False
        """Whether a list ignores its `telephonySessionId`, and gives the neighbors too."""
        self._sync_tokens_valid_from = clock.now()

    def add(
        self, record: dict[str, Any], *, extra: dict[str, Any] | None = None
    ) -> None:
        """Add the record of a call that ends now; `extra` members are there later only."""
        if self.never_shows:
            return
        now = self._clock.now()
        shows_at = now + timedelta(seconds=self.delay_seconds)
        final_at = shows_at + timedelta(seconds=self.provisional_seconds)
        provisional = {
            **record,
            "result": "In Progress",
            "duration": min(2, record["duration"]),
            "finished": False,
        }
        final = {**record, "finished": True}
        versions = [(shows_at, provisional), (final_at, final)]
        if extra:
            there_at = max(final_at, now + timedelta(seconds=self.recording_seconds))
            versions.append((there_at, {**final, **extra}))
        with self._lock:
            self._records[record["id"]] = [
                Version(at, {**said, "lastModifiedTime": at.isoformat()})
                for at, said in versions
            ]

    def delete(self, telephony_session_id: str) -> None:
        """Delete what there is of a session: only who asks for deleted records sees it."""
        now = self._clock.now()
        for version in self.visible():
            if version.record["telephonySessionId"] == telephony_session_id:
                gone = {"deleted": True, "lastModifiedTime": now.isoformat()}
                last = Version(now, {**version.record, **gone})
                with self._lock:
                    self._records[version.record["id"]] = [last]

    def expire_sync_tokens(self) -> None:
        """Refuse the sync tokens that were given, as after a reset of the log."""
        self._sync_tokens_valid_from = self._clock.now()

    def visible(self) -> list[Version]:
        """Return what can be seen now, the newest call first."""
        now = self._clock.now()
        with self._lock:
            versions = list(self._records.values())
        newest = [
            [version for version in record if version.visible_at <= now][-1:]
            for record in versions
        ]
        shown = [version for record in newest for version in record]
        return sorted(shown, key=lambda v: v.record["startTime"], reverse=True)

    def find(self, record_id: str) -> dict[str, Any] | None:
        shown = (version.record for version in self.visible())
        return next(
            (r for r in shown if r["id"] == record_id and is_shown(r, {})), None
        )

    def search(self, params: Mapping[str, str], *, extension_id: str | None) -> dict:
        """Answer a list request as RingCentral does.

        Without ``dateFrom`` only the last 24 hours are searched. `extension_id` limits
        the list to one extension's calls.
        """
        date_to = parse(params.get("dateTo")) or self._clock.now()
        date_from = parse(params.get("dateFrom")) or date_to - DEFAULT_WINDOW
        session = None if self.ignores_session else params.get("telephonySessionId")
        found = [
            version.record
            for version in self.visible()
            if date_from <= started_at(version) <= date_to
            and is_shown(version.record, params)
            and session in (None, version.record["telephonySessionId"])
            and (extension_id is None or involves(version.record, extension_id))
        ]
        per_page = min(int(params.get("perPage", 100)), MAX_PER_PAGE)
        page = int(params.get("page", 1))
        first = (page - 1) * per_page
        path = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}/call-log"
        has_more = first + per_page < len(found)
        navigation = (
            {"nextPage": {"uri": f"{path}?page={page + 1}"}} if has_more else {}
        )
        return {
            "uri": path,
            "records": viewed(found[first : first + per_page], params),
            "navigation": navigation,
            "paging": {"page": page, "perPage": per_page},
        }

    def extract_sync(self, params: Mapping[str, str]) -> dict[str, Any]:
        """Answer a company sync: what changed since a time or a token, the oldest first.

        Raises `SyncRefused` and, for parameters that cannot be read, `ValueError`.
        """
        count = min(int(params.get("recordCount", 250)), MAX_PER_PAGE)
        changed = self._changed(params, extension_id=None)
        more = len(changed) > count
        if more:  # of changes at one instant all are given: a token stands between them
            last = changed[count - 1].visible_at
            changed = [version for version in changed if version.visible_at <= last]
        return self._synced(params, changed, newerRecordsExist=more)

    def sync(self, params: Mapping[str, str], *, extension_id: str) -> dict[str, Any]:
        """Answer one person's sync: all that changed, refused where that is too much.

        Raises `SyncRefused` and, for parameters that cannot be read, `ValueError`.
        """
        changed = self._changed(params, extension_id=extension_id)
        if params["syncType"] == "FSync":
            changed = changed[-int(params.get("recordCount", 250)) :]
        elif len(changed) > MAX_CHANGES:
            limit = "max sync record number limit is exceeded"
            raise SyncRefused("CLG-104", f"syncToken is invalid [{limit}]")
        return self._synced(params, changed)

    def _since(self, params: Mapping[str, str]) -> datetime:
        """Return the instant from which on changes are asked for."""
        match params.get("syncType", "FSync"):
            case "FSync":
                date_from = parse(params.get("dateFrom"))
                return date_from or self._clock.now() - SYNC_WINDOW
            case "ISync":
                given_at, _, since = decode(params["syncToken"]).partition("|")
                if datetime.fromisoformat(given_at) < self._sync_tokens_valid_from:
                    raise SyncRefused("CLG-101", "The syncToken is expired")
                return datetime.fromisoformat(since)
            case other:
                raise ValueError(other)

    def _changed(
        self, params: Mapping[str, str], *, extension_id: str | None
    ) -> list[Version]:
        since = self._since(params)
        changed = [
            version
            for version in self.visible()
            if version.visible_at > since
            and is_shown(version.record, params)
            and (extension_id is None or involves(version.record, extension_id))
        ]
        return sorted(changed, key=lambda version: version.visible_at)

    def _synced(
        self, params: Mapping[str, str], changed: list[Version], **info: Any
    ) -> dict[str, Any]:
        now = self._clock.now()
        until = changed[-1].visible_at if info.get("newerRecordsExist") else now
        token = urlsafe_b64encode(f"{now.isoformat()}|{until.isoformat()}".encode())
        return {
            "records": viewed([version.record for version in changed], params),
            "syncInfo": {
                "syncType": params.get("syncType", "FSync"),
                "syncToken": token.decode(),
                "syncTime": now.isoformat(),
                **info,
            },
        }


def make_recording(recording_id: str) -> dict[str, Any]:
    path = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}/recording/{recording_id}"
    return {
        "id": recording_id,
        "uri": f"https://platform.ringcentral.com{path}",
        "type": "Automatic",
        "contentUri": f"https://media.ringcentral.com{path}/content",
    }


def make_message(message_id: str) -> dict[str, Any]:
    path = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}/extension/~/message-store"
    uri = f"https://platform.ringcentral.com{path}/{message_id}"
    return {"id": message_id, "type": "VoiceMail", "uri": uri}


def viewed(
    records: list[dict[str, Any]], params: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the records as the request's ``view`` shows them."""
    if params.get("view") == "Detailed":
        return records
    return [
        {name: value for name, value in record.items() if name != "legs"}
        for record in records
    ]


def is_shown(record: Mapping[str, Any], params: Mapping[str, str]) -> bool:
    """Tell whether a request sees the record, or would have to ask for deleted ones."""
    return not record.get("deleted") or params.get("showDeleted") == "true"


def decode(token: str) -> str:
    """Return what a sync token says. Raises `SyncRefused`."""
    try:
        return urlsafe_b64decode(token).decode()
    except ValueError:
        raise SyncRefused("CLG-102", "The syncToken is invalid") from None


def parse(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def started_at(version: Version) -> datetime:
    return datetime.fromisoformat(version.record["startTime"])


def involves(record: dict[str, Any], extension_id: str) -> bool:
    return any(
        str(leg.get("extension", {}).get("id")) == extension_id
        for leg in record["legs"]
    )
