"""What only a real server can show: migrations and races on PostgreSQL."""

import os
import shlex
import subprocess
import sys

import pytest

from tests.support.helpers import ROOT
from tests.support.postgres import Server

RACE = """
import django, threading
django.setup()
from datetime import timedelta
from django.db import connection
from django.utils import timezone
from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.models import CallSession
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
    if CallSession.objects.claim(event.pk, now + timedelta(minutes=1)):
        claimed.append(1)
    connection.close()

def race(target, arguments):
    threads = [threading.Thread(target=target, args=a) for a in arguments]
    [t.start() for t in threads]
    [t.join() for t in threads]

race(deliver, [(change,) for change in changes * 2])
event = CallSession.objects.get()
parties = sorted(event.parties.values_list("sequence", "status", "was_answered"))
race(claim, [()] * 18)

others = CallSession.objects.bulk_create(
    CallSession(
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
        if CallSession.objects.claim(other.pk, now):
            taken.append(other.pk)
    connection.close()

race(claim_all, [()] * 4)
assert len(taken) == len(set(taken)) == 500, "K-6: each call has one claim"
print(parties == [(4, "disconnected", True)] * 3, len(claimed))
"""

MAPPING_RACE = """
import django, random, threading
django.setup()
from django.db import connection
from appconnect.organizations.models import Organization
from appconnect.organizations.mapping.user_mapping import auto_match, map_client_extensions
from appconnect.ringcentral.extensions import ExtensionInfo
from connector.types import CrmUser

organization = Organization.objects.create(
    name="M", rc_account_id="2", region="US", platform="sandbox"
)
extensions = [
    ExtensionInfo(
        id=str(n), extension_number=str(n), name=f"N {n}", email=f"n{n}@example.com",
        type="User", is_enabled=True,
    )
    for n in range(400)
]
users = [CrmUser(id=f"u{n}", name=f"N {n}", email=f"n{n}@example.com") for n in range(400)]
start = threading.Barrier(8)
answers, failures = [], []

def post(part):
    start.wait()
    try:
        for _ in range(3):
            mine, theirs = part[:], users[:]
            random.shuffle(mine)
            random.shuffle(theirs)
            answers.append(map_client_extensions(organization, mine, theirs))
    except Exception as error:
        failures.append(error)
    connection.close()

def refresh():
    start.wait()
    try:
        for _ in range(5):
            auto_match(Organization.objects.get(pk=organization.pk))
    except Exception as error:
        failures.append(error)
    connection.close()

parts = [extensions[n * 50:n * 50 + 100] for n in range(7)]
threads = [threading.Thread(target=post, args=(part,)) for part in parts]
threads.append(threading.Thread(target=refresh))
[t.start() for t in threads]
[t.join() for t in threads]
pairs = organization.user_mappings.values_list("extension__extension_id", "crm_user__crm_user_id")
print(len(failures), set(pairs) == {(str(n), f"u{n}") for n in range(400)})
"""

ROTATION = """
import django, threading
django.setup()
from io import StringIO
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from appconnect.organizations.models import CrmSession, Organization

organization = Organization.objects.create(name="R", rc_account_id="3", region="US")
pks = [
    CrmSession.objects.create(
        organization=organization, platform="sandbox", crm_user_id=str(n),
        extension_id=str(n), access_token="0",
    ).pk
    for n in range(8)
]
settings.ENCRYPTION_KEYS = {"k2": "cd" * 32, **settings.ENCRYPTION_KEYS}
rounds, failures = 40, []
start = threading.Barrier(9)

def write(pk):
    start.wait()
    try:
        for n in range(1, rounds + 1):
            row = CrmSession.objects.get(pk=pk)
            assert row.access_token == str(n - 1), "an update was lost"
            row.access_token = str(n)
            row.save()
    except BaseException as error:
        failures.append(error)
    connection.close()

def rotate():
    start.wait()
    for _ in range(5):
        call_command("rotate_keys", stdout=StringIO())
    connection.close()

threads = [threading.Thread(target=write, args=(pk,)) for pk in pks]
threads.append(threading.Thread(target=rotate))
[t.start() for t in threads]
[t.join() for t in threads]
said = StringIO()
call_command("rotate_keys", stdout=said)
del settings.ENCRYPTION_KEYS["k1"]
read = {row.access_token for row in CrmSession.objects.filter(pk__in=pks)}
print(len(failures), read == {str(rounds)}, "k1: 0 values" in said.getvalue())
"""

