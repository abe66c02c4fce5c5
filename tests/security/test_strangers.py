"""What people without a right here can do: leave no row, keep no page, replace no connection."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from appconnect.console.shell.session import CONFIRMED
from appconnect.organizations.people.admin_right import OUTAGE_LIMIT, READING_INTERVAL
from tests.appconnect.console.sign_in.test_ringcentral_sign_in import begun
from tests.support.helpers import text_of
from tests.support.walk import crawl, endpoints, pages, tables

COUNTED = {"organizations_attempts"}
"""How often an address has asked: of them only so many are kept."""
EXPORTS = ("/calls/export/", "/user-mapping/export/", "/audit/export/")
CONNECT, BEGIN = "/ringcentral/connect/", "/ringcentral/sign-in/"


@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_a_stranger_leaves_no_row(client, member, ids, method):
    before = tables()

    for path in [*pages(ids), *endpoints(ids), "/accounts/login/", "/nowhere/"]:
        for _ in range(2):
            getattr(client, method)(path)

    after = tables()
    grown = {n for n, rows in after.items() if len(rows) > len(before[n])}
    assert grown <= COUNTED


def test_no_page_and_no_answer_is_kept(console, logging_settings, ids):
    for address, response in crawl(console, ids):
        assert "no-store" in response.headers["Cache-Control"], address
    for address in endpoints(ids):
        if not address.startswith("/webhooks/"):
            response = console.get(address)
            assert "no-store" in response.headers["Cache-Control"], address


@pytest.mark.parametrize("path", EXPORTS)
def test_an_export_needs_a_recent_sign_in(console, logging_settings, path):
    session = console.session
    session[CONFIRMED] = (timezone.now() - timedelta(minutes=11)).timestamp()
    session.save()

    response = console.get(path)

    assert response.status_code == 302
    assert response.url.startswith("/confirm-sign-in/")


@pytest.fixture
def confirmed_long_ago(member):
    member.right_confirmed_at = timezone.now() - READING_INTERVAL - timedelta(minutes=1)
    member.save()


@pytest.mark.usefixtures("confirmed_long_ago")
def test_a_demoted_admin_reads_nothing_any_more(console, connected, sandbox, ids):
    sandbox.switch(demote="101", promote="103")

    assert console.get("/calls/").status_code == 403
    statuses = {path: console.get(path).status_code for path in pages(ids)}

    open_to_all = {BEGIN, "/ringcentral/callback/", "/set-password/MQ/x-y/"}
    read = [path for path, status in statuses.items() if status == 200]
    assert set(read) <= open_to_all


@pytest.mark.usefixtures("confirmed_long_ago")
def test_while_ringcentral_is_down_an_admin_goes_on_reading(
    console, member, connected, settings
):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    member.right_confirmed_at = timezone.now() - timedelta(hours=9)
    member.save()

    assert console.get("/overview/").status_code == 200
    assert console.get("/team/").status_code == 200


def test_who_took_the_connection_along_stops_reading_within_an_hour(
    console, member, connected
):
    """RingCentral ends the connection of an admin who is disabled there."""
    connection = connected.ringcentral_connection
    connection.status = connection.Status.RECONNECT_NEEDED
    connection.save()
    member.right_confirmed_at = timezone.now() - OUTAGE_LIMIT - timedelta(minutes=1)
    member.save()

    for path in ("/team/", "/privacy/", *EXPORTS):
        page = console.get(path)
        assert page.status_code == 403, path
        assert "Sign out, then sign in with RingCentral" in text_of(page)


def asked(response) -> dict[str, list[str]]:
    return parse_qs(urlsplit(response.url).query)


def test_a_link_never_makes_the_next_sign_in_the_connection(console, connected):
    """Another site's page can open any address of ours, and send no form."""
    for address in (CONNECT, f"{BEGIN}?connect", f"{CONNECT}?confirmed=1"):
        console.get(address)

    assert not console.cookies["ringcentral_connecting"].value
    assert begun(console)["connects"] == ""


def test_connecting_says_whose_connection_it_replaces(console, connected):
    page = console.get(CONNECT)

    assert "It replaces the connection of Ada Admin." in page.content.decode()
    assert "Connect as ada" in page.content.decode()


def test_who_is_signed_in_has_to_answer_at_ringcentral(console, client, connected):
    assert "consent" in asked(console.get(BEGIN))["prompt"][0]
    assert "prompt" not in asked(Client().get(BEGIN))
