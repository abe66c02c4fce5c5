"""Let the program work steadily for half an hour: does anything grow that should not?

    uv run python -m tests.long_runs.soak [--minutes 30] [--calls-per-minute 60]
                                          [--database-url postgres://…]

A web server, a worker and the sandbox. RingCentral notifies of calls, which are logged,
while App Connect's client looks contacts up, logs calls and changes records. Each minute a
line with memory, threads, open files and connections. Ends with an error where, after the
first third, memory grew by more than a tenth or files or connections by more than a few,
or where a call ended in another state than logged.
"""

import argparse
import itertools
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from tests.long_runs.random_kills import is_settled
from tests.support.helpers import SandboxControl, wait_for
from tests.support.program import free_port_pair, running_sandbox
from tests.support.workers import choose_environment, prepare, running_workers

SCRIPTS = ("inbound_answered", "outbound_answered", "missed", "queue")
EXTENSIONS = ("101", "102", "103", "104", "105", "106")
MAX_GROWTH = 1.1
"""Of memory, after the first third of the time."""
MAX_MORE = 10
"""Files or connections, after the first third of the time."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--calls-per-minute", type=float, default=60)
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL", ""))
    options = parser.parse_args()
    url = options.database_url
    servers = dict.fromkeys(("DATABASE_URL", "QUEUE_URL"), url) if url else {}
    port = free_port_pair()
    with running_sandbox(threads=32) as sandbox:
        choose_environment(
            sandbox,
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            CALL_SETTLE_SECONDS="1",
            CALL_LOG_DELAY_SECONDS="2",
            CALL_LOG_SYNC_SECONDS="30",
            **servers,
        )

        import django

        django.setup()
        from tests.long_runs.benchmarks.notifications import running_server

        organization = prepare(sandbox)
        headers = sign_in(organization, sandbox)
        with running_server(port), running_workers(1):
            wait_for(lambda: sandbox.subscriptions(), seconds=120)
            rows = work(
                sandbox,
                port,
                headers,
                minutes=options.minutes,
                interval=60 / options.calls_per_minute,
            )
            wait_for(is_settled, seconds=300)
        return report(rows)


def sign_in(organization, sandbox: SandboxControl) -> dict[str, str]:
    """Return the headers of the admin's client."""
    from appconnect.sandbox.ringcentral import seed
    from tests.long_runs.benchmarks import api

    token = sandbox.access_token(seed.ADMIN_EXTENSION)
    return api.sign_in(organization) | {"X-RC-Access-Token": token}


def work(
    sandbox: SandboxControl,
    port: int,
    headers: dict[str, str],
    *,
    minutes: int,
    interval: float,
) -> list[dict[str, int]]:
    """Make calls and requests, one of each per interval; return a row for each minute."""
    is_over = threading.Event()
    scripts = itertools.cycle(itertools.product(SCRIPTS, EXTENSIONS))
    began = time.monotonic()
    rows: list[dict[str, int]] = []
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(keep_asking, port, headers, interval, is_over)
        while len(rows) < minutes and not asking.done():
            script, extension = next(scripts)
            sandbox.make_call(script, extension=extension)
            time.sleep(interval)
            if time.monotonic() > began + 60 * (len(rows) + 1):
                rows.append(figures(len(rows) + 1))
                print_row(rows)
        is_over.set()
        asking.result()  # raises what ended it too early
    return rows


def keep_asking(
    port: int, headers: dict[str, str], interval: float, is_over: threading.Event
) -> None:
    """Ask as App Connect's client does. Raises an error where a reply is no 200."""
    from http.client import HTTPConnection

    from tests.long_runs.benchmarks import api

    client = HTTPConnection("127.0.0.1", port, timeout=60)
    for route in itertools.cycle(list(api.routes(port, headers))):
        if is_over.wait(interval):
            return client.close()
        api.ask(client, route.method, next(route.requests), headers)


def figures(minute: int) -> dict[str, int]:
    """Return what the program has done and holds now."""
    from appconnect.calls.models import CallSession, CrmRecord

    web = processes("appconnect.wsgi")
    worker = processes("run_worker")
    return {
        "minute": minute,
        "calls": CallSession.objects.filter(status="LOGGED").count(),
        "records": CrmRecord.objects.count(),
        "web MB": sum(map(megabytes, web)),
        "worker MB": sum(map(megabytes, worker)),
        "web threads": sum(count_of(p, "task") for p in web),
        "worker threads": sum(count_of(p, "task") for p in worker),
        "web files": sum(count_of(p, "fd") for p in web),
        "worker files": sum(count_of(p, "fd") for p in worker),
        "connections": database_connections(),
    }


def processes(command: str) -> list[Path]:
    """Return this run's processes with this in their command: children of this one."""
    return [p for p in descendants(os.getpid()) if command in command_of(p)]


def descendants(pid: int) -> Iterator[Path]:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield Path(f"/proc/{child}")
            yield from descendants(int(child))


def command_of(process: Path) -> str:
    with suppress(OSError):
        return (process / "cmdline").read_text()
    return ""


def megabytes(process: Path) -> int:
    """Return a process's share of the memory in use (PSS)."""
    pss = (process / "smaps_rollup").read_text().partition("\nPss:")[2].split()[0]
    return int(pss) // 1024


def count_of(process: Path, things: str) -> int:
    return len(list((process / things).iterdir()))


def database_connections() -> int:
    """Return how many connections PostgreSQL has for this database; 0 for SQLite."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        )
        return cursor.fetchone()[0]


def print_row(rows: list[dict[str, int]]) -> None:
    if len(rows) == 1:
        print("  ".join(rows[0]))
    print("  ".join(f"{value:>{len(name)}}" for name, value in rows[-1].items()))
    sys.stdout.flush()


def report(rows: list[dict[str, int]]) -> int:
    """Print what grew, and the calls' states; return the number of faults."""
    from appconnect.calls.models import CallSession

    states = Counter(CallSession.objects.values_list("status", "reason"))
    warm, last = rows[len(rows) // 3], rows[-1]
    grown = [
        f"{name}: {warm[name]} to {last[name]}"
        for name in last
        if (name.endswith("MB") and last[name] > warm[name] * MAX_GROWTH)
        or (
            name.endswith(("files", "connections"))
            and last[name] > warm[name] + MAX_MORE
        )
    ]
    unlogged = sum(count for state, count in states.items() if state[0] != "LOGGED")
    print(f"calls: {dict(states)}; grown: {grown or 'nothing'}")
    return len(grown) + unlogged


if __name__ == "__main__":
    sys.exit(main())
