"""How an organization's logging stands: the state, its cause, and the numbers."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from statistics import median

from django.db import DatabaseError
from django.db.models import Count

from appconnect.calls.models.choices import CallStatus
from appconnect.monitoring.health.health import find_problems
from appconnect.monitoring.models.problems import (
    DELAYING,
    LoggingState,
    Problem,
    Severity,
)
from appconnect.monitoring.status.counts import Counts, begin_of_day, count_calls
from appconnect.monitoring.status.standing import state_of
from appconnect.organizations.models import Organization, ServerLoggingSettings

DAYS = 7
MAX_SKIP_REASONS = 5
DELAY_SAMPLE = 50
"""The median delay is that of so many of the newest logged calls."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How logging stands as a whole; `cause` is the problem that stops or delays it."""

    state: LoggingState
    since: datetime | None = None
    cause: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The content of the overview page; what cannot be counted now is None."""

    status: Status
    problems: list[Problem]
    """What is wrong besides the cause of the state."""
    counts: Counts | None
    skips: list[tuple[str, int]] | None
    """The reasons by which most calls of today were skipped."""
    median_delay: timedelta | None


def get_overview(
    organization: Organization,
    settings: ServerLoggingSettings,
    *,
    zone: tzinfo,
    now: datetime,
) -> Overview:
    """Return how logging stands, and the numbers in the days of a time zone."""
    problems = find_problems(organization, now=now)
    status = find_status(settings, problems)
    counts, skips = find_counts(organization, zone=zone, now=now)
    return Overview(
        status=status,
        problems=[problem for problem in problems if problem is not status.cause],
        counts=counts,
        skips=skips,
        median_delay=find_median_delay(organization),
    )


def find_counts(
    organization: Organization, *, zone: tzinfo, now: datetime
) -> tuple[Counts, list[tuple[str, int]]] | tuple[None, None]:
    """Return the numbers, or None if the database fails: unknown is not zero."""
    try:
        return (
            count_calls(organization, days=DAYS, zone=zone, now=now),
            count_skips(organization, zone=zone, now=now),
        )
    except DatabaseError:
        logger.exception("The calls of %s could not be counted", organization.pk)
        return None, None


def count_skips(
    organization: Organization, *, zone: tzinfo, now: datetime
) -> list[tuple[str, int]]:
    """Return the reasons by which most calls of today were skipped, with their number."""
    skipped = organization.calls.filter(
        status=CallStatus.SKIPPED, started_at__gte=begin_of_day(zone, now=now)
    )
    by_reason = skipped.values_list("reason").annotate(count=Count("pk"))
    return list(by_reason.order_by("-count", "reason")[:MAX_SKIP_REASONS])


def find_median_delay(organization: Organization) -> timedelta | None:
    """Return how long after their end the newest calls were logged; None if none was."""
    newest = (
        organization.calls.filter(
            status=CallStatus.LOGGED, duration_seconds__isnull=False
        )
        .order_by("-started_at", "-id")
        .values_list("started_at", "duration_seconds", "crm_records__logged_at")
    )
    delays = [
        (logged_at - started_at).total_seconds() - seconds
        for started_at, seconds, logged_at in newest[:DELAY_SAMPLE]
        if logged_at is not None
    ]
    return timedelta(seconds=max(median(delays), 0)) if delays else None


def find_status(settings: ServerLoggingSettings, problems: list[Problem]) -> Status:
    """Return the worst state that applies, and the problem that causes it."""
    stopping = [p for p in problems if p.severity == Severity.STOPPED]
    delaying = [p for p in problems if p.kind in DELAYING]
    state = state_of(settings, is_stopped=bool(stopping), is_delayed=bool(delaying))
    match state:
        case LoggingState.OFF:
            return Status(state=state)
        case LoggingState.STOPPED:
            return Status(state=state, since=stopping[0].since, cause=stopping[0])
        case LoggingState.PAUSED:
            return Status(state=state, since=settings.paused_at)
        case LoggingState.DELAYED:
            return Status(state=state, since=delaying[0].since, cause=delaying[0])
        case _:
            return Status(state=state, since=settings.logging_since)
