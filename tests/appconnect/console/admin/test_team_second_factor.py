"""What an admin can do about second factors: require one, and reset a person's."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.people.second_factor import make_recovery_codes
from appconnect.organizations.security.audit import PROGRAM
from appconnect.worker import queue
from tests.appconnect.console.sign_in.test_second_factor import code_of, give_app
from tests.support.helpers import text_of

ACCOUNT = {"username": "ben", "password": "a good password"}


@pytest.fixture
def ben(organization) -> Member:
    """A local member with an app and recovery codes."""
    user = User.objects.create_user("ben", "ben@example.com", "a good password")
    ben = Member.objects.create(user=user, organization=organization, role="VIEWER")
    give_app(ben)
    make_recovery_codes(ben, actor=PROGRAM, now=timezone.now())
    return ben


@pytest.fixture(autouse=True)
def _empty_queue():
    queue.engine.flush()
    yield
    queue.engine.flush()


def work() -> None:
    while task := queue.engine.dequeue():
        queue.engine.execute(task)


def sign_in(ben: Member) -> Client:
    browser = Client()
    browser.post("/accounts/login/", ACCOUNT)
    browser.post("/second-factor/", {"code": code_of(ben.authenticator_apps.get())})
    assert browser.get("/sessions/").status_code == 200
    return browser


def test_requiring_it_is_a_switch_in_the_audit_log(console, organization):
    page = console.post("/team/second-factor/", {"required": "yes"}, follow=True)

    assert "People without one set it up at their next sign-in." in text_of(page)
    assert "Stop requiring it" in text_of(page)
    entry = AuditEntry.objects.get(action="SECOND_FACTOR_REQUIRED")
    assert [(c["before"], c["after"]) for c in entry.changes] == [(False, True)]
    console.post("/team/second-factor/", {"required": "no"})
    organization.refresh_from_db()
    assert not organization.requires_second_factor


def test_a_reset_ends_the_sessions_and_tells_the_person(console, ben, mailoutbox):
    browser = sign_in(ben)

    page = console.post(f"/team/{ben.pk}/reset-second-factor/", follow=True)
    assert mailoutbox == [], "the admin waits for no mail server"
    work()

    assert "ben's second factor is reset" in text_of(page)
    assert browser.get("/sessions/").status_code == 302
    assert not ben.authenticator_apps.exists()
    assert not ben.recovery_codes.exists()
    assert AuditEntry.objects.get(action="SECOND_FACTOR_RESET").subject == "ben"
    assert mailoutbox[0].to == ["ben@example.com"]
    assert "set up a new one" in mailoutbox[0].body
    assert browser.post("/accounts/login/", ACCOUNT).url == "/"


def test_the_email_follows_when_the_mail_server_is_back(
    console, ben, settings, mailoutbox
):
    present = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    console.post(f"/team/{ben.pk}/reset-second-factor/")
    work()
    [again] = queue.engine.scheduled()
    settings.EMAIL_BACKEND = present
    queue.engine.execute(again, timestamp=again.eta)

    assert mailoutbox[0].to == ["ben@example.com"]


def test_another_organizations_admin_resets_nobody(client, stranger, ben):
    client.force_login(stranger.user)

    reply = client.post(f"/team/{ben.pk}/reset-second-factor/")

    assert reply.status_code == 404
    assert ben.authenticator_apps.exists()


def test_a_removed_person_leaves_no_secret(console, ben):
    console.post(f"/team/{ben.pk}/remove/")

    assert not ben.authenticator_apps.exists()


def test_the_command_helps_the_last_admin(ben):
    output = StringIO()

    call_command("reset_second_factor", "ben", stdout=output)

    assert "ben can sign in with the password alone" in output.getvalue()
    assert AuditEntry.objects.get(action="SECOND_FACTOR_RESET").actor == "manage.py"
    with pytest.raises(CommandError, match="no person with the user name eve"):
        call_command("reset_second_factor", "eve")


def test_a_reset_is_confirmed_first(console, ben):
    assert "Reset the second factor of ben?" in text_of(console.get("/team/"))
