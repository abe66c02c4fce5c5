"""Triggers that protect the audit log: no entry is changed, none is deleted within a year.

Created after every migration rather than by one: SQLite drops a table's triggers
whenever a migration rebuilds the table. A migration that changes entries must drop them.
"""

from django.apps import AppConfig
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from appconnect.organizations.models import AuditEntry

TABLE = AuditEntry._meta.db_table
NEVER_CHANGED = "An audit entry is never changed."
KEPT_A_YEAR = "An audit entry is kept for 365 days."
SQLITE = (
    "DROP TRIGGER IF EXISTS audit_entry_never_changed",
    "DROP TRIGGER IF EXISTS audit_entry_kept_a_year",
    f"""CREATE TRIGGER audit_entry_never_changed BEFORE UPDATE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{NEVER_CHANGED}'); END""",
    f"""CREATE TRIGGER audit_entry_kept_a_year BEFORE DELETE ON {TABLE}
    WHEN old.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-365 days')
    BEGIN SELECT RAISE(ABORT, '{KEPT_A_YEAR}'); END""",
)
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN RAISE EXCEPTION '{NEVER_CHANGED}'; END IF;
        IF TG_OP = 'DELETE' AND old.at <= now() - interval '365 days' THEN
            RETURN old;
        END IF;
        RAISE EXCEPTION '{KEPT_A_YEAR}';
    END $$ LANGUAGE plpgsql""",
    f"""CREATE OR REPLACE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()""",
    f"""CREATE OR REPLACE TRIGGER audit_entries_kept BEFORE TRUNCATE ON {TABLE}
    EXECUTE FUNCTION refuse_audit_change()""",
)
STATEMENTS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def protect_audit_log(
    sender: AppConfig | None = None, *, using: str = "default", **kwargs: object
) -> None:
    """Create the triggers; receives `post_migrate`."""
    connection = connections[using]
    if TABLE in connection.introspection.table_names():
        set_up_triggers(connection)


def set_up_triggers(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in STATEMENTS[connection.vendor]:
            cursor.execute(statement)
