"""Pages of calls, the newest first, that new calls do not shift."""

import uuid
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Q

from appconnect.calls.models import CallSession
from appconnect.calls.models.call_queries import CallSessionQuerySet

PAGE_SIZE = 50


class Page(NamedTuple):
    """Some calls, and the cursors of the pages beside them; empty if there is none."""

    calls: list[CallSession]
    earlier: str
    later: str


def page_of(calls: CallSessionQuerySet, *, before: str = "", after: str = "") -> Page:
    """Return the page before or after a cursor, else the newest."""
    if parse_cursor(after):
        nearest = calls_after(calls, after).order_by("started_at", "id")
        rows = list(nearest[: PAGE_SIZE + 1])
        if len(rows) > PAGE_SIZE:  # else they are on the newest page
            rows = rows[PAGE_SIZE - 1 :: -1]
            return Page(rows, earlier=cursor(rows[-1]), later=cursor(rows[0]))
    rows = newest(calls_before(calls, before), PAGE_SIZE + 1)
    earlier = cursor(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else ""
    has_later = rows and parse_cursor(before)
    later = cursor(rows[0]) if has_later else ""
    return Page(rows[:PAGE_SIZE], earlier=earlier, later=later)


def newest(calls: CallSessionQuerySet, count: int) -> list[CallSession]:
    return list(calls.order_by("-started_at", "-id")[:count])


def cursor(call: CallSession) -> str:
    return f"{call.started_at.timestamp()}_{call.pk}"


def parse_cursor(text: str) -> tuple[datetime, uuid.UUID] | None:
    timestamp, _, pk = text.partition("_")
    try:
        return datetime.fromtimestamp(float(timestamp), tz=UTC), uuid.UUID(pk)
    except (ValueError, OverflowError, OSError):
        return None


def calls_before(calls: CallSessionQuerySet, text: str) -> CallSessionQuerySet:
    """Return the calls earlier than the cursor's; all if it is no cursor."""
    if not (place := parse_cursor(text)):
        return calls
    at, pk = place
    # The first condition is the one that can use an index.
    earlier = calls.filter(started_at__lte=at)
    return earlier.filter(Q(started_at__lt=at) | Q(pk__lt=pk))


def calls_after(calls: CallSessionQuerySet, text: str) -> CallSessionQuerySet:
    """Return the calls later than the cursor's; all if it is no cursor."""
    if not (place := parse_cursor(text)):
        return calls
    at, pk = place
    later = calls.filter(started_at__gte=at)
    return later.filter(Q(started_at__gt=at) | Q(pk__gt=pk))
