"""Metrics for Prometheus: numbers about this server, none about a person or a company."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min, Q
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import IN_PROGRESS, CallStatus
from appconnect.monitoring.models import WorkerHeartbeat


class ServerMetrics:
    """Reads the database at each scrape, so that every process reports the same."""

    def __init__(self, now: datetime):
        self.now = now

    def collect(self) -> Iterator[Metric]:
        calls = GaugeMetricFamily(
            "appconnect_calls", "Calls that are kept, by status.", labels=["status"]
        )
        rows = CallSession.objects.order_by().values_list("status")
        counts = dict(rows.annotate(count=Count("pk")))
        for status in CallStatus:
            calls.add_metric([status.lower()], counts.get(status, 0))
        yield calls
        due = CallSession.objects.due(self.now).filter(status__in=IN_PROGRESS)
        queue = due.aggregate(depth=Count("pk"), oldest=Min("next_attempt_at"))
        oldest = queue["oldest"] or self.now
        yield GaugeMetricFamily(
            "appconnect_queue_depth", "Calls that are due now.", queue["depth"]
        )
        yield GaugeMetricFamily(
            "appconnect_queue_age_seconds",
            "For how long the longest waiting call has been due.",
            (self.now - oldest).total_seconds(),
        )
        yield GaugeMetricFamily(
            "appconnect_crm_circuits_open",
            "CRMs that calls are kept from: down, busy, or refusing the credentials.",
            CrmCircuit.objects.filter(
                Q(open_until__gt=self.now) | Q(rejected_at__isnull=False)
            ).count(),
        )
        yield GaugeMetricFamily(
            "appconnect_workers_alive",
            "Worker processes that beat lately.",
            WorkerHeartbeat.objects.alive().count(),
        )


def write_metrics(*, now: datetime) -> bytes:
    """Return the numbers in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServerMetrics(now))
    return generate_latest(registry)
