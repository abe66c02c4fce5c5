"""What the README promises of a first start; test_whole_journey has the rest, test_stop the end."""

import io
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import manage as manage_py
from appconnect.keys import make_missing_keys, make_private
from appconnect.management import children
from appconnect.management.children import Children, StopRequest
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
        timeout=240,
    )


def test_without_keys_nothing_starts(tmp_path):
    done = manage(tmp_path, "migrate")

    assert done.returncode != 0
    assert "Set the SECRET_KEY environment variable" in done.stderr


def test_first_start_makes_missing_keys_and_later_one_keeps_them(tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    env_file = tmp_path / ".env"
    env_file.write_text("# SECRET_KEY=\nENCRYPTION_KEYS=mine\n")

    assert make_missing_keys(env_file) == ["SECRET_KEY"]
    assert make_missing_keys(env_file) == []
    assert "ENCRYPTION_KEYS=mine\n" in env_file.read_text()


@pytest.mark.parametrize("key", ["k1=abc", "k1=" + "z" * 64])
def test_malformed_encryption_key_is_named(tmp_path, key):
    done = manage(tmp_path, "check", ENCRYPTION_KEYS=key, SECRET_KEY="x" * 50)

    assert "the key 'k1' is not 64 hexadecimal digits" in done.stderr


def test_faulty_connector_of_ones_own_stops_no_other(tmp_path):
    (tmp_path / "acme.declarative.json").write_text("{")
    settings = {"SECRET_KEY": "x" * 50, "ENCRYPTION_KEYS": f"k1={'ab' * 32}"}

    done = manage(tmp_path, "check_connector", CONNECTORS_DIR=str(tmp_path), **settings)

    assert "odoo: OK" in done.stdout
    assert f"{tmp_path / 'acme.declarative.json'}: acme.declarative.json: not JSON" in (
        done.stderr
    )
    checked = manage(tmp_path, "check", CONNECTORS_DIR=str(tmp_path), **settings)
    assert checked.returncode == 0, "the program starts nevertheless"
    assert "appconnect.W001" in checked.stderr


def test_port_in_use_is_reported(tmp_path):
    port = free_port_pair()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()

        done = manage(tmp_path, "start", "--port", str(port))

    assert done.returncode != 0
    assert f"Port {port} is in use. Choose another with --port." in done.stderr


def test_keys_are_private_and_not_in_output(program):
    env_file = program.log.with_name(".env")

    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    names = [line.split("=")[0] for line in env_file.read_text().splitlines()]
    assert sorted(names) == ["ENCRYPTION_KEYS", "SECRET_KEY"]
    assert env_file.read_text().split("=")[-1].strip() not in program.log.read_text()


def test_databases_are_private(program):
    files = [*program.log.parent.rglob("*.sqlite3"), *program.log.parent.rglob("*-wal")]

    assert {"app.sqlite3", "queue.sqlite3"} <= {path.name for path in files}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_sqlite_file_and_its_log_are_made_private(tmp_path):
    path = tmp_path / "app.sqlite3"
    path.touch(mode=0o644)

    for name in (str(path), str(tmp_path / "new.sqlite3")):
        make_private(name)
        with closing(sqlite3.connect(name)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE t (x)")
            files = list(tmp_path.glob(f"{Path(name).name}*"))
            assert len(files) == 3
            assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}

    make_private(":memory:")
    make_private(str(tmp_path / "nowhere" / "app.sqlite3"))


def test_sandbox_ignores_keys_and_database_of_real_installation(tmp_path, monkeypatch):
    """It begins by deleting its files: they must not be those of a real installation."""
    for name in (*manage_py.INSTALLATION_VARIABLES, "ENV_FILE"):
        monkeypatch.setenv(name, "yours")
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["manage.py", "start", "--sandbox"])

    manage_py.prepare_start()

    assert os.environ["ENV_FILE"] == str(tmp_path / ".env")
    assert not set(manage_py.INSTALLATION_VARIABLES) & os.environ.keys()


def read(file: Path) -> str:
    """Return a file's text; empty when it is not there."""
    return file.read_text() if file.exists() else ""


def command(pid: str) -> str:
    """Return a process's command line; empty when it is gone."""
    try:
        return read(Path(f"/proc/{pid}/cmdline"))
    except OSError:  # it ends just now
        return ""


def test_killed_worker_is_restarted(program):
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


@pytest.fixture
def start_children(monkeypatch) -> Iterator[Children]:
    monkeypatch.setattr(children, "WATCHDOG_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(children, "STOP_TIMEOUT_SECONDS", 0.5)
    started = Children(dict(os.environ), StopRequest())
    yield started
    started.stop()


def test_stalled_worker_is_killed_and_restarted(start_children):
    """It is alive, and no other worker may take over its calls."""
    start_children.start("worker", ["sleep", "60"], is_watched=True)
    [stalled] = start_children._processes.values()
    os.kill(stalled.pid, signal.SIGSTOP)
    output = io.StringIO()

    def is_replaced() -> bool:
        start_children.restart_ended(output)
        return start_children._processes["worker"].pid != stalled.pid

    wait_for(is_replaced)

    assert "worker is not responding; killing it." in output.getvalue()
    assert stalled.returncode == -signal.SIGKILL


def test_reporting_worker_is_left_alone(monkeypatch):
    monkeypatch.setattr(children, "WATCHDOG_TIMEOUT_SECONDS", 0.5)
    watchdog = children.Watchdog()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as worker:
        for _ in range(10):
            worker.sendto(b"WATCHDOG=1", watchdog.address)
            assert not watchdog.has_expired()
    watchdog.close()


def test_child_that_ignores_sigterm_is_killed_with_its_own_children(
    start_children, tmp_path
):
    script, pid_file = (
        ROOT / "tests/support/programs/ignore_sigterm.sh",
        tmp_path / "pid",
    )
    start_children.start("web", ["sh", str(script), str(pid_file)])
    [process] = start_children._processes.values()
    grandchild = wait_for(lambda: read(pid_file).strip())

    start_children.stop()

    assert process.returncode == -signal.SIGKILL
    wait_for(lambda: not command(grandchild))
