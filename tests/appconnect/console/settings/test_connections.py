import re

import pytest
from django.urls import reverse
from django.utils import timezone

from appconnect.organizations.connections.connectors import (
    find_crm_session,
    get_settings,
)
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.models import AuditEntry, LoggingSubscription
from appconnect.sandbox.ringcentral import seed
from tests.support.helpers import text_of
from tests.support.organization import connect_to_crm

PATH = "/connections/"


@pytest.fixture(autouse=True)
def _sandbox_runs(settings):
    settings.SANDBOX = True


def test_it_says_how_things_are(console, organization):
    shown = text_of(console.get(reverse("console:connections")))

    assert "Account 800100200" in shown
    assert "Off while logging is off" in shown
    assert "You aren't signed in to Sandbox CRM." in shown


def test_failure_is_shown(console, organization):
    connection = organization.ringcentral_connection
    connection.failure = "RingCentral refused to sign in: HTTP 400 OAU-213."
    connection.failed_at = timezone.now()
    connection.save()
    LoggingSubscription.objects.create(
        organization=organization,
        status=LoggingSubscription.Status.FAILED,
        failure="RingCentral answered HTTP 400 SUB-521.",
    )

    shown = text_of(console.get(PATH))

    assert re.search(
        r"OAU-213\. New calls since .+ are held until you reconnect; none are lost\.",
        shown,
    )
    assert "Failed: RingCentral answered HTTP 400 SUB-521" in shown


ELSEWHERE = {"platform": "sandboxAdminToken", "crm_hostname": "crm2.example.com"}


def test_the_crm_is_chosen(console, organization):
    page = console.post(PATH, ELSEWHERE | {"confirmed": ""}, follow=True)

    assert "CRM saved." in text_of(page)
    organization.refresh_from_db()
    assert organization.platform == "sandboxAdminToken"
    assert organization.crm_hostname == "crm2.example.com"
    console.post(PATH, ELSEWHERE)
    assert organization.audit_entries.count() == 1


def test_deletions_by_new_address_are_announced_and_audited(console, connected):
    connect_to_crm(connected, api_key=seed.api_key_of("u1"), extension_id="x")
    mapped = connected.user_mappings.mapped().count()
    assert mapped

    page = console.post(PATH, ELSEWHERE)

    shown = text_of(page)
    assert "Nothing has changed yet Logging to Sandbox CRM stops." in shown
    assert "Changing the address permanently deletes:" in shown
    assert f"the user mapping of {mapped} extensions" in shown
    assert "1 person's sign-in to the CRM" in shown
    html = page.content.decode()
    assert 'value="crm2.example.com"' in html, "what was typed stays"
    assert '<button class="danger" name="confirmed">' in html
    assert connected.user_mappings.mapped().count() == mapped
    assert not AuditEntry.objects.filter(action="CRM_CHOSEN").exists()

    console.post(PATH, ELSEWHERE | {"confirmed": ""})

    assert not connected.user_mappings.exists()
    [entry] = AuditEntry.objects.filter(action="CRM_CHOSEN")
    lost = {"field": "user_mappings", "before": mapped, "after": 0}
    assert lost in entry.changes


def test_where_nothing_is_lost_nothing_is_asked(console, organization):
    organization.user_mappings.all().delete()

    page = console.post(PATH, ELSEWHERE, follow=True)

    assert "CRM saved." in text_of(page)


OTHER_CRM = {"platform": "odoo"}


def test_another_crm_stops_logging_and_that_is_said_first(console, connected):
    other = OTHER_CRM | {"crm_hostname": connected.crm_hostname}

    page = console.post(PATH, other)

    shown = text_of(page)
    assert "Logging to Sandbox CRM stops." in shown
    assert "No calls are logged until you turn it on for Odoo in Settings." in shown
    assert "permanently deletes" not in shown
    connected.refresh_from_db()
    assert connected.platform == "sandbox"

    page = console.post(PATH, other | {"confirmed": ""}, follow=True)

    assert "Logging has stopped. Turn it on for Odoo in Settings." in text_of(page)
    assert connected.user_mappings.exists(), "that CRM's mapping stays"

    back = {"platform": "sandbox", "crm_hostname": connected.crm_hostname}
    page = console.post(PATH, back, follow=True)

    assert "Logging to Sandbox CRM is on, with the settings" in text_of(page)


