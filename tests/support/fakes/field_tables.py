"""A maker's documentation as tables of fields, for `openapi_judge` to judge by.

For makers without a description of their API that can be had here: what is judged is
what somebody read in the maker's documentation.
"""

import re
from typing import Any

from tests.support.fakes.openapi_judge import Description

Schema = dict[str, Any]


def described(*operations: Schema) -> Description:
    """Return the description that has these operations."""
    paths: dict[str, Any] = {}
    for each in operations:
        for path, item in each.items():
            paths.setdefault(path, {}).update(item)
    return Description({"paths": paths})


def operation(
    method: str,
    path: str,
    *,
    query: str = "",
    headers: str = "",
    body: Schema | None = None,
    replies: dict[int, Schema],
) -> Schema:
    """Return one operation; a reply's schema is empty where it has no body."""
    parameters = [
        {"name": name, "in": "path", "required": True}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    for where, table in (("query", query), ("header", headers)):
        schema = fields(table)
        parameters += [
            {
                "name": name,
                "in": where,
                "required": name in schema["required"],
                "schema": kind,
            }
            for name, kind in schema["properties"].items()
        ]
    about: Schema = {
        "parameters": parameters,
        "responses": {
            str(status): {"content": json_of(schema) if schema else {}}
            for status, schema in replies.items()
        },
    }
    if body:
        about["requestBody"] = {"required": True, "content": json_of(body)}
    return {path: {method.lower(): about}}


def json_of(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def fields(table: str, **schemas: Schema) -> Schema:
    """Return an object's schema, such as ``id: integer!; tags: string[]; note: NOTE?``.

    With ``!`` a member must be there, with ``?`` it may be null. A type is one of JSON's,
    ``date-time``, choices such as ``open|closed``, a pattern between slashes, or the
    name of one of `schemas`.
    """
    members = dict(part.split(": ", 1) for part in table.split("; ") if part)
    return {
        "type": "object",
        "properties": {
            name: schema_of(kind.rstrip("!"), schemas) for name, kind in members.items()
        },
        "required": [name for name, kind in members.items() if kind.endswith("!")],
    }


def schema_of(kind: str, schemas: dict[str, Schema]) -> Schema:
    if kind.endswith("?"):
        return {"anyOf": [schema_of(kind[:-1], schemas), {"type": "null"}]}
    if kind.endswith("[]"):
        return list_of(schema_of(kind[:-2], schemas))
    if kind in schemas:
        return schemas[kind]
    if kind == "date-time":
        return {"type": "string", "format": kind}
    if kind.startswith("/"):
        return {"type": "string", "pattern": f"^{kind.strip('/')}$"}
    return {"enum": kind.split("|")} if "|" in kind else {"type": kind}


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}
