"""The settings page of App Connect's client: what it asks, in its order, from opening to off.

The order of calls, their bodies and where the tokens travel are those of client 1.6.6 and
of the versions after it; RingCentral and the CRM are the sandbox, over HTTP.
"""

import json
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

from appconnect.calls.models.choices import SkipReason
from appconnect.organizations.client.client_hash import client_hash
from appconnect.organizations.logging_settings.do_not_log import get_do_not_log_numbers
from appconnect.sandbox.ringcentral import seed

ORIGIN = "chrome-extension://abc"
EXTENSIONS = [
    {"id": int(seed.extension_id(number)), "name": name, "email": email, "type": kind}
    for number, name, email, kind in seed.EXTENSIONS
]
CREDENTIALS = {"apiUsername": "service", "apiPassword": "sandbox"}


class Page:
    """The client of the admin, its settings page open; tokens travel in headers."""

    retry_leaves_out = ("detailedCallLog", "sources")

    def __init__(self, browser: Client, rc_token: str, make_code: Callable[[str], str]):
        self.browser = browser
        self.rc_token = rc_token
        self.make_code = make_code
        self.user_jwt = self.service_token = ""

    def ask(
        self, method: str, path: str, body: object = None, *, is_admins: bool = True
    ) -> HttpResponse:
        """Ask the connector server. Old clients send the RingCentral token only if `is_admins`."""
        headers = {"Authorization": f"Bearer {self.user_jwt}"} if self.user_jwt else {}
        return self.send(
            method, path, body, headers | {"X-RC-Access-Token": self.rc_token}
        )

    def ask_service(self, method: str, path: str, body: object = None) -> HttpResponse:
        """Ask the logging service; the userJwt comes along, and does not matter."""
        headers = {
            "X-Access-Token": self.service_token,
            "Authorization": f"Bearer {self.user_jwt}",
        }
        return self.send(method, path, body, headers)

    def send(
        self, method: str, path: str, body: object, headers: dict[str, str]
    ) -> HttpResponse:
        reply = self.browser.generic(
            method,
            path,
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers={"Origin": ORIGIN, "Accept": "application/json", **headers},
        )
        assert reply["Access-Control-Allow-Origin"] == "*"
        return reply

    def connect_crm(self) -> None:
        body = {"platform": "sandbox", "apiKey": seed.api_key_of("u1")}
        reply = self.ask("POST", "/apiKeyLogin", body)
        assert reply.status_code == 200, reply.content
        self.user_jwt = reply.json()["jwtToken"]

    def sign_in_to_service(self) -> None:
        code = self.make_code(seed.ADMIN_EXTENSION)
        hashed = client_hash(seed.ACCOUNT_ID)
        reply = self.send(
            "GET", f"/oauth/callback?code={code}&rcAccountId={hashed}", None, {}
        )
        assert reply.status_code == 200, reply.content
        self.service_token = reply.json()["jwtToken"]

    def subscription(self) -> dict:
        reply = self.ask_service("GET", "/subscription")
        if reply.status_code == 401:
            self.sign_in_to_service()
            reply = self.ask_service("GET", "/subscription")
        assert reply.status_code == 200, reply.content
        return reply.json()

    def open(self) -> tuple[dict, dict]:
        """Return the subscription and the additional fields that the page shows."""
        self.connect_crm()
        self.save_admin_settings()
        subscription = self.subscription()
        hashed = client_hash(seed.ACCOUNT_ID)
        path = f"/admin/serverLoggingSettings?rcAccountId={hashed}"
        fields = self.ask("GET", path, is_admins=False)
        assert fields.status_code == 200, fields.content
        return subscription, fields.json()

    def save_admin_settings(self, level: str = "") -> None:
        """Fetch the admin's settings, and post them back with another level."""
        if not is_served("/admin/settings"):
            return
        reply = self.ask("GET", "/admin/settings")
        assert reply.status_code == 200, reply.content
        admin_settings = reply.json()
        if level:
            logging = {"enable": level != "Disable", "loggingLevel": level}
            admin_settings.setdefault("userSettings", {})["serverSideLogging"] = logging
            posted = self.ask(
                "POST", "/admin/settings", {"adminSettings": admin_settings}
            )
            assert posted.content == b"Admin settings updated"

    def enable(self, level: str, fields: dict) -> None:
        """Press Save: the credentials come last."""
        self.save_admin_settings(level)
        if self.subscription()["subscribed"]:
            assert self.ask_service("POST", "/unsubscribe", {}).status_code == 200
        self.subscribe(
            {
                "crmToken": self.user_jwt,
                "crmPlatform": "sandbox",
                "crmAdapterUrl": "https://logging.example.com",
                "subscriptionLevel": level,
                "loggingByAdmin": False,
                "loggingWithUserAssigned": False,
                "detailedCallLog": False,
                "sources": ["ex"],
            }
        )
        body = {"additionalFieldValues": fields}
        reply = self.ask(
            "POST", "/admin/serverLoggingSettings", body, is_admins=False
        ).json()
        assert reply["successful"], reply["returnMessage"]["message"]

    def subscribe(self, body: dict) -> None:
        """Post, and after a 401 once more, with less, unless it is subscribed by now."""
        reply = self.ask_service("POST", "/subscribe", body)
        if reply.status_code == 401:
            self.sign_in_to_service()
            if self.subscription()["subscribed"]:
                return
            for member in self.retry_leaves_out:
                body.pop(member, None)
            reply = self.ask_service("POST", "/subscribe", body)
        assert reply.status_code == 200, reply.content

    def map_users(self) -> dict[str, str]:
        """Return the first extension of each CRM user that has one."""
        body = {"rcExtensionList": EXTENSIONS}
        entries = self.ask("POST", "/admin/userMapping", body).json()
        return {
            entry["crmUser"]["id"]: entry["rcUser"][0]["extensionId"]
            for entry in entries
            if entry["rcUser"]
        }

    def disable(self) -> None:
        self.save_admin_settings("Disable")
        if self.subscription()["subscribed"]:
            assert self.ask_service("POST", "/unsubscribe", {}).status_code == 200