def test_new_address_says_that_calls_are_held_until_the_credentials_come(
    console, connected
):
    elsewhere = {"platform": "sandbox", "crm_hostname": "crm2.example.com"}

    page = console.post(PATH, elsewhere | {"confirmed": ""}, follow=True)

    assert "Calls are held until you enter the credentials" in text_of(page)


def test_a_crm_that_there_is_not_is_refused(console, organization):
    page = console.post(PATH, {"platform": "acme", "crm_hostname": "x"})

    assert "CRM: Select a valid choice." in text_of(page)
    organization.refresh_from_db()
    assert organization.platform == "sandbox"


def test_the_admin_signs_in_to_the_crm(console, connected):
    key = {"auth-apiKey": seed.api_key_of("u1"), "sign_in": ""}

    page = console.post(PATH, key, follow=True)

    assert "You are signed in to Sandbox CRM as Ada Admin." in text_of(page)
    session = find_crm_session(connected, extension_id=seed.extension_id("101"))
    assert session.crm_user_id == "u1"
    assert seed.api_key_of("u1") not in page.content.decode()


def test_at_a_new_address_the_credentials_are_asked_for_again(console, connected):
    connected.server_logging_settings.update(fallback_owner="u7")
    elsewhere = {"platform": "sandbox", "crm_hostname": "evil.example.com"}

    console.post(PATH, elsewhere | {"confirmed": ""})

    assert get_settings(connected).additional_field_values is None
    assert get_settings(connected).fallback_owner == "", "u7 is somebody else there"
    assert not connected.crm_sessions.exists()


def test_the_same_address_keeps_the_credentials(console, connected):
    console.post(PATH, {"platform": "sandbox", "crm_hostname": connected.crm_hostname})

    assert get_settings(connected).additional_field_values


@pytest.mark.parametrize(
    "hostname", ["crm.example.com/path", "user@crm", "https://crm", "a b", "crm:x", "#"]
)
def test_an_address_is_a_host_and_nothing_more(console, organization, hostname):
    page = console.post(PATH, {"platform": "sandbox", "crm_hostname": hostname})

    assert "CRM address: Enter a host name." in text_of(page)
    organization.refresh_from_db()
    assert organization.crm_hostname == "crm.example.com"


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "API key: This field is required."), ("wrong", "credentials were refused")],
)
def test_a_wrong_key_is_refused(console, connected, key, said):
    page = console.post(PATH, {"auth-apiKey": key, "sign_in": ""})

    assert said in text_of(page)
    assert not connected.crm_sessions.exists()


def test_an_admin_subscribes_anew(console, organization):
    assert "Renew notifications" not in text_of(console.get(PATH))
    LoggingSubscription.objects.create(
        organization=organization, status=LoggingSubscription.Status.ACTIVE
    )

    page = console.post("/connections/subscribe/", follow=True)

    assert "The current ones work until then" in text_of(page)
    assert "Being replaced" in text_of(page)


def test_only_an_admin_subscribes_anew(console, member):
    member.role = "OPERATOR"
    member.save()

    assert console.post("/connections/subscribe/").status_code == 403


def test_granted_permissions_and_last_event_are_shown(
    console, connected, make_call, now
):
    assert "Last notification None yet" in text_of(console.get(PATH))
    make_call()

    with open_ringcentral(connected, now=now):
        pass

    shown = text_of(console.get(PATH))
    assert "Permissions ReadAccounts" in shown
    assert "Last notification None yet" not in shown
