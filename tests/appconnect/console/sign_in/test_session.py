"""The limits of a session, and the confirmation of protected changes."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from appconnect.organizations.models import AuditEntry
from tests.appconnect.console.sign_in.test_ringcentral_sign_in import begun
from tests.support.helpers import text_of

SENSITIVE = [
    "/settings/",
    "/team/",
    "/privacy/erase-number/",
    "/privacy/export-number/",
    "/alerts/channels/add-webhook/",
    "/connections/",
]


@pytest.fixture
def later(monkeypatch):
    """Return a function that puts the clock forward."""
    real = timezone.now
    passed = timedelta()

    def later(**more):
        nonlocal passed
        passed += timedelta(**more)
        monkeypatch.setattr(timezone, "now", lambda: real() + passed)

    return later


@pytest.fixture
def session_client(client, member) -> Client:
    log_in(client)
    return client


def log_in(client):
    account = {"username": "ada", "password": "a good password"}
    return client.post("/accounts/login/", account)


def test_signing_in_makes_a_new_session_and_signing_out_ends_it(client, member):
    before = client.session.session_key
    log_in(client)
    within = client.cookies["sessionid"].value
    assert within != before

    client.post("/accounts/logout/")

    thief = Client()
    thief.cookies["sessionid"] = within
    assert thief.get("/calls/").status_code == 302


def test_a_session_that_is_not_used_for_an_hour_is_over(session_client, later):
    later(minutes=50)
    assert session_client.get("/calls/").status_code == 200
    later(minutes=50)
    assert session_client.get("/calls/").status_code == 200

    later(minutes=61)
    assert session_client.get("/calls/").url == "/accounts/login/?next=/calls/"


def test_automatic_requests_do_not_extend_the_session(session_client, later):
    for _ in range(7):
        later(minutes=10)
        session_client.get("/calls/new/", headers={"HX-Request": "true"})

    assert session_client.get("/calls/").status_code == 302


def test_forms_that_htmx_sends_extend_the_session(session_client, later, member):
    member.role = "OPERATOR"
    member.save()
    for _ in range(7):
        later(minutes=10)
        session_client.post("/user-mapping/bulk/", headers={"HX-Request": "true"})

    assert session_client.get("/calls/").status_code == 200


def test_a_page_that_asks_by_itself_is_loaded_anew_when_the_session_is_over(
    session_client, later
):
    later(minutes=61)

    reply = session_client.get("/overview/", headers={"HX-Request": "true"})

    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["HX-Refresh"] == "true"
    assert session_client.get("/overview/").url == "/accounts/login/?next=/overview/"


@pytest.mark.parametrize("is_ended", [True, False])
@pytest.mark.parametrize(
    "path", ["/pause/", "/settings/test/", "/needs-attention/try-again/"]
)
def test_sign_in_after_post_returns_to_the_forms_page(
    session_client, later, path, is_ended
):
    if is_ended:
        later(minutes=61)
    else:
        session_client.cookies.clear()

    reply = session_client.post(
        path, headers={"Referer": "http://testserver/calls/?a=b"}
    )

    assert reply.url == "/accounts/login/?next=/calls/%3Fa%3Db"


def test_the_address_of_a_button_says_that_there_is_nothing_to_see(session_client):
    page = session_client.get("/pause/")

    assert page.status_code == 405
    assert page.headers["Allow"]
    assert "This page can't be opened directly" in text_of(page)
    assert "Nothing changed" in text_of(page)


def test_no_session_is_longer_than_a_working_day(session_client, later):
    for _ in range(23):
        later(minutes=30)
        assert session_client.get("/calls/").status_code == 200

    later(minutes=32)
    assert session_client.get("/calls/").status_code == 302


@pytest.mark.parametrize("path", SENSITIVE)
def test_a_sensitive_change_asks_again_after_ten_minutes(session_client, later, path):
    later(minutes=11)

    reply = session_client.post(
        path, headers={"Referer": "http://testserver/settings/?a=b"}
    )

    assert reply.url == "/confirm-sign-in/?next=%2Fsettings%2F%3Fa%3Db"


@pytest.mark.parametrize("path", SENSITIVE)
def test_sensitive_change_within_ten_minutes_asks_nothing(session_client, later, path):
    later(minutes=9)

    assert "confirm-sign-in" not in session_client.post(path).headers.get(
        "Location", ""
    )


def test_other_changes_do_not_ask(session_client, later):
    later(minutes=11)

    assert session_client.post("/pause/").status_code == 302
    assert session_client.post("/pause/").url != "/confirm-sign-in/"


def test_the_password_leads_back_to_the_page(session_client, later):
    later(minutes=11)
    page = session_client.post(
        "/team/", headers={"Referer": "http://testserver/team/"}, follow=True
    )
    assert "Confirm it's you" in text_of(page)
    assert "Your entries come back afterwards" in text_of(page)
    form = {"password": "a good password", "next": "/team/"}

    assert session_client.post("/confirm-sign-in/", form).url == "/team/"

    assert session_client.post("/team/").status_code == 200
    entry = AuditEntry.objects.first()
    assert (entry.action, entry.subject) == ("SIGNED_IN", "confirmed with a password")


def test_a_wrong_password_is_refused_and_recorded_and_soon_has_to_wait(
    session_client, later
):
    later(minutes=11)
    wrong = {"password": "wrong", "next": "/team/"}
    for _ in range(5):
        page = session_client.post("/confirm-sign-in/", wrong)
    assert "Wrong password." in text_of(page)
    assert "Error:" in text_of(page)
    assert 'role="alert"' in page.content.decode()
    assert AuditEntry.objects.first().action == "SIGN_IN_FAILED"

    assert "Too many sign-in attempts" in text_of(
        session_client.post("/confirm-sign-in/", wrong)
    )
    assert "confirm-sign-in" in session_client.post("/team/").url


def test_the_way_back_stays_here(session_client, later):
    later(minutes=11)
    away = session_client.post("/team/", headers={"Referer": "https://evil.example/x"})
    assert away.url == "/confirm-sign-in/?next=%2F"

    form = {"password": "a good password", "next": "https://evil.example/"}
    assert session_client.post("/confirm-sign-in/", form).url == "/"


def test_person_without_password_confirms_with_ringcentral(
    session_client, member, later
):
    member.user.set_unusable_password()
    member.user.save()
    session_client.force_login(member.user)
    later(minutes=11)

    page = session_client.get("/confirm-sign-in/?next=/team/")

    assert "Confirm with RingCentral" in text_of(page)
    assert not re.search('name="password"', page.content.decode())
    session_client.get("/ringcentral/sign-in/?next=/team/")
    assert begun(session_client)["next"] == "/team/"
