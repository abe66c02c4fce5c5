"""How many requests to the CRM one person's client can cause, on whichever route."""

import pytest

from appconnect.api import urls as api
from appconnect.api.base import crm_requests, views
from tests.security.hostile import EchoServer
from tests.security.test_log_canaries import BODY, echo
from tests.support.walk import endpoints

__all__ = ["echo"]  # a fixture
METHODS = ("get", "post", "put", "patch")


@pytest.fixture(autouse=True)
def _nothing_counted(monkeypatch):
    monkeypatch.setattr(crm_requests, "by_person", crm_requests.MinuteCounts())


def limit(monkeypatch, *, per_request: int, per_minute: int) -> None:
    """Set the limits of every route: what a class says of its own goes too."""
    routes = {
        pattern.callback.view_class
        for pattern in api.urlpatterns
        if hasattr(pattern.callback, "view_class")
    }
    for view in {views.ClientView, *(v for r in routes for v in r.__mro__)}:
        for name, value in (
            ("max_crm_requests", per_request),
            ("max_crm_requests_per_minute", per_minute),
        ):
            if name in vars(view):
                monkeypatch.setattr(view, name, value)


def asked_of_crm(echo: EchoServer) -> int:
    return sum(request.path.startswith("/crm/") for request in echo.requests)


def walk(echo, ask, organization, ids) -> int:
    """Ask everything once with each method; return how often that asked the CRM."""
    for path in endpoints(ids):
        for method in METHODS:
            ask(organization, method, f"{path}?phoneNumber=%2B14155550101", BODY)
    return asked_of_crm(echo)


def test_no_route_asks_the_crm_uncounted(echo, connected, ask, ids, monkeypatch):
    assert walk(echo, ask, connected, ids) > 5

    echo.requests.clear()
    limit(monkeypatch, per_request=0, per_minute=100)
    assert walk(echo, ask, connected, ids) == 0


def test_one_persons_minute_has_so_many(echo, connected, ask, monkeypatch):
    echo.status = 422
    limit(monkeypatch, per_request=10, per_minute=3)

    answers = [
        ask(connected, "get", f"/contact?phoneNumber=%2B1415555{number:04}").json()
        for number in range(100, 106)
    ]

    assert asked_of_crm(echo) == 3
    assert "Wait a minute, then try again." in str(answers[-1])
    assert answers[-1]["successful"] is False
