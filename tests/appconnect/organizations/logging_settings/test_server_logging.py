from datetime import timedelta

import pytest

from appconnect.organizations.client.client_subscription import unsubscribe
from appconnect.organizations.connections.connectors import NoCredentials, get_settings
from appconnect.organizations.logging_settings.forms import MASK
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    get_server_logging_settings,
    update_server_logging_settings,
)
from appconnect.organizations.models import Organization, ServerLoggingSettings
from appconnect.sandbox.ringcentral import seed
from connector.crms.sandbox import Sandbox
from connector.errors import CredentialsRejected, TemporaryError
from tests.support.organization import ADA, connect_to_crm

Level = ServerLoggingSettings.LoggingLevel
GOOD = {"apiUsername": "service", "apiPassword": "sandbox", "activityType": "call"}


def update(organization, now, values=GOOD, **changes):
    update_server_logging_settings(
        organization,
        NewSettings(additional_field_values=values, **changes),
        admin_extension_id=seed.extension_id("101"),
        actor=ADA,
        now=now,
    )


@pytest.fixture
def unset(organization, sandbox):
    """The organization before anybody filled in the settings."""
    organization.crm_hostname = sandbox.host
    organization.save()
    return organization


def test_good_settings_are_stored_encrypted(unset, now):
    update(unset, now, rules={"logging_level": Level.ACCOUNT})

    settings = get_settings(unset)
    assert settings.is_enabled
    assert settings.additional_field_values == GOOD
    assert settings.secrets_changed_by == "ada"
    assert "sandbox" not in str(
        ServerLoggingSettings.objects.values_list("additional_field_values").get()
    )


def test_returned_settings_mask_the_secret(unset, now):
    update(unset, now)

    assert get_server_logging_settings(unset) == {**GOOD, "apiPassword": MASK}


def test_wrong_credentials_leave_everything_as_it_was(connected, now):
    wrong = {**GOOD, "apiPassword": "wrong"}

    with pytest.raises(CredentialsRejected):
        update(connected, now, wrong, rules={"logging_level": Level.DISABLE})

    settings = get_settings(connected)
    assert settings.additional_field_values["apiPassword"] == "sandbox"
    assert settings.logging_level == Level.ACCOUNT


def test_rule_can_be_changed_while_the_crm_is_down(connected, sandbox, now):
    sandbox.switch(crmFailsWith=503)
    stored = get_settings(connected).additional_field_values

    update(connected, now, stored, rules={"log_internal_calls": True})

    assert get_settings(connected).log_internal_calls


def test_new_credentials_are_not_stored_while_the_crm_is_down(connected, sandbox, now):
    sandbox.switch(crmFailsWith=503)

    with pytest.raises(TemporaryError):
        update(connected, now, {**GOOD, "apiUsername": "other"})

    assert get_settings(connected).additional_field_values["apiUsername"] == "service"


def test_each_change_counts_as_a_new_configuration(unset, now):
    before = unset.configuration_version

    update(unset, now)

    assert unset.configuration_version == before + 1


def test_admins_own_session_is_required_by_the_manifest(unset, now):
    unset.platform = "sandboxAdminToken"
    unset.save()

    with pytest.raises(NoCredentials, match="your own CRM session"):
        update(unset, now, {}, rules={"logging_level": Level.ACCOUNT})

    connect_to_crm(
        unset, api_key=seed.api_key_of("u1"), extension_id=seed.extension_id("101")
    )
    update(unset, now, {}, rules={"logging_level": Level.ACCOUNT})
    assert get_settings(unset).is_enabled


def test_crm_session_belongs_to_the_user_of_the_api_key(unset):
    session = connect_to_crm(
        unset, api_key=seed.api_key_of("u2"), extension_id=seed.extension_id("102")
    )

    assert (session.crm_user_id, session.name) == ("u2", "Ben Baker")


def test_a_wrong_api_key_makes_no_session(unset):
    with pytest.raises(CredentialsRejected):
        connect_to_crm(unset, api_key="nonsense", extension_id="1")

    assert not unset.crm_sessions.exists()


@pytest.fixture
def while_crm_answers(monkeypatch):
    """Give a function that runs another admin's change while the CRM is tested."""

    def run(change):
        def answer(connector, values):
            change()
            return values

        monkeypatch.setattr(Sandbox, "update_server_logging_settings", answer)

    return run


def test_logging_since_counts_from_the_level_that_the_new_one_replaces(
    connected, now, while_crm_answers
):
    """Another admin switches logging off while these settings are tested at the CRM."""
    later = now + timedelta(minutes=1)
    while_crm_answers(
        lambda: unsubscribe(Organization.objects.get(), actor=ADA, now=now)
    )

    changed = GOOD | {"activityType": "task"}
    update(connected, later, changed, rules={"logging_level": Level.ACCOUNT})

    settings = get_settings(connected)
    assert settings.is_enabled
    assert settings.logging_since == later


def test_logging_since_stays_where_another_admin_switched_logging_on(
    connected, now, while_crm_answers
):
    """Both switch logging on; the second one changes nothing."""
    earlier = now - timedelta(minutes=1)
    unsubscribe(connected, actor=ADA, now=earlier)

    def switch_on():
        organization = Organization.objects.get()
        organization.lock()
        rules = {"logging_level": Level.ACCOUNT}
        ServerLoggingSettings.change(organization, rules, now=now)

    while_crm_answers(switch_on)

    update(connected, earlier, rules={"logging_level": Level.ACCOUNT})

    assert get_settings(connected).logging_since == now
