"""From a call that is due to its confirmed record, at several latencies of the CRM.

The processor's time is that of the workers; PostgreSQL has its own.
"""

import os
import time

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appconnect.calls.decision.decision import decide
from appconnect.calls.models import CallSession
from appconnect.organizations.connections.connectors import Connectors, get_settings
from appconnect.worker import queue
from tests.long_runs.benchmarks.figures import (
    Sizes,
    database_cpu_seconds,
    milliseconds,
    send,
    wait_until_logged,
    waits,
)
from tests.support.helpers import SandboxControl
from tests.support.workers import add_calls, prepare, running_workers

REQUESTS_PER_CALL = 2
"""Find the contact, create the record; a sign-in lasts, licenses are asked once in minutes."""
QUIET_CALLS = 30
RUNS = [
    (0, 1, 32, 600),
    (100, 1, 8, 600),
    (100, 1, 32, 600),
    (300, 1, 32, 600),
    (100, 2, 32, 600),
    (100, 4, 32, 600),
]
"""Milliseconds that the CRM takes for an answer; worker processes; threads; calls."""


def run(sandbox: SandboxControl, sizes: Sizes) -> list[dict]:
    organization = prepare(sandbox)
    http_cost = cost_of_http(organization)
    statements = statements_of(organization)
    rows = []
    logged = 2
    for latency, processes, threads, full_count in RUNS:
        count = sizes.of(full_count)
        sandbox.switch(crmDelaySeconds=latency / 1000)
        os.environ["WORKER_THREADS"] = str(threads)
        with running_workers(processes) as workers:
            warm_up = add_calls(organization, 50 * processes)
            send(warm_up)
            logged += len(warm_up)
            wait_until_logged(organization, logged)
            cpu, began = workers.cpu_seconds(), time.monotonic()
            database = database_cpu_seconds()
            calls = add_calls(organization, count)
            send(calls)
            logged += count
            wait_until_logged(organization, logged)
            seconds = time.monotonic() - began
            cpu = (workers.cpu_seconds() - cpu) / count * 1000
            database = (database_cpu_seconds() - database) / count * 1000
            quiet = trickle(organization, sizes.of(QUIET_CALLS))
            logged += len(quiet)
            memory = max(workers.megabytes())
        ceiling = (
            threads * processes / (REQUESTS_PER_CALL * latency / 1000) if latency else 0
        )
        rows.append(
            {
                "CRM ms": latency,
                "workers": processes,
                "threads": threads,
                "calls/s": round(count / seconds, 1),
                "ceiling": round(ceiling) or "-",
                "of it %": round(count / seconds / ceiling * 100) if ceiling else "-",
                "CPU ms/call": round(cpu, 2),
                "beyond HTTP": round(cpu - http_cost, 2),
                "database ms": round(database, 2),
                "statements": statements,
                "p50 ms": milliseconds(waits(quiet), 50),
                "p95 ms": milliseconds(waits(quiet), 95),
                "MB": memory,
            }
        )
    sandbox.switch(crmDelaySeconds=0)
    return rows


def statements_of(organization) -> int:
    """Return how many statements a worker sends for a call, transactions apart."""
    first, call = add_calls(organization, 2)
    queue.process_call.call_local(str(first.pk))
    with CaptureQueriesContext(connection) as queries:
        queue.process_call.call_local(str(call.pk))
    connection.close()
    texts = [query["sql"].lstrip() for query in queries]
    return sum(not text.startswith(("BEGIN", "COMMIT")) for text in texts)


def trickle(organization, count: int) -> list[CallSession]:
    """Log calls one after the other, as on a quiet day."""
    before = CallSession.objects.filter(status=CallSession.Status.LOGGED).count()
    calls = []
    for number in range(1, count + 1):
        [call] = add_calls(organization, 1)
        send([call])
        calls.append(call)
        wait_until_logged(organization, before + number)
    return calls


def cost_of_http(organization) -> float:
    """Return the CPU milliseconds that a call's requests cost by themselves."""
    calls = add_calls(organization, 200)
    with Connectors(organization) as connectors:
        settings = get_settings(organization)
        decision = decide(calls[0], settings, connectors, steps=[])
    cache.clear()
    began = time.process_time()
    for call in calls:
        with Connectors(organization) as connectors:
            connector = connectors.open(decision.credentials)
            connector.find_contact(call.call_facts.contact_number)
            connector.create_call_log(
                call.call_facts,
                contact=decision.contact,
                owner=decision.owner,
                composed_log_details="",
            )
    cost = (time.process_time() - began) / len(calls) * 1000
    CallSession.objects.filter(pk__in=[call.pk for call in calls]).delete()
    return cost
