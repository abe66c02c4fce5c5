"""A person's open sessions, and ending them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from appconnect.organizations.models import AuditEntry, Session
from tests.support.helpers import text_of

PATH = "/sessions/"


def sign_in(address: str, username: str = "ada") -> Client:
    browser = Client(headers={"X-Forwarded-For": address})
    account = {"username": username, "password": "a good password"}
    browser.post("/accounts/login/", account)
    return browser


def is_signed_in(browser: Client) -> bool:
    return browser.get(PATH).status_code == 200


@pytest.fixture
def here(member) -> Client:
    return sign_in("192.0.2.1")


@pytest.fixture
def phone(here) -> Client:
    return sign_in("192.0.2.2")


@pytest.fixture
def ben(member, django_user_model) -> Client:
    """The browser of another member."""
    user = django_user_model.objects.create_user("ben", password="a good password")
    colleague = type(member)(user=user, organization=member.organization)
    colleague.role = "VIEWER"
    colleague.save()
    browser = sign_in("192.0.2.9", "ben")
    browser.member = colleague
    return browser


@pytest.fixture
def forgotten(here) -> Client:
    return sign_in("192.0.2.3")


def test_a_person_sees_where_they_are_signed_in(here, phone):
    page = here.get(PATH)

    shown = text_of(page)
    assert "192.0.2.1 This browser" in shown
    assert "192.0.2.2 Sign out" in shown
    # With its key anybody would be signed in.
    for browser in (here, phone):
        assert browser.session.session_key not in page.content.decode()


def test_only_session_is_shown_as_such(here):
    shown = text_of(here.get(PATH))

    assert "This is your only session." in shown
    assert "Sign out everywhere else" not in shown


def test_one_is_signed_out_and_the_others_stay(here, phone, forgotten):
    chosen = Session.objects.get(pk=forgotten.session.session_key)

    page = here.post(PATH, {"session": chosen.handle}, follow=True)

    assert "You are signed out in 1 other browser." in text_of(page)
    assert "192.0.2.3" not in text_of(page)
    assert not is_signed_in(forgotten)
    assert is_signed_in(phone)
    entry = AuditEntry.objects.first()
    assert (entry.actor, entry.action) == ("ada", "SESSIONS_ENDED")
    assert (entry.subject, entry.address) == ("ada", "192.0.2.1")


def test_all_others_are_signed_out(here, phone, forgotten):
    page = here.post(PATH, follow=True)

    assert "You are signed out in 2 other browsers." in text_of(page)
    assert not is_signed_in(phone)
    assert not is_signed_in(forgotten)


@pytest.mark.parametrize("chosen", ["", "nonsense", "own"])
def test_invalid_session_handle_ends_nothing(here, phone, chosen):
    if chosen == "own":
        chosen = Session.objects.get(pk=here.session.session_key).handle

    page = here.post(PATH, {"session": chosen}, follow=True)

    assert "You were signed out there already." in text_of(page)
    assert is_signed_in(phone)
    assert AuditEntry.objects.first().action == "SIGNED_IN"


def test_sessions_of_other_members_are_out_of_reach(here, ben):
    theirs = Session.objects.get(pk=ben.session.session_key).handle

    assert "192.0.2.9" not in text_of(here.get(PATH))
    here.post(PATH, {"session": theirs})
    here.post(PATH)

    assert is_signed_in(ben)


def test_an_admin_signs_a_person_out_everywhere(here, ben):
    page = here.post(f"/team/{ben.member.pk}/sign-out/", follow=True)

    assert "ben was signed out everywhere." in text_of(page)
    assert not is_signed_in(ben)
    assert is_signed_in(here)
    entry = AuditEntry.objects.first()
    assert (entry.action, entry.subject) == ("SESSIONS_ENDED", "ben")


def test_address_of_sign_in_is_deleted_with_the_session(here, phone):
    old = Session.objects.filter(pk=phone.session.session_key)
    old.update(expire_date=timezone.now() - timedelta(minutes=1))

    sign_in("192.0.2.1")

    assert not old.exists()


def test_a_session_that_is_over_is_not_shown(here, phone, monkeypatch):
    now = timezone.now() + timedelta(minutes=50)
    monkeypatch.setattr(timezone, "now", lambda: now)
    here.get(PATH)
    now += timedelta(minutes=20)

    assert "192.0.2.2" not in text_of(here.get(PATH))


def test_a_session_of_an_old_password_is_not_shown(here, phone, member):
    member.user.set_password("another good password")
    member.user.save()
    here = Client(headers={"X-Forwarded-For": "192.0.2.1"})
    account = {"username": "ada", "password": "another good password"}
    here.post("/accounts/login/", account)

    assert "192.0.2.2" not in text_of(here.get(PATH))
