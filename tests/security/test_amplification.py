"""How many requests to others one person's client, or a stranger, can cause."""

import json
from collections.abc import Callable
from datetime import timedelta
from threading import Semaphore
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from appconnect.api import urls as api
from appconnect.api.base import crm_requests, views
from appconnect.console.sign_in.ringcentral_sign_in import MAX_PER_MINUTE
from appconnect.organizations.models import CrmSession
from appconnect.ringcentral.bulkhead import ringcentral_bulkhead
from appconnect.sandbox.ringcentral import seed
from tests.appconnect.console.sign_in.test_ringcentral_sign_in import (
    BEGIN,
    CALLBACK,
    begun,
)
from tests.security.hostile import EchoServer
from tests.security.test_log_canaries import BODY, echo
from tests.support.walk import endpoints

__all__ = ["echo"]  # a fixture
METHODS = ("get", "post", "put", "patch")
CODE = {
    "code": "invented",
    "rcAccessToken": "invented",
    "callbackUri": "https://example.com/?code=invented&state=platform%3Dsandbox",
}


@pytest.fixture(autouse=True)
def _nothing_counted(monkeypatch):
    monkeypatch.setattr(crm_requests, "by_person", crm_requests.MinuteCounts())


def limit(
    monkeypatch, *, per_request: int, per_minute: int, of_admin: int | None = None
) -> None:
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
            ("max_crm_requests_per_minute_of_admin", of_admin or per_minute),
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


@pytest.mark.parametrize(("admin", "count"), [("101", 5), ("102", 3), ("", 3)])
def test_settings_admin_in_whose_session_all_calls_are_logged_has_more(
    echo, connected, ask, monkeypatch, admin, count
):
    connected.server_logging_settings.update(
        admin_extension_id=admin and seed.extension_id(admin)
    )
    echo.status = 422
    limit(monkeypatch, per_request=10, per_minute=3, of_admin=5)

    for number in range(100, 106):
        ask(connected, "get", f"/contact?phoneNumber=%2B1415555{number:04}")

    assert asked_of_crm(echo) == count


def asked_of_ringcentral(echo: EchoServer) -> int:
    return sum(request.path.startswith("/restapi/") for request in echo.requests)


@pytest.fixture
def come_back(client) -> Callable[..., int]:
    """Give a function: a browser comes back with an invented code; the answer's status."""

    def come_back(browser: Client = client) -> int:
        if "ringcentral_sign_in" not in browser.cookies:
            browser.get(BEGIN)
        cookie = browser.cookies["ringcentral_sign_in"].value
        answer = browser.get(CALLBACK, CODE | {"state": begun(browser)["state"]})
        browser.cookies["ringcentral_sign_in"] = cookie  # to be sent once more
        return answer.status_code

    return come_back


def test_who_waits_for_ringcentral_leaves_threads_for_others(
    client, echo, connected, ask, ids, come_back, monkeypatch
):
    asking = CrmSession.objects.create(
        organization=connected,
        platform=connected.platform,
        extension_id=connected.ringcentral_connection.extension_id,
        admin_proved_at=timezone.now() - timedelta(minutes=2),
    )

    def walk() -> int:
        headers = {"X-RC-Access-Token": "invented"}
        for path in endpoints(ids):
            for method in METHODS:
                client.generic(
                    *(method, f"{path}?{urlencode(CODE)}", json.dumps(BODY)),
                    content_type="application/json",
                    headers=headers,
                )
        come_back()
        ask(asking.organization, "get", "/admin/serverLoggingSettings")
        return asked_of_ringcentral(echo)

    with monkeypatch.context() as patch:
        patch.setattr(ringcentral_bulkhead, "_places", Semaphore(0))
        assert walk() == 0

    assert walk() > 5


def test_one_address_has_only_so_many_codes_redeemed(echo, db, come_back):
    statuses = [come_back() for _ in range(MAX_PER_MINUTE + 3)]

    assert statuses[-3:] == [429] * 3
    assert asked_of_ringcentral(echo) == MAX_PER_MINUTE
