"""U-3: whoever writes past the program into the audit log is found out."""

import pytest
from django.core.management import CommandError, call_command

from appconnect.organizations.logging_settings.server_logging import pause, resume
from appconnect.organizations.models import AuditEntry
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import actor_of
from tests.support.organization import ADA


@pytest.fixture
def entries(organization, logging_settings, now):
    """Three entries, the oldest first."""
    pause(organization, actor=ADA, now=now)
    resume(organization, skips=False, actor=ADA, now=now)
    pause(organization, actor=ADA, now=now)
    return list(organization.audit_entries.order_by("pk"))


def test_an_untouched_log_is_whole(entries, capsys):
    call_command("verify_audit")

    assert capsys.readouterr().out == "Sandbox Ltd: the audit log is whole.\n"


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "somebody else"},
        {"changes": [{"field": "x", "before": 1, "after": 2}]},
        {"address": "203.0.113.9"},
        {"digest": "0" * 64},
    ],
    ids=str,
)
def test_an_edited_entry_is_named(organization, entries, change):
    organization.audit_entries.filter(pk=entries[1].pk).update(**change)

    with pytest.raises(CommandError, match=f"entry {entries[1].pk} of "):
        call_command("verify_audit")


def test_an_entry_that_is_gone_is_noticed_at_the_next(organization, entries):
    organization.audit_entries.filter(pk=entries[1].pk).delete()

    with pytest.raises(CommandError, match=f"entry {entries[2].pk} of .*removed"):
        call_command("verify_audit")


def test_the_oldest_may_have_gone(organization, entries):
    organization.audit_entries.filter(pk=entries[0].pk).delete()

    call_command("verify_audit")


def test_an_address_reads_as_it_was_written(organization, rf, now):
    for address in ("2001:DB8::0001", "::ffff:203.0.113.9", "fe80::1%eth0"):
        request = rf.get("/", headers={"X-Forwarded-For": address})
        actor = actor_of(request, "ada")
        audit.log(organization, AuditEntry.Action.SIGNED_IN, actor=actor, now=now)

    call_command("verify_audit")
