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
from tests.appconnect.api.described import body_examples, find_operation, validator
from tests.house.test_access import path_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DESCRIBED = [
    (f"{method.upper()} {path}", operation)
    for path, operations in describe()["paths"].items()
    for method, operation in operations.items()
]
ENDPOINTS = [pattern for pattern in urls.urlpatterns if pattern.name != "docs"]


def examples_in(part: object) -> Iterator[tuple[dict, object]]:
    """Yield each example with its schema, however deep it stands."""
    if isinstance(part, dict):
        examples = part.get("examples", [])
        if isinstance(examples, dict):  # of a body, by name
            yield from ((part["schema"], one["value"]) for one in examples.values())
        else:
            yield from ((part, one) for one in examples)
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from examples_in(inner)


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
def test_operation_has_summary_and_failures(name, operation):
    assert operation["summary"]
    assert "200" in operation["responses"]
    assert "500" not in operation["responses"]
    assert body_examples(operation) or "requestBody" not in operation


def test_every_example_is_valid():
    examples = list(examples_in(describe()))

    assert len(examples) > 20
    for schema, example in examples:
        assert list(validator(schema).iter_errors(example)) == []


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
