"""What a worker keeps of an organization's configuration: a change counts at the next call."""

from collections.abc import Callable

import pytest

from appconnect.calls.actions.calls import exclude_number
from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import SkipReason
from appconnect.organizations.connections.configuration import mapping_of
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.do_not_log import (
    add_do_not_log_numbers,
    is_listed,
    remove_do_not_log_numbers,
    replace_do_not_log_numbers,
    set_do_not_log_numbers,
)
from appconnect.organizations.logging_settings.logged_extensions import set_logged
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    choose_crm,
    pause,
    resume,
    update_server_logging_settings,
)
from appconnect.organizations.models import Organization, ServerLoggingSettings
from tests.support.organization import ADA, map_by_hand

NUMBER = "+14155550101"
BEN = "800100102"


@pytest.fixture
def claim(connected, make_call, now):
    """Give a function that returns the organization as a worker gets it with a call."""

    def claim() -> Organization:
        return CallSession.objects.claim(make_call().pk, now).organization

    return claim


def save_rules(organization: Organization, now) -> None:
    save(organization, now, rules={"log_internal_calls": True})


def save_locality(organization: Organization, now) -> None:
    save(organization, now, locality={"region": "DE", "time_zone": "Europe/Berlin"})


def save_credentials(organization: Organization, now) -> None:
    update_server_logging_settings(
        organization,
        NewSettings(
            additional_field_values={"apiUsername": "b", "apiPassword": "c"},
            is_draft=True,
        ),
        admin_extension_id="",
        actor=ADA,
        now=now,
    )


def save(organization: Organization, now, **values) -> None:
    stored = get_settings(organization).additional_field_values
    update_server_logging_settings(
        organization,
        NewSettings(additional_field_values=stored, **values),
        admin_extension_id="",
        actor=ADA,
        now=now,
    )


def switch_off(organization: Organization, now) -> None:
    level = ServerLoggingSettings.LoggingLevel.DISABLE
    save(organization, now, rules={"logging_level": level})


def pause_logging(organization: Organization, now) -> None:
    pause(organization, actor=ADA, now=now)


def move_crm(organization: Organization, now) -> None:
    choose_crm(
        organization, platform="sandbox", hostname="new.example", actor=ADA, now=now
    )


def exclude_extension(organization: Organization, now) -> None:
    ids = [organization.extensions.get(extension_id=BEN).pk]
    set_logged(organization, ids, is_logged=False, actor=ADA, now=now)


def add_number(organization: Organization, now) -> None:
    add_do_not_log_numbers(organization, [NUMBER], label="", actor=ADA, now=now)


def replace_list(organization: Organization, now) -> None:
    replace_do_not_log_numbers(organization, [NUMBER], actor=ADA, now=now)


def exclude_from_call(organization: Organization, now) -> None:
    call = organization.calls.latest("received_at")
    call.mark_skipped(SkipReason.NO_CONTACT, now=now)
    assert exclude_number(call, actor=ADA, now=now)


def unmap(organization: Organization, now) -> None:
    map_by_hand(organization.user_mappings.get(extension__extension_id=BEN), None)


@pytest.mark.parametrize(
    ("change", "read"),
    [
        (save_rules, lambda o: get_settings(o).log_internal_calls),
        (save_credentials, lambda o: get_settings(o).additional_field_values),
        (save_locality, lambda o: (o.region, o.time_zone)),
        (switch_off, lambda o: get_settings(o).is_enabled),
        (pause_logging, lambda o: get_settings(o).paused_at),
        (move_crm, lambda o: o.crm_hostname),
        (exclude_extension, lambda o: mapping_of(o, BEN).extension.is_logged),
        (unmap, lambda o: mapping_of(o, BEN).crm_user),
        (add_number, lambda o: is_listed(o, [NUMBER])),
        (replace_list, lambda o: is_listed(o, [NUMBER])),
        (exclude_from_call, lambda o: is_listed(o, [NUMBER])),
    ],
    ids=lambda value: value.__name__.replace("<lambda>", "read"),
)
def test_change_counts_at_the_next_call(
    connected, claim, now, change: Callable, read: Callable
):
    before = read(claim())

    change(connected, now)

    assert read(claim()) != before
    assert read(claim()) == read(Organization.objects.get(pk=connected.pk))


def test_resuming_counts_at_the_next_call(connected, claim, now):
    pause(connected, actor=ADA, now=now)
    assert get_settings(claim()).paused_at == now

    resume(connected, skips=False, actor=ADA, now=now)

    assert get_settings(claim()).paused_at is None


def test_removed_number_counts_at_the_next_call(connected, claim, now):
    set_do_not_log_numbers(connected, [NUMBER])
    assert is_listed(claim(), [NUMBER])

    rows = connected.do_not_log_numbers.all()
    remove_do_not_log_numbers(connected, rows, actor=ADA, now=now)

    assert not is_listed(claim(), [NUMBER])


def test_organizations_have_configurations_of_their_own(
    connected, stranger, claim, make_call, now
):
    set_do_not_log_numbers(connected, [NUMBER])
    mine = claim()
    call = make_call(organization=stranger.organization)

    theirs = CallSession.objects.claim(call.pk, now).organization

    assert (mine.pk, theirs.pk) == (connected.pk, stranger.organization_id)
    assert is_listed(mine, [NUMBER])
    assert not is_listed(theirs, [NUMBER])
    assert get_settings(mine).additional_field_values
    assert not get_settings(theirs).additional_field_values


def test_claimed_organization_is_the_call_s_own(connected, claim):
    first, second = claim(), claim()
    first.name = "changed by one worker's thread"
    get_settings(first).logging_level = "Disable"
    get_settings(first).additional_field_values["apiPassword"] = "changed"

    assert second.name == claim().name == connected.name
    assert get_settings(claim()).is_enabled
    assert get_settings(claim()).additional_field_values["apiPassword"] == "sandbox"


def test_configuration_shows_no_secrets(connected, claim):
    set_do_not_log_numbers(connected, [NUMBER])
    configuration = claim().configuration
    assert get_settings(claim()).additional_field_values

    shown = repr(configuration) + repr(claim())

    assert "apiPassword" not in shown
    assert connected.number_hash(NUMBER) not in shown
