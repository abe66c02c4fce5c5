"""Statements in SQL that read rows as instances of a model, and that write a model's rows.

`Manager.raw`, `save` and `update` do the same, but work out anew with each statement which
column is which field, and how its values are read and written: that takes longer than the
database takes to answer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from functools import cache
from typing import Any, TypeVar

from django.db import connection, connections, models

Row = TypeVar("Row", bound=models.Model)
_names: dict[str, tuple[str, ...]] = {}
"""The columns' names of each statement that has run."""


def with_columns(sql: str, **tables: type[models.Model]) -> str:
    """Return a statement in SQL with each `{table}` replaced by its model's columns.

    Not `*`: a statement that PostgreSQL has prepared fails once a migration adds a column.
    """
    columns = {
        table: ", ".join(f"{table}.{f.column}" for f in model._meta.concrete_fields)
        for table, model in tables.items()
    }
    return sql.format(**columns)


def read_rows(model: type[Row], sql: str, values: Sequence[object]) -> list[Row]:
    """Run a statement and return its rows.

    Fields whose columns are missing are read when they are used. A column that is no
    field's becomes an attribute as it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        if sql not in _names:  # psycopg works them out anew each time
            _names[sql] = tuple(column[0] for column in cursor.description)
        found = cursor.fetchall()
    make = _maker(model, _names[sql], connection.vendor)
    return [make(row) for row in found]


def read_row(model: type[Row], sql: str, values: Sequence[object]) -> Row | None:
    """Run a statement and return its first row; None where there is none."""
    return next(iter(read_rows(model, sql, values)), None)


def for_update(sql: str) -> str:
    """Add ``FOR UPDATE`` to a SELECT, on a database that has row locks."""
    return f"{sql} FOR UPDATE" if connection.features.has_select_for_update else sql


def one_of(values: Sized) -> str:
    """Return an ``IN`` with a placeholder for each value; there must be at least one."""
    return f"IN ({', '.join(['%s'] * len(values))})"


def take_fields(row: models.Model, newer: models.Model) -> None:
    """Copy all fields from an instance that was read later.

    Related rows that were read before stay as they are.
    """
    for field in row._meta.concrete_fields:
        row.__dict__[field.attname] = newer.__dict__[field.attname]


def rows_of(organization: models.Model, model: type[Row]) -> list[Row]:
    """Return the organization's rows of a model, with this `organization` set on each."""
    key = organization._meta.pk.get_db_prep_value(organization.pk, connection)
    found = read_rows(model, _all_of_organization(model), [key])
    for row in found:
        row.organization = organization
    return found


def row_of(organization: models.Model, model: type[Row]) -> Row:
    """Return the organization's one row of a model. Raises the model's `DoesNotExist`."""
    for row in rows_of(organization, model):
        return row
    raise model.DoesNotExist(organization)


def update(
    row: models.Model,
    changes: Mapping[str, object],
    *,
    unchanged: Sequence[str] = (),
    returning: str = "",
) -> tuple | None:
    """Update the row where the fields in `unchanged` have the values that were read.

    Return one column of it, its key unless another is named; None where it was changed
    meanwhile.
    """
    meta = row._meta
    where = (meta.pk.attname, *unchanged)
    assignments = ", ".join(f"{meta.get_field(name).column} = %s" for name in changes)
    conditions = " AND ".join(f"{meta.get_field(name).column} = %s" for name in where)
    sql = (
        f"UPDATE {meta.db_table} SET {assignments}"  # noqa: S608  no outside text
        f" WHERE {conditions} RETURNING {returning or meta.pk.column}"
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


@cache
def _all_of_organization(model: type[models.Model]) -> str:
    table = model._meta.db_table
    sql = f"SELECT {{own}} FROM {table} own WHERE organization_id = %s"  # noqa: S608
    return with_columns(sql, own=model)


@cache
def _maker(
    model: type[Row], names: tuple[str, ...], vendor: str
) -> Callable[[Sequence[Any]], Row]:
    """Return what makes an instance of a row with these columns of a database's `vendor`."""
    columns = {name: index for index, name in enumerate(names)}
    fields = [field for field in model._meta.concrete_fields if field.column in columns]
    indexes = [columns.pop(field.column) for field in fields]
    attributes = [field.attname for field in fields]
    converters = list(_converters(fields))

    def make(row: Sequence[Any]) -> Row:
        values = [row[index] for index in indexes]
        for position, expression, convert in converters:
            values[position] = convert(values[position], expression, connection)
        instance = model.from_db(connection.alias, attributes, values)
        for name, index in columns.items():
            setattr(instance, name, row[index])
        return instance

    return make


def _converters(fields: list[models.Field]) -> Iterator[tuple[int, Any, Callable]]:
    """Yield what makes the database's values Python's: position, expression, function."""
    for position, field in enumerate(fields):
        expression = field.get_col(field.model._meta.db_table)
        for convert in (
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        ):
            yield position, expression, convert
