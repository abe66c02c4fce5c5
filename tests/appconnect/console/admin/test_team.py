"""The team page, and the effects on members."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.test import Client

from appconnect.organizations.models import AuditEntry, Member
from appconnect.sandbox.ringcentral import seed
from tests.appconnect.console.sign_in.test_ringcentral_sign_in import BEGIN, come_back
from tests.support.helpers import text_of

PATH = "/team/"
Role = Member.Role
Action = AuditEntry.Action
PASSWORD = "a long enough word"


@pytest.fixture
def sign_in(sandbox, settings):
    """Return a function that signs a person in with RingCentral, in a browser of their own."""
    settings.PUBLIC_URL = "http://testserver"
    sandbox.register("http://testserver/ringcentral/callback/")

    def sign_in(extension: str, path: str = BEGIN):
        client = Client()
        page = client.get(come_back(client, extension, path), follow=True)
        return client, page

    return sign_in


def add(console, extension: str, role: Role):
    return console.post(PATH, {"extension": extension, "role": role}, follow=True)


def member_at(extension: str) -> Member:
    return Member.objects.get(extension_id=seed.extension_id(extension))


HARMLESS = (
    *("Sign out", "Search", "Apply", "Find by number", "Show"),
    *(
        "System",
        "Light",
        "Dark",
        "English",
        "Deutsch",
        "Español",
        "<svg",
        '<span class="avatar',
    ),
)
"""What buttons a viewer has: they change nothing here."""


def test_a_viewer_signs_in_with_ringcentral_and_changes_nothing(
    connected, console, sign_in, make_call
):
    make_call()
    page = add(console, "102", Role.VIEWER)
    assert "Ben Baker can now sign in with RingCentral." in text_of(page)

    ben, page = sign_in("102")

    assert "Ben Baker Account menu" in text_of(page)
    assert "••• 0101" in text_of(ben.get("/calls/"))
    assert ben.get(PATH).status_code == 403
    assert ben.post("/pause/").status_code == 403
    assert "Only admins can change this." in text_of(ben.get("/settings/"))
    for path in ("/calls/", "/settings/", "/user-mapping/", "/connections/"):
        page = ben.get(path).content.decode()
        buttons = re.findall(r"<button[^>]*>\s*(.*?)\s*</button>", page, re.S)
        assert [b for b in buttons if not b.startswith(HARMLESS)] == []


def test_a_viewers_sign_in_never_becomes_the_connection(connected, console, sign_in):
    add(console, "102", Role.VIEWER)
    connection = connected.ringcentral_connection
    connection.status = connection.Status.RECONNECT_NEEDED
    connection.save()

    ben, _page = sign_in("102")
    assert ben.post("/ringcentral/connect/").status_code == 403
    sign_in("102")

    connection.refresh_from_db()
    assert not connection.is_connected


def test_person_without_role_sees_no_page(connected, member, sign_in):
    ben, page = sign_in("102")

    assert page.status_code == 403
    assert "for the Viewer or Operator role here" in text_of(page)
    assert "Sandbox Ltd" not in text_of(page)
    assert ben.get("/calls/").status_code == 302
    entry = connected.audit_entries.get()
    assert (entry.action, entry.actor) == (Action.SIGN_IN_FAILED, "Ben Baker")


def test_an_administrator_of_the_account_keeps_the_role_given_here(
    connected, console, sandbox, sign_in
):
    sandbox.switch(promote="103")
    add(console, "103", Role.VIEWER)

    cleo, _ = sign_in("103")

    assert member_at("103").role == Role.VIEWER
    assert cleo.post("/pause/").status_code == 403


def test_removed_member_cannot_sign_in_even_as_administrator(
    connected, console, sandbox, sign_in
):
    sandbox.switch(promote="103")
    cleo, _ = sign_in("103")
    assert cleo.get(PATH).status_code == 200

    page = console.post(f"/team/{member_at('103').pk}/remove/", follow=True)

    assert "Cleo Carter was removed and signed out everywhere." in text_of(page)
    again = console.post(f"/team/{member_at('103').pk}/remove/", follow=True)
    assert "Cleo Carter was already removed." in text_of(again)
    assert AuditEntry.objects.filter(action="MEMBER_REMOVED").count() == 1
    assert cleo.get("/calls/").status_code == 302
    assert "You no longer have access." in text_of(sign_in("103")[1])
    add(console, "103", Role.OPERATOR)
    assert "Cleo Carter Account menu" in text_of(sign_in("103")[1])


def test_new_role_ends_only_that_members_sessions(connected, console, sign_in):
    add(console, "102", Role.VIEWER)
    add(console, "104", Role.VIEWER)
    (ben, _), (dan, _) = sign_in("102"), sign_in("104")

    page = console.post(
        f"/team/{member_at('102').pk}/role/", {"role": "OPERATOR"}, follow=True
    )

    assert "Role changed: Ben Baker, Operator." in text_of(page)
    assert ben.get("/calls/").url.startswith("/accounts/login/")
    assert ben.get("/accounts/login/").status_code == 200, "and not back, for ever"
    assert dan.get("/calls/").status_code == 200
    ben, _ = sign_in("102")
    assert ben.post("/pause/").status_code == 302


def test_the_last_admin_is_told_so(console, member):
    for path, data in (("role", {"role": "VIEWER"}), ("remove", {})):
        page = console.post(f"/team/{member.pk}/{path}/", data, follow=True)
        assert "ada is the last admin." in text_of(page)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"extension": "999", "role": "VIEWER"}, "No person has this extension."),
        ({"extension": "200", "role": "VIEWER"}, "No person has this extension."),
        ({"extension": "102", "role": "OWNER"}, "Select a valid choice"),
        ({"extension": "102", "role": "ADMIN"}, "not a RingCentral admin"),
        ({"extension": "101", "role": "VIEWER"}, "ada is already a member"),
        ({"username": "two words", "role": "VIEWER"}, "Enter a valid username"),
        ({"username": "charlie", "role": "VIEWER"}, "This user name is taken"),
        ({"username": "", "role": "VIEWER"}, "This field is required"),
    ],
    ids=str,
)
def test_person_that_cannot_be_added_is_named(
    connected, stranger, console, data, fault
):
    page = console.post(PATH, data)

    assert fault in text_of(page)
    assert "Error:" in text_of(page)
    assert connected.members.count() == 1


def test_a_role_that_is_none_changes_nothing(console, member):
    page = console.post(f"/team/{member.pk}/role/", {"role": "OWNER"}, follow=True)

    assert "Choose a role." in text_of(page)


def test_the_page_asks_as_much_for_many_as_for_few(
    console, organization, django_assert_max_num_queries
):
    for number in range(20):
        user = User.objects.create_user(f"user-{number}")
        Member.objects.create(user=user, organization=organization, extension_id="1")

    with django_assert_max_num_queries(13):
        page = console.get(PATH)
    assert "user-19" in text_of(page)


@pytest.fixture
def link(console, settings) -> str:
    """The address under which Eva, who was just added, sets her password."""
    settings.PUBLIC_URL = "http://testserver"
    page = console.post(PATH, {"username": "eva", "role": "OPERATOR"})
    return link_on(page)


def link_on(page) -> str:
    [link] = re.findall(r"<pre>(.*?)</pre>", page.content.decode())
    return urlsplit(link).path


def set_password(link: str, password: str = PASSWORD) -> Client:
    client = Client()
    page = client.get(link, follow=True)
    fields = {"new_password1": password, "new_password2": password}
    client.page = client.post(page.redirect_chain[-1][0], fields, follow=True)
    return client


def test_a_local_account_sets_its_password_and_signs_in(link, organization):
    eva = set_password(link)
    assert "Password set." in text_of(eva.page)

    page = eva.post(
        "/accounts/login/", {"username": "eva", "password": PASSWORD}, follow=True
    )

    assert "eva Account menu" in text_of(page)
    actions = list(organization.audit_entries.values_list("action", flat=True))[::-1]
    assert actions == [
        Action.MEMBER_ADDED,
        Action.PASSWORD_LINK_MADE,
        Action.PASSWORD_SET,
        Action.SIGNED_IN,
    ]


def test_a_link_works_once(link):
    set_password(link)

    page = Client().get(link, follow=True)

    assert "This link has expired or was used" in text_of(page)


def test_a_link_works_for_a_day(link, monkeypatch):
    later = PasswordResetTokenGenerator()._now() + timedelta(hours=24, minutes=1)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: later)

    assert "has expired or was used" in text_of(Client().get(link, follow=True))


def test_password_link_of_removed_member_is_invalid(link, console):
    eva = Member.objects.get(user__username="eva")
    console.post(f"/team/{eva.pk}/remove/")

    assert "has expired or was used" in text_of(Client().get(link, follow=True))


def test_a_password_that_is_too_short_is_named(link):
    page = set_password(link, "short").page

    assert "This password is too short." in text_of(page)
    assert "Error:" in text_of(page)


def test_a_forgotten_password_is_set_anew_and_ends_the_sessions(link, console):
    eva = set_password(link)
    eva.post("/accounts/login/", {"username": "eva", "password": PASSWORD})
    assert eva.get("/calls/").status_code == 200
    pk = Member.objects.get(user__username="eva").pk

    shown = console.post(f"/team/{pk}/password-link/")
    assert console.get(f"/team/{pk}/password-link/").url == "/team/"
    set_password(link_on(shown), "another one 123")

    assert shown["Cache-Control"] == "no-store"

    assert eva.get("/calls/").status_code == 302


def test_member_with_ringcentral_sign_in_gets_no_password_link(connected, console):
    add(console, "102", Role.VIEWER)

    page = console.post(f"/team/{member_at('102').pk}/password-link/", follow=True)

    assert "Ben Baker signs in with RingCentral." in text_of(page)
