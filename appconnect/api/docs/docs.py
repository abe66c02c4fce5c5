"""GET /api/docs/: the description of the REST API as a page, for people."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from appconnect.api.docs.openapi import describe
from appconnect.api.docs.schema import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: str
    """With those of the objects around it: `logInfo.from.phoneNumber`, `logs[].logId`."""
    type: str
    about: str
    is_needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    media_type: str
    type: str
    members: tuple[Member, ...]
    examples: tuple[str, ...]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html", read_description())


@cache
def read_description() -> dict[str, object]:
    """Return what the page shows; it is the same for everybody."""
    description = describe()
    operations = [
        {
            **operation,
            "name": f"{method.upper()} {path}",
            "tag": operation["tags"][0],
            "tokens": [" + ".join(tokens) for tokens in operation.get("security", ())],
            "parameters": [
                {**parameter, "example": next(examples_of(parameter["schema"]), "")}
                for parameter in operation.get("parameters", ())
            ],
            "request": bodies(operation.get("requestBody", {})),
            "answers": [
                (status, answer["description"], bodies(answer))
                for status, answer in operation["responses"].items()
            ],
        }
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    return {
        "operations": sorted(operations, key=lambda operation: operation["tag"]),
        "tokens": description["components"]["securitySchemes"],
    }


def bodies(described: Schema) -> list[Body]:
    return [
        Body(
            media_type=media_type,
            type=type_of(body["schema"]),
            members=tuple(members_of(body["schema"])),
            examples=tuple(examples_of(body["schema"])),
        )
        for media_type, body in described.get("content", {}).items()
    ]


def resolve(schema: Schema) -> Schema:
    """Return the schema itself, where another place only names it."""
    if "$ref" not in schema:
        return schema
    return describe()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def members_of(schema: Schema, inside: str = "") -> Iterator[Member]:
    """Yield the members of an object, each followed by its own."""
    schema = resolve(schema)
    for choice in schema.get("oneOf", ()):
        yield from members_of(choice, inside)
    if "items" in schema:
        yield from members_of(schema["items"], f"{inside}[]")
    for name, member in schema.get("properties", {}).items():
        full_name = f"{inside}.{name}".removeprefix(".")
        yield Member(
            name=full_name,
            type=type_of(member),
            about=resolve(member).get("description", ""),
            is_needed=name in schema.get("required", ()),
        )
        yield from members_of(member, full_name)


def type_of(schema: Schema) -> str:
    schema = resolve(schema)
    if "oneOf" in schema:
        return " or ".join(map(type_of, schema["oneOf"]))
    if "enum" in schema:
        return " or ".join(map(json.dumps, schema["enum"]))
    if "items" in schema:
        return f"list of {type_of(schema['items'])}"
    types = schema.get("type", "anything")
    return types if isinstance(types, str) else " or ".join(types)


def examples_of(schema: Schema) -> Iterator[str]:
    for example in resolve(schema).get("examples", ()):
        yield (
            example
            if isinstance(example, str)
            else json.dumps(example, indent=2, ensure_ascii=False)
        )
