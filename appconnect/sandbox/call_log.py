"""The sandbox's call log: a record shows some time after its call, first provisional, then final."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appconnect.sandbox import seed
from appconnect.sandbox.clock import Clock

DEFAULT_WINDOW = timedelta(hours=24)
MOST_PER_PAGE = 1000


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

    def add(self, record: dict[str, Any]) -> None:
        """Add the record of a call that ends now."""
        now = self._clock.now()
        shows_at = now + timedelta(seconds=self.delay_seconds)
        final_at = shows_at + timedelta(seconds=self.provisional_seconds)
        provisional = {
            **record,
            "result": "In Progress",
            "duration": min(2, record["duration"]),
            "finished": False,
            "lastModifiedTime": shows_at.isoformat(),
        }
        final = {**record, "finished": True, "lastModifiedTime": final_at.isoformat()}
        with self._lock:
            self._records[record["id"]] = [
                Version(shows_at, provisional),
                Version(final_at, final),
            ]

    def visible(self) -> Iterable[dict[str, Any]]:
        """Return what can be seen now, the newest call first."""
        now = self._clock.now()
        with self._lock:
            versions = list(self._records.values())
        newest = [
            [version.record for version in record if version.visible_at <= now][-1:]
            for record in versions
        ]
        records = [record for shown in newest for record in shown]
        return sorted(records, key=lambda record: record["startTime"], reverse=True)

    def search(self, params: dict[str, str], *, extension_id: str | None) -> dict:
        """Answer a list request as RingCentral does.

        Without ``dateFrom`` only the last 24 hours are searched. `extension_id` limits
        the list to one extension's calls.
        """
        date_to = parse(params.get("dateTo")) or self._clock.now()
        date_from = parse(params.get("dateFrom")) or date_to - DEFAULT_WINDOW
        session = params.get("telephonySessionId")
        found = [
            record
            for record in self.visible()
            if date_from <= datetime.fromisoformat(record["startTime"]) <= date_to
            and session in (None, record["telephonySessionId"])
            and (extension_id is None or involves(record, extension_id))
        ]
        per_page = min(int(params.get("perPage", 100)), MOST_PER_PAGE)
        page = int(params.get("page", 1))
        first = (page - 1) * per_page
        shown = found[first : first + per_page]
        if params.get("view") != "Detailed":
            shown = [
                {name: value for name, value in record.items() if name != "legs"}
                for record in shown
            ]
        path = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}/call-log"
        has_more = first + per_page < len(found)
        navigation = (
            {"nextPage": {"uri": f"{path}?page={page + 1}"}} if has_more else {}
        )
        return {
            "uri": path,
            "records": shown,
            "navigation": navigation,
            "paging": {"page": page, "perPage": per_page},
        }


def parse(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def involves(record: dict[str, Any], extension_id: str) -> bool:
    return any(
        str(leg.get("extension", {}).get("id")) == extension_id
        for leg in record["legs"]
    )
