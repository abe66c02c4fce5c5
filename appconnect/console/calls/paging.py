"""Pages of calls, the newest first, that new calls do not shift."""

import uuid
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Q

from appconnect.calls.models import CallEvent
from appconnect.calls.models.call_queries import CallEventQuerySet

PAGE_SIZE = 50


class Page(NamedTuple):
    """Some calls, and the cursors of the pages beside them; empty where there is none."""

    events: list[CallEvent]
    earlier: str
    later: str


def page_of(events: CallEventQuerySet, *, before: str = "", after: str = "") -> Page:
    """Return the page before or after a cursor, else the newest."""
    if parse_cursor(after):
        nearest = events_after(events, after).order_by("started_at", "id")
        rows = list(nearest[: PAGE_SIZE + 1])
        if len(rows) > PAGE_SIZE:  # else the newest page has them, and is full
            rows = rows[PAGE_SIZE - 1 :: -1]
            return Page(rows, earlier=cursor(rows[-1]), later=cursor(rows[0]))
    rows = newest(events_before(events, before), PAGE_SIZE + 1)
    earlier = cursor(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else ""
    has_later = rows and parse_cursor(before)
    later = cursor(rows[0]) if has_later else ""
    return Page(rows[:PAGE_SIZE], earlier=earlier, later=later)


def newest(events: CallEventQuerySet, count: int) -> list[CallEvent]:
    return list(events.order_by("-started_at", "-id")[:count])


def cursor(event: CallEvent) -> str:
    return f"{event.started_at.timestamp()}_{event.pk}"


def parse_cursor(text: str) -> tuple[datetime, uuid.UUID] | None:
    timestamp, _, pk = text.partition("_")
    try:
        return datetime.fromtimestamp(float(timestamp), tz=UTC), uuid.UUID(pk)
    except (ValueError, OverflowError, OSError):
        return None


def events_before(events: CallEventQuerySet, text: str) -> CallEventQuerySet:
    """Return the events earlier than the one a cursor names; all where it names none."""
    if not (place := parse_cursor(text)):
        return events
    at, pk = place
    # The first condition is the one that an index can be entered with.
    earlier = events.filter(started_at__lte=at)
    return earlier.filter(Q(started_at__lt=at) | Q(pk__lt=pk))


def events_after(events: CallEventQuerySet, text: str) -> CallEventQuerySet:
    """Return the events later than the one a cursor names; all where it names none."""
    if not (place := parse_cursor(text)):
        return events
    at, pk = place
    later = events.filter(started_at__gte=at)
    return later.filter(Q(started_at__gt=at) | Q(pk__gt=pk))
