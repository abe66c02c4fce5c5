"""The routes that App Connect's client and logging service ask, at a real web server.

Each from 1, 16 and 64 connections; then the same with many stored calls. The
processor's time is that of the web server and, where it is PostgreSQL, that of the
database; the sandbox and whoever asks have theirs.
"""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection

from django.db import connection
from django.utils import timezone

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.sandbox.ringcentral import seed
from tests.long_runs.benchmarks.figures import Sizes, cpu_seconds, milliseconds, vacuum
from tests.long_runs.benchmarks.million_calls import fill
from tests.long_runs.benchmarks.notifications import running_server
from tests.support.helpers import SandboxControl
from tests.support.organization import connect_to_crm
from tests.support.workers import prepare

CONNECTIONS = (1, 16, 64)
SECONDS = 4.0
"""For each route and number of connections."""
WARM_UP = 50
LOGGED = 50
"""So many calls are there to be read and changed."""
STORED_CALLS = 20_000
SETTINGS = "/admin/serverLoggingSettings"
ACCOUNT = {"apiUsername": "service", "apiPassword": "sandbox"}
Request = tuple[str, object]
"""Path and body."""
EXISTING = {
    ("GET /isAlive", 16): "0.15",
    ("GET /implementedInterfaces", 16): "0.19",
    (f"GET {SETTINGS}", 16): "1.4 + 0.14",
    (f"POST {SETTINGS}", 16): "1.7 + 0.33",
    ("GET /contact, new", 64): "2.8 + 0.58",
    ("GET /contact, known", 64): "1.8 + 0.32",
    ("POST /callLog", 64): "4.3 + 1.8",
    ("GET /callLog, details", 16): "2.6 + 0.69",
    ("PATCH /callLog", 16): "3.0 + 1.5",
}
"""Route and connections → CPU ms of App Connect's own server and its PostgreSQL.

`@app-connect/core` 1.7.41, one process, on two shared cores, with the same CRM.
"""
numbers = itertools.count(1)


@dataclass
class Route:
    """`requests` gives one after the other: a call is logged once, a number is new once."""

    name: str
    method: str
    requests: Iterator[Request]


def run(sandbox: SandboxControl, sizes: Sizes) -> list[dict]:
    seconds = SECONDS * sizes.scale
    stored_calls = sizes.stored_calls or sizes.of(STORED_CALLS)
    organization = prepare(sandbox)
    headers = sign_in(organization)
    headers["X-RC-Access-Token"] = sandbox.access_token(seed.ADMIN_EXTENSION)
    connection.close()
    with running_server() as server:
        rows = [
            measure(server, route, connections, headers, seconds=seconds)
            for route in routes(server, headers)
            for connections in CONNECTIONS
        ]
    fill(organization, stored_calls)
    vacuum()
    connection.close()
    with running_server() as server:
        return rows + [
            {
                **measure(server, route, 16, headers, seconds=seconds),
                "stored calls": f"{stored_calls:,}",
            }
            for route in routes(server, headers)
        ]


def sign_in(organization) -> dict[str, str]:
    """Return the headers of the admin's client."""
    admin = seed.extension_id(seed.ADMIN_EXTENSION)
    session = connect_to_crm(
        organization, api_key=seed.api_key_of("u1"), extension_id=admin
    )
    return {
        "Authorization": f"Bearer {issue_user_jwt(session)}",
        "Content-Type": "application/json",
    }