class Page166(Page):
    """The same of client 1.6.6: tokens travel in the query, and `sources` are unknown."""

    def ask(
        self, method: str, path: str, body: object = None, *, is_admins: bool = True
    ) -> HttpResponse:
        tokens = f"jwtToken={self.user_jwt}"
        if is_admins:
            tokens += f"&rcAccessToken={self.rc_token}"
        joint = "&" if "?" in path else "?"
        return self.send(method, f"{path}{joint}{tokens}", body, {})

    def ask_service(self, method: str, path: str, body: object = None) -> HttpResponse:
        headers = {"X-Access-Token": self.service_token}
        return self.send(method, path, body, headers)

    def subscribe(self, body: dict) -> None:
        del body["sources"]
        super().subscribe(body)


def is_served(path: str) -> bool:
    """Return whether this version of the server has the route."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@pytest.fixture
def fresh(connected):
    """The organization, connected to RingCentral and nothing more."""
    connected.server_logging_settings.all().delete()
    connected.user_mappings.all().delete()
    connected.crm_users.all().delete()
    return connected


@pytest.fixture(params=[Page166, Page], ids=["1.6.6", "newer"])
def page(request, fresh, client, admin_token, interop_code) -> Page:
    return request.param(client, admin_token, interop_code)


def test_from_opening_the_page_to_switching_off(
    page, fresh, sandbox, log, make_call, now
):
    subscription, fields = page.open()
    assert subscription["subscribed"] is False
    assert fields == {}

    page.enable("Account", CREDENTIALS)
    owners = page.map_users()
    numbers = {"doNotLogNumbers": "+14155550102"}
    assert page.ask_service("POST", "/do-not-log-numbers", numbers).status_code == 200
    agent = {"crmToken": page.user_jwt, "crmPlatform": "sandbox", "crmAdapterUrl": ""}
    assert page.ask_service("POST", "/update-crm-token", agent).status_code == 200

    assert owners["u2"] == seed.extension_id("102")
    assert get_do_not_log_numbers(fresh) == ["+14155550102"]
    logged = log(make_call(extension="102"), at=now)
    assert logged.status == "LOGGED"
    [record] = sandbox.call_logs()
    assert record["owner"]["name"] == "Ben Baker"
    assert page.subscription()["subscriptionLevel"] == "Account"

    page.disable()

    skipped = log(make_call(extension="102"), at=now)
    assert (skipped.status, skipped.reason) == (
        "SKIPPED",
        SkipReason.LOGGING_DISABLED,
    )
    assert len(sandbox.call_logs()) == 1
    assert page.subscription()["subscribed"] is False
    assert page.subscription()["doNotLogNumbers"] == "+14155550102"


def test_a_token_that_ends_while_the_page_is_open_costs_nothing(
    page, fresh, sandbox, log, make_call, now, monkeypatch
):
    """The first answer to /subscribe is 401: the client signs in and posts less."""
    page.open()
    subscribe = page.subscribe

    def subscribe_late(body: dict) -> None:
        page.service_token = "ended"
        subscribe(body)

    monkeypatch.setattr(page, "subscribe", subscribe_late)
    page.enable("Account", CREDENTIALS)
    page.map_users()

    assert page.subscription()["subscribed"] is True
    assert log(make_call(extension="103"), at=now).status == "LOGGED"
    [record] = sandbox.call_logs()
    assert record["owner"]["name"] == "Cleo Carter"


def test_calls_before_the_credentials_wait_for_them(page, fresh, log, make_call, now):
    page.open()
    fields = {**CREDENTIALS, "apiPassword": "wrong"}
    with pytest.raises(AssertionError, match="refused"):
        page.enable("Account", fields)
    page.map_users()

    call = log(make_call(extension="102"), at=now)

    assert page.subscription()["subscribed"] is True
    assert call.status == "NEEDS_ATTENTION"
    assert call.reason == "NO_CREDENTIALS"
