"""The turns of SQLite's writers: the threads of a process, and processes."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from appconnect.organizations.models import Extension, Organization
from appconnect.sqlite.base import DatabaseWrapper, turn
from tests.support.helpers import ROOT, wait_for

pytestmark = [pytest.mark.on_sqlite, pytest.mark.django_db(transaction=True)]

OTHER_PROCESS = """
import sys
from django.conf import settings
from django.db import connection, transaction

database = {"ENGINE": "appconnect.sqlite", "NAME": sys.argv[1], "OPTIONS": {"timeout": 20}}
settings.configure(DATABASES={"default": database})
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("INSERT INTO words VALUES ('theirs')")
    if sys.argv[2:]:
        print("written", flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


def in_thread(threads: ThreadPoolExecutor, function: Callable[[], object]) -> Future:
    """Run a function in a thread with a database connection of its own."""

    def run() -> object:
        try:
            return function()
        finally:
            connection.close()

    return threads.submit(run)


def rename(name: str) -> int:
    return Organization.objects.update(name=name)


def test_a_writer_waits_for_the_end_of_anothers_transaction(organization, threads):
    begun = threading.Event()

    def write() -> int:
        begun.set()
        return rename("Second")

    with transaction.atomic():
        rename("First")
        second = in_thread(threads, write)
        assert begun.wait(10)
        with pytest.raises(TimeoutError):  # in memory SQLite itself would not wait
            second.result(0.3)
        rename("First again")

    assert second.result(10) == 1
    organization.refresh_from_db()
    assert organization.name == "Second"


def test_a_turn_that_does_not_come_is_a_database_that_is_locked(
    organization, threads, monkeypatch
):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.01)
    begun, ending = threading.Event(), threading.Event()

    def begin() -> None:
        with transaction.atomic():
            begun.set()
            assert ending.wait(10)

    writer = in_thread(threads, begin)
    assert begun.wait(10)
    with pytest.raises(OperationalError, match="database is locked"):
        rename("Second")
    with (
        pytest.raises(OperationalError, match="database is locked"),
        transaction.atomic(),
    ):
        rename("Third")
    ending.set()
    writer.result(10)

    assert rename("Last") == 1


def commit() -> None:
    with transaction.atomic():
        rename("Stored")
        assert turn.locked()


def fail() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert turn.locked() / 0


def be_refused() -> None:
    """The database checks foreign keys at the end."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Extension.objects.create(organization_id=uuid4(), extension_id="1")


def be_rolled_back_by_sqlite() -> None:
    """It also does so by itself, when the disk is full for example."""

    def write() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
            rename("Written alone")  # does not wait for its own turn

    with suppress(OperationalError):
        write()


def close() -> None:
    with transaction.atomic():
        rename("Not stored")
        BaseDatabaseWrapper.close(connection)  # SQLite's leaves one in memory open


def name_no_table() -> None:
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("UPDATE no_table SET name = 'x'")


@pytest.mark.parametrize(
    "end", [commit, fail, be_refused, be_rolled_back_by_sqlite, close, name_no_table]
)
def test_the_turn_ends_however_the_transaction_does(organization, threads, end):
    in_thread(threads, end).result(10)

    assert not turn.locked()


def test_the_turn_ends_with_an_interrupted_commit(organization, monkeypatch):
    def interrupt() -> None:
        raise SystemExit

    monkeypatch.setattr(connection, "_commit", interrupt)
    with pytest.raises(SystemExit):
        commit()

    assert not turn.locked()


def test_a_statement_that_returns_rows_returns_all(organization):
    Organization.objects.create(name="Other", rc_account_id="1")
    returning = "UPDATE organizations_organization SET region = 'DE' RETURNING name"
    names = {(organization.name,), ("Other",)}
    with connection.cursor() as cursor:
        assert set(cursor.execute(returning)) == names
        assert set(cursor.execute(returning).fetchall()) == names
        assert {*cursor.execute(returning).fetchmany(1), cursor.fetchone()} == names
        assert cursor.fetchone() is None
        assert cursor.rowcount == 2


@pytest.fixture
def database(tmp_path) -> Iterator[DatabaseWrapper]:
    """A database in a file, which another process may have open too."""
    name = str(tmp_path / "words.sqlite3")
    database = DatabaseWrapper({**connection.settings_dict, "NAME": name}, "words")
    database.inc_thread_sharing()
    with database.cursor() as cursor:
        cursor.execute("CREATE TABLE words (word text)")
    yield database
    database.close()


def start_other(database: DatabaseWrapper, *arguments: str) -> subprocess.Popen:
    name = database.settings_dict["NAME"]
    return subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, name, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def write_ours(database: DatabaseWrapper) -> list[str]:
    """Write a word; return all."""
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO words VALUES ('ours')")
        cursor.execute("SELECT word FROM words")
        return [word for (word,) in cursor]


def wait_until_waiting(pid: int) -> None:
    """Wait until the process waits for another one's turn."""
    waits = f"-> FLOCK  ADVISORY  WRITE {pid} "
    wait_for(lambda: waits in Path("/proc/locks").read_text(), seconds=30)


def test_another_process_waits_for_its_turn(database):
    """SQLite would let it sleep, and miss the end of this turn."""
    database.take_turn()
    with start_other(database) as other:
        try:
            wait_until_waiting(other.pid)
            assert write_ours(database) == ["ours"]
        finally:
            database.end_turn()

    assert other.returncode == 0
    assert write_ours(database) == ["ours", "theirs", "ours"]


def test_the_turn_ends_with_a_process_that_is_killed(database, threads):
    with start_other(database, "stay") as other:
        try:
            assert other.stdout.readline() == b"written\n"
            ours = threads.submit(write_ours, database)
            wait_until_waiting(os.getpid())
        finally:
            other.kill()

    assert ours.result(10) == ["ours"]


def test_the_turn_ends_although_closing_the_file_fails(database, monkeypatch):
    close_file = os.close

    def fail(file: int) -> None:
        close_file(file)
        raise OSError(errno.EIO, "Input/output error")

    database.take_turn()
    monkeypatch.setattr(os, "close", fail)
    with pytest.raises(OSError, match="Input"):
        database.end_turn()

    assert not turn.locked()


def test_without_the_write_ahead_log_sqlite_decides(database, monkeypatch):
    monkeypatch.setitem(database.settings_dict, "NAME", "/proc/nowhere/words.sqlite3")

    assert write_ours(database) == ["ours"]
    assert not turn.locked()
