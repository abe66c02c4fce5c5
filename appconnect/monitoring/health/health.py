"""Problems of an organization's logging, found in the database alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import IN_PROGRESS
from appconnect.monitoring.health.nothing_logged import find_nothing_logged
from appconnect.monitoring.health.ringcentral_health import (
    find_failed_subscription,
    find_lagging_sync,
    find_lost_connection,
    find_unusual_silence,
)
from appconnect.monitoring.models import WorkerHeartbeat
from appconnect.monitoring.models.problems import (
    Problem,
    ProblemKind,
    Severity,
    counted,
    without_numbers,
)
from appconnect.monitoring.needs_attention import find_causes
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import Organization

MAX_CRM_OUTAGE = timedelta(minutes=5)
"""A CRM that is unreachable for longer is a problem; a restart is shorter."""
MAX_CALL_DELAY = timedelta(minutes=10)


def find_problems(organization: Organization, *, now: datetime) -> list[Problem]:
    """Return the present problems, those that stop the logging first.

    A problem that follows from another one is left out. While logging is switched off
    only a lost connection is a problem.
    """
    found = filter(None, _candidates(organization, now))
    return sorted(found, key=lambda problem: problem.severity != Severity.STOPPED)


def _candidates(organization: Organization, now: datetime) -> Iterator[Problem | None]:
    settings = get_settings(organization)
    yield (lost := find_lost_connection(organization))
    if not settings.is_enabled:
        return
    yield (gone := find_gone_worker())
    yield find_crm_trouble(organization, now=now)
    yield find_nothing_logged(organization, settings)
    yield find_held_calls(organization)
    if not gone:
        yield find_overdue_calls(organization, now=now)
    if not lost:
        yield (failed := find_failed_subscription(organization, settings, now=now))
        yield find_unusual_silence(organization, settings, failed, now=now)
    if not lost and not gone:
        yield find_lagging_sync(organization, settings, now=now)
    yield find_unreachable_channel(organization)


def find_crm_trouble(organization: Organization, *, now: datetime) -> Problem | None:
    """Return a problem where the CRM refuses the credentials or does not answer."""
    circuit = CrmCircuit.objects.filter(
        organization=organization, platform=organization.platform
    ).first()
    if circuit is None or circuit.open_until is None:
        return None
    waiting = CallSession.objects.filter(
        organization=organization, status=CallSession.Status.WAITING_TO_LOG
    ).count()
    failure = without_numbers(circuit.failure)
    if circuit.rejected_at is not None:
        return Problem(
            kind=ProblemKind.CREDENTIALS_REJECTED,
            since=circuit.rejected_at,
            sentence=ngettext(
                "%(failure)s %(calls)s is waiting and will be logged after you "
                "reconnect. None are lost.",
                "%(failure)s %(calls)s are waiting and will be logged after you "
                "reconnect. None are lost.",
                waiting,
            )
            % {"failure": failure, "calls": counted(waiting)},
            page="console:crm-account",
            count=waiting,
        )
    is_long = (
        circuit.opened_at is not None and circuit.opened_at <= now - MAX_CRM_OUTAGE
    )
    if not is_long or not waiting:
        return None
    return Problem(
        kind=ProblemKind.CRM_NOT_ANSWERING,
        since=circuit.opened_at,
        sentence=ngettext(
            "%(failure)s %(calls)s is waiting and will be logged as soon as the CRM "
            "responds. None are lost.",
            "%(failure)s %(calls)s are waiting and will be logged as soon as the CRM "
            "responds. None are lost.",
            waiting,
        )
        % {"failure": failure, "calls": counted(waiting)},
        page="console:calls",
        count=waiting,
    )


def find_overdue_calls(organization: Organization, *, now: datetime) -> Problem | None:
    overdue = CallSession.objects.due(now - MAX_CALL_DELAY).filter(
        organization=organization, status__in=IN_PROGRESS
    )
    found = overdue.aggregate(count=Count("pk"), since=Min("next_attempt_at"))
    if not found["count"]:
        return None
    return Problem(
        kind=ProblemKind.QUEUE_AGE,
        sentence=ngettext(
            "%(calls)s is more than 10 minutes overdue. None are lost. If the number "
            "doesn't fall, add a worker or check its log.",
            "%(calls)s are more than 10 minutes overdue. None are lost. If the number "
            "doesn't fall, add a worker or check its log.",
            found["count"],
        )
        % {"calls": counted(found["count"])},
        page="console:calls",
        **found,
    )


def find_held_calls(organization: Organization) -> Problem | None:
    """Return a problem where calls are held by a cause that is not acknowledged."""
    causes = find_causes(organization).open
    if not causes:
        return None
    found = {
        "count": sum(cause.count for cause in causes),
        "since": min((c.since for c in causes if c.since), default=None),
    }
    return Problem(
        kind=ProblemKind.NEEDS_ATTENTION,
        sentence=ngettext(
            "%(calls)s needs a decision before it can be logged. None are lost.",
            "%(calls)s need a decision before they can be logged. None are lost.",
            found["count"],
        )
        % {"calls": counted(found["count"])},
        page="console:needs-attention",
        **found,
    )


def find_gone_worker() -> Problem | None:
    if WorkerHeartbeat.objects.alive().exists():
        return None
    latest = WorkerHeartbeat.objects.order_by("beat_at").last()
    return Problem(
        kind=ProblemKind.WORKER_GONE,
        since=latest and latest.beat_at,
        sentence=_(
            "No worker is running, so nothing is logged. Calls are still received and "
            "none are lost. Start the worker on the server."
        ),
        page="console:calls",
    )


def find_unreachable_channel(organization: Organization) -> Problem | None:
    """Return a problem where the last message to an alert channel failed."""
    failing = organization.alert_channels.filter(
        is_enabled=True, failing_since__isnull=False
    )
    channel = failing.order_by("failing_since").first()
    if channel is None:
        return None
    return Problem(
        kind=ProblemKind.ALERT_NOT_DELIVERED,
        since=channel.failing_since,
        sentence=_(
            "%(channel)s: %(result)s Calls are still logged, but alerts don't arrive "
            "there. Fix the channel and send a test."
        )
        % {
            "channel": channel.get_kind_display(),
            "result": without_numbers(channel.last_result),
        },
        page="console:alerts",
    )
