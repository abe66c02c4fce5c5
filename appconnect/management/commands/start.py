"""One command that runs everything on this machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

HOST = "127.0.0.1"
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
GRANIAN = [
    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
    *("--host", HOST, "--log-level", "error"),
]
SANDBOX_USER, SANDBOX_PASSWORD = "admin", "sandbox"
SANDBOX_JWT = "sandbox-jwt-101"
START_SECONDS = 60
STOP_SECONDS = 30
LONGEST_PAUSE_SECONDS = 30
STALLED_SECONDS = 300


class Command(BaseCommand):
    help = (
        "Prepare the database and run the web server and the worker until Ctrl-C. "
        "With --sandbox also a make-believe RingCentral and CRM, everything afresh."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox", action="store_true")

    def handle(self, *, port: int, sandbox: bool, **options):
        ports = [port, port + 1] if sandbox else [port]
        for wanted in ports:
            check_free(wanted)
        if sandbox:
            shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
        stop_on_signals()
        children = Children(sandbox_environment(port) if sandbox else dict(os.environ))
        try:
            self.start(children, port, sandbox)
            children.watch(self.stderr)
        except Stopped:
            pass
        finally:
            ignore_signals()
            children.stop()

    def start(self, children: "Children", port: int, sandbox: bool) -> None:
        if sandbox:
            application = ["appconnect.sandbox.wsgi:application"]
            options = ["--port", str(port + 1), "--blocking-threads", "8"]
            children.start("sandbox", [*GRANIAN, *options, *application])
            wait_for(f"http://{HOST}:{port + 1}/healthz")
            register_app(port)
        children.run([*MANAGE, "migrate", "--verbosity", "0"])
        children.run([*MANAGE, "collectstatic", "--no-input", "--verbosity", "0"])
        if sandbox:
            children.run(
                [
                    *(*MANAGE, "create_organization", "--username", SANDBOX_USER),
                    *("--platform", "sandbox", "--crm-hostname", f"{HOST}:{port + 1}"),
                ],
                typed=f"{SANDBOX_JWT}\n{SANDBOX_PASSWORD}\n",
            )
        # Twice as many as may wait for a CRM: see `calls.bulkhead`.
        options = ["--port", str(port), "--blocking-threads", "32"]
        children.start("web", [*GRANIAN, *options, "appconnect.wsgi:application"])
        children.start("worker", [*MANAGE, "run_worker"], is_watched=True)
        wait_for(f"http://{HOST}:{port}/readyz")
        self.stdout.write(f"\nConsole:  http://{HOST}:{port}/")
        if sandbox:
            self.stdout.write(f"          sign in: {SANDBOX_USER} / {SANDBOX_PASSWORD}")
            self.stdout.write(f"Sandbox:  http://{HOST}:{port + 1}/  (make a call)")
        self.stdout.write("Ctrl-C stops everything.")
        self.stdout.flush()


class Stopped(Exception):
    """Somebody wants everything to stop."""


def stop_on_signals() -> None:
    def stop(*args: object) -> None:
        raise Stopped

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def ignore_signals() -> None:
    """Let nobody interrupt the end: pressing Ctrl-C twice would leave processes behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is in use; choose another with --port."
            ) from error


def sandbox_environment(port: int) -> dict[str, str]:
    """Return the environment of a sandbox: its own RingCentral and CRM, and no patience."""
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
    """Tell the sandbox's RingCentral where people come back to after signing in there."""
    callback = f"http://{HOST}:{port}/ringcentral/callback/"
    requests.post(
        f"http://{HOST}:{port + 1}/__sim/app",
        json={"redirectUris": [callback]},
        timeout=5,
    ).raise_for_status()


def wait_for(url: str) -> None:
    """Wait until the address answers 200."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise CommandError(f"{url} does not answer; the lines above may say why.")


class Watchdog:
    """Listens to what a process would tell systemd (``sd_notify``)."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="appconnect-")
        self.address = f"{self._folder.name}/notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)
        self.begin()

    def close(self) -> None:
        self._socket.close()
        self._folder.cleanup()

    def begin(self) -> None:
        """Begin to wait for a word."""
        self._heard_at = time.monotonic()

    def is_silent(self) -> bool:
        """Tell whether nothing was heard for long."""
        with suppress(BlockingIOError):
            while self._socket.recv(100):
                self.begin()
        return time.monotonic() - self._heard_at > STALLED_SECONDS


class Children:
    """The processes this one runs, and keeps running."""

    def __init__(self, environment: dict[str, str]):
        self._watchdog = Watchdog()
        self._environment = {**environment, "NOTIFY_SOCKET": self._watchdog.address}
        self._watched: set[str] = set()
        self._commands: dict[str, Sequence[str]] = {}
        self._processes: dict[str, subprocess.Popen] = {}
        self._pauses: dict[str, float] = {}

    def run(self, command: Sequence[str], *, typed: str = "") -> None:
        """Run a command to its end; raises `CommandError` when it fails."""
        done = subprocess.run(  # noqa: S603  our own commands
            command, env=self._environment, input=typed, text=True, check=False
        )
        if done.returncode:
            raise CommandError(f"`manage.py {command[2]}` failed.")

    def start(
        self, name: str, command: Sequence[str], *, is_watched: bool = False
    ) -> None:
        """Start a process that is to run until `stop`.

        One that `is_watched` says now and then that it is not stopped, as to systemd; one
        that does not is killed: while it lives, nobody takes over what it has begun.
        """
        self._commands[name] = command
        if is_watched:
            self._watched.add(name)
            self._watchdog.begin()
        # A session of its own: Ctrl-C reaches this process only, which stops the others.
        self._processes[name] = subprocess.Popen(  # noqa: S603  our own commands
            command, env=self._environment, start_new_session=True
        )

    def watch(self, output) -> None:
        """Keep them running, for ever."""
        while True:
            self.look_after(output)
            time.sleep(0.3)

    def look_after(self, output) -> None:
        """Start again what has ended by itself, after a pause that grows, or is stopped."""
        for name, process in self._processes.items():
            is_watched = name in self._watched
            if is_watched and self._watchdog.is_silent():
                output.write(f"{name} is stopped; killing it.")
                process.kill()
                process.wait()
            if process.poll() is not None:
                pause = self._pauses.get(name, 0.5)
                output.write(f"{name} ended ({process.returncode}); restarting.")
                time.sleep(pause)
                self._pauses[name] = min(pause * 2, LONGEST_PAUSE_SECONDS)
                self.start(name, self._commands[name], is_watched=is_watched)

    def stop(self) -> None:
        """Ask all to stop, and make those that do not."""
        for process in self._processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        self._watchdog.close()
