"""`manage.py start` leaves no process behind, whenever and however it is asked to stop."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from signal import SIG_DFL, SIGHUP, SIGINT, SIGKILL, SIGTERM, signal

import pytest

from tests.support.helpers import ROOT, wait_for
from tests.support.program import free_port_pair

pytestmark = pytest.mark.processes

STARTED = "Ctrl-C stops everything."
MARK = "STOP_TEST"


def hear_hangups() -> None:
    """Handle SIGHUP as a shell's child does, even where `nohup` runs the tests."""
    signal(SIGHUP, SIG_DFL)


class Start:
    """A `manage.py start` whose processes are found by a mark in their environment."""

    def __init__(self, folder: Path, options: list[str]):
        self.mark = uuid.uuid4().hex
        self.log = folder / "start.log"
        command = [sys.executable, str(ROOT / "manage.py"), "start", *options]
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [*command, "--port", str(free_port_pair())],
                env={
                    **os.environ,
                    "SANDBOX_DIR": str(folder),
                    "DATA_DIR": str(folder / "data"),
                    "DJANGO_SETTINGS_MODULE": "appconnect.settings",
                    MARK: self.mark,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a process group without pytest in it
                preexec_fn=hear_hangups,
            )

    def children(self) -> dict[int, str]:
        """Return the command line of each process it started, directly or not, by pid."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes():
                    command = (folder / "cmdline").read_bytes().decode()
                    found[int(folder.name)] = command.replace("\0", " ")
        found.pop(self.process.pid, None)
        return found

    def wait_until(self, moment: str) -> None:
        """Wait until a child's command line or the output has `moment` in it."""

        def has_come() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            seen = [self.log.read_text(), *self.children().values()]
            return any(moment in text for text in seen)

        wait_for(has_come, seconds=60)

    def send(self, *signals: int, to_group: bool) -> None:
        # It is not reaped before `poll`, so its id cannot be another process's.
        for number in signals:
            if to_group:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)

    def kill(self) -> None:
        for pid in (self.process.pid, *self.children()):
            with suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder for all: only the first start that comes so far fills the database."""
    return tmp_path_factory.mktemp("start")


@pytest.fixture
def start(request, folder) -> Iterator[Start]:
    start = Start(folder, request.param)
    yield start
    start.kill()


@pytest.mark.parametrize(
    ("start", "moment", "signals", "to_group"),
    [
        (["--sandbox"], "sandbox.wsgi", [SIGTERM, SIGTERM], True),
        ([], "migrate", [SIGHUP], True),
        ([], "collectstatic", [SIGINT], False),
        ([], "run_worker", [SIGTERM, SIGINT], False),
        ([], STARTED, [SIGINT, SIGTERM], True),
    ],
    indirect=["start"],
)
def test_signals_stop_everything(start, moment, signals, to_group):
    start.wait_until(moment)

    start.send(*signals, to_group=to_group)

    assert start.process.wait(60) == 0, start.log.read_text()
    wait_for(lambda: not start.children(), seconds=30)


@pytest.mark.parametrize(
    ("start", "moment"), [([], "migrate"), ([], STARTED)], indirect=["start"]
)
def test_signals_without_end_stop_everything(start, moment):
    """While it is stopping, and while the interpreter ends."""
    start.wait_until(moment)

    while start.process.poll() is None:
        start.send(SIGTERM, SIGINT, to_group=True)

    assert start.process.returncode == 0, start.log.read_text()
    wait_for(lambda: not start.children(), seconds=30)


@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
@pytest.mark.parametrize("start", [[]], indirect=True)
def test_signal_before_anything_is_started_ends_it(start, number):
    start.send(number, number, to_group=True)

    # Python itself ends with 1 where it is interrupted before it has come to our code.
    assert start.process.wait(60) in (0, -number, 1)
    assert start.children() == {}
