"""The CRM session that a client's token names, with what every request needs to know.

One statement in SQL: the ORM would take longer to write it than the database to run it.
"""

import uuid
from collections.abc import Sequence
from functools import cached_property

from django.db import connection, models

from appconnect.organizations.models import CrmSession, Member, Organization


class Columns:
    """The columns of a model in a statement written by hand, and its instances."""

    def __init__(self, model: type[models.Model], alias: str):
        self.model = model
        self.fields = model._meta.concrete_fields
        self.names = [field.attname for field in self.fields]
        self.sql = ", ".join(f'{alias}."{field.column}"' for field in self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    @cached_property
    def converters(self) -> list[tuple[int, list]]:
        """The position of each value that has to be converted, and how, as the ORM does."""
        columns = [field.cached_col for field in self.fields]
        of_columns = [
            [
                *connection.ops.get_db_converters(column),
                *column.get_db_converters(connection),
            ]
            for column in columns
        ]
        return [(i, functions) for i, functions in enumerate(of_columns) if functions]

    def instance(self, values: Sequence[object]) -> models.Model:
        """Return the instance with these values of all columns."""
        row = list(values)
        for position, functions in self.converters:
            for convert in functions:
                row[position] = convert(row[position], None, connection)
        return self.model.from_db(connection.alias, self.names, row)


SESSION = Columns(CrmSession, "session")
ORGANIZATION = Columns(Organization, "organization")
FIND_SESSION = f"""
    SELECT {SESSION.sql}, {ORGANIZATION.sql}, member.role, member_user.is_active
    FROM {CrmSession._meta.db_table} session
    JOIN {Organization._meta.db_table} organization
        ON organization.id = session.organization_id
        AND organization.platform = session.platform
    LEFT JOIN {Member._meta.db_table} member
        ON member.organization_id = session.organization_id
        AND member.extension_id = session.extension_id
        AND member.extension_id <> ''
    LEFT JOIN auth_user member_user ON member_user.id = member.user_id
    WHERE session.id = %s AND session.platform = %s
    ORDER BY member_user.is_active, member.id LIMIT 1
"""  # noqa: S608  the names of tables and columns


def find_session(session_id: uuid.UUID, platform: str) -> CrmSession | None:
    """Return the session, with its `organization` and `is_shut_out`.

    None also when the organization has left that CRM, or has removed the person.
    """
    pk = CrmSession._meta.pk.get_db_prep_value(session_id, connection)
    with connection.cursor() as cursor:
        cursor.execute(FIND_SESSION, (pk, platform))
        row = cursor.fetchone()
    if row is None:
        return None
    *values, role, is_active = row
    if role is not None and not is_active:
        return None
    session = SESSION.instance(values[: len(SESSION)])
    session.organization = ORGANIZATION.instance(values[len(SESSION) :])
    session.is_shut_out = role not in (None, Member.Role.ADMIN)
    return session
