"""What only a real server can show: migrations and races on PostgreSQL."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.program import free_port_pair, missing
from tests.support import ROOT

RACE = """
import django, threading
django.setup()
from datetime import timedelta
from django.db import connection
from django.utils import timezone
from appconnect.calls.intake import record_notification
from appconnect.calls.models import CallEvent
from appconnect.organizations.models import Organization
from appconnect.ringcentral.notifications import Notification, PartyChange

now = timezone.now()
organization = Organization.objects.create(name="O", rc_account_id="1", region="US")
changes = [
    PartyChange(
        telephony_session_id="s", party_id=f"p{party}", extension_id="1",
        sequence=sequence, status=status, reason="", event_time=now,
    )
    for party in range(3)
    for sequence, status in ((2, "setup"), (3, "answered"), (4, "disconnected"))
]
start = threading.Barrier(18)
claimed = []

def deliver(change):
    start.wait()
    record_notification(
        organization, Notification(subscription_id="x", changes=(change,)),
        received_at=now,
    )
    connection.close()

def claim():
    start.wait()
    if CallEvent.objects.claim(event.pk, now + timedelta(minutes=1)):
        claimed.append(1)
    connection.close()

def race(target, arguments):
    threads = [threading.Thread(target=target, args=a) for a in arguments]
    [t.start() for t in threads]
    [t.join() for t in threads]

race(deliver, [(change,) for change in changes * 2])
event = CallEvent.objects.get()
parties = sorted(event.parties.values_list("sequence", "status", "was_answered"))
race(claim, [()] * 18)

others = CallEvent.objects.bulk_create(
    CallEvent(
        organization=organization, telephony_session_id=f"s-{number}", started_at=now,
        last_event_at=now, received_at=now, next_attempt_at=now,
    )
    for number in range(500)
)
start = threading.Barrier(4)
taken = []

def claim_all():
    start.wait()
    for other in others:
        if CallEvent.objects.claim(other.pk, now):
            taken.append(other.pk)
    connection.close()

race(claim_all, [()] * 4)
assert len(taken) == len(set(taken)) == 500, "K-6: each call has one claim"
print(parties == [(4, "disconnected", True)] * 3, len(claimed))
"""


HOLDER = """
import django, signal
django.setup()
from appconnect.calls.sending_lock import being_sent
with being_sent(7):
    print("sending", flush=True)
    signal.pause()
"""
LOCK = f"""
import django, os, signal, subprocess, sys, time
django.setup()
from appconnect.calls.sending_lock import being_sent, is_being_sent

answers = [is_being_sent(7)]
holder = subprocess.Popen(
    [sys.executable, "-c", {HOLDER!r}], stdout=subprocess.PIPE, text=True
)
assert holder.stdout.readline() == "sending\\n"
answers.append(is_being_sent(7))
os.kill(holder.pid, signal.SIGSTOP)
answers.append(is_being_sent(7))
holder.kill()
deadline = time.monotonic() + 20
while is_being_sent(7) and time.monotonic() < deadline:
    time.sleep(0.05)
answers.append(is_being_sent(7))
with being_sent(7):
    pass
answers.append(is_being_sent(7))
print(*answers)
"""


class Server:
    """A private PostgreSQL server with two empty databases."""

    def __init__(self, folder: Path, data: Path):
        self.port = free_port_pair()
        as_owner = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(data.parent, "postgres")
            as_owner = ["runuser", "-u", "postgres", "--"]
        run = [*as_owner, str(folder / "initdb"), "-D", str(data), "-A", "trust"]
        subprocess.run([*run, "-U", "postgres"], check=True, capture_output=True)
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {data}"
        control = [*as_owner, str(folder / "pg_ctl"), "-D", str(data), "-w"]
        self.stop = [*control, "-m", "immediate", "stop"]
        start = [*control, "-l", str(data / "log"), "-o", options]
        self.restart = [*start, "-m", "immediate", "restart"]
        subprocess.run([*start, "start"], check=True, stdout=subprocess.DEVNULL)
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        psql = [
            str(folder / "psql"),
            self.url,
            "-c",
            "CREATE DATABASE postgres_workers",
        ]
        subprocess.run(psql, check=True, capture_output=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("initdb")
    if not binaries and not on_path:
        missing("PostgreSQL is not installed: apt-get install postgresql.")
    folder = binaries[-1] if binaries else Path(on_path).parent
    with TemporaryDirectory() as data:  # pytest's own is shut to other users
        started = Server(folder, Path(data) / "data")
        yield started
        subprocess.run(started.stop, check=True, capture_output=True)


@pytest.fixture
def postgres(server: Server) -> str:
    """The URL of an empty database."""
    return server.url


def run(postgres: str, *arguments: str) -> str:
    environment = {**os.environ, "DATABASE_URL": postgres}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_migrations_apply_and_races_have_one_winner(postgres):
    run(postgres, "manage.py", "migrate", "--verbosity", "0")
    unapplied = run(postgres, "manage.py", "showmigrations", "--plan")
    assert "[ ]" not in unapplied

    assert run(postgres, "-c", RACE).split() == ["True", "1"]


def test_the_lock_of_a_stopped_worker_stays_and_of_a_dead_one_goes(postgres):
    assert run(postgres, "-c", LOCK).split() == [
        *("False", "True", "True", "False", "False")
    ]


def test_workers_and_their_queue_run_there_and_are_replaced_without_a_trace(postgres):
    """The task engine's server back end, and real worker processes."""
    told = run(
        *(postgres, "-m", "tests.random_kills", "--gracefully", "--runs", "4"),
        *("--database-url", f"{postgres}_workers"),
    )

    assert "{'LOGGED': 40}; looked for: 0" in told


def test_the_way_of_a_call_and_the_migrations_are_the_same_there(postgres):
    names = ("intake", "record", "feed", "pipeline", "correction", "placeholder")
    tests = [f"tests/calls/test_{name}.py" for name in names]

    run(
        *(postgres, "-m", "pytest", "-q", *tests),
        *("tests/faults/test_crm.py", "tests/test_migrations.py"),
        *("tests/organizations/test_audit_triggers.py",),
        *("tests/organizations/test_team.py",),
    )


def test_d_rst_a_restart_of_the_database_loses_no_call_and_doubles_none(server):
    """Two workers log calls and lose replies while it is killed and comes back."""
    told = run(
        *(server.url, "-m", "tests.random_kills", "--runs", "4"),
        *("--database-url", f"{server.url}_workers"),
        *("--restart", shlex.join(server.restart)),
    )

    assert "lost: 0; logged twice: 0; ids that differ: 0" in told
    assert "{'LOGGED': 40}" in told
