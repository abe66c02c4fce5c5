"""What is wrong with an organization's logging, found in what is stored: nobody is asked."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models import (
    CallEvent,
    CallLogFeed,
    CrmCircuit,
    WorkerHeartbeat,
)
from appconnect.calls.needs_attention import find_causes
from appconnect.calls.problems import Problem, ProblemKind, Severity
from appconnect.calls.silence import find_silence
from appconnect.calls.status import IN_PROGRESS
from appconnect.organizations.connectors import get_settings
from appconnect.organizations.models import (
    LoggingSubscription,
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
)

OUTAGE = timedelta(minutes=5)
"""How long a CRM may not answer before that is a problem; a restart is shorter."""
OVERDUE = timedelta(minutes=10)
FEED_LAG = timedelta(minutes=30)
SETTLING = timedelta(minutes=5)
"""How long the program has to subscribe after logging was switched on."""
NUMBER = re.compile(r"\+?\d(?:[\s().-]*\d){6,}")


def find_problems(organization: Organization, *, now: datetime) -> list[Problem]:
    """Return what is wrong now, what stops the logging first.

    What follows from another problem is not told besides it. While logging is switched
    off only the connection counts.
    """
    found = filter(None, _look(organization, now))
    return sorted(found, key=lambda problem: problem.severity != Severity.STOPPED)


def _look(organization: Organization, now: datetime) -> Iterator[Problem | None]:
    settings = get_settings(organization)
    yield (lost := find_lost_connection(organization))
    if not settings.is_enabled:
        return
    yield (gone := find_gone_worker())
    yield find_crm_trouble(organization, now=now)
    yield find_held_calls(organization)
    if not gone:
        yield find_overdue_calls(organization, now=now)
    if not lost:
        yield (failed := find_failed_subscription(organization, settings, now=now))
        yield find_unusual_silence(organization, settings, failed, now=now)
    if not lost and not gone:
        yield find_lagging_feed(organization, settings, now=now)
    yield find_unreachable_channel(organization)


def find_lost_connection(organization: Organization) -> Problem | None:
    connection = RingCentralConnection.objects.filter(organization=organization).first()
    if connection is None or connection.is_connected:
        return None
    reason = without_numbers(connection.failure)
    return Problem(
        kind=ProblemKind.RINGCENTRAL_DISCONNECTED,
        severity=Severity.STOPPED,
        since=connection.failed_at,
        sentence=_(
            "%(reason)s Calls are kept and wait; none is lost. An admin must connect "
            "RingCentral again."
        )
        % {"reason": reason},
        page="console:connections",
        count=organization.call_events.waiting_for_record().count(),
    )


def find_failed_subscription(
    organization: Organization, settings: ServerLoggingSettings, *, now: datetime
) -> Problem | None:
    Status = LoggingSubscription.Status
    subscriptions = list(organization.logging_subscriptions.order_by("created_at"))
    failed = [one for one in subscriptions if one.status == Status.FAILED]
    active = [one for one in subscriptions if one.status == Status.ACTIVE]
    # One that is being replaced delivers until the new one does.
    delivering = [one for one in subscriptions if one.status == Status.REPLACED]
    alive = [
        one for one in active + delivering if one.expires_at and one.expires_at > now
    ]
    if failed:
        reason, since = without_numbers(failed[-1].failure), failed[0].created_at
    elif alive:
        return None
    elif active:
        since = active[-1].expires_at
        reason = _("The subscription expired and was not renewed.")
    else:
        since = settings.logging_since
        reason = _("There is no subscription.")
        if since is not None and since > now - SETTLING:
            return None
    return Problem(
        kind=ProblemKind.SUBSCRIPTION_FAILED,
        severity=Severity.DEGRADED,
        since=since,
        sentence=_(
            "%(reason)s Calls are found in RingCentral's call log instead and logged "
            "some minutes later; none is lost. Check the connection and that "
            "RingCentral reaches this server."
        )
        % {"reason": reason},
        page="console:connections",
    )


def find_crm_trouble(organization: Organization, *, now: datetime) -> Problem | None:
    """Return that the CRM refuses the credentials, or that it does not answer."""
    circuit = CrmCircuit.objects.filter(
        organization=organization, platform=organization.platform
    ).first()
    if circuit is None or circuit.open_until is None:
        return None
    waiting = CallEvent.objects.filter(
        organization=organization, status=CallEvent.Status.WAITING_TO_LOG
    ).count()
    said = {"failure": without_numbers(circuit.failure), "calls": _calls(waiting)}
    if circuit.rejected_at is not None:
        has_account = organization.declared.server_side_logging.uses_service_account
        return Problem(
            kind=ProblemKind.CREDENTIALS_REJECTED,
            severity=Severity.STOPPED,
            since=circuit.rejected_at,
            sentence=_(
                "%(failure)s %(calls)s wait and will be logged after an admin has "
                "entered the credentials again; none is lost."
            )
            % said,
            page=f"console:{'server-logging-settings' if has_account else 'connections'}",
            count=waiting,
        )
    is_long = circuit.opened_at is not None and circuit.opened_at <= now - OUTAGE
    if not is_long or not waiting:
        return None
    return Problem(
        kind=ProblemKind.CRM_NOT_ANSWERING,
        severity=Severity.STOPPED,
        since=circuit.opened_at,
        sentence=_(
            "%(failure)s %(calls)s wait and will be logged as soon as the CRM answers; "
            "none is lost. There is nothing to do here, unless the CRM works for you."
        )
        % said,
        page="console:calls",
        count=waiting,
    )


def find_unusual_silence(
    organization: Organization,
    settings: ServerLoggingSettings,
    subscription: Problem | None,
    *,
    now: datetime,
) -> Problem | None:
    silence = find_silence(organization, logging_since=settings.logging_since, now=now)
    if silence is None:
        return None
    zone = ZoneInfo(organization.time_zone)
    state = subscription.kind.label if subscription else _("The subscription is active")
    return Problem(
        kind=ProblemKind.SILENCE,
        severity=Severity.DEGRADED,
        since=silence.since,
        sentence=_(
            "No call since %(since)s; in the same hours of each of the four weeks before "
            "there were at least %(least)d. %(state)s. Make a test call, and see whether "
            "it appears here."
        )
        % {
            "since": silence.since.astimezone(zone).strftime("%a %d %b %H:%M %Z"),
            "least": silence.least,
            "state": state,
        },
        page="console:connections",
    )


def find_overdue_calls(organization: Organization, *, now: datetime) -> Problem | None:
    overdue = CallEvent.objects.due(now - OVERDUE).filter(
        organization=organization, status__in=IN_PROGRESS
    )
    found = overdue.aggregate(count=Count("pk"), since=Min("next_attempt_at"))
    if not found["count"]:
        return None
    return Problem(
        kind=ProblemKind.QUEUE_AGE,
        severity=Severity.DEGRADED,
        sentence=_(
            "%(calls)s have been due for more than ten minutes although nothing holds "
            "them. They are kept and none is lost. If the number does not fall, start "
            "another worker, or look into the worker's log."
        )
        % {"calls": _calls(found["count"])},
        page="console:calls",
        **found,
    )


def find_held_calls(organization: Organization) -> Problem | None:
    """Return that calls are held, unless somebody has said that they know the causes."""
    causes = find_causes(organization, None).open
    if not causes:
        return None
    found = {
        "count": sum(cause.count for cause in causes),
        "since": min((one.since for one in causes if one.since), default=None),
    }
    return Problem(
        kind=ProblemKind.NEEDS_ATTENTION,
        severity=Severity.DEGRADED,
        sentence=ngettext(
            "%(calls)s could not be logged and needs a person. It is kept; its page says "
            "why, and what to do.",
            "%(calls)s could not be logged and need a person. They are kept; each one's "
            "page says why, and what to do.",
            found["count"],
        )
        % {"calls": _calls(found["count"])},
        page="console:calls",
        **found,
    )


def find_lagging_feed(
    organization: Organization, settings: ServerLoggingSettings, *, now: datetime
) -> Problem | None:
    feed = CallLogFeed.objects.filter(organization=organization).first()
    # Until it is read anew its place is from before logging was switched off.
    is_begun = feed is not None and feed.since == settings.logging_since
    complete_until = feed.complete_until if is_begun else None
    since = complete_until or settings.logging_since
    usual = timedelta(seconds=2 * django_settings.CALL_LOG_SYNC_SECONDS)
    if since is None or since > now - max(FEED_LAG, usual):
        return None
    return Problem(
        kind=ProblemKind.FEED_BEHIND,
        severity=Severity.DEGRADED,
        since=since,
        sentence=_(
            "RingCentral's call log has not been read for more than half an hour, so a "
            "call whose notification went missing is not yet known. It is found as soon "
            "as the call log is read again. Check the connection to RingCentral."
        ),
        page="console:connections",
    )


def find_gone_worker() -> Problem | None:
    if WorkerHeartbeat.objects.alive().exists():
        return None
    latest = WorkerHeartbeat.objects.order_by("beat_at").last()
    return Problem(
        kind=ProblemKind.WORKER_GONE,
        severity=Severity.STOPPED,
        since=latest and latest.beat_at,
        sentence=_(
            "No worker is running, so nothing is logged. Notifications are still taken "
            "in and calls are kept; none is lost. Start the worker on the server."
        ),
        page="console:calls",
    )


def find_unreachable_channel(organization: Organization) -> Problem | None:
    """Return that somebody was not told; who reads the page is told by that."""
    failing = organization.alert_channels.filter(
        is_enabled=True, failing_since__isnull=False
    )
    channel = failing.order_by("failing_since").first()
    if channel is None:
        return None
    return Problem(
        kind=ProblemKind.ALERT_NOT_DELIVERED,
        severity=Severity.DEGRADED,
        since=channel.failing_since,
        sentence=_(
            "%(channel)s: %(result)s Calls are logged as before, but nobody is told "
            "this way when something is wrong. Correct the channel and send a test."
        )
        % {
            "channel": channel.get_kind_display(),
            "result": without_numbers(channel.last_result),
        },
        page="console:alerts",
    )


def without_numbers(text: str) -> str:
    """Return what another system said without anything that may be a phone number."""
    return NUMBER.sub("…", text)


def _calls(count: int) -> str:
    counted = ngettext("%(count)s call", "%(count)s calls", count)
    return counted % {"count": f"{count:,}"}
