"""Statements in SQL, whose rows are instances of a model.

`Manager.raw` does the same, but works out anew with each statement which column is which
field, and how its values are read: that takes longer than the database takes to answer.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


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

    Columns of the model come first, in the order of its fields; those that are missing are
    read when they are used. A further column becomes an attribute as it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = tuple(column[0] for column in cursor.description)
        found = cursor.fetchall()
    fields, convert = _reader(model, names, connection.vendor)
    return [_make(model, fields, names, convert(row)) for row in found]


def read_row(model: type[Row], sql: str, values: Sequence[object]) -> Row | None:
    """Run a statement and return its first row; None where there is none."""
    return next(iter(read_rows(model, sql, values)), None)


def _make(
    model: type[Row], fields: list[str], names: tuple[str, ...], row: list[Any]
) -> Row:
    instance = model.from_db(connection.alias, fields, row[: len(fields)])
    for name, value in zip(names[len(fields) :], row[len(fields) :], strict=True):
        setattr(instance, name, value)
    return instance


@cache
def _reader(
    model: type[models.Model], names: tuple[str, ...], vendor: str
) -> tuple[list[str], Callable[[Sequence[Any]], list[Any]]]:
    """Return the model's fields among the columns, and what converts a row of a `vendor`."""
    by_column = {field.column: field for field in model._meta.concrete_fields}
    read = [by_column[name] for name in names if name in by_column]
    converters = list(_converters(read))

    def convert(row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for index, expression, functions in converters:
            for function in functions:
                values[index] = function(values[index], expression, connection)
        return values

    return [field.attname for field in read], convert


def _converters(fields: list[models.Field]) -> Iterator[tuple[int, Any, list]]:
    for index, field in enumerate(fields):
        expression = field.get_col(field.model._meta.db_table)
        functions = [
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        ]
        if functions:
            yield index, expression, functions
