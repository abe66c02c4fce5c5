"""Thousands of rows written by one statement, which both databases read from one JSON document.

Mapping 10,000 extensions to 10,000 CRM users for the first time takes 0.3 s of processor
time with it, and 1.2 s with `bulk_create(update_conflicts=True)`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model

SOURCES = {
    "sqlite": ("json_each(%s) WHERE true", "json_extract(value, '$[{index}]')"),
    "postgresql": ("jsonb_array_elements(%s::jsonb)", "(value->>{index})::{type}"),
}
"""Where the rows come from, and one of their columns, by the database's vendor."""


def upsert(
    model: type[Model],
    columns: Sequence[str],
    rows: Sequence[tuple],
    *,
    same: Mapping[str, Any],
    key: Sequence[str],
) -> None:
    """Insert rows, or change the ones that are there with the same key.

    `columns` are the fields that `rows` give values for (text, numbers, booleans or
    None); `same` are the fields with one value for all rows. A new row's other columns
    get the database's default. No key may occur twice in `rows`.
    """
    if not rows:
        return
    field_of, quote = model._meta.get_field, connection.ops.quote_name
    source, value = SOURCES[connection.vendor]
    fields = [field_of(name) for name in (*same, *columns)]
    selected = ["%s"] * len(same) + [
        value.format(index=index, type=type_of(field_of(name)))
        for index, name in enumerate(columns)
    ]
    keys = ", ".join(quote(field_of(name).column) for name in key)
    changes = ", ".join(
        f"{quote(field.column)} = excluded.{quote(field.column)}"
        for field in fields
        if field.name not in key
    )
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} "  # noqa: S608
        f"({', '.join(quote(field.column) for field in fields)}) "
        f"SELECT {', '.join(selected)} FROM {source} "
        f"ON CONFLICT ({keys}) DO UPDATE SET {changes}"
    )
    constants = [
        field_of(name).get_db_prep_value(value, connection)
        for name, value in same.items()
    ]
    document = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*constants, document])


def type_of(field: Field) -> str:
    """Return a column's type without its length: what is too long fails, and is not cut."""
    return field.db_type(connection).partition("(")[0]
