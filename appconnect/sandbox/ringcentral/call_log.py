"""The sandbox's call log. A record appears some time after its call: provisional, then final."""

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
    """The sync token is refused; `code` is RingCentral's."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Version:
    """The content of one record from an instant on."""

    visible_at: datetime
    record: dict[str, Any]


class CallLog:
    """Records by id, each with its versions."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, list[Version]] = {}
        self.delay_seconds = 1.5
        """How long after the end of its call a record appears."""
        self.provisional_seconds = 1.0
        """How long it then is provisional."""
        self.recording_seconds = 4.0
        """How long after the end of its call a recording or a message is available."""
        self.never_shows = False
        """Whether records of calls that end now never appear."""
        self.ignores_session = False
        """Whether a list ignores its `telephonySessionId` filter."""
        self._sync_tokens_valid_from = clock.now()

    def add(
        self, record: dict[str, Any], *, extra: dict[str, Any] | None = None
    ) -> None:
        """Add the record of a call that ends now; `extra` members are added to it later."""
        if self.never_shows:
            return
        now = self._clock.now()
        appears_at = now + timedelta(seconds=self.delay_seconds)
        final_at = appears_at + timedelta(seconds=self.provisional_seconds)
        provisional = {
            **record,
            "result": "In Progress",
            "duration": min(2, record["duration"]),
            "finished": False,
        }
        final = {**record, "finished": True}
        versions = [(appears_at, provisional), (final_at, final)]
        if extra:
            extra_at = max(final_at, now + timedelta(seconds=self.recording_seconds))
            versions.append((extra_at, {**final, **extra}))
        with self._lock:
            self._records[record["id"]] = [
                Version(at, {**content, "lastModifiedTime": at.isoformat()})
                for at, content in versions
            ]

    def delete(self, telephony_session_id: str) -> None:
        """Delete a session's records. A request with `showDeleted` still returns them."""
        now = self._clock.now()
        for version in self.visible():
            if version.record["telephonySessionId"] == telephony_session_id:
                deletion = {"deleted": True, "lastModifiedTime": now.isoformat()}
                last = Version(now, {**version.record, **deletion})
                with self._lock:
                    self._records[version.record["id"]] = [last]

    def expire_sync_tokens(self) -> None:
        """Refuse every sync token issued so far, as after a reset of the log."""
        self._sync_tokens_valid_from = self._clock.now()

    def visible(self) -> list[Version]:
        """Return the current version of every record, newest call first."""
        now = self._clock.now()
        with self._lock:
            versions = list(self._records.values())
        newest = [
            [version for version in record if version.visible_at <= now][-1:]
            for record in versions
        ]
        current = [version for versions in newest for version in versions]
        return sorted(current, key=lambda v: v.record["startTime"], reverse=True)

    def find(self, record_id: str) -> dict[str, Any] | None:
        records = (version.record for version in self.visible())
        return next(
            (r for r in records if r["id"] == record_id and is_included(r, {})), None
        )

    def search(self, params: Mapping[str, str], *, extension_id: str | None) -> dict:
        """Return the reply to a list request.

        Without ``dateFrom`` only the last 24 hours are searched. `extension_id` limits
        the list to one extension's calls.
        """
        date_to = parse_time(params.get("dateTo")) or self._clock.now()
        date_from = parse_time(params.get("dateFrom")) or date_to - DEFAULT_WINDOW
        session = None if self.ignores_session else params.get("telephonySessionId")
        found = [
            version.record
            for version in self.visible()
            if date_from <= started_at(version) <= date_to
            and is_included(version.record, params)
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
            "records": apply_view(found[first : first + per_page], params),
            "navigation": navigation,
            "paging": {"page": page, "perPage": per_page},
        }

    def extract_sync(self, params: Mapping[str, str]) -> dict[str, Any]:
        """Return the reply to a sync of the account: changes since a time or a token, oldest first.

        Raises `SyncRefused` and, for invalid parameters, `ValueError`.
        """
        count = min(int(params.get("recordCount", 250)), MAX_PER_PAGE)
        changed = self._changed(params, extension_id=None)
        has_more = len(changed) > count
        if (
            has_more
        ):  # a token cannot separate changes at the same instant: return them all
            last = changed[count - 1].visible_at
            changed = [version for version in changed if version.visible_at <= last]
        return self._sync_reply(params, changed, newerRecordsExist=has_more)

    def sync(self, params: Mapping[str, str], *, extension_id: str) -> dict[str, Any]:
        """Return the reply to a sync of one extension; too many changes are refused.

        Raises `SyncRefused` and, for invalid parameters, `ValueError`.
        """
        changed = self._changed(params, extension_id=extension_id)
        if params["syncType"] == "FSync":
            changed = changed[-int(params.get("recordCount", 250)) :]
        elif len(changed) > MAX_CHANGES:
            limit = "max sync record number limit is exceeded"
            raise SyncRefused("CLG-104", f"syncToken is invalid [{limit}]")
        return self._sync_reply(params, changed)

    def _since(self, params: Mapping[str, str]) -> datetime:
        """Return the instant after which changes are requested."""
        match params.get("syncType", "FSync"):
            case "FSync":
                date_from = parse_time(params.get("dateFrom"))
                return date_from or self._clock.now() - SYNC_WINDOW
            case "ISync":
                issued_at, _, since = decode(params["syncToken"]).partition("|")
                if datetime.fromisoformat(issued_at) < self._sync_tokens_valid_from:
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
            and is_included(version.record, params)
            and (extension_id is None or involves(version.record, extension_id))
        ]
        return sorted(changed, key=lambda version: version.visible_at)

    def _sync_reply(
        self, params: Mapping[str, str], changed: list[Version], **info: Any
    ) -> dict[str, Any]:
        now = self._clock.now()
        until = changed[-1].visible_at if info.get("newerRecordsExist") else now
        token = urlsafe_b64encode(f"{now.isoformat()}|{until.isoformat()}".encode())
        return {
            "records": apply_view([version.record for version in changed], params),
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


def apply_view(
    records: list[dict[str, Any]], params: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the records with the fields of the request's ``view``."""
    if params.get("view") == "Detailed":
        return records
    return [
        {name: value for name, value in record.items() if name != "legs"}
        for record in records
    ]


def is_included(record: Mapping[str, Any], params: Mapping[str, str]) -> bool:
    """Return whether the reply contains the record: a deleted one only on request."""
    return not record.get("deleted") or params.get("showDeleted") == "true"


def decode(token: str) -> str:
    """Return the content of a sync token. Raises `SyncRefused`."""
    try:
        return urlsafe_b64decode(token).decode()
    except ValueError:
        raise SyncRefused("CLG-102", "The syncToken is invalid") from None


def parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def started_at(version: Version) -> datetime:
    return datetime.fromisoformat(version.record["startTime"])


def involves(record: dict[str, Any], extension_id: str) -> bool:
    return any(
        str(leg.get("extension", {}).get("id")) == extension_id
        for leg in record["legs"]
    )
