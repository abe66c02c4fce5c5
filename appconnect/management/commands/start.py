"""One command that runs everything on this machine."""

import os
import shutil
import signal
import socket
import sys
import time

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from appconnect.management.children import (
    POLL_SECONDS,
    Children,
    Stopped,
    StopRequest,
)
from connector.http.session import open_session

HOST = "127.0.0.1"
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
GRANIAN = [
    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
    *("--host", HOST, "--log-level", "error"),
]
SANDBOX_USER, SANDBOX_PASSWORD = "admin", "sandbox"
SANDBOX_JWT = "sandbox-jwt-101"
START_TIMEOUT_SECONDS = 60
REQUEST_TIMEOUT_SECONDS = 2


class Command(BaseCommand):
    help = (
        "Prepare the database and run the web server and the worker until Ctrl-C. With "
        "--sandbox, also run a simulated RingCentral and CRM, all from scratch."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox", action="store_true")

    def handle(self, *, port: int, sandbox: bool, **options):
        stop_request = StopRequest()
        stop_request.listen()
        for needed in [port, port + 1] if sandbox else [port]:
            check_free(needed)
        if sandbox:
            shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
        environment = sandbox_environment(port) if sandbox else dict(os.environ)
        children = Children(environment, stop_request)
        try:
            self.start(children, stop_request, port=port, sandbox=sandbox)
            children.watch(self.stderr)
        except Stopped:
            pass
        finally:
            children.stop()
            # Python's own end would let a further signal decide the exit status.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def start(
        self, children: Children, stop_request: StopRequest, *, port: int, sandbox: bool
    ) -> None:
        if sandbox:
            application = ["appconnect.sandbox.wsgi:application"]
            options = ["--port", str(port + 1), "--blocking-threads", "8"]
            children.start("sandbox", [*GRANIAN, *options, *application])
        children.run([*MANAGE, "migrate", "--verbosity", "0"])
        children.run([*MANAGE, "collectstatic", "--no-input", "--verbosity", "0"])
        if sandbox:
            wait_until_ready(f"{HOST}:{port + 1}", "/healthz", stop_request)
            register_app(port)
            children.run(
                [
                    *(*MANAGE, "create_organization", "--skip-checks"),
                    *("--username", SANDBOX_USER, "--platform", "sandbox"),
                    *("--crm-hostname", f"{HOST}:{port + 1}"),
                ],
                typed=f"{SANDBOX_JWT}\n{SANDBOX_PASSWORD}\n",
            )
        # A quarter is free of those that may wait for a CRM or RingCentral: see
        # `calls.client.bulkhead` and `ringcentral.bulkhead`.
        # An idle thread ends, and with it its connection to the database.
        options = [
            *("--port", str(port), "--blocking-threads", "32"),
            *("--blocking-threads-idle-timeout", "600"),
        ]
        children.start("web", [*GRANIAN, *options, "appconnect.wsgi:application"])
        children.start("worker", [*MANAGE, "run_worker"], is_watched=True)
        wait_until_ready(f"{HOST}:{port}", "/readyz", stop_request)
        self.stdout.write(f"\nConsole:  http://{HOST}:{port}/")
        if sandbox:
            self.stdout.write(f"          sign in: {SANDBOX_USER} / {SANDBOX_PASSWORD}")
            self.stdout.write(f"Sandbox:  http://{HOST}:{port + 1}/  (make a call)")
        self.stdout.write("Ctrl-C stops everything.")
        self.stdout.flush()


def check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is in use. Choose another with --port."
            ) from error


def sandbox_environment(port: int) -> dict[str, str]:
    """Return the environment of a sandbox: its own RingCentral and CRM, and short delays."""
    sandbox = f"{HOST}:{port + 1}"
    return {
        **os.environ,
        "SANDBOX": "true",
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "RINGCENTRAL_SERVER": f"http://{sandbox}",
        "RINGCENTRAL_CLIENT_ID": "sandbox-app",
        "RINGCENTRAL_CLIENT_SECRET": "sandbox-secret",
        "CRM_PRIVATE_HOSTS": ",".join([sandbox, *settings.CRM_PRIVATE_HOSTS]),
        "CALL_SETTLE_SECONDS": "1",
        "CALL_LOG_DELAY_SECONDS": "2",
        "CALL_LOG_SYNC_SECONDS": "30",
    }


def register_app(port: int) -> None:
    """Register at the sandbox's RingCentral where people come back to after signing in."""
    host = f"{HOST}:{port + 1}"
    callback = f"http://{HOST}:{port}/ringcentral/callback/"
    with open_session(private_hosts=[host]) as session:
        session.post(
            f"http://{host}/__sim/app",
            json={"redirectUris": [callback]},
            timeout=REQUEST_TIMEOUT_SECONDS,
        ).raise_for_status()


def wait_until_ready(host: str, path: str, stop_request: StopRequest) -> None:
    """Wait until `path` is answered with 200. Raises `CommandError`, and `Stopped`."""
    url = f"http://{host}{path}"
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    with open_session(private_hosts=[host]) as session:
        while time.monotonic() < deadline:
            try:
                if session.get(url, timeout=REQUEST_TIMEOUT_SECONDS).ok:
                    return
            except requests.RequestException:
                pass
            stop_request.sleep(POLL_SECONDS)
    raise CommandError(f"{url} is not responding. The lines above may say why.")
