"""The set-up page: each step by the stored state, and switching logging on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from appconnect.calls.models import CrmCircuit
from appconnect.monitoring.setup.wizard import find_set_up_steps
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    update_server_logging_settings,
)
from appconnect.organizations.models import (
    AuditEntry,
    LoggingSubscription,
    RingCentralConnection,
    ServerLoggingSettings,
    UserMapping,
)
from appconnect.sandbox.ringcentral import seed
from tests.support.helpers import text_of
from tests.support.organization import ADA

PATH = "/setup/"
ADMIN = seed.extension_id(seed.ADMIN_EXTENSION)
Level = ServerLoggingSettings.LoggingLevel


def steps_of(organization) -> dict[str, tuple[str, str]]:
    """Return the state and the sentence of each step, by its key."""
    steps = find_set_up_steps(
        organization, admin_extension_id=ADMIN, now=timezone.now()
    )
    return {step.key.value: (step.state.value, step.sentence) for step in steps}


@pytest.fixture
def prepared(connected, now):
    """The organization, its settings saved and not switched on yet."""
    connected.server_logging_settings.all().delete()
    update_server_logging_settings(
        connected,
        NewSettings(
            additional_field_values={
                "apiUsername": "service",
                "apiPassword": "sandbox",
            },
            rules={"logging_level": Level.DISABLE},
        ),
        admin_extension_id=ADMIN,
        actor=ADA,
        now=now,
    )
    return connected


def test_the_start_is_the_set_up_until_a_call_was_logged(console, make_call, now):
    call = make_call()
    assert console.get("/").url == PATH
    assert "Finish setup" in text_of(console.get("/calls/"))

    call.mark_logged(now=now)

    assert "Finish setup" not in text_of(console.get("/calls/"))
    assert console.get("/").url == "/overview/"


def test_each_step_has_instructions_before_set_up_begins(console, organization):
    RingCentralConnection.objects.update(
        status=RingCentralConnection.Status.RECONNECT_NEEDED
    )
    organization.platform = ""
    organization.save()

    shown = text_of(console.get(PATH))

    assert "0 of 6 done" in shown
    assert (
        "Connect RingCentral Sign in to RingCentral as an administrator of the "
        "account. Connect RingCentral" in shown
    )
    assert "Connect your CRM Choose the CRM to log calls to. Map users" in shown
    assert (
        "Finish these first: Connect RingCentral, Connect your CRM, Map users and "
        "Choose rules." in shown
    )
    assert "Make a test call Once logging is on, make a call" in shown


def test_steps_are_done_by_stored_state(console, prepared):
    steps = steps_of(prepared)

    assert steps["ringcentral"][0] == "DONE"
    assert steps["crm"][0] == "DONE"
    assert "tested when you turn on logging" in steps["crm"][1]
    assert steps["users"] == (
        "DONE",
        "6 of 8 extensions are mapped. Calls of the other 2 are held until you map them.",
    )
    assert steps["rules"][0] == "DONE"
    assert steps["switched-on"][1].startswith("Ready when you are.")
    assert steps["test-call"][0] == "TO_DO"


def test_failed_step_shows_the_failure(prepared):
    connection = prepared.ringcentral_connection
    connection.status = RingCentralConnection.Status.RECONNECT_NEEDED
    connection.failure = "RingCentral refused to sign in: HTTP 400 OAU-213."
    CrmCircuit.objects.create(
        organization=prepared, platform="sandbox", rejected_at=timezone.now()
    )

    steps = steps_of(prepared)

    assert steps["ringcentral"] == ("FAILED", connection.failure)
    assert steps["crm"][0] == "FAILED"


def test_the_users_are_read_once_the_crm_is_connected(prepared):
    UserMapping.objects.all().delete()
    assert steps_of(prepared)["users"][0] == "WAITING"

    prepared.directory_refreshed_at = timezone.now() + timedelta(seconds=1)
    prepared.directory_failure = "Sandbox CRM: HTTP 503"
    assert steps_of(prepared)["users"] == (
        "FAILED",
        "Users couldn't be read: Sandbox CRM: HTTP 503",
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"unmapped_owner": "admin"}, "DONE"),
        ({"activity_record_owner": "admin"}, "DONE"),
        ({"unmapped_owner": "attention"}, "TO_DO"),
    ],
)
def test_unmapped_extensions_block_nothing_if_rules_choose_the_owner(
    prepared, changes, state
):
    UserMapping.objects.update(crm_user=None)
    prepared.server_logging_settings.update(**changes)

    assert steps_of(prepared)["users"][0] == state


def test_the_rest_may_stay_unmapped_where_an_admin_said_so_by_hand(prepared):
    UserMapping.objects.filter(crm_user=None).update(match=UserMapping.Match.MANUAL)

    assert steps_of(prepared)["users"] == ("DONE", "6 of 8 extensions are mapped.")


def test_queue_and_disabled_extension_need_no_mapping(prepared):
    prepared.extensions.filter(extension_number__in=("107", "108")).update(
        is_enabled=False
    )

    assert steps_of(prepared)["users"] == ("DONE", "6 of 6 extensions are mapped.")


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("Account", "Logging is on for 11 extensions."),
        ("User", "Trial: only calls of Ada Admin (101) are logged."),
    ],
)
def test_logging_is_switched_on(console, prepared, level, said):
    page = console.post(f"{PATH}switch-on/", {"level": level}, follow=True)

    assert "Logging is on." in text_of(page)
    assert said in text_of(page)
    assert "Sandbox CRM is connected." in text_of(page)
    stored = prepared.server_logging_settings.get()
    assert stored.logging_level == level
    assert stored.additional_field_values["apiPassword"] == "sandbox"
    assert AuditEntry.objects.filter(actor="ada").count() == 2


def test_credentials_that_nothing_could_test_are_not_called_accepted(
    console, prepared, monkeypatch, now
):
    monkeypatch.setattr(
        "appconnect.monitoring.setup.checks.can_prove_credentials", lambda _: False
    )
    prepared.directory_refreshed_at = now
    prepared.save()
    console.post(f"{PATH}switch-on/", {"level": "Account"})

    assert steps_of(prepared)["crm"][1] == (
        "Saved, not tested yet. Sandbox CRM can't be tested without a call, so your "
        "first call shows whether it works."
    )

    prepared.directory_refreshed_at = timezone.now()  # its users were read
    prepared.save()
    assert steps_of(prepared)["crm"][1] == "Sandbox CRM is connected."


def test_trial_names_whose_calls_it_logs(console, prepared, member):
    """The trial logs the calls of who connected RingCentral, whoever turns it on."""
    assert "Only me (trial) Logs the calls of Ada Admin (101)." in text_of(
        console.get(PATH)
    )
    member.extension_id = seed.extension_id("102")
    member.save()

    shown = text_of(console.get(PATH))

    assert "Only Ada Admin (101) (trial) Logs the calls of Ada Admin" in shown
    assert "Only me" not in shown


def test_after_the_trial_it_is_switched_on_for_the_account(console, prepared):
    console.post(f"{PATH}switch-on/", {"level": "User"})
    assert "Turn on for everyone" in text_of(console.get(PATH))

    console.post(f"{PATH}switch-on/", {"level": "Account"})

    assert "Turn on for everyone" not in text_of(console.get(PATH))


def test_for_everyone_is_not_for_the_extensions_of_an_earlier_pilot(console, prepared):
    prepared.server_logging_settings.update(
        logged_extensions=[seed.extension_id("101")]
    )

    console.post(f"{PATH}switch-on/", {"level": "User"})
    assert prepared.server_logging_settings.get().logged_extensions
    page = console.post(f"{PATH}switch-on/", {"level": "Account"}, follow=True)

    assert "Logging is on for 11 extensions." in text_of(page)
    assert prepared.server_logging_settings.get().logged_extensions == []


def test_a_missing_step_keeps_it_switched_off_and_is_named(console, prepared):
    UserMapping.objects.update(crm_user=None)
    assert 'value="Account"' not in console.get(PATH).content.decode()

    page = console.post(f"{PATH}switch-on/", {"level": "Account"}, follow=True)

    assert "Logging wasn't turned on. Finish these first: Map users." in text_of(page)
    assert not prepared.server_logging_settings.get().is_enabled


def test_a_crm_that_refuses_keeps_it_switched_off(console, prepared, sandbox):
    sandbox.switch(crmPassword="another")

    page = console.post(f"{PATH}switch-on/", {"level": "Account"}, follow=True)

    assert "Logging wasn't turned on." in text_of(page)
    assert not prepared.server_logging_settings.get().is_enabled


def test_only_an_admin_switches_on_and_only_to_a_level_there_is(
    console, member, prepared
):
    for level in ("Disable", "x", ""):
        reply = console.post(f"{PATH}switch-on/", {"level": level})
        assert reply.status_code == 400
    member.role = "OPERATOR"
    member.save()

    reply = console.post(f"{PATH}switch-on/", {"level": "Account"})

    assert reply.status_code == 403
    assert not prepared.server_logging_settings.get().is_enabled


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_switch_on_button_is_hidden_without_the_role(console, prepared, member, role):
    member.role = role
    member.save()

    page = console.get(PATH)

    assert "Log calls for" not in text_of(page)
    assert "Only admins can change this." in text_of(page)


def test_the_test_call_is_waited_for_and_shown(connected, console, make_call):
    assert steps_of(connected)["test-call"] == (
        "WAITING",
        "Turning on RingCentral's call notifications.",
    )
    subscription = LoggingSubscription.objects.create(
        organization=connected, status="FAILED", failure="HTTP 400 SUB-521."
    )
    assert steps_of(connected)["test-call"] == (
        "FAILED",
        "RingCentral can't notify this server of calls: HTTP 400 SUB-521.",
    )
    subscription.status = "ACTIVE"
    subscription.save()
    assert "Call any extension" in steps_of(connected)["test-call"][1]

    call = make_call()
    assert steps_of(connected)["test-call"][0] == "WAITING"
    call.mark_skipped("NO_CONTACT", now=timezone.now())
    assert steps_of(connected)["test-call"][0] == "DONE"
    shown = text_of(console.get(PATH))
    assert "Skipped No matching contact" in shown


def test_call_in_the_crm_before_is_no_test_call_of_the_present_one(
    connected, make_call, log
):
    log(make_call(), at=timezone.now())
    assert steps_of(connected)["test-call"][0] == "DONE"

    connected.platform = "odoo"
    connected.save()

    assert steps_of(connected)["test-call"][0] == "TO_DO"


def test_while_it_waits_the_page_asks_again_and_hears_only_news(
    connected, console, make_call
):
    page = console.get(PATH)
    assert 'hx-trigger="every 5s"' in page.content.decode()
    known = {"known": page.context["digest"]}
    assert console.get(PATH, known).status_code == 204

    call = make_call()
    assert console.get(PATH, known).status_code == 200
    call.mark_skipped("NO_CONTACT", now=timezone.now())

    page = console.get(PATH)
    assert "hx-trigger" not in page.content.decode()


def test_the_refreshing_can_be_stopped(connected, console):
    page = console.get(PATH, {"refresh": "off"}).content.decode()

    assert "hx-trigger" not in page
    assert 'id="refreshing" href="?"' in page


def test_a_page_that_asks_again_is_led_to_the_sign_in_as_a_whole(client, db):
    reply = client.get(PATH, headers={"HX-Request": "true"})

    assert reply.headers["HX-Refresh"] == "true"


def test_nothing_is_asked_in_a_loop(console, prepared, django_assert_max_num_queries):
    with django_assert_max_num_queries(18):
        console.get(PATH)


def test_a_crm_of_ones_own_session_is_signed_in_to_on_the_connections_page(
    console, organization
):
    organization.platform = "sandboxAdminToken"
    organization.save()

    assert steps_of(organization)["crm"] == (
        "TO_DO",
        "Sign in to your CRM. Calls are logged in your session.",
    )
    page = console.get(PATH).content.decode()
    assert 'href="/connections/account/?next=/setup/"' in page


def test_a_crm_without_mapping_needs_none(connected):
    connected.platform = "sandboxWithoutMapping"
    connected.save()

    assert steps_of(connected)["users"][0] == "DONE"
