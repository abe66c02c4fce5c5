import re
import uuid

import pytest
from django.test import Client

from appconnect.organizations.models import Organization
from tests.support.helpers import text_of


def test_a_page_that_fails_gives_a_reference_that_the_log_has(
    console, member, monkeypatch, caplog
):
    def fail(organization):
        raise RuntimeError("the cause")

    monkeypatch.setattr(Organization, "declared", property(fail))
    browser = Client(raise_request_exception=False)
    browser.force_login(member.user)

    reply = browser.get("/settings/")

    assert reply.status_code == 500
    [reference] = re.findall(r"<code>(\w+)</code>", reply.content.decode())
    assert reference in caplog.text
    assert "the cause" not in reply.content.decode()


def test_a_form_that_is_older_than_the_sign_in_leads_back_to_its_page(member):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member.user)
    there = {"Referer": "http://testserver/calls/?state=failed"}

    page = browser.post("/pause/", headers=there)

    assert page.status_code == 403
    assert "Error: The form expired" in text_of(page)
    assert "Nothing changed." in text_of(page)
    assert 'href="/calls/?state=failed"' in page.content.decode()
    reply = browser.post("/pause/", headers=there | {"HX-Request": "true"})
    assert reply.headers["HX-Refresh"] == "true"


def test_a_form_of_another_site_leads_to_the_start(member):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member.user)

    page = browser.post("/pause/", headers={"Referer": "https://evil.example/x"})

    assert page.status_code == 403
    assert "evil.example" not in page.content.decode()


@pytest.mark.parametrize("path", ["/nowhere/", f"/calls/{uuid.UUID(int=0)}/"])
def test_missing_page_has_plain_message(console, path):
    page = console.get(path)

    assert page.status_code == 404
    assert "There is nothing at this address." in text_of(page)
    assert "Resolver404" not in text_of(page)
    assert "matching the query" not in text_of(page)


@pytest.mark.parametrize("path", ["/plugin/license", "/appointments"])
@pytest.mark.parametrize(
    "asked",
    [
        {"headers": {"Authorization": "Bearer x"}},
        {"headers": {"X-RC-Access-Token": "x"}},
        {"headers": {"X-Access-Token": "x"}},
        {"headers": {"Accept": "application/json, text/plain, */*"}},
        {"content_type": "application/json"},
        {"query_params": {"jwtToken": "x"}},
        {"query_params": {"rcAccessToken": "x"}},
    ],
    ids=str,
)
def test_client_reads_that_a_route_is_missing(client, path, asked):
    origin = {"Origin": "chrome-extension://abc"}
    asked = asked | {"headers": origin | asked.get("headers", {})}

    for method in ("GET", "POST"):
        reply = client.generic(method, path, b"{}", **asked)

        assert reply.status_code == 404
        assert "does not have this route" in reply.json()["error"]
        assert reply["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "accept", ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*"]
)
def test_browser_gets_a_page_behind_a_proxys_own_sign_in_too(console, accept):
    headers = {"Accept": accept, "Authorization": "Basic eDp5"}

    assert "There is nothing" in text_of(console.get("/nowhere/", headers=headers))


def test_why_a_call_cannot_be_asked_about_is_said(console, logging_settings):
    page = console.get("/dry-run/?call=nonsense")

    assert page.status_code == 404
    assert "This call doesn't exist." in text_of(page)


def test_person_without_organization_can_sign_out(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("nobody"))

    page = client.get("/calls/")

    assert page.status_code == 403
    assert "You don't have access yet." in text_of(page)
    assert "Sign out nobody" in text_of(page)
    client.post("/accounts/logout/")
    assert client.get("/accounts/login/").status_code == 200
