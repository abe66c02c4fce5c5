"""Migrations, races, locks and restarts on a real PostgreSQL server."""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from appconnect.worker.engine import make_engine
from tests.support.helpers import ROOT, wait_for
from tests.support.postgres import Server

DIFFERENT_THERE = (
    "tests/appconnect/calls/actions/test_retention.py::"
    "test_more_client_records_than_a_statement_takes_values_are_deleted",
    "tests/appconnect/calls/intake/test_notifications.py",
    "tests/appconnect/calls/intake/test_sync.py",
    "tests/appconnect/calls/crm/test_placeholder.py",
    "tests/appconnect/calls/test_pipeline.py",
    "tests/appconnect/monitoring/health/test_health.py",
    "tests/appconnect/organizations/connections/test_crm_sign_in.py",
    "tests/appconnect/organizations/mapping/test_mapping_changes.py",
    "tests/appconnect/organizations/mapping/test_user_mapping.py",
    "tests/appconnect/organizations/people/test_team.py",
    "tests/appconnect/organizations/security/test_audit_triggers.py",
    "tests/appconnect/test_postgresql.py",
)
"""Tests of what can differ there: locks, constraints, triggers, bulk writes, aggregates."""


@pytest.fixture
def postgres(postgres_server: Server) -> str:
    """The URL of an empty database."""
    return postgres_server.make_database()


def run(postgres: str, *arguments: str) -> str:
    environment = {**os.environ, "DATABASE_URL": postgres}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=850,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def migrated(postgres_server: Server) -> str:
    """The URL of a database with all tables; each race makes an organization of its own."""
    url = postgres_server.make_database()
    run(url, "manage.py", "migrate", "--verbosity", "0")
    return url


def test_two_processes_make_the_queues_tables_at_once(postgres):
    with (
        psycopg.connect(postgres) as first,
        psycopg.connect(postgres, autocommit=True) as watcher,
        ThreadPoolExecutor() as threads,
    ):
        first.execute("CREATE TABLE huey_kv (queue text, key text, value bytea)")
        second = threads.submit(make_engine, postgres)
        waiting = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        wait_for(lambda: watcher.execute(waiting).fetchone())
        first.commit()

        with closing(second.result().storage) as queue:
            assert queue.queue_size() == 0


def run_program(postgres: str, name: str) -> list[str]:
    return run(postgres, "-m", f"tests.support.programs.{name}").split()


def test_no_migration_is_left_unapplied(migrated):
    plan = run(migrated, "manage.py", "showmigrations", "--plan")

    assert "[X]" in plan
    assert "[ ]" not in plan


def test_upgraded_database_is_like_a_new_one(postgres_server):
    program = ("-m", "tests.support.programs.print_schema")
    new = run(postgres_server.make_database(), *program)
    upgraded = run(postgres_server.make_database(), *program, "--one-by-one")

    assert json.loads(upgraded) == json.loads(new)


def test_concurrent_notifications_and_claims_have_one_winner(migrated):
    printed = run_program(migrated, "notification_race")

    assert printed == [*("True", "1"), *("500", "500", "0")]


def test_concurrent_mapping_calls_lose_nothing(migrated):
    assert run_program(migrated, "mapping_race") == ["0", "True"]


def test_key_rotation_loses_no_update(migrated):
    assert run_program(migrated, "key_rotation") == ["0", "True", "True"]


def test_concurrent_guesses_are_limited(migrated):
    assert run_program(migrated, "sign_in_guesses") == ["5", "0"]


def test_sending_lock_survives_a_stop_and_ends_with_the_process(postgres):
    assert run_program(postgres, "sending_lock") == [
        *("False", "True", "True", "False", "False")
    ]


@pytest.mark.long
def test_workers_are_replaced_without_a_trace(postgres):
    """The task engine's server back end, and real worker processes."""
    printed = run(
        *(postgres, "-m", "tests.long_runs.random_kills", "--gracefully"),
        *("--runs", "4", "--database-url", postgres),
    )

    assert "{'LOGGED': 40}; looked for: 0" in printed


@pytest.mark.long
def test_tests_that_depend_on_the_database_pass_on_postgresql(postgres):
    only = ("-m", "not processes")

    printed = run(postgres, "-m", "pytest", "-q", *only, *DIFFERENT_THERE)

    assert " passed" in printed
    assert "skipped" not in printed


@pytest.mark.long
def test_database_restart_loses_no_call_and_doubles_none(postgres_server, postgres):
    """Two workers log calls and lose replies while it is killed and comes back."""
    printed = run(
        *(postgres, "-m", "tests.long_runs.random_kills", "--runs", "4"),
        *("--database-url", postgres),
        *("--restart", shlex.join(postgres_server.restart)),
    )

    assert "lost: 0; logged twice: 0; ids that differ: 0" in printed
    assert "{'LOGGED': 40}" in printed