def routes(server: int, headers: dict[str, str]) -> Iterator[Route]:
    ids = log_some(server, headers)
    known = seed.CONTACTS[0][2].removeprefix("+")
    reads = {
        "/isAlive": "/isAlive",
        "/implementedInterfaces": "/implementedInterfaces?platform=sandbox",
        SETTINGS: SETTINGS,
        "/user/settings": "/user/settings",
        "/contact, known": f"/contact?phoneNumber=+{known}",
        "/callLog": f"/callLog?sessionIds={ids[0]}",
        "/callLog, details": f"/callLog?sessionIds={ids[0]}&requireDetails=true",
    }
    for name, path in reads.items():
        yield Route(f"GET {name}", "GET", itertools.repeat((path, None)))
    save = (SETTINGS, {"additionalFieldValues": ACCOUNT})
    yield Route(f"POST {SETTINGS}", "POST", itertools.repeat(save))
    yield Route("GET /contact, new", "GET", map(contact, numbers))
    yield Route("POST /callLog", "POST", map(call, numbers))
    yield Route(
        "PATCH /callLog",
        "PATCH",
        (
            ("/callLog", {"sessionId": i, "note": "Agreed"})
            for i in itertools.cycle(ids)
        ),
    )
    yield Route(
        "POST /callLog/cacheNote",
        "POST",
        (("/callLog/cacheNote", {"sessionId": f"{n}", "note": "x"}) for n in numbers),
    )


def contact(number: int) -> Request:
    return f"/contact?phoneNumber=+1628{number:07}", None


def call(number: int) -> Request:
    """Return the post of a call that nobody has logged yet."""
    info = {
        "sessionId": f"new-{number}",
        "telephonySessionId": f"s-new-{number}",
        "direction": "Inbound",
        "from": {"phoneNumber": seed.CONTACTS[0][2]},
        "to": {"extensionNumber": seed.ADMIN_EXTENSION},
        "startTime": timezone.now().isoformat(),
        "duration": 61,
        "result": "Accepted",
    }
    who = {"contactId": seed.CONTACTS[0][0], "contactName": seed.CONTACTS[0][1]}
    return "/callLog", {"logInfo": info, **who}


def log_some(server: int, headers: dict[str, str]) -> list[str]:
    """Log calls; return their session ids."""
    posts = [call(next(numbers)) for _ in range(LOGGED)]
    client = HTTPConnection("127.0.0.1", server, timeout=60)
    for post in posts:
        ask(client, "POST", post, headers)
    client.close()
    return [body["logInfo"]["sessionId"] for _, body in posts]


def measure(
    server: int,
    route: Route,
    connections: int,
    headers: dict[str, str],
    *,
    seconds: float,
) -> dict:
    """Ask for so long, from so many connections at once."""
    took: list[float] = []
    lock = threading.Lock()

    def ask_until(ends_at: Callable[[], bool]) -> None:
        client = HTTPConnection("127.0.0.1", server, timeout=60)
        is_over = False
        while not is_over:
            with lock:
                request = next(route.requests)
            began = time.monotonic()
            ask(client, route.method, request, headers)
            took.append(time.monotonic() - began)
            is_over = ends_at()
        client.close()

    ask_until(lambda: len(took) >= WARM_UP)
    took.clear()
    began, cpu_before = time.monotonic(), cpu_times()
    threads = [
        threading.Thread(
            target=ask_until, args=(lambda: time.monotonic() > began + seconds,)
        )
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - began
    server_ms, database_ms = (
        round(1000 * (after - before) / len(took), 2)
        for before, after in zip(cpu_before, cpu_times(), strict=True)
    )
    return {
        "route": route.name,
        "stored calls": "few",
        "connections": connections,
        "per second": round(len(took) / elapsed),
        "p99 ms": milliseconds(took, 99),
        "CPU ms": server_ms,
        "database": database_ms if connection.vendor == "postgresql" else "",
        "existing": EXISTING.get((route.name, connections), ""),
    }


def cpu_times() -> tuple[float, float]:
    """Return the processor time that the web server and PostgreSQL have used."""
    return cpu_seconds("appconnect.wsgi"), cpu_seconds("postgres: ")


def ask(
    client: HTTPConnection, method: str, request: Request, headers: dict[str, str]
) -> None:
    path, body = request
    client.request(method, path, json.dumps(body) if body else None, headers)
    reply = client.getresponse()
    answer = reply.read()
    assert reply.status == 200, (path, reply.status, answer[:300])
