"""GET /subscription, POST /subscribe and POST /unsubscribe."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.do_not_log import add_do_not_log_number
from appconnect.organizations.models import CrmSession
from appconnect.organizations.people.admin_right import (
    CONFIRMATION_INTERVAL,
    OUTAGE_LIMIT,
)
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import ADA, connect_to_crm

OFF = {
    "subscribed": False,
    "subscriptionLevel": "Account",
    "loggingByAdmin": False,
    "loggingWithUserAssigned": False,
    "doNotLogNumbers": "",
    "sources": ["ex"],
}


@pytest.fixture
def switched_off(connected):
    """An organization that has never stored its settings."""
    connected.server_logging_settings.all().delete()
    return connected


@pytest.fixture
def body(crm_session) -> dict:
    """What a client of version 1.6.6 posts."""
    return {
        "crmToken": issue_user_jwt(crm_session),
        "crmPlatform": "sandbox",
        "crmAdapterUrl": "https://logging.example.com",
        "subscriptionLevel": "Account",
        "loggingByAdmin": False,
        "loggingWithUserAssigned": False,
        "detailedCallLog": False,
    }


def test_before_anything_is_stored_the_answer_is_an_object(switched_off, service):
    reply = service("GET", "/subscription")

    assert (reply.status_code, reply.json()) == (200, OFF)


def test_before_a_crm_is_chosen_too(switched_off, service):
    switched_off.platform = ""
    switched_off.save()

    assert service("GET", "/subscription").json() == OFF


def test_subscription_shows_the_settings(connected, service):
    add_do_not_log_number(connected, "+14155550199", actor=ADA, now=timezone.now())
    add_do_not_log_number(connected, "102", actor=ADA, now=timezone.now())
    settings = get_settings(connected)
    settings.logging_level, settings.activity_record_owner = "User", "admin"
    settings.save()

    assert service("GET", "/subscription").json() == {
        "subscribed": True,
        "subscriptionLevel": "User",
        "loggingByAdmin": True,
        "loggingWithUserAssigned": False,
        "doNotLogNumbers": "+14155550199,102",
        "sources": ["ex"],
    }


def test_where_the_admins_session_writes_agents_are_assigned(connected, service):
    connected.platform = "sandboxAdminToken"
    connected.save()

    assert service("GET", "/subscription").json()["loggingWithUserAssigned"] is True


def test_the_numbers_are_for_admins(connected, service, service_token):
    add_do_not_log_number(connected, "+14155550199", actor=ADA, now=timezone.now())

    reply = service("GET", "/subscription", token=service_token("102"))

    assert reply.json()["doNotLogNumbers"] == ""


@pytest.mark.parametrize("lost", ["here", "at RingCentral"])
def test_demoted_admin_does_not_see_the_numbers(
    connected, member, service, service_token, sandbox, monkeypatch, now, lost
):
    add_do_not_log_number(connected, "+14155550199", actor=ADA, now=now)
    monkeypatch.setattr(
        "time.time", lambda: (now - CONFIRMATION_INTERVAL).timestamp() - 1
    )
    token = service_token()
    monkeypatch.undo()
    shown = service("GET", "/subscription", token=token)
    assert shown.json()["doNotLogNumbers"] == "+14155550199"

    if lost == "here":
        member.user.is_active = False
        member.user.save()
    else:
        sandbox.switch(demote="101")
        cache.clear()  # its answer counts for a minute
        connected.admin_rights.update(confirmed_at=now - CONFIRMATION_INTERVAL)
    reply = service("GET", "/subscription", token=token)

    assert reply.status_code == 200
    assert reply.json() == shown.json() | {"doNotLogNumbers": ""}


def test_another_admin_sees_the_name_of_the_managing_admin(
    connected, service, service_token
):
    token = service_token("102", is_admin=True)

    reply = service("GET", "/subscription", token=token)

    assert reply.json()["subscribedByOtherAdmin"] == {
        "name": "Ada Admin",
        "setting": {
            "subscriptionLevel": "Account",
            "doNotLogNumbers": "",
            "loggingByAdmin": False,
        },
    }


@pytest.mark.parametrize("gone", ["left", "off"])
def test_no_managing_admin_when_off_or_gone(connected, service, service_token, gone):
    if gone == "left":
        connected.extensions.filter(extension_number="101").update(is_enabled=False)
    else:
        connected.server_logging_settings.update(logging_level="Disable")
    token = service_token("102", is_admin=True)

    reply = service("GET", "/subscription", token=token)

    assert "subscribedByOtherAdmin" not in reply.json()


@pytest.mark.parametrize(
    ("changes", "level", "owner"),
    [
        ({}, "Account", "user"),
        ({"subscriptionLevel": "User"}, "User", "user"),
        ({"loggingByAdmin": True}, "Account", "admin"),
        ({"sources": ["ex"]}, "Account", "user"),
        ({"sources": ["ex", "cx"], "detailedCallLog": True}, "Account", "user"),
    ],
)
def test_subscribing_switches_logging_on_before_there_are_credentials(
    switched_off, service, body, changes, level, owner
):
    reply = service("POST", "/subscribe", body | changes)

    assert reply.status_code == 200
    settings = get_settings(switched_off)
    assert (settings.logging_level, settings.activity_record_owner) == (level, owner)
    assert settings.admin_extension_id == seed.extension_id("101")
    assert settings.logging_since is not None
    assert settings.additional_field_values is None
    [entry] = switched_off.audit_entries.filter(action="SETTINGS_CHANGED")
    assert (entry.actor, entry.subject) == ("Ada Admin", "via App Connect")
    assert {change["field"] for change in entry.changes} >= {"logging_level"}
    switched_off.refresh_from_db()
    assert entry.configuration_version == switched_off.configuration_version


def test_the_second_time_changes_nothing(switched_off, service, body):
    service("POST", "/subscribe", body)
    since = get_settings(switched_off).logging_since

    assert service("POST", "/subscribe", body).status_code == 200
    assert get_settings(switched_off).logging_since == since
    assert switched_off.audit_entries.filter(action="SETTINGS_CHANGED").count() == 1


def test_absent_member_leaves_its_setting(connected, service, body):
    connected.server_logging_settings.update(activity_record_owner="admin")
    del body["loggingByAdmin"], body["loggingWithUserAssigned"], body["detailedCallLog"]

    assert service("POST", "/subscribe", body).status_code == 200
    settings = get_settings(connected)
    assert settings.activity_record_owner == "admin"
    assert settings.additional_field_values["apiUsername"] == "service"


def test_the_posted_session_becomes_the_admins(connected, service, body):
    session = connect_to_crm(
        connected, api_key=seed.api_key_of("u1"), extension_id="elsewhere"
    )

    service("POST", "/subscribe", body | {"crmToken": issue_user_jwt(session)})

    [kept] = CrmSession.objects.all()
    assert (kept.pk, kept.extension_id) == (session.pk, seed.extension_id("101"))


@pytest.mark.parametrize(
    "changes",
    [
        {"subscriptionLevel": "Disable"},
        {"subscriptionLevel": None},
        {"subscriptionLevel": ["Account"]},
        {"sources": ["cx"]},
        {"crmToken": ""},
        {"crmToken": None},
        {"crmToken": "nonsense"},
        {"crmPlatform": "pipedrive"},
    ],
)
def test_a_refusal_has_the_shape_that_the_client_shows(
    switched_off, service, body, changes
):
    reply = service("POST", "/subscribe", body | changes)

    assert reply.status_code == 400
    assert list(reply.json()) == ["result"]
    assert reply.json()["result"]["message"]
    assert not get_settings(switched_off).is_enabled


@pytest.mark.parametrize("posted", [b"{", b"[]", b"null"])
def test_a_body_that_is_none_is_refused_in_that_shape_too(
    switched_off, service, posted
):
    reply = service("POST", "/subscribe", posted)

    assert reply.status_code == 400
    assert reply.json()["result"]["message"]


def test_the_session_of_another_organization_is_refused(
    switched_off, service, body, crm_session, stranger
):
    crm_session.organization = stranger.organization
    crm_session.save(update_fields=["organization"])

    assert service("POST", "/subscribe", body).status_code == 400
    assert not get_settings(switched_off).is_enabled
    assert not get_settings(stranger.organization).is_enabled


def test_another_organizations_token_changes_nothing_here(
    connected, service, service_token, stranger
):
    token = service_token(account_id="999", id="1")

    service("POST", "/unsubscribe", {}, token=token)

    assert get_settings(connected).is_enabled
    assert not connected.audit_entries.exists()


def test_trial_mode_needs_the_admin_of_the_ringcentral_connection(
    switched_off, service, body
):
    switched_off.ringcentral_connection.extension_id = seed.extension_id("103")
    switched_off.ringcentral_connection.save()

    reply = service("POST", "/subscribe", body | {"subscriptionLevel": "User"})

    assert reply.status_code == 400
    assert "Connect RingCentral as yourself" in reply.json()["result"]["message"]
    assert not get_settings(switched_off).is_enabled


def test_unsubscribing_switches_logging_off_and_keeps_the_rest(connected, service):
    reply = service("POST", "/unsubscribe", {})

    assert reply.status_code == 200
    settings = get_settings(connected)
    assert not settings.is_enabled
    assert settings.additional_field_values["apiUsername"] == "service"
    [entry] = connected.audit_entries.filter(action="SETTINGS_CHANGED")
    assert entry.actor == "Ada Admin"


@pytest.mark.parametrize("path", ["/subscribe", "/unsubscribe", "/do-not-log-numbers"])
@pytest.mark.parametrize("is_admin", [True, False])
def test_ringcentral_is_asked_whether_it_is_an_admin(
    connected, service, service_token, path, is_admin, monkeypatch, now, body
):
    monkeypatch.setattr(
        "time.time", lambda: (now - CONFIRMATION_INTERVAL).timestamp() - 1
    )
    token = service_token("102", is_admin=is_admin)
    monkeypatch.undo()
    before = get_settings(connected).logging_level

    reply = service("POST", path, body | {"doNotLogNumbers": "101"}, token=token)

    assert reply.status_code == 400
    assert "admin" in reply.json()["result"]["message"]
    [entry] = connected.audit_entries.filter(action="ACCESS_DENIED")
    assert (entry.actor, entry.subject) == ("Ben Baker", f"POST {path}")
    assert get_settings(connected).logging_level == before
    assert not connected.do_not_log_numbers.exists()


@pytest.mark.parametrize(
    ("age", "status"), [(OUTAGE_LIMIT / 2, 200), (OUTAGE_LIMIT * 2, 400)]
)
def test_while_ringcentral_is_away_a_proof_counts_for_an_hour(
    connected, service, service_token, settings, monkeypatch, now, age, status
):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    monkeypatch.setattr("time.time", lambda: (now - age).timestamp())
    token = service_token()
    monkeypatch.undo()

    assert service("POST", "/unsubscribe", {}, token=token).status_code == status


def test_refused_person_stays_refused_while_ringcentral_is_away(
    connected, service, service_token, sandbox, settings, monkeypatch, now
):
    monkeypatch.setattr(
        "time.time", lambda: (now - CONFIRMATION_INTERVAL).timestamp() - 1
    )
    token = service_token("102", is_admin=True)
    monkeypatch.undo()
    service("POST", "/unsubscribe", {}, token=token)
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"

    assert service("POST", "/unsubscribe", {}, token=token).status_code == 400
    assert get_settings(connected).is_enabled
