"""Each app has its migrations squashed into one, for new databases; later ones go forward."""

import ast
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.support.helpers import ROOT

LABELS = [c.label for c in apps.get_app_configs() if c.name.startswith("appconnect.")]
MIGRATIONS = {
    key: migration
    for key, migration in sorted(MigrationLoader(None).disk_migrations.items())
    if key[0] in LABELS
}
"""In one order, or the processes of a parallel run do not have the same tests."""


def run(database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a SQLite database."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": f"sqlite:///{database}",
            "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def migrate(database: Path) -> subprocess.CompletedProcess[str]:
    return run(database, "manage.py", "migrate", "--verbosity", "0")


@pytest.fixture(scope="module")
def migrated(tmp_path_factory) -> Path:
    """A database that was empty before `manage.py migrate`."""
    database = tmp_path_factory.mktemp("migrations") / "db.sqlite3"
    done = migrate(database)
    assert done.returncode == 0, done.stderr
    return database


def test_each_app_with_models_has_its_first_migrations_squashed():
    with_models = {app for app in LABELS if list(apps.get_app_config(app).get_models())}
    initial = {key for key, migration in MIGRATIONS.items() if migration.initial}
    first = {(label, "0001_initial") for label in with_models}
    squashed = {key for key in initial if MIGRATIONS[key].replaces}

    assert initial == first | squashed
    assert {label for label, _name in squashed} == with_models


def test_every_migration_applies_to_an_empty_database(migrated):
    with sqlite3.connect(migrated) as database:
        applied = database.execute("SELECT app, name FROM django_migrations").fetchall()

    assert MIGRATIONS.keys() <= set(applied)


def test_upgraded_database_is_like_a_new_one(tmp_path):
    program = ("-m", "tests.support.programs.print_schema")
    new = run(tmp_path / "new.sqlite3", *program)
    upgraded = run(tmp_path / "upgraded.sqlite3", *program, "--one-by-one")

    assert (new.stderr, upgraded.stderr) == ("", "")
    assert json.loads(upgraded.stdout) == json.loads(new.stdout)


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize("key", MIGRATIONS, ids=".".join)
def test_migrations_only_go_forward(key):
    """Data is never migrated back: an operation with Python or SQL has no reverse."""
    path = Path(sys.modules[MIGRATIONS[key].__module__].__file__)
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(
            ("RunPython", "RunSQL")
        ):
            assert len(call.args) == 1, ast.unparse(call)
            assert not any(
                keyword.arg in ("reverse_code", "reverse_sql")
                for keyword in call.keywords
            ), ast.unparse(call)


def test_database_of_another_release_is_refused_with_the_remedy(migrated):
    with sqlite3.connect(migrated) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('calls', '0002_call_log_feed', '2026-01-01')"
        )

    done = migrate(migrated)

    assert done.returncode == 1
    assert (
        f"The database {migrated} was made by another release of this program, with the "
        "migration calls.0002_call_log_feed: start with an empty database, or go back to "
        "the release that made it."
    ) in done.stderr


@pytest.mark.django_db
def test_migrations_of_other_packages_are_not_ours_to_refuse():
    MigrationRecorder(connection).record_applied("auth", "0099_of_a_newer_django")

    call_command("check", databases=["default"])
