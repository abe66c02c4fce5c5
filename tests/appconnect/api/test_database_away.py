"""A database that does not answer: the clients are told to come back, in App Connect's words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import InterfaceError, OperationalError, connection

from tests.appconnect.api.calls.test_call_log import body


@contextmanager
def database_away(after: int, error: type[Exception]) -> Iterator[None]:
    """Answer that many queries, and then no more."""
    asked = 0

    def ask(execute: Callable, *query: object) -> object:
        nonlocal asked
        asked += 1
        if asked > after:
            raise error("the server closed the connection")
        return execute(*query)

    with connection.execute_wrapper(ask):
        yield


def check(reply) -> None:
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert reply.json()["error"] == "Service unavailable"
    assert "detail" in reply.json()


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("answered", [0, 1], ids=["who asks", "the view"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/user/settings"),
        ("GET", "/admin/serverLoggingSettings"),
        ("POST", "/callLog"),
    ],
)
def test_a_client_is_told_to_come_back(call, error, answered, method, path):
    with database_away(answered, error):
        reply = call(method, path, body() if method == "POST" else None)

    check(reply)


@pytest.mark.parametrize("answered", [0, 1], ids=["who asks", "the view"])
def test_the_logging_service_says_the_same(service, connected, answered):
    with database_away(answered, OperationalError):
        reply = service("GET", "/subscription")

    check(reply)


def test_open_endpoint_that_counts_requests_answers_503_too(client, connected):
    with database_away(0, OperationalError):
        check(client.get("/userInfoHash?accountId=1"))
