"""The processes that `manage.py start` runs, keeps running, and stops."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TextIO

from django.core.management.base import CommandError

POLL_SECONDS = 0.1
STOP_TIMEOUT_SECONDS = 30
MAX_RESTART_DELAY_SECONDS = 30
WATCHDOG_TIMEOUT_SECONDS = 300


class Stopped(Exception):
    """This process was asked to stop."""


class StopRequest:
    """Whether this process was asked to stop, by Ctrl-C, SIGTERM or the end of its terminal.

    The signals only set a flag, and whoever waits looks at it. An exception raised by the
    handler could come while a process is being started or stopped, and leave it running.
    """

    def __init__(self) -> None:
        self.is_made = False

    def listen(self) -> None:
        """Handle the signals from now on."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup` has SIGHUP ignored.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._make)

    def _make(self, *args: object) -> None:
        self.is_made = True

    def check(self) -> None:
        """Raise `Stopped` if the request was made."""
        if self.is_made:
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Sleep. Raises `Stopped` as soon as the request is made."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, POLL_SECONDS))
        self.check()


class Watchdog:
    """Receives what a process would report to systemd (``sd_notify``)."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="appconnect-")
        self.address = f"{self._folder.name}/notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)
        self.reset()

    def close(self) -> None:
        self._socket.close()
        self._folder.cleanup()

    def reset(self) -> None:
        """Start the timeout anew."""
        self._last_report_at = time.monotonic()

    def has_expired(self) -> bool:
        """Return whether no report came for `WATCHDOG_TIMEOUT_SECONDS`."""
        with suppress(BlockingIOError):
            while self._socket.recv(100):
                self.reset()
        return time.monotonic() - self._last_report_at > WATCHDOG_TIMEOUT_SECONDS


class Children:
    """The processes this one runs, each with whatever it starts itself."""

    def __init__(self, environment: dict[str, str], stop_request: StopRequest):
        self._stop_request = stop_request
        self._watchdog = Watchdog()
        self._environment = {**environment, "NOTIFY_SOCKET": self._watchdog.address}
        self._watched: set[str] = set()
        self._commands: dict[str, Sequence[str]] = {}
        self._processes: dict[str, subprocess.Popen] = {}
        self._restart_delays: dict[str, float] = {}

    def run(self, command: Sequence[str], *, typed: str = "") -> None:
        """Run a command to its end. Raises `CommandError` when it fails, and `Stopped`."""
        process = self._open(command, stdin=subprocess.PIPE, text=True)
        try:
            with suppress(BrokenPipeError), process.stdin as keyboard:
                keyboard.write(typed)
            while process.poll() is None:
                self._stop_request.sleep(POLL_SECONDS)
        finally:
            end([process])
        if process.returncode:
            raise CommandError(f"`manage.py {command[2]}` failed.")

    def start(
        self, name: str, command: Sequence[str], *, is_watched: bool = False
    ) -> None:
        """Start a process that is to run until `stop`. Raises `Stopped`.

        One that `is_watched` reports now and then that it is alive, as to systemd; one
        that does not is killed: while it lives, no other takes over what it has begun.
        """
        self._commands[name] = command
        if is_watched:
            self._watched.add(name)
            self._watchdog.reset()
        self._processes[name] = self._open(command)

    def _open(self, command: Sequence[str], **options) -> subprocess.Popen:
        self._stop_request.check()
        # A session of its own: Ctrl-C reaches this process only, which stops the others,
        # and a process is killed together with what it has started.
        return subprocess.Popen(  # noqa: S603  our own commands
            command, env=self._environment, start_new_session=True, **options
        )

    def watch(self, output: TextIO) -> None:
        """Keep the processes running until `Stopped` is raised."""
        while True:
            self.restart_ended(output)
            self._stop_request.sleep(POLL_SECONDS)

    def restart_ended(self, output: TextIO) -> None:
        """Restart each process that has ended or stalled, after a delay that grows."""
        for name, process in self._processes.items():
            is_watched = name in self._watched
            if is_watched and self._watchdog.has_expired():
                output.write(f"{name} is not responding; killing it.")
                kill(process)
            if process.poll() is not None:
                kill(process)
                delay = self._restart_delays.get(name, 0.5)
                output.write(f"{name} ended ({process.returncode}); restarting.")
                self._stop_request.sleep(delay)
                self._restart_delays[name] = min(delay * 2, MAX_RESTART_DELAY_SECONDS)
                self.start(name, self._commands[name], is_watched=is_watched)

    def stop(self) -> None:
        """End all processes."""
        end(self._processes.values())
        self._watchdog.close()


def end(processes: Collection[subprocess.Popen]) -> None:
    """Ask processes to end, and kill those that have not `STOP_TIMEOUT_SECONDS` later."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0, deadline - time.monotonic()))
        kill(process)


def kill(process: subprocess.Popen) -> None:
    """Kill a process, and what it has started even where it has ended itself."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
