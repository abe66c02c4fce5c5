"""A client that holds every answer against the description of the REST API."""

import json
import re
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator

from appconnect.api.docs.openapi import describe


class DescribedClient(Client):
    def generic(self, method: str, path: str, *args, **kwargs) -> HttpResponse:
        reply = super().generic(method, path, *args, **kwargs)
        operation = find_operation(method, path.partition("?")[0])
        if operation is not None:
            check(operation, reply)
        return reply


def find_operation(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation at a path, or None where no endpoint has it."""
    for template, operations in describe()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return operations.get(method.lower())
    return None


def body_examples(operation: dict[str, Any]) -> list[Any]:
    """Return the examples of an operation's request body."""
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    named = [one["value"] for b in bodies for one in b.get("examples", {}).values()]
    return named + [one for b in bodies for one in b["schema"].get("examples", [])]


def check(operation: dict[str, Any], reply: HttpResponse) -> None:
    name = operation["operationId"]
    assert str(reply.status_code) in operation["responses"], (name, reply.status_code)
    bodies = operation["responses"][str(reply.status_code)].get("content")
    if bodies is None:
        return
    media_type = reply.headers["Content-Type"].partition(";")[0]
    assert media_type in bodies, (name, reply.status_code, media_type)
    body = reply.json() if media_type == "application/json" else reply.content.decode()
    described = closed_validator(json.dumps(bodies[media_type]["schema"]))
    faults = [fault.message for fault in described.iter_errors(body)]
    assert faults == [], (name, reply.status_code, faults)


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Return what checks a value against a schema that may name shared ones."""
    return Draft202012Validator(with_shared(schema))


@cache
def closed_validator(schema: str) -> Draft202012Validator:
    """Return one for which a member that the schema, as JSON, does not name is a fault."""
    return Draft202012Validator(closed(with_shared(json.loads(schema))))


def with_shared(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"components": describe()["components"]}


def closed(schema: Any) -> Any:
    """Return the schema with objects that have no member but the described ones."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    known = {name: closed(one) for name, one in schema.items()}
    if isinstance(known.get("properties"), dict) and known.get("type") == "object":
        known = {"additionalProperties": False} | known
    return known