GUESSES = """
import django, threading
django.setup()
from django.db import connection
from django.utils import timezone
from appconnect.organizations.security.sign_in_defense import signed_in, take_attempt

now = timezone.now()
start = threading.Barrier(16)
looked_at, failures = [], []

def guess(number):
    start.wait()
    try:
        for _ in range(5):
            if take_attempt("ada", "203.0.113.9", now=now) is None:
                looked_at.append(1)
            take_attempt(f"user{number}", f"198.51.100.{number}", now=now)
            signed_in(f"user{number % 3}", "198.51.100.77", now=now)
    except BaseException as error:
        failures.append(error)
    connection.close()

threads = [threading.Thread(target=guess, args=(n,)) for n in range(16)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(looked_at), len(failures))
"""

HOLDER = """
import django, signal
django.setup()
from appconnect.calls.crm.sending_lock import being_sent
with being_sent(7):
    print("sending", flush=True)
    signal.pause()
"""
LOCK = f"""
import django, os, signal, subprocess, sys, time
django.setup()
from appconnect.calls.crm.sending_lock import being_sent, is_being_sent

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


@pytest.fixture
def postgres(postgres_server: Server) -> str:
    """The URL of an empty database."""
    return postgres_server.make_database()


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


def test_mapping_calls_at_once_lose_nothing(postgres):
    run(postgres, "manage.py", "migrate", "--verbosity", "0")

    assert run(postgres, "-c", MAPPING_RACE).split() == ["0", "True"]


def test_a_rotation_of_keys_loses_no_update(postgres):
    run(postgres, "manage.py", "migrate", "--verbosity", "0")

    assert run(postgres, "-c", ROTATION).split() == ["0", "True", "True"]


def test_guesses_at_once_are_no_way_around_the_limit(postgres):
    run(postgres, "manage.py", "migrate", "--verbosity", "0")

    assert run(postgres, "-c", GUESSES).split() == ["5", "0"]


def test_the_lock_of_a_stopped_worker_stays_and_of_a_dead_one_goes(postgres):
    assert run(postgres, "-c", LOCK).split() == [
        *("False", "True", "True", "False", "False")
    ]


def test_workers_and_their_queue_run_there_and_are_replaced_without_a_trace(postgres):
    """The task engine's server back end, and real worker processes."""
    told = run(
        *(
            postgres,
            "-m",
            "tests.long_runs.random_kills",
            "--gracefully",
            "--runs",
            "4",
        ),
        *("--database-url", postgres),
    )

    assert "{'LOGGED': 40}; looked for: 0" in told


def test_the_way_of_a_call_and_the_migrations_are_the_same_there(postgres):
    calls, monitoring = "tests/appconnect/calls", "tests/appconnect/monitoring"
    tests = (
        f"{calls}/intake/test_notifications.py",
        f"{calls}/intake/test_ringcentral_record.py",
        f"{calls}/intake/test_sync.py",
        f"{calls}/intake/test_correction.py",
        f"{calls}/crm/test_placeholder.py",
        f"{calls}/test_pipeline.py",
        f"{monitoring}/health/test_health.py",
        f"{monitoring}/alerts/test_alerting.py",
    )

    run(
        *(postgres, "-m", "pytest", "-q", *tests),
        *("tests/journeys/faults/test_crm.py", "tests/house/test_migrations.py"),
        "tests/appconnect/organizations/mapping/test_user_mapping.py",
        "tests/appconnect/organizations/mapping/test_mapping_changes.py",
        "tests/appconnect/organizations/security/test_audit_triggers.py",
        "tests/appconnect/organizations/people/test_team.py",
        "tests/appconnect/console/mapping/test_user_mapping_match.py",
    )


def test_d_rst_a_restart_of_the_database_loses_no_call_and_doubles_none(
    postgres_server, postgres
):
    """Two workers log calls and lose replies while it is killed and comes back."""
    told = run(
        *(postgres, "-m", "tests.long_runs.random_kills", "--runs", "4"),
        *("--database-url", postgres),
        *("--restart", shlex.join(postgres_server.restart)),
    )

    assert "lost: 0; logged twice: 0; ids that differ: 0" in told
    assert "{'LOGGED': 40}" in told
