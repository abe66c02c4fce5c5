"""The turns of SQLite's writers, between the threads of a process."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import (
    IntegrityError,
    OperationalError,
    connection,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper

from appconnect.organizations.models import Extension, Organization
from appconnect.sqlite import base

pytestmark = [pytest.mark.on_sqlite, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def threads():
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


def can_write(threads: ThreadPoolExecutor) -> bool:
    return in_thread(threads, lambda: rename("Written")).result(10) == 1


def test_a_writer_waits_for_the_end_of_anothers_transaction(organization, threads):
    with transaction.atomic():
        rename("First")
        second = in_thread(threads, lambda: rename("Second"))
        assert not second.done()
        rename("First again")

    assert second.result(10) == 1
    organization.refresh_from_db()
    assert organization.name == "Second"


def test_the_turn_ends_with_a_transaction_that_fails(organization, threads):
    with pytest.raises(ValueError, match="fails"), transaction.atomic():
        raise ValueError("it fails")

    assert can_write(threads)


def test_the_turn_ends_with_a_commit_that_is_refused(organization, threads):
    """The database checks foreign keys at the end."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Extension.objects.create(organization_id=uuid4(), extension_id="1")

    assert can_write(threads)


def test_the_turn_ends_with_a_connection_that_is_closed(organization, threads):
    def close_in_transaction() -> None:
        with transaction.atomic():
            rename("Not stored")
            BaseDatabaseWrapper.close(connection)  # SQLite's leaves one in memory open

    in_thread(threads, close_in_transaction).result(10)

    assert can_write(threads)


def test_the_turn_ends_with_a_statement_that_fails(organization, threads):
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("UPDATE no_table SET name = 'x'")

    assert can_write(threads)


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


def test_a_turn_that_does_not_come_is_a_database_that_is_locked(
    organization, threads, monkeypatch
):
    monkeypatch.setattr(base, "TIMEOUT_SECONDS", 0.01)
    ending = threading.Event()

    def begin() -> None:
        with transaction.atomic():
            begun.set()
            ending.wait(10)

    begun = threading.Event()
    writer = in_thread(threads, begin)
    assert begun.wait(10)
    with pytest.raises(OperationalError, match="locked"):
        rename("Second")
    with pytest.raises(OperationalError, match="locked"), transaction.atomic():
        rename("Third")
    ending.set()
    writer.result(10)

    assert rename("Last") == 1
