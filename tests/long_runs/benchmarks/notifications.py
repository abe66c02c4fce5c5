"""How fast a notification is acknowledged: at 10,000 in a minute, and as fast as it goes."""

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from django.db import connection
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.organizations.models import LoggingSubscription
from appconnect.ringcentral.subscriptions import ACCOUNT_FILTER
from tests.long_runs.benchmarks.figures import Sizes, milliseconds
from tests.support.helpers import ROOT, SandboxControl, wait_for
from tests.support.program import free_port_pair
from tests.support.workers import prepare, running_workers

SENDERS = 16
RUNS = [("10,000 in 60 s", 10_000, 60.0), ("at once", 5_000, 0.0)]
"""Name, notifications, and the seconds over which they are spread."""
TOKEN = "a token for the benchmark"


def run(sandbox: SandboxControl, sizes: Sizes) -> list[dict]:
    organization = prepare(sandbox)
    subscription = LoggingSubscription.objects.create(
        organization=organization,
        event_filter=ACCOUNT_FILTER,
        status=LoggingSubscription.Status.ACTIVE,
        polled_at=timezone.now(),  # the worker takes it for one that it made
        verification_token_hash=LoggingSubscription.hash_token(TOKEN),
        subscription_id="benchmark",
    )
    rows = []
    path = f"/webhooks/ringcentral/{subscription.pk}/"
    connection.close()
    with running_server() as port, running_workers(1):
        for name, full_count, full_seconds in RUNS:
            count, seconds = sizes.of(full_count), full_seconds * sizes.scale
            before = CallSession.objects.count()
            took, refused, elapsed = deliver(port, path, count, seconds)
            assert CallSession.objects.count() - before == count - refused
            rows.append(
                {
                    "delivered": name,
                    "per second": round(count / elapsed),
                    "p50 ms": milliseconds(took, 50),
                    "p99 ms": milliseconds(took, 99),
                    "refused": refused,
                }
            )
    return rows


@contextmanager
def running_server(
    port: int | None = None,
    *,
    application: str = "appconnect.wsgi:application",
    processes: int = 1,
) -> Iterator[int]:
    """Run the web server as `manage.py start` does; yield its port."""
    port = port or free_port_pair()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "32"),
            *("--workers", str(processes), "--log-level", "error", application),
        ],
        cwd=ROOT,
    )
    try:
        wait_for(lambda: SandboxControl(f"127.0.0.1:{port}").is_alive())
        yield port
    finally:
        process.terminate()
        process.wait(10)


def deliver(
    port: int, path: str, count: int, seconds: float
) -> tuple[list[float], int, float]:
    """Deliver the ends of so many calls; return what each took, how many failed, and all."""
    began = time.monotonic()
    took: list[float] = []
    refused: list[int] = []

    def send_share(first: int) -> None:
        server = HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Content-Type": "application/json", "Verification-Token": TOKEN}
        for number in range(first, count, SENDERS):
            wait = began + seconds * number / count - time.monotonic()
            time.sleep(max(0.0, wait))
            sent = time.monotonic()
            server.request("POST", path, body=notification(), headers=headers)
            reply = server.getresponse()
            reply.read()
            took.append(time.monotonic() - sent)
            if reply.status != 200:
                refused.append(reply.status)
        server.close()

    senders = [threading.Thread(target=send_share, args=(n,)) for n in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return took, len(refused), time.monotonic() - began


def notification() -> bytes:
    """Return the end of a call that nobody has heard of yet."""
    session = uuid.uuid4().hex
    at = timezone.now().isoformat(timespec="milliseconds")
    party = {
        "accountId": "800100200",
        "extensionId": "800100102",
        "id": f"p-{session}-1",
        "direction": "Inbound",
        "status": {"code": "Disconnected", "rcc": False},
    }
    body = {
        "sequence": 5,
        "sessionId": "1",
        "telephonySessionId": f"s-{session}",
        "eventTime": at,
        "parties": [party],
        "origin": {"type": "Call"},
    }
    return json.dumps(
        {
            "uuid": session,
            "event": "/restapi/v1.0/account/800100200/telephony/sessions",
            "timestamp": at,
            "subscriptionId": "benchmark",
            "ownerId": "800100101",
            "body": body,
        }
    ).encode()
