"""What the README promises of a first start; the rest is in test_whole_journey."""

import io
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import manage as manage_py
from appconnect.keys import make_missing_keys
from appconnect.management.commands import start
from tests.support.helpers import ROOT, wait_for
from tests.support.program import free_port_pair

KEYS = ("SECRET_KEY", "ENCRYPTION_KEYS", "DATA_DIR", "QUEUE_URL", "DATABASE_URL")


def manage(folder: Path, *arguments: str, **variables: str):
    environment = {k: v for k, v in os.environ.items() if k not in KEYS}
    environment |= {
        "ENV_FILE": str(folder / ".env"),
        "DJANGO_SETTINGS_MODULE": "appconnect.settings",
        **variables,
    }
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_without_keys_nothing_starts(tmp_path):
    done = manage(tmp_path, "migrate")

    assert done.returncode != 0
    assert "Set the SECRET_KEY environment variable" in done.stderr


def test_the_first_start_makes_the_keys_and_a_later_one_keeps_them(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("SECRET_KEY")
    env_file = tmp_path / ".env"
    env_file.write_text("# SECRET_KEY=\nENCRYPTION_KEYS=mine\n")

    assert make_missing_keys(env_file) == ["SECRET_KEY"]
    assert make_missing_keys(env_file) == []
    assert "ENCRYPTION_KEYS=mine\n" in env_file.read_text()


@pytest.mark.parametrize("key", ["k1=abc", "k1=" + "z" * 64])
def test_a_key_that_is_none_is_named(tmp_path, key):
    done = manage(tmp_path, "check", ENCRYPTION_KEYS=key, SECRET_KEY="x" * 50)

    assert "the key 'k1' is not 64 hexadecimal digits" in done.stderr


def test_a_port_in_use_is_said_so(tmp_path):
    port = free_port_pair()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()

        done = manage(tmp_path, "start", "--port", str(port))

    assert done.returncode != 0
    assert f"Port {port} is in use; choose another with --port." in done.stderr


def test_the_running_program_keeps_its_keys_to_itself(program):
    env_file = program.log.with_name(".env")

    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    names = [line.split("=")[0] for line in env_file.read_text().splitlines()]
    assert sorted(names) == ["ENCRYPTION_KEYS", "SECRET_KEY"]
    assert env_file.read_text().split("=")[-1].strip() not in program.log.read_text()


def test_a_sandbox_takes_nothing_of_yours(tmp_path, monkeypatch):
    """It begins by deleting its files: they must not be those of a real installation."""
    for name in (*manage_py.YOURS, "ENV_FILE"):
        monkeypatch.setenv(name, "yours")
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["manage.py", "start", "--sandbox"])

    manage_py.prepare_start()

    assert os.environ["ENV_FILE"] == str(tmp_path / ".env")
    assert not set(manage_py.YOURS) & os.environ.keys()


def command(pid: str) -> str:
    """Return a process's command line; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def test_a_worker_that_is_killed_is_started_again(program):
    def workers() -> set[str]:
        children = Path(
            f"/proc/{program.process.pid}/task/{program.process.pid}/children"
        )
        return {
            pid for pid in children.read_text().split() if "run_worker" in command(pid)
        }

    [killed] = workers()
    os.kill(int(killed), 9)

    wait_for(lambda: workers() - {killed})
    wait_for(lambda: "worker ended (-9); restarting." in program.log.read_text())


def test_a_worker_that_is_stopped_is_killed_and_started_again(monkeypatch, capsys):
    """K-5: the supervisor's part. It lives, and lets nobody else have its calls."""
    monkeypatch.setattr(start, "STALLED_SECONDS", 0.5)
    children = start.Children(dict(os.environ))
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    children.start("worker", sleeper, is_watched=True)
    [stopped] = children._processes.values()
    os.kill(stopped.pid, signal.SIGSTOP)
    output = io.StringIO()

    def is_replaced() -> bool:
        children.look_after(output)
        return children._processes["worker"].pid != stopped.pid

    wait_for(is_replaced)

    assert "worker is stopped; killing it." in output.getvalue()
    assert stopped.returncode == -signal.SIGKILL
    children.stop()


def test_a_worker_that_speaks_is_left_alone(monkeypatch):
    monkeypatch.setattr(start, "STALLED_SECONDS", 0.5)
    watchdog = start.Watchdog()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as worker:
        for _ in range(10):
            worker.sendto(b"WATCHDOG=1", watchdog.address)
            assert not watchdog.is_silent()
    watchdog.close()
