"""Who gets in where: the tests walk the URLs, so that a new page is covered the day it is added."""

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from appconnect.api import urls as api
from appconnect.console import urls as console
from tests.support.walk import path_of, patterns

OPEN_TO_EVERYBODY = {
    "api:implemented-interfaces",
    "api:license-status",
    "api:is-alive",
    "api:auth-validation",  # tells everybody that they are signed out
    "api:crm-manifest",
    "api:server-version-info",
    "api:release-notes",
    "api:managed-auth-state",
    "api:user-info-hash",
    "api:preload-settings",
    "api:healthz",
    "api:readyz",
    "api:openapi",
    "api:docs",
    "api:metrics",  # to this machine, or with a token of its own
    "api:api-key-login",
    "api:service-sign-in",
    "console:ringcentral-sign-in",
    "console:ringcentral-callback",
    "console:language",
    "console:theme",
    "console:set-password",
}
CSP = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'"


@pytest.mark.parametrize(
    ("name", "pattern"), patterns(console), ids=[n for n, _ in patterns(console)]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_pages_need_a_sign_in(client, ids, method, name, pattern):
    reply = getattr(client, method)(path_of(pattern, ids))

    if name not in OPEN_TO_EVERYBODY and reply.status_code != 405:
        assert reply.status_code == 302
        assert reply.url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [(n, p) for n, p in patterns(console) if "pk>" in str(p.pattern)],
    ids=str,
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_organizations_rows_are_not_found(
    client, stranger, ids, method, name, pattern
):
    client.force_login(stranger.user)

    assert getattr(client, method)(path_of(pattern, ids)).status_code in (404, 405)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [(n, p) for n, p in patterns(console) if "pk>" in str(p.pattern)],
    ids=str,
)
def test_its_own_rows_are_found(console, ids, name, pattern):
    """Or the test before would be content with an id that nobody has."""
    path = path_of(pattern, ids)

    assert console.get(path).status_code != 404
    assert console.post(path).status_code != 404


def test_another_organizations_rows_are_in_no_list(client, stranger, ids):
    client.force_login(stranger.user)

    assert b"Ben Baker" not in client.get("/calls/").content
    assert b"Ben Baker" not in client.get("/user-mapping/?show=all").content


@pytest.mark.parametrize(
    ("name", "pattern"),
    [(n, p) for n, p in patterns(api) if n not in OPEN_TO_EVERYBODY],
    ids=str,
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_endpoint_answers_without_a_token(client, ids, method, name, pattern):
    reply = getattr(client, method)(
        path_of(pattern, ids), content_type="application/json"
    )

    assert reply.status_code in (400, 401, 403, 404, 405)


@pytest.mark.parametrize(
    ("name", "pattern"), patterns(console), ids=[n for n, _ in patterns(console)]
)
def test_no_form_is_accepted_without_its_csrf_token(member, ids, name, pattern):
    client = Client(enforce_csrf_checks=True)
    client.force_login(member.user)

    assert client.post(path_of(pattern, ids)).status_code in (403, 405)


def test_every_page_carries_the_content_security_policy(console, ids):
    for path in ("/calls/", "/settings/", "/nowhere/"):
        assert console.get(path).headers["Content-Security-Policy"].startswith(CSP)


def test_the_walk_sees_every_url():
    def walk(resolver: URLResolver) -> int:
        return sum(
            walk(p) if isinstance(p, URLResolver) else 1 for p in resolver.url_patterns
        )

    sign_in_pages = 2
    walked = len(patterns(api)) + len(patterns(console)) + sign_in_pages
    assert walk(get_resolver()) == walked


@pytest.mark.parametrize(
    ("role", "may"), [("VIEWER", False), ("OPERATOR", True), ("ADMIN", True)]
)
def test_changes_need_the_role(console, member, ids, role, may):
    member.role = role
    member.save()

    assert console.get("/calls/").status_code == 200
    reply = console.post(f"/calls/{ids['call']}/try-again/")

    assert reply.status_code == (302 if may else 403)
    assert may or "You need the Operator role" in reply.content.decode()
    if role == "OPERATOR":
        assert console.post("/settings/").status_code == 403
