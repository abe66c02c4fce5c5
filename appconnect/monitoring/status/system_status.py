"""The state of the program itself: database, workers, queue, clock, disk and keys."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.core.checks import run_checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django.db.models.functions import Now

from appconnect.calls.models.choices import IN_PROGRESS
from appconnect.monitoring.models import PeriodicJob, WorkerHeartbeat
from appconnect.organizations.models import LoggingSubscription, Organization
from connector.registry import CONNECTORS, find_faults, is_usable

FAULTY_CONNECTOR = "appconnect.W001"
"""Shown as it is now, and not as it was when the process started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker process and its last heartbeat."""

    name: str
    beat_at: datetime
    is_alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The disk under `DATA_DIR`, in bytes."""

    free: int
    total: int

    @property
    def is_nearly_full(self) -> bool:
        return self.free < self.total / 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The organization's calls in progress that are due."""

    due: int
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStatus:
    """What the operator sees; ids of keys, never keys."""

    version: str
    missing_migrations: list[str]
    workers: list[Worker]
    queue: Queue
    clock_offset: timedelta
    """How far the database's clock is ahead of this server's."""
    disk: Disk
    database: str
    database_bytes: int
    key_id: str
    old_key_ids: list[str]
    advice: tuple[str, ...]
    """What `check --deploy` says."""
    jobs: list[PeriodicJob]
    ringcentral_held_until: datetime | None
    unreadable_notifications: list[LoggingSubscription]
    """The subscriptions to which RingCentral delivered what could not be read."""
    connectors: int
    """How many CRMs have a connector."""
    connector_faults: list[tuple[str, str]]
    """The source of each connector that cannot be used, and what is wrong with it."""


def get_system_status(organization: Organization, *, now: datetime) -> SystemStatus:
    """Read the database and the machine; no other system is contacted."""
    clock_offset = database_time(organization) - now  # first: other answers take time
    usage = shutil.disk_usage(settings.DATA_DIR)
    key_id, *old_key_ids = settings.ENCRYPTION_KEYS
    held_until = organization.ringcentral_connection.held_until
    return SystemStatus(
        version=settings.VERSION,
        missing_migrations=find_missing_migrations(),
        workers=list_workers(),
        queue=measure_queue(organization, now=now),
        clock_offset=clock_offset,
        disk=Disk(free=usage.free, total=usage.total),
        database=describe_database(),
        database_bytes=measure_database(),
        key_id=key_id,
        old_key_ids=old_key_ids,
        advice=advice_for_deployment(),
        unreadable_notifications=list(
            organization.logging_subscriptions.filter(unreadable__gt=0)
        ),
        connectors=sum(map(is_usable, CONNECTORS)),
        connector_faults=list(find_faults()),
        jobs=list(PeriodicJob.objects.order_by("name")),
        ringcentral_held_until=held_until if held_until and held_until > now else None,
    )


def find_missing_migrations() -> list[str]:
    """Return the migrations that the database does not have yet, in their order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _is_backwards in plan]


def list_workers() -> list[Worker]:
    """Return the workers of the last day; the database's clock says which are alive."""
    alive = set(WorkerHeartbeat.objects.alive().values_list("name", flat=True))
    return [
        Worker(name=row.name, beat_at=row.beat_at, is_alive=row.name in alive)
        for row in WorkerHeartbeat.objects.order_by("name")
    ]


def measure_queue(organization: Organization, *, now: datetime) -> Queue:
    due = organization.calls.due(now).filter(status__in=IN_PROGRESS)
    found = due.aggregate(due=Count("pk"), oldest_due_at=Min("next_attempt_at"))
    return Queue(**found)


def database_time(organization: Organization) -> datetime:
    row = Organization.objects.filter(pk=organization.pk)
    return row.values_list(Now(), flat=True).get()


def describe_database() -> str:
    version = ".".join(map(str, connection.get_database_version()))
    return f"{connection.display_name} {version}"


def measure_database() -> int:
    """Return the size in bytes."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            )
            return cursor.fetchone()[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0]


@cache
def advice_for_deployment() -> tuple[str, ...]:
    """Return what `check --deploy` says; settings do not change while a process lives."""
    found = run_checks(include_deployment_checks=True)
    return tuple(
        f"{c.id}: {c.msg}"
        for c in found
        if not c.is_silenced() and c.id != FAULTY_CONNECTOR
    )
