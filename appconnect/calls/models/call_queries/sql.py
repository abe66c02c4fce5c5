"""Statements that the ORM would take longer to write than the database to run."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from django.db import connection, connections, models

if TYPE_CHECKING:
    from appconnect.calls.models.call_session import CallSession

CLAIM = """
    UPDATE calls_callsession
    SET next_attempt_at = %s, attempts = attempts + 1, fence = fence + 1
    WHERE id = %s AND next_attempt_at <= %s
    RETURNING {columns},
        (SELECT configuration_version FROM organizations_organization AS o
         WHERE o.id = calls_callsession.organization_id) AS claimed_version,
        EXISTS (SELECT 1 FROM organizations_organization AS o, calls_crmrecord AS r
         WHERE o.id = calls_callsession.organization_id
         AND r.organization_id = o.id
         AND r.telephony_session_id
         IN (calls_callsession.telephony_session_id, calls_callsession.session_id)
        ) AS may_have_crm_record,
        EXISTS (SELECT 1 FROM calls_crmcircuit AS c
         WHERE c.organization_id = calls_callsession.organization_id
         AND (c.failures > 0 OR c.open_until IS NOT NULL)
        ) AS may_have_open_circuit
"""
"""One statement that claims a call, and reads with it what its next step depends on."""


@cache
def claim_of(model: type[models.Model]) -> str:
    """Return the statement that claims a call, with all its columns."""
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    return CLAIM.format(columns=columns)


def store_state(call: "CallSession") -> bool:
    """Store the call's state; return whether its facts are those that were read.

    Only these columns: a notification may have changed others. Raises `Overtaken`.
    """
    state = {name: getattr(call, name) for name in call.STATE_FIELDS}
    for name in call.SEALED_WITH_STATE:
        state[name] = call._meta.get_field(name).pre_save(call, add=False)
    row = update(call, state, unchanged=("fence",), returning="details")
    if row is None:
        raise Overtaken
    return row[0] == call.__dict__.get("details")  # sealed anew with each change


def update(
    row: models.Model,
    changes: Mapping[str, object],
    *,
    unchanged: Sequence[str] = (),
    returning: str = "id",
) -> tuple | None:
    """Update the row where the fields in `unchanged` have the values that were read.

    Return one column of it, or None where it was changed meanwhile.
    """
    meta = row._meta
    where = ("id", *unchanged)
    assignments = ", ".join(f"{meta.get_field(name).column} = %s" for name in changes)
    conditions = " AND ".join(f"{meta.get_field(name).column} = %s" for name in where)
    sql = (
        f"UPDATE {meta.db_table} SET {assignments}"  # noqa: S608  no outside text
        f" WHERE {conditions} RETURNING {returning}"
    )
    values = [adapt(row, name, value) for name, value in changes.items()]
    values += [adapt(row, name, getattr(row, name)) for name in where]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def insert(
    model: type[models.Model], fields: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert the rows with one statement."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(model._meta.get_field(name).column) for name in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    sql = (
        f"INSERT INTO {model._meta.db_table} ({columns})"  # noqa: S608  no outside text
        f" VALUES {', '.join([row] * len(rows))}"
    )
    adapters = [model._meta.get_field(name).get_db_prep_save for name in fields]
    here = connections[connection.alias]
    values = [
        prepare(value, here)
        for row in rows
        for prepare, value in zip(adapters, row, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def insert_new(row: models.Model) -> object:
    """Insert the row, and return its key; None where another has its unique values."""
    meta = row._meta
    fields = [
        field
        for field in meta.concrete_fields
        if not isinstance(field, models.AutoField)
    ]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    sql = (
        f"INSERT INTO {meta.db_table} ({columns})"  # noqa: S608  no outside text
        f" VALUES ({', '.join(['%s'] * len(fields))})"
        f" ON CONFLICT DO NOTHING RETURNING {meta.pk.column}"
    )
    here = connections[connection.alias]
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), here) for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        inserted = cursor.fetchone()
    if inserted is None:
        return None
    row.pk, row._state.adding = meta.pk.to_python(inserted[0]), False
    return row.pk


def adapt(
    model: models.Model | type[models.Model], field: str, value: object
) -> object:
    """Return a value of the field as the database's driver takes it."""
    value = value.pk if isinstance(value, models.Model) else value
    here = connections[connection.alias]
    return model._meta.get_field(field).get_db_prep_save(value, here)


class Overtaken(Exception):
    """The row was changed since it was read; nothing was written to it."""
