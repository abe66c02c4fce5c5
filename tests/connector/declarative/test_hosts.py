"""Requests, and the credentials with them, go nowhere but where the manifest allows."""

import pytest

from connector.declarative.documents.hosts import check_host
from connector.errors import PermanentError, UnknownOutcome
from connector.manifest import Option, Platform
from connector.testing.samples import create_call_log
from connector.types import AuthType


def platform(kind, **environment):
    return Platform(
        name="acme",
        display_name="Acme",
        auth_type=AuthType.API_KEY,
        environment_type=kind,
        **environment,
    )


FIXED = platform("fixed", environment_url="https://api.acme.example/v1")
DYNAMIC = platform("dynamic")
BELOW = platform("dynamic", environment_url_identifier="*.acme.example")
SELECTABLE = platform(
    "selectable",
    environment_selections=(
        Option(const="https://eu.acme.example", title="EU"),
        Option(const="https://us.acme.example", title="US"),
    ),
    environment_hosts=("login.acme.example", "*.cdn.example"),
)


@pytest.mark.parametrize(
    ("platform", "hostname", "url"),
    [
        (FIXED, "", "https://api.acme.example/x"),
        (FIXED, "", "https://API.acme.example/users/@me"),
        (DYNAMIC, "crm.example.com:8443", "https://crm.example.com:8443/x"),
        (BELOW, "us.acme.example", "https://us.acme.example/"),
        (SELECTABLE, "eu.acme.example", "https://eu.acme.example/"),
        (SELECTABLE, "", "https://login.acme.example/token"),
        (SELECTABLE, "", "https://a.cdn.example/"),
    ],
)
def test_a_host_of_the_environment_is_allowed(platform, hostname, url):
    check_host(url, platform, hostname)


@pytest.mark.parametrize(
    ("platform", "hostname", "url"),
    [
        (FIXED, "evil.example", "https://evil.example/"),
        (FIXED, "", "https://api.acme.example.evil.example/"),
        (FIXED, "", "https://api.acme.example@evil.example/"),
        (FIXED, "", "https://evil.example\\@api.acme.example/"),
        (FIXED, "", "https://api.acme.example:444/"),
        (FIXED, "", "ftp://api.acme.example/"),
        (FIXED, "", "https:///x"),
        (FIXED, "", "//api.acme.example/"),
        (FIXED, "", "https://api.acme.example/\n"),
        (DYNAMIC, "", "https://anything.example/"),
        (DYNAMIC, "*", "https://anything.example/"),
        (BELOW, "evil.example", "https://evil.example/"),
        (SELECTABLE, "ap.acme.example", "https://ap.acme.example/"),
        (SELECTABLE, "eu.acme.example", "https://us.acme.example/"),
        (SELECTABLE, "eu.acme.example", "https://cdn.example/"),
    ],
)
def test_any_other_host_is_refused(platform, hostname, url):
    with pytest.raises(PermanentError, match="environment allows"):
        check_host(url, platform, hostname)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/contacts",
        "{{phoneNumber}}",
        "https://{{phoneNumber}}/contacts",
    ],
)
def test_operation_cannot_reach_another_host(acme, url):
    crm, http = acme({"findContact": {"url": url}}, (200, []))

    with pytest.raises(PermanentError, match="environment allows"):
        crm.find_contact("https://evil.example/")
    assert http.requests == []


def test_a_reply_cannot_lead_to_another_host(acme):
    operations = {
        "getUserList": {"url": "/users", "paging": {"nextUrlPath": "body.next"}}
        | {"responseMapping": {"listPath": "body.users"}}
    }
    away = {"users": [{"id": 1}], "next": "//evil.example/users"}
    crm, http = acme(operations, (200, away), credentials={"access_token": "k"})

    with pytest.raises(PermanentError, match="environment allows"):
        crm.get_user_list()
    assert len(http.requests) == 1


def test_refused_host_is_not_an_unknown_outcome(acme):
    create = {"createCallLog": {"method": "POST", "url": "https://evil.example/"}}
    crm, http = acme(create, (201, {"id": 1}))

    with pytest.raises(PermanentError) as caught:
        create_call_log(crm, owner=None)
    assert not isinstance(caught.value, UnknownOutcome)
    assert http.requests == []


def test_an_address_that_the_organization_gave_needs_a_dynamic_environment(
    write, connect
):
    operations = {"findContact": {"url": "/c"}}
    document = write(
        operations,
        environment={"type": "dynamic", "urlIdentifier": "https://*.acme.example"},
        requestDefaults={"baseUrl": "https://{{user.hostname}}/api"},
    )
    ours, http = connect(document, (200, []), hostname="us.acme.example")
    theirs, nothing = connect(document, (200, []), hostname="evil.example")

    assert ours.find_contact("+1") == []
    assert http.requests[0].url == "https://us.acme.example/api/c"
    with pytest.raises(PermanentError):
        theirs.find_contact("+1")
    assert nothing.requests == []


@pytest.mark.parametrize(
    ("base_url", "settings", "host_url"),
    [
        (
            "{{settings.user|default:'https'}}://{{hostname}}/x",
            {"user": "http"},
            "http://h:80",
        ),
        ("{{settings.user|default:'https'}}://{{hostname}}/x", {}, "https://h:80"),
        ("http://{{hostname}}", {}, "http://h:80"),
        ("{{session.access_token}}/x", {}, "https://h:80"),
    ],
)
def test_host_is_reached_as_the_base_url_begins(
    write, connect, base_url, settings, host_url
):
    document = write(
        {"findContact": {"url": "/c"}},
        environment={"type": "dynamic"},
        requestDefaults={"baseUrl": base_url},
        auth={"type": "oauth", "clientId": "c", "clientSecret": "s"},
    )
    crm, _ = connect(document, hostname="h:80", server_logging_settings=settings)

    assert crm.host_url == host_url


def test_token_is_requested_at_no_other_host(acme):
    auth = {
        "type": "oauth",
        "clientId": "an-app",
        "clientSecret": "its-secret",
        "tokenUrl": "https://evil.example/token",
    }
    crm, http = acme({"findContact": {"url": "/c"}}, (200, {}), auth=auth)

    with pytest.raises(PermanentError):
        crm.exchange_code("code", redirect_uri="https://here.example/")
    assert http.requests == []


@pytest.mark.parametrize("url", ["https://[", "https://[x]/", "//[/x"])
def test_invalid_address_is_refused(url):
    with pytest.raises(PermanentError, match="environment allows"):
        check_host(url, FIXED, "")
