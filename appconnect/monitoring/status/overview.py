"""How an organization's logging stands: one line, its reason, and the numbers."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.monitoring.health.health import find_problems
from appconnect.monitoring.models.problems import Problem, Severity
from appconnect.monitoring.status.counts import Counts, count_calls
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import Organization, ServerLoggingSettings

DAYS = 7

logger = logging.getLogger(__name__)


class LoggingState(models.TextChoices):
    LOGGING = "LOGGING", gettext_lazy("Logging")
    PAUSED = "PAUSED", gettext_lazy("Paused")
    DEGRADED = "DEGRADED", gettext_lazy("Degraded")
    STOPPED = "STOPPED", gettext_lazy("Stopped")
    SWITCHED_OFF = "SWITCHED_OFF", gettext_lazy("Not switched on")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLine:
    """The state in a word, since when, why, and the name of the page that helps."""

    state: LoggingState
    since: datetime | None
    sentence: str
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The content of the overview page; `counts` is None if they are not known."""

    status: StatusLine
    problems: list[Problem]
    counts: Counts | None


def get_overview(organization: Organization, *, now: datetime) -> Overview:
    problems = find_problems(organization, now=now)
    settings = get_settings(organization)
    return Overview(
        status=find_status(organization, settings, problems),
        problems=problems,
        counts=find_counts(organization, now=now),
    )


def find_counts(organization: Organization, *, now: datetime) -> Counts | None:
    """Return the numbers, or None if the database fails: unknown is not zero."""
    try:
        return count_calls(organization, days=DAYS, now=now)
    except DatabaseError:
        logger.exception("The calls of %s could not be counted", organization.pk)
        return None


def find_status(
    organization: Organization,
    settings: ServerLoggingSettings,
    problems: list[Problem],
) -> StatusLine:
    """Return the line for the worst state that applies."""
    stopping = [p for p in problems if p.severity == Severity.STOPPED]
    if not settings.is_enabled:
        return StatusLine(
            state=LoggingState.SWITCHED_OFF,
            since=None,
            sentence=_("No call is logged until logging is switched on."),
            page="console:set-up",
        )
    if stopping:
        return line_of(LoggingState.STOPPED, stopping)
    if settings.paused_at:
        return StatusLine(
            state=LoggingState.PAUSED,
            since=settings.paused_at,
            sentence=_("Calls are kept and wait; none is lost."),
        )
    if problems:
        return line_of(LoggingState.DEGRADED, problems)
    if settings.logging_level == settings.LoggingLevel.USER:
        owner = organization.ringcentral_connection.owner
        return StatusLine(
            state=LoggingState.LOGGING,
            since=settings.logging_since,
            sentence=_("This is the trial mode: only calls of %s are logged.")
            % (owner or organization.ringcentral_connection.extension_id),
            page="console:set-up",
        )
    return StatusLine(
        state=LoggingState.LOGGING,
        since=settings.logging_since,
        sentence=_("Calls are logged to %s.") % organization.declared.display_name,
    )


def line_of(state: LoggingState, problems: list[Problem]) -> StatusLine:
    """Return the line for the first of these problems."""
    first = problems[0]
    return StatusLine(
        state=state,
        since=first.since,
        sentence=f"{first.kind.label}.",
        page=first.page,
    )
