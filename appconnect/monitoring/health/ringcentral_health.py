"""Problems between an organization and RingCentral, found in the database alone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appconnect.calls.models import CallLogSync
from appconnect.monitoring.health.silence import find_silence
from appconnect.monitoring.models.problems import (
    Problem,
    ProblemKind,
    without_numbers,
)
from appconnect.organizations.models import (
    LoggingSubscription,
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
)

MAX_SYNC_LAG = timedelta(minutes=30)
SUBSCRIBE_TIMEOUT = timedelta(minutes=5)
"""How long subscribing may take after logging was switched on."""


def find_lost_connection(organization: Organization) -> Problem | None:
    connection = RingCentralConnection.objects.filter(organization=organization).first()
    if connection is None or connection.is_connected:
        return None
    reason = without_numbers(connection.failure)
    return Problem(
        kind=ProblemKind.RINGCENTRAL_DISCONNECTED,
        since=connection.failed_at,
        sentence=_(
            "%(reason)s Calls are waiting and none are lost. Reconnect RingCentral to "
            "log them."
        )
        % {"reason": reason},
        page="console:connections",
        count=organization.calls.waiting_for_record().count(),
    )


def find_failed_subscription(
    organization: Organization, settings: ServerLoggingSettings, *, now: datetime
) -> Problem | None:
    Status = LoggingSubscription.Status
    subscriptions = list(organization.logging_subscriptions.order_by("created_at"))
    failed = [s for s in subscriptions if s.status == Status.FAILED]
    active = [s for s in subscriptions if s.status == Status.ACTIVE]
    # A subscription that is being replaced delivers until the new one does.
    delivering = [s for s in subscriptions if s.status == Status.REPLACED]
    alive = [s for s in active + delivering if s.expires_at and s.expires_at > now]
    if failed:
        reason, since = without_numbers(failed[-1].failure), failed[0].created_at
    elif alive:
        return None
    elif active:
        since = active[-1].expires_at
        reason = _("Call notifications expired and weren't renewed.")
    else:
        since = settings.logging_since
        reason = _("There are no call notifications.")
        if since is not None and since > now - SUBSCRIBE_TIMEOUT:
            return None
    return Problem(
        kind=ProblemKind.SUBSCRIPTION_FAILED,
        since=since,
        sentence=_(
            "%(reason)s Calls are found in RingCentral's call log instead and logged "
            "some minutes later. None are lost. Check the connection and that "
            "RingCentral can reach this server."
        )
        % {"reason": reason},
        page="console:connections",
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
    state = (
        subscription.kind.label if subscription else _("Call notifications are active")
    )
    return Problem(
        kind=ProblemKind.SILENCE,
        since=silence.since,
        sentence=_(
            "No call since %(since)s. The same hours had at least %(least)d calls in "
            "each of the last 4 weeks. %(state)s. Make a test call and check that it "
            "shows up."
        )
        % {
            "since": date_format(
                silence.since.astimezone(zone), pgettext("date format", "D g:i A T")
            ),
            "least": silence.least,
            "state": state,
        },
        page="console:connections",
    )


def find_lagging_sync(
    organization: Organization, settings: ServerLoggingSettings, *, now: datetime
) -> Problem | None:
    sync = CallLogSync.objects.filter(organization=organization).first()
    # Until the first sync after switching on, the stored place is an old one.
    is_begun = sync is not None and sync.since == settings.logging_since
    complete_until = sync.complete_until if is_begun else None
    since = complete_until or settings.logging_since
    usual = timedelta(seconds=2 * django_settings.CALL_LOG_SYNC_SECONDS)
    if since is None or since > now - max(MAX_SYNC_LAG, usual):
        return None
    return Problem(
        kind=ProblemKind.SYNC_BEHIND,
        since=since,
        sentence=_(
            "RingCentral's call log hasn't been synced for over 30 minutes, so a call "
            "whose notification got lost isn't known yet. It's found at the next sync. "
            "Check the connection to RingCentral."
        ),
        page="console:connections",
    )
