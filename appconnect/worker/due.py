"""What is due for which organization apart from its calls: one statement finds it."""

from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.timing import SWEEP_INTERVAL
from appconnect.monitoring.health.health import MAX_CALL_DELAY
from appconnect.monitoring.models import Alert, AlertChannel, AlertMessage
from appconnect.organizations.connections.ringcentral_connection import CHECK_INTERVAL
from appconnect.organizations.connections.subscription import FILTERS
from appconnect.organizations.connections.time_zones import people_without_time_zone
from appconnect.organizations.models import (
    LoggingSubscription,
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
)

DIRECTORY_INTERVAL = timedelta(hours=6)
LOOK_BACK = timedelta(days=1)
"""How long a call lasts at most that is held in the last minutes."""


def find_due(now: datetime) -> dict[str, list[str]]:
    """Return the keys of the organizations that a sweep looks after → the tasks that are due.

    Where logging is on, that is every few minutes, as the subscription is checked then;
    and every minute where something is or may be wrong. Problems that leave no trace, such
    as silence, are looked for once an hour, with the check of the connection.
    """
    own = ServerLoggingSettings.objects.filter(
        organization=OuterRef("pk"), platform=OuterRef("platform")
    )
    event_filter = Case(
        *(When(logging_level=level, then=Value(f)) for level, f in FILTERS.items()),
        default=Value(""),
    )
    conditions = {"look_for_problems": may_have_problem(now), **work(now)}
    organizations = Organization.objects.exclude(platform="").annotate(
        event_filter=Subquery(own.annotate(f=event_filter).values("f")[:1])
    )
    due = organizations.filter(reduce(or_, conditions.values())).annotate(
        **{
            task: ExpressionWrapper(condition, output_field=BooleanField())
            for task, condition in conditions.items()
        }
    )
    return {
        str(key): [
            task for task, is_due in zip(conditions, flags, strict=True) if is_due
        ]
        for key, *flags in due.values_list("pk", *conditions)
    }


def work(now: datetime) -> dict[str, Q]:
    """Return the tasks of the worker's own work, each with the condition that it is due."""
    synced_before = now - timedelta(seconds=settings.CALL_LOG_SYNC_SECONDS)
    is_unchecked = Q(ringcentral_connection__checked_at=None) | Q(
        ringcentral_connection__checked_at__lt=now - CHECK_INTERVAL
    )
    is_unread = Q(call_log_sync__read_at=None) | Q(
        call_log_sync__read_at__lte=synced_before
    )
    is_stale = Q(directory_refreshed_at=None) | Q(
        directory_refreshed_at__lt=now - DIRECTORY_INTERVAL
    )
    is_on = Q(event_filter__gt="")
    subscriptions = LoggingSubscription.objects.filter(organization=OuterRef("pk"))
    settled = subscriptions.filter(
        status=LoggingSubscription.Status.ACTIVE,
        event_filter=OuterRef("event_filter"),
        polled_at__gt=now - LoggingSubscription.POLL_INTERVAL,
    )
    people = people_without_time_zone(now).filter(organization=OuterRef("pk"))
    return {
        "check_ringcentral": is_unchecked,
        "keep_logging_subscription": (is_on & ~Exists(settled))
        | (~is_on & Exists(subscriptions)),
        "sync_call_log": is_on & is_unread,
        "refresh_stale_directory": is_stale,
        "read_time_zones": Q(Exists(people)),
    }


def may_have_problem(now: datetime) -> Q:
    """Return the condition that alerts are to be opened, repeated, resolved or sent."""
    calls = CallSession.objects.filter(organization=OuterRef("pk"))
    just_held = calls.held().filter(
        started_at__gt=now - LOOK_BACK, ended_at__gt=now - 2 * SWEEP_INTERVAL
    )
    circuits = CrmCircuit.objects.filter(organization=OuterRef("pk"))
    return (
        ~Q(ringcentral_connection__status=RingCentralConnection.Status.CONNECTED)
        | Exists(Alert.objects.unresolved().filter(organization=OuterRef("pk")))
        | Exists(
            AlertMessage.objects.due(now).filter(alert__organization=OuterRef("pk"))
        )
        | Exists(
            AlertChannel.objects.filter(
                organization=OuterRef("pk"), failing_since__isnull=False
            )
        )
        | Exists(
            circuits.filter(platform=OuterRef("platform"), open_until__isnull=False)
        )
        | Exists(calls.due(now - MAX_CALL_DELAY))
        | Exists(just_held)
    )
