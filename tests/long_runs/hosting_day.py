"""A hosting company's busiest hour: what do two cores carry, and what does it take?

    uv run python -m tests.long_runs.hosting_day [--organizations 2000] [--calls 20000]
        [--idle-minutes 3] [--workers 2] [--database-url postgres://…]

First the organizations stand idle, as in the middle of a day: signed in at RingCentral within
the last hour, and purged. What they cost by themselves is measured. Then calls are made at
all of them, a few organizations having most, as fast as this machine logs them:
four notifications each, RingCentral's record, a contact and a record in the CRM. Of 2
million calls a day the busiest hour has 240,000. Web server, workers, database, a
RingCentral, the CRM and the sender share the machine; only the first three are counted.
"""

import argparse
import itertools
import json
import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.long_runs.random_kills import is_settled
from tests.long_runs.soak import megabytes, processes
from tests.support.helpers import SandboxControl, wait_for
from tests.support.program import free_port_pair, running_sandbox
from tests.support.workers import (
    AGENTS,
    add_organization,
    choose_environment,
    prepare,
    running_workers,
)

BUSIEST_HOUR_CALLS = 240_000
"""Twelve in a hundred of a day's two million."""
HOUR = timedelta(hours=1)
SENDERS = 8
MAX_IN_FLIGHT = 3000
TOKEN = "a token for the run"
STATES = ("Setup", "Proceeding", "Answered", "Disconnected")
CALL_SECONDS = 60
EVENT = "/restapi/v1.0/account/~/telephony/sessions"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--organizations", type=int, default=2000)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--idle-minutes", type=float, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL", ""))
    options = parser.parse_args()
    url = options.database_url
    servers = dict.fromkeys(("DATABASE_URL", "QUEUE_URL"), url) if url else {}
    web, ringcentral = free_port_pair(), free_port_pair()
    with running_sandbox(threads=64) as sandbox:
        choose_environment(
            sandbox,
            PUBLIC_URL=f"http://127.0.0.1:{web}",
            **servers,
        )
        os.environ["RINGCENTRAL_SERVER"] = f"http://127.0.0.1:{ringcentral}"

        import django

        django.setup()
        from tests.long_runs.benchmarks.notifications import running_server

        accounts = make_accounts(sandbox, options.organizations)
        fake = "tests.support.fakes.ringcentral_accounts:application"
        with (
            running_server(ringcentral, application=fake),
            running_server(web, processes=2),
            running_workers(options.workers),
        ):
            time.sleep(20)  # what starts is over
            with measuring() as idle:
                time.sleep(60 * options.idle_minutes)
            with measuring() as busy:
                replay(accounts, options.calls, web=web, ringcentral=ringcentral)
                wait_for(is_settled, seconds=3600)
            report(options, idle, busy)


def make_accounts(sandbox: SandboxControl, count: int) -> list[tuple[str, str]]:
    """Make the organizations; return the account and the subscription of each."""
    from django.db import transaction
    from django.utils import timezone

    from appconnect.calls.actions.retention import PURGE
    from appconnect.calls.models import CallLogSync
    from appconnect.monitoring.models import PeriodicJob

    first = prepare(sandbox)
    accounts = []
    organizations = itertools.chain(
        [first],
        (
            add_organization(sandbox, name=f"Company {n}", rc_account_id=str(n))
            for n in range(1, count)
        ),
    )
    with transaction.atomic():
        PeriodicJob.objects.create(name=PURGE, run_at=timezone.now())
        for organization in organizations:
            now = timezone.now() - timedelta(seconds=random.uniform(0, 290))  # noqa: S311
            connection = organization.ringcentral_connection
            connection.jwt = organization.rc_account_id
            connection.checked_at = now
            connection.access_token = organization.rc_account_id
            connection.access_token_expires_at = now + random.uniform(0.1, 1) * HOUR  # noqa: S311
            connection.save()
            organization.extensions.update(time_zone_read_at=now)
            since = organization.server_logging_settings.get().logging_since
            CallLogSync.objects.create(
                organization=organization, since=since, read_at=now, complete_until=now
            )
            accounts.append((organization.rc_account_id, subscribe(organization, now)))
    return accounts


def subscribe(organization, now: datetime) -> str:
    """Make the organization's subscription; return its key."""
    from appconnect.organizations.models import LoggingSubscription
    from appconnect.ringcentral.subscriptions import ACCOUNT_FILTER

    key = uuid.uuid4()
    LoggingSubscription.objects.create(
        pk=key,
        organization=organization,
        event_filter=ACCOUNT_FILTER,
        status=LoggingSubscription.Status.ACTIVE,
        polled_at=now,
        expires_at=now + LoggingSubscription.LIFETIME,
        verification_token_hash=LoggingSubscription.hash_token(TOKEN),
        subscription_id=str(key),
    )
    return str(key)


@contextmanager
def measuring() -> Iterator[dict[str, float]]:
    """Measure processor seconds, megabytes and seconds of the block."""
    figures: dict[str, float] = {}
    began, before = time.monotonic(), seconds_used()
    size = database_megabytes()
    yield figures
    figures["seconds"] = time.monotonic() - began
    for name, used in seconds_used().items():
        figures[name] = used - before[name]
    figures["database MB"] = database_megabytes() - size
    figures["web MB"] = sum(map(megabytes, processes("appconnect.wsgi")))
    figures["worker MB"] = sum(map(megabytes, processes("run_worker")))


def seconds_used() -> dict[str, float]:
    """Return the processor time that each part of the program has used."""
    from tests.long_runs.benchmarks.figures import database_cpu_seconds

    return {
        "web": sum(map(cpu_seconds, processes("appconnect.wsgi"))),
        "workers": sum(map(cpu_seconds, processes("run_worker"))),
        "database": database_cpu_seconds(),
    }


