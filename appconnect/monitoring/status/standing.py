"""What every page says about the organization, in few statements."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import HELD, CallStatus
from appconnect.monitoring.models import AcknowledgedCause, WorkerHeartbeat
from appconnect.monitoring.models.alert import Alert
from appconnect.monitoring.models.problems import (
    DELAYING,
    LoggingState,
    ProblemKind,
)
from appconnect.monitoring.needs_attention import find_causes
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import (
    Organization,
    ServerLoggingSettings,
    UserMapping,
)
from appconnect.rows import adapt


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How logging stands, and the numbers beside the menu's entries."""

    state: LoggingState
    held: int
    """The calls that need a person."""
    mapping_to_do: int
    """The extensions that a person should map."""
    has_logged: bool
    """Whether a call was ever logged."""
    circuit: CrmCircuit | None
    """The circuit to the CRM, where it is open."""
    nothing_logged: Alert | None
    """The alert that calls arrive and none is logged."""


def find_standing(organization: Organization, *, now: datetime) -> Standing:
    """Return how an organization's logging stands, by what is stored about it.

    The alerts are those that a worker found within the last minute; that no worker runs
    is seen here.
    """
    settings = get_settings(organization)
    circuit = CrmCircuit.objects.find_open(organization, now=now)
    alerts = {
        alert.kind: alert
        for alert in organization.alerts.unresolved().filter(gone_since=None)
    }
    facts = find_facts(organization)
    held = facts["held"]
    if held and facts["has_acknowledged"]:
        held = find_causes(organization).count
    state = state_of(
        settings,
        is_stopped=is_stopped(organization, circuit, alerts, facts["has_worker"]),
        is_delayed=bool(alerts.keys() & DELAYING),
    )
    return Standing(
        state=state,
        held=held,
        mapping_to_do=facts["mapping_to_do"],
        has_logged=bool(facts["has_logged"]),
        circuit=circuit,
        nothing_logged=alerts.get(ProblemKind.NOTHING_LOGGED),
    )


def state_of(
    settings: ServerLoggingSettings, *, is_stopped: bool, is_delayed: bool
) -> LoggingState:
    """Return the worst state that applies."""
    if not settings.is_enabled:
        return LoggingState.OFF
    if is_stopped:
        return LoggingState.STOPPED
    if settings.paused_at:
        return LoggingState.PAUSED
    if is_delayed:
        return LoggingState.DELAYED
    is_trial = settings.logging_level == settings.LoggingLevel.USER
    return LoggingState.TRIAL if is_trial else LoggingState.LOGGING


def is_stopped(
    organization: Organization,
    circuit: CrmCircuit | None,
    alerts: Collection[str],
    has_worker: bool,
) -> bool:
    return (
        not has_worker
        or not organization.ringcentral_connection.is_connected
        or (circuit is not None and circuit.rejected_at is not None)
        # Whether the worker and the connections are back is known before their alerts end.
        or ProblemKind.CRM_NOT_ANSWERING in alerts
    )


def find_facts(organization: Organization) -> dict[str, int | bool]:
    """Return, with one statement, what `find_standing` counts."""
    names, sql, values = compile_facts(connection.vendor)
    key = adapt(Organization, "id", organization.pk)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, key])
        return dict(zip(names, cursor.fetchone(), strict=True))


@cache
def compile_facts(vendor: str) -> tuple[list[str], str, list[object]]:
    """Return the facts' names, a statement, and its values but the organization's key.

    The key comes last. Compiled once, as that takes some milliseconds: no other value may
    depend on the organization or on the time. `vendor` is the default database's.
    """

    def mine(rows: QuerySet) -> QuerySet:
        return rows.filter(organization=OuterRef("pk")).order_by()

    def count(rows: QuerySet) -> Coalesce:
        counted = mine(rows).values("organization").annotate(count=Count("pk"))
        return Coalesce(Subquery(counted.values("count")), 0)

    logged = CallSession.objects.filter(status=CallStatus.LOGGED)
    to_do = UserMapping.objects.to_do().filter(platform=OuterRef("platform"))
    facts = {
        "has_worker": Exists(WorkerHeartbeat.objects.alive()),
        "has_logged": Exists(mine(logged)),
        "has_acknowledged": Exists(mine(AcknowledgedCause.objects.all())),
        "held": count(CallSession.objects.filter(status__in=HELD)),
        "mapping_to_do": count(to_do),
    }
    nobody = UUID(int=0)
    organizations = Organization.objects.filter(pk=nobody).values(**facts)
    sql, (*values, key) = organizations.query.sql_with_params()
    if key != adapt(Organization, "id", nobody):
        raise AssertionError("The organization's key is not the last value.")
    return list(facts), sql, values
