"""The client is a browser extension: any origin may ask, and brings its token."""

import pytest
from django.urls import reverse

from appconnect.api import urls

EXTENSION = "chrome-extension://abc"
MONITORING = ("metrics", "healthz", "readyz")
FOR_BROWSERS = [
    pattern.name
    for pattern in urls.urlpatterns
    if pattern.name not in ("webhook", "openapi", "docs", *MONITORING)
]


@pytest.mark.parametrize("name", FOR_BROWSERS)
def test_a_preflight_is_answered(client, name):
    headers = (
        "authorization, content-type, accept, x-rc-access-token, x-access-token, "
        "rc-account-id, is-debug"
    )
    reply = client.options(
        reverse(f"api:{name}"),
        headers={
            "Origin": EXTENSION,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": headers,
        },
    )

    assert reply.status_code == 200
    assert reply["Access-Control-Allow-Origin"] == "*"
    assert set(headers.split(", ")) <= set(
        reply["Access-Control-Allow-Headers"].split(", ")
    )
    assert "PATCH" in reply["Access-Control-Allow-Methods"]


def test_a_refusal_can_be_read_too(call, client, db):
    reply = client.get("/hostname", headers={"Origin": EXTENSION})

    assert reply.status_code == 400
    assert reply["Access-Control-Allow-Origin"] == "*"
    assert reply["Access-Control-Expose-Headers"] == "x-refreshed-jwt-token"
    assert "Access-Control-Allow-Credentials" not in reply


@pytest.mark.parametrize("name", MONITORING)
def test_no_web_page_reads_the_monitoring_endpoints(client, db, name):
    reply = client.get(reverse(f"api:{name}"), headers={"Origin": EXTENSION})

    assert reply.status_code in (200, 503)
    assert "Access-Control-Allow-Origin" not in reply


@pytest.mark.parametrize("page", ["/calls/", "/settings/", "/accounts/login/"])
def test_no_page_is_anybody_elses(console, page):
    reply = console.get(page, headers={"Origin": EXTENSION})

    assert "Access-Control-Allow-Origin" not in reply


def test_options_that_are_no_preflight_are_not_answered(client):
    assert client.options("/serverVersionInfo").status_code == 405
