import pytest

from appconnect.organizations.logging_settings.do_not_log import (
    replace_do_not_log_numbers,
)
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    pause,
    resume,
    update_server_logging_settings,
)
from appconnect.organizations.models import AuditEntry
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import REPLACED
from tests.support.organization import ADA, map_by_hand

Action = AuditEntry.Action


def test_each_change_is_one_entry_and_names_its_version(
    organization, logging_settings, now
):
    pause(organization, actor=ADA, now=now)
    resume(organization, skips=True, actor=ADA, now=now)
    mapping = organization.user_mappings.get(extension__extension_number="108")
    map_by_hand(mapping, organization.crm_users.get(crm_user_id="u8"))

    mapped, resumed, paused = organization.audit_entries.all()
    organization.refresh_from_db()
    assert [paused.action, resumed.action] == [
        Action.LOGGING_PAUSED,
        Action.LOGGING_RESUMED,
    ]
    assert (mapped.actor, mapped.subject) == ("ada", str(mapping.extension))
    assert mapped.configuration_version == organization.configuration_version
    [change] = mapped.changes
    assert (change["field"], change["before"]) == ("crm_user", None)


def test_secret_is_logged_as_replaced(connected, now):
    update_server_logging_settings(
        connected,
        NewSettings(
            additional_field_values={
                "apiUsername": "service",
                "apiPassword": "sandbox",
            },
            rules={"log_internal_calls": True},
        ),
        admin_extension_id="",
        actor=ADA,
        now=now,
    )
    settings = connected.server_logging_settings.get()
    settings.additional_field_values = {"apiUsername": "old", "apiPassword": "canary"}
    settings.save()
    update_server_logging_settings(
        connected,
        NewSettings(
            additional_field_values={"apiUsername": "service", "apiPassword": "sandbox"}
        ),
        admin_extension_id="",
        actor=ADA,
        now=now,
    )

    newest, first = connected.audit_entries.all()
    fields = {change["field"]: change for change in newest.changes}
    assert fields["apiUsername"]["before"] == "old"
    assert fields["apiPassword"]["after"] == REPLACED
    assert "canary" not in str(newest.changes)
    assert {change["field"] for change in first.changes} == {"log_internal_calls"}


def test_do_not_log_numbers_are_counted_in_the_log(connected, now):
    replace_do_not_log_numbers(connected, ["+14155550101"], actor=ADA, now=now)

    assert "4155550101" not in str(connected.audit_entries.get().changes)


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "127.0.0.1"),
        ({"X-Forwarded-For": "203.0.113.9"}, "203.0.113.9"),
        ({"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}, "203.0.113.9"),
        ({"X-Forwarded-For": "203.0.113.9:50712"}, "203.0.113.9"),
        ({"X-Forwarded-For": "2001:db8::9"}, "2001:db8::9"),
        ({"X-Forwarded-For": "[2001:db8::9]:50712"}, "2001:db8::9"),
        ({"X-Forwarded-For": "[2001:db8::9]"}, "2001:db8::9"),
        ({"X-Forwarded-For": "2001:DB8::0001"}, "2001:db8::1"),
        ({"X-Forwarded-For": "::ffff:203.0.113.9"}, "203.0.113.9"),
        ({"X-Forwarded-For": "fe80::1%eth0"}, "fe80::1"),
        ({"X-Forwarded-For": "nonsense"}, None),
        ({"X-Forwarded-For": "203.0.113.9:50712:1"}, None),
    ],
)
def test_actors_address_comes_from_our_proxy(rf, headers, address):
    assert audit.actor_of(rf.get("/", headers=headers), "ada").address == address


@pytest.mark.parametrize(
    ("asked_from", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody's proxy
        ("10.0.0.2", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        ("10.0.0.2", "10.0.0.7", "10.0.0.7"),  # asked from within
        ("127.0.0.1", "6.6.6.6", "127.0.0.1"),
        ("10.0.0.2", "6.6.6.6, nonsense, 10.0.0.1", None),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(
    rf, settings, asked_from, forwarded, address
):
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    request = rf.get(
        "/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=asked_from
    )

    assert audit.actor_of(request, "ada").address == address


def test_cleared_value_is_a_difference():
    assert audit.differences({"key": "x"}, {}, secrets=["key"]) == [
        {"field": "key", "before": audit.REPLACED, "after": audit.REPLACED}
    ]
