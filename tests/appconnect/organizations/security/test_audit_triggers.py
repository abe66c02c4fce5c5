"""The database itself refuses to change its audit log. `test_postgres` runs this there too."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from appconnect.organizations.logging_settings.server_logging import pause, resume
from appconnect.organizations.models import AuditEntry
from appconnect.organizations.security.audit_triggers import KEPT_A_YEAR, NEVER_CHANGED
from appconnect.organizations.security.audit_triggers import (
    protect_audit_log as protect,
)
from tests.support.organization import ADA


@pytest.fixture
def entry(organization, logging_settings, now) -> AuditEntry:
    """One entry, in a database as a migration leaves it."""
    pause(organization, actor=ADA, now=now)
    protect()
    protect()  # as the next migration does
    return organization.audit_entries.get()


def test_audit_entry_cannot_be_changed(entry):
    with pytest.raises(DatabaseError, match=NEVER_CHANGED), transaction.atomic():
        AuditEntry.objects.update(actor="nobody")

    entry.refresh_from_db()
    assert entry.actor == "ada"


def test_audit_entry_cannot_be_deleted_within_a_year(entry):
    with pytest.raises(DatabaseError, match=KEPT_A_YEAR), transaction.atomic():
        entry.delete()

    assert AuditEntry.objects.filter(pk=entry.pk).exists()


@pytest.mark.parametrize(("days", "goes"), [(364, False), (366, True)])
def test_audit_entry_can_be_deleted_after_a_year(
    organization, logging_settings, now, days, goes
):
    pause(organization, actor=ADA, now=now - timedelta(days=days))
    protect()

    if goes:
        AuditEntry.objects.all().delete()
    else:
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEntry.objects.all().delete()

    assert AuditEntry.objects.exists() is not goes


def test_triggers_allow_new_audit_entries(entry, organization, now):
    resume(organization, skips=False, actor=ADA, now=now)

    assert organization.audit_entries.count() == 2


@pytest.mark.on_postgresql
def test_audit_table_cannot_be_truncated(entry):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # which PostgreSQL wants first
        with pytest.raises(DatabaseError, match=KEPT_A_YEAR):
            cursor.execute(f"TRUNCATE {AuditEntry._meta.db_table}")
