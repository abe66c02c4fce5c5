"""The description of the REST API is whole, valid and readable."""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from appconnect.api import urls
from appconnect.api.docs.openapi import describe
from tests.appconnect.api.described import find_operation, validator
from tests.house.test_access import path_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DESCRIBED = [
    (f"{method.upper()} {path}", operation)
    for path, operations in describe()["paths"].items()
    for method, operation in operations.items()
]
ENDPOINTS = [pattern for pattern in urls.urlpatterns if pattern.name != "docs"]


def schemas_in(part: object) -> Iterator[dict]:
    """Yield each schema with examples, however deep it stands."""
    if isinstance(part, dict):
        if "examples" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from schemas_in(inner)


def test_the_description_is_valid_and_was_made_without_a_warning(client):
    GENERATOR_STATS.reset()
    describe.cache_clear()

    reply = client.get("/openapi.json")

    validate_schema(reply.json())
    assert reply.json()["openapi"] == "3.1.0"
    assert not GENERATOR_STATS


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", ENDPOINTS, ids=lambda pattern: pattern.name)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_that_is_answered_is_described(client, method, pattern):
    path = path_of(pattern, defaultdict(uuid.uuid4))

    if view := getattr(pattern.callback, "view_class", None):  # asks for a token first
        is_answered = hasattr(view, method.lower())
    else:
        is_answered = client.generic(method, path).status_code != 405

    assert is_answered == (find_operation(method, path) is not None)


@pytest.mark.parametrize(
    ("name", "operation"), DESCRIBED, ids=[n for n, _ in DESCRIBED]
)
def test_an_operation_says_what_it_is_for_and_how_it_may_fail(name, operation):
    assert operation["summary"]
    assert "200" in operation["responses"]
    assert "500" not in operation["responses"]
    for body in operation.get("requestBody", {}).get("content", {}).values():
        assert body["schema"]["examples"]


def test_every_example_is_valid():
    schemas = list(schemas_in(describe()))

    assert len(schemas) > 20
    for schema in schemas:
        for example in schema["examples"]:
            faults = list(validator({"schema": schema}).iter_errors(example))
            assert faults == []


def test_every_name_that_is_used_is_there():
    known = describe()["components"]
    names = set(re.findall(r"#/components/schemas/(\w+)", str(describe()["paths"])))
    schemes = {
        scheme
        for _name, operation in DESCRIBED
        for choice in operation.get("security", ())
        for scheme in choice
    }

    assert names <= set(known["schemas"])
    assert schemes == set(known["securitySchemes"])


def test_the_page_says_what_the_description_says(client):
    page = client.get("/api/docs/").content.decode()

    for name, operation in DESCRIBED:
        assert name in page
        assert f'id="{operation["operationId"]}"' in page