def cpu_seconds(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def database_megabytes() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            )
        return cursor.fetchone()[0] / 1_000_000


def replay(
    accounts: list[tuple[str, str]], count: int, *, web: int, ringcentral: int
) -> None:
    """Make the calls as fast as they are logged."""
    weights = [1 / (rank + 20) for rank in range(len(accounts))]
    chosen = random.choices(accounts, weights, k=count)  # noqa: S311
    may_send = threading.Event()
    may_send.set()

    def send_share(first: int) -> None:
        to_web = HTTPConnection("127.0.0.1", web, timeout=60)
        to_ringcentral = HTTPConnection("127.0.0.1", ringcentral, timeout=60)
        for account, key in chosen[first::SENDERS]:
            may_send.wait()
            make_call(account, key, to_web, to_ringcentral)

    with ThreadPoolExecutor(SENDERS) as pool:
        shares = [pool.submit(send_share, first) for first in range(SENDERS)]
        while not all(share.done() for share in shares):
            time.sleep(1)
            if in_flight() > MAX_IN_FLIGHT:
                may_send.clear()
            else:
                may_send.set()
        for share in shares:
            share.result()


def in_flight() -> int:
    from appconnect.calls.models import CallSession
    from appconnect.calls.models.choices import IN_PROGRESS

    return CallSession.objects.filter(status__in=IN_PROGRESS).count()


def make_call(
    account: str, key: str, to_web: HTTPConnection, to_ringcentral: HTTPConnection
) -> None:
    """Send RingCentral's record of a call that ends now, and its notifications."""
    from appconnect.sandbox.ringcentral import seed

    session = f"s-{uuid.uuid4().hex}"
    extension = seed.extension_id(random.choice(AGENTS))  # noqa: S311
    contact = seed.CONTACTS[0][2]
    ended_at = datetime.now(UTC)
    record = record_of(session, extension, contact, ended_at)
    post(to_ringcentral, "/calls", {"account": account, "record": record})
    for body in notifications(session, extension, ended_at):
        notice = {"event": EVENT, "subscriptionId": key, "body": body}
        post(to_web, f"/webhooks/ringcentral/{key}/", notice)


def post(connection: HTTPConnection, path: str, body: object) -> None:
    headers = {"Content-Type": "application/json", "Verification-Token": TOKEN}
    connection.request("POST", path, json.dumps(body), headers)
    reply = connection.getresponse()
    text = reply.read()
    assert reply.status == 200, (path, reply.status, text[:300])


def record_of(
    session: str, extension: str, contact: str, ended_at: datetime
) -> dict[str, Any]:
    started_at = ended_at - timedelta(seconds=CALL_SECONDS)
    leg = {
        "extension": {"id": extension},
        "result": "Accepted",
        "startTime": started_at.isoformat(),
        "duration": CALL_SECONDS,
    }
    return {
        "id": session,
        "telephonySessionId": session,
        "sessionId": str(random.randrange(10**12)),  # noqa: S311
        "startTime": started_at.isoformat(),
        "duration": CALL_SECONDS,
        "type": "Voice",
        "direction": "Inbound",
        "result": "Accepted",
        "finished": True,
        "from": {"phoneNumber": contact},
        "to": {"extensionId": extension},
        "legs": [leg],
    }


def notifications(
    session: str, extension: str, at: datetime
) -> Iterator[dict[str, Any]]:
    for sequence, state in enumerate(STATES, 1):
        party = {
            "extensionId": extension,
            "id": f"p-{session}-1",
            "direction": "Inbound",
            "status": {"code": state, "rcc": False},
        }
        yield {
            "sequence": sequence,
            "telephonySessionId": session,
            "eventTime": at.isoformat(timespec="milliseconds"),
            "parties": [party],
            "origin": {"type": "Call"},
        }


def report(
    options: argparse.Namespace, idle: dict[str, float], busy: dict[str, float]
) -> None:
    """Print what stands in *How big* of appconnect/README.md."""
    from django.db.models import F

    from appconnect.calls.models import CallSession
    from tests.long_runs.benchmarks.figures import milliseconds

    logged = CallSession.objects.filter(status=CallSession.Status.LOGGED)
    took = [
        wait.total_seconds()
        for wait in logged.values_list(F("ended_at") - F("last_event_at"), flat=True)
    ]
    unlogged = CallSession.objects.exclude(status=CallSession.Status.LOGGED).count()
    print(
        f"{options.organizations} organizations, {len(took)} calls logged, {unlogged} not"
    )
    parts = ("web", "workers", "database")
    for name in parts:
        share = 100 * idle[name] / idle["seconds"]
        each = 1000 * busy[name] / options.calls
        cores = BUSIEST_HOUR_CALLS * each / 3_600_000
        print(
            f"{name:9} idle {share:.1f} % of a core; {each:.2f} CPU ms a call: "
            f"{cores:.2f} cores for {BUSIEST_HOUR_CALLS:,} calls an hour"
        )
    print(f"calls logged per second: {options.calls / busy['seconds']:.1f}")
    print(
        f"from the end to the record: p50 {milliseconds(took, 50) / 1000:.0f} s, "
        f"p95 {milliseconds(took, 95) / 1000:.0f} s"
    )
    print(f"database: {1000 * busy['database MB'] / options.calls:.1f} kB a call")
    print(f"memory: web {busy['web MB']:.0f} MB, workers {busy['worker MB']:.0f} MB")


if __name__ == "__main__":
    main()
