"""Signing in to a CRM by OAuth, with Pipedrive's stand-in."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.console.settings.connections import crm_sign_in as views
from appconnect.console.shell.session import CONFIRMED
from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.organizations.connections import crm_sign_in
from appconnect.organizations.models import (
    CrmSession,
    CrmSignIn,
    CrmUser,
    ServerLoggingSettings,
)
from tests.support.fakes.pipedrive import ACCESS_SECONDS, FakePipedrive, person
from tests.support.helpers import leads_to, text_of

CONNECTIONS = "/connections/"
BEGIN = "/crm/sign-in/"
Status = CallSession.Status


@pytest.fixture
def fake(connected, settings):
    with FakePipedrive() as fake:
        settings.CRM_PRIVATE_HOSTS = [fake.host]
        settings.CRM_OAUTH_CLIENTS = {
            "pipedrive": f"{fake.client_id}:{fake.client_secret}"
        }
        fake.codes = {"a-code": f"{settings.PUBLIC_URL}/crm/callback/"}
        fake.persons = [person(71, "Ada Example", "+1 415 555 0101")]
        yield fake


@pytest.fixture(autouse=True)
def _uses_pipedrive(organization, fake):
    organization.platform, organization.crm_hostname = "pipedrive", fake.host
    organization.save()
    crm_sign_in.in_memory.clear()


def begin(console) -> dict[str, str]:
    """Follow the link and confirm; return what the CRM's sign-in page is asked."""
    page = console.get(CONNECTIONS)
    assert "Sign in to Pipedrive" in text_of(page)
    there = urlsplit(leads_to(console.post(BEGIN)))
    assert there.path == "/oauth/authorize"
    return dict(parse_qsl(there.query))


def come_back(console, **query) -> str:
    return text_of(console.get(reverse("console:crm-callback"), query, follow=True))


def test_an_admin_signs_in_and_calls_are_logged_in_that_session(
    console, organization, fake, member, make_call, log, now
):
    asked = begin(console)
    assert asked["client_id"] == fake.client_id
    assert asked["redirect_uri"].endswith("/crm/callback/")

    shown = come_back(console, state=asked["state"], code="a-code")

    assert "You are signed in to the CRM as Ann Admin." in shown, shown
    session = CrmSession.objects.get()
    assert session.extension_id == member.extension_id
    log_as_admin(organization, session)
    assert log(make_call(), at=now).status == Status.LOGGED
    [activity] = fake.activities.values()
    assert activity["owner_id"] == 1


def test_tokens_that_ran_out_are_renewed_and_the_new_ones_kept(
    console, organization, fake, make_call, log, now
):
    come_back(console, state=begin(console)["state"], code="a-code")
    log_as_admin(organization, CrmSession.objects.get())
    for _ in range(2):  # each refresh token is good for one use
        fake.advance(ACCESS_SECONDS + 1)
        crm_sign_in.in_memory.clear()
        assert log(make_call(), at=now).status == Status.LOGGED

    assert len(fake.activities) == 2


def test_a_sign_in_that_the_crm_has_ended_is_said_and_keeps_the_calls(
    console, organization, fake, member, make_call, log, now
):
    come_back(console, state=begin(console)["state"], code="a-code")
    log_as_admin(organization, CrmSession.objects.get())
    fake.access_tokens.clear()
    fake.refresh_tokens.clear()

    assert log(make_call(), at=now).status == Status.WAITING_TO_LOG
    check_alerts(organization, now=now)

    [alert] = [one for one in mail.outbox if "CRM password rejected" in one.subject]
    assert "connect again" in alert.body
    assert CONNECTIONS in alert.body


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"state": "another", "code": "a-code"}, "was started in another browser"),
        ({"error": "access_denied"}, "The CRM didn't sign you in."),
        ({"code": "an-old-code"}, "connect again"),
    ],
)
def test_invalid_oauth_callback_is_refused(console, organization, query, said):
    state = begin(console)["state"]

    assert said in come_back(console, **{"state": state, **query})
    assert not CrmSession.objects.exists()
    assert not CrmSignIn.objects.exists()


def test_oauth_code_works_only_in_the_browser_that_began(console, fake):
    another, asked = begin(console), begin(console)
    come_back(console, state=asked["state"], code="a-code")

    assert asked["code_challenge_method"] == "S256"
    [sent] = fake.requests_to("oauth/token")
    digest = sha256(sent.form["code_verifier"].encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert asked["code_challenge"] == challenge
    assert another["code_challenge"] != challenge


def test_a_code_is_taken_once(console):
    state = begin(console)["state"]
    come_back(console, state=state, code="a-code")

    shown = come_back(console, state=state, code="a-code")

    assert "was started in another browser" in shown


def test_a_link_begins_no_sign_in(console, fake):
    """Another site's page can open any address of ours, and send no form."""
    page = console.get(BEGIN)

    assert "Location" not in page
    assert "Refresh" not in page
    shown = come_back(console, state="", code="a-code")
    assert "was started in another browser" in shown
    assert not CrmSession.objects.exists()


def test_beginning_says_which_crm_and_which_session_it_replaces(console, fake):
    come_back(console, state=begin(console)["state"], code="a-code")

    shown = text_of(console.get(BEGIN))

    assert f"the Pipedrive user who signs in next at {fake.host}." in shown
    assert "It replaces your session as Ann Admin." in shown


def test_beginning_needs_a_recent_sign_in(console):
    session = console.session
    session[CONFIRMED] = (timezone.now() - timedelta(minutes=11)).timestamp()
    session.save()

    assert console.post(BEGIN).url.startswith("/confirm-sign-in/")


def test_what_one_admin_began_is_not_stored_for_the_next(
    console, organization, stranger
):
    state = begin(console)["state"]
    stranger.organization = organization
    stranger.save()
    console.force_login(stranger.user)

    shown = come_back(console, state=state, code="a-code")

    assert "was started in another browser" in shown
    assert not CrmSession.objects.exists()


@pytest.mark.parametrize("platform", ["bullhorn", "hubspot"])
def test_service_account_needs_no_personal_sign_in(console, organization, platform):
    organization.platform = platform
    organization.save()

    assert "Sign in to" not in text_of(console.get(CONNECTIONS))


def test_one_address_has_only_so_many_codes_redeemed(console, fake, monkeypatch):
    monkeypatch.setattr(views, "MAX_PER_MINUTE", 2)

    for _ in range(3):
        shown = come_back(console, state=begin(console)["state"], code="invented")

    assert "Too many sign-ins from your network." in shown
    assert len(fake.requests_to("oauth/token")) == 2


def test_a_server_that_is_not_registered_says_so(console, settings):
    settings.CRM_OAUTH_CLIENTS = {}

    page = console.post(BEGIN, follow=True)

    assert "CRM_OAUTH_CLIENTS" in text_of(page)


def log_as_admin(organization, session):
    """Switch logging on, the admin owning the records."""
    CrmUser.objects.create(
        organization=organization, platform="pipedrive", crm_user_id="1", name="Ann"
    )
    ServerLoggingSettings.objects.create(
        organization=organization,
        platform="pipedrive",
        logging_level=ServerLoggingSettings.LoggingLevel.ACCOUNT,
        activity_record_owner=ServerLoggingSettings.ActivityRecordOwner.ADMIN,
        admin_extension_id=session.extension_id,
    )
