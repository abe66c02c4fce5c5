"""Connections to PostgreSQL that stay open between requests, and when they are checked."""

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection

from appconnect.organizations.models import Organization
from appconnect.postgresql import base
from appconnect.worker import queue, sweep

pytestmark = [pytest.mark.on_postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def checks(monkeypatch) -> list[bool]:
    """The result of each check of a connection from now on."""
    request()
    results = []

    def is_usable(wrapper: base.DatabaseWrapper) -> bool:
        results.append(super(base.DatabaseWrapper, wrapper).is_usable())
        return results[-1]

    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", is_usable, raising=False)
    return results


def request() -> None:
    """Use the database as a request, or a task, does."""
    close_old_connections()
    Organization.objects.exists()
    close_old_connections()


def run_in_thread(function: Callable[[], None]) -> None:
    def run() -> None:
        function()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def backend_id() -> int:
    return connection.connection.info.backend_pid


def test_connection_is_kept_without_a_check_before_each_request(checks):
    kept = backend_id()
    for _ in range(3):
        request()

    assert backend_id() == kept
    assert checks == []


def test_connection_is_checked_after_a_long_rest(checks, monkeypatch):
    monkeypatch.setattr(base, "MAX_REST_SECONDS", 0)
    close_old_connections()

    assert checks == [True]


def test_connection_is_checked_once_after_another_thread_lost_its_own(checks):
    run_in_thread(request)
    request()
    request()

    assert checks == [True]


def test_request_succeeds_after_the_server_ended_the_connection(checks):
    ended = backend_id()

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [ended])
        connection.connection.close()  # unnoticed by the other threads

    run_in_thread(end)
    request()

    assert backend_id() != ended
    assert checks == [False]


def test_statement_with_other_parameters_is_prepared_once(checks):
    for number in range(10):
        Organization.objects.filter(name=f"{number}").exists()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            ['%"name" = $_ %'],
        )
        assert cursor.fetchone() == (1,)


def test_task_that_loses_its_connection_leaves_the_next_one_another(monkeypatch):
    found = []

    def lose_connection(key: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    def look(key: str) -> None:
        found.append(Organization.objects.count())

    monkeypatch.setattr(queue.check_ringcentral, "call_local", lose_connection)
    monkeypatch.setattr(queue.sync_call_log, "call_local", look)

    sweep.look_after.call_local([("key", ["check_ringcentral", "sync_call_log"])])

    assert found == [0]
