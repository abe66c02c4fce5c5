"""What a process keeps of an organization's configuration is never older than a request."""

from django.utils import timezone

from appconnect.organizations.logging_settings.do_not_log import (
    add_do_not_log_numbers,
    remove_do_not_log_numbers,
)
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    update_server_logging_settings,
)
from appconnect.organizations.models import Member, Organization
from tests.appconnect.api.test_statements import CONTACT_NUMBER, call_to_log
from tests.support.organization import ADA

SETTINGS = "/admin/serverLoggingSettings"
VALUES = {"apiUsername": "service", "apiPassword": "sandbox"}


def test_changed_setting_counts_at_the_next_request(call, connected, now):
    assert "activityType" not in call("GET", SETTINGS).json()

    update_server_logging_settings(
        Organization.objects.get(pk=connected.pk),
        NewSettings(additional_field_values={**VALUES, "activityType": "followUp"}),
        admin_extension_id="",
        actor=ADA,
        now=now,
    )

    assert call("GET", SETTINGS).json()["activityType"] == "followUp"


def test_do_not_log_entry_counts_at_the_next_request(call, connected, sandbox, now):
    assert call("POST", "/callLog", call_to_log("1")).json()["successful"] is True

    add_do_not_log_numbers(connected, [CONTACT_NUMBER], label="", actor=ADA, now=now)
    assert call("POST", "/callLog", call_to_log("2")).json()["successful"] is False

    entries = connected.do_not_log_numbers.all()
    remove_do_not_log_numbers(connected, entries, actor=ADA, now=timezone.now())
    assert call("POST", "/callLog", call_to_log("3")).json()["successful"] is True
    assert len(sandbox.call_logs()) == 2


def test_removed_member_is_shut_out_at_the_next_request(call, member):
    assert call("GET", SETTINGS).status_code == 200

    member.user.is_active = False
    member.user.save()

    assert call("GET", SETTINGS).status_code == 400


def test_member_who_is_admin_no_more_is_shut_out_at_the_next_request(call, member):
    assert call("GET", SETTINGS).status_code == 200

    member.role = Member.Role.OPERATOR
    member.save()

    assert call("GET", SETTINGS).status_code == 403
