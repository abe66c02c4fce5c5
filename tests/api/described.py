"""A client that holds every answer against the description of the REST API."""

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator

from appconnect.api.openapi import describe


class DescribedClient(Client):
    def generic(self, method: str, path: str, *args, **kwargs) -> HttpResponse:
        reply = super().generic(method, path, *args, **kwargs)
        operation = find_operation(method, path.partition("?")[0])
        if operation is not None:
            check(operation, reply)
        return reply


def find_operation(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation at a path, or None where the path is a page's or nobody's."""
    for template, operations in describe()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return operations.get(method.lower())
    return None


def check(operation: dict[str, Any], reply: HttpResponse) -> None:
    name = operation["operationId"]
    assert str(reply.status_code) in operation["responses"], (name, reply.status_code)
    bodies = operation["responses"][str(reply.status_code)].get("content")
    if bodies is None:
        return
    media_type = reply.headers["Content-Type"].partition(";")[0]
    assert media_type in bodies, (name, reply.status_code, media_type)
    body = reply.json() if media_type == "application/json" else reply.content.decode()
    faults = [
        fault.message for fault in validator(bodies[media_type]).iter_errors(body)
    ]
    assert faults == [], (name, reply.status_code, faults)


def validator(described: dict[str, Any]) -> Draft202012Validator:
    """Return what checks a value against a schema that may name shared ones."""
    shared = {"components": describe()["components"]}
    return Draft202012Validator(described["schema"] | shared)
