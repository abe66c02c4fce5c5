"""Judges requests and replies by a maker's own OpenAPI description of its API.

Strict: what is not described is a fault, such as an unknown parameter or member. The
descriptions are not part of this repository: see `find_description`.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from jsonschema import Draft202012Validator, FormatChecker

from tests.support.fakes.server import Answer, Request
from tests.support.helpers import ROOT
from tests.support.program import missing

METHODS = ("get", "post", "put", "patch", "delete")
FORMATS = FormatChecker(formats=("date",))


class TextDates(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads a date as text, as JSON has it."""


TextDates.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in found if not tag.endswith(":timestamp")]
    for first, found in TextDates.yaml_implicit_resolvers.items()
}


@FORMATS.checks("date-time")
def is_date_time(value: object) -> bool:
    """Return whether a text is a time of RFC 3339."""
    rfc3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return not isinstance(value, str) or bool(re.fullmatch(rfc3339, value))


DESCRIPTIONS = Path(
    os.environ.get("VENDOR_APIS") or ROOT.parent / "shared" / "vendor-apis"
)


def find_description(name: str) -> Path:
    """Return the path of a maker's description; skip where it is missing, or fail in CI."""
    path = DESCRIPTIONS / name
    if not path.is_file():
        missing(f"The maker's description {path} is not here: set VENDOR_APIS.")
    return path


def are_required() -> bool:
    """Return whether requests are judged: where the descriptions are, and always in CI."""
    return DESCRIPTIONS.is_dir() or bool(os.environ.get("CI"))


@cache
def load(path: Path) -> dict[str, Any]:
    text = path.read_text()
    if path.suffix == ".json":
        return json.loads(text)
    return yaml.load(text, Loader=TextDates)  # noqa: S506  a safe one


class Description:
    """One description, or what is read from one. `prefix` is what stands before its paths.

    `allowed` has the faults, as regular expressions, that are the description's own.
    """

    def __init__(
        self,
        source: Path | dict[str, Any],
        *,
        prefix: str = "",
        allowed: Sequence[str] = (),
    ) -> None:
        self.document = load(source) if isinstance(source, Path) else source
        self.prefix = prefix
        self.allowed = re.compile("|".join(allowed) or r"(?!)")
        self._schemas: dict[int, Any] = {}
        operations = [
            Operation(self, method, template, item)
            for template, item in self.document["paths"].items()
            for method in METHODS
            if method in item
        ]
        # Where two match, the one with fewer placeholders is meant.
        self.operations = sorted(operations, key=lambda o: o.template.count("{"))

    def find(self, request: Request) -> "Operation | None":
        for operation in self.operations:
            if operation.matches(request):
                return operation
        return None

    def faults(self, request: Request, answer: Answer | None) -> list[str]:
        """Return the faults of a request to an operation of this description, and of its reply.

        No `answer`: only the request is judged.
        """
        operation = self.find(request)
        assert operation is not None, f"{request.path} is not in this description"
        faults = list(operation.faults_of_request(request))
        if answer is not None:
            faults += operation.faults_of_reply(answer)
        return [fault for fault in faults if not self.allowed.search(fault)]

    def deref(self, node: Any) -> Any:
        """Return what a ``$ref`` within this document stands for."""
        while isinstance(node, dict) and "$ref" in node:
            pointer = node["$ref"].removeprefix("#/")
            node = self.document
            for part in pointer.split("/"):
                node = node[unquote(part).replace("~1", "/").replace("~0", "~")]
        return node

    def schema(self, node: dict[str, Any]) -> Any:
        """Return a schema as JSON Schema, with its references filled in."""
        if id(node) not in self._schemas:
            self._schemas[id(node)] = self._expand(node, ())
        return self._schemas[id(node)]

    def _expand(self, node: Any, seen: tuple[str, ...]) -> Any:
        if isinstance(node, list):
            return [self._expand(part, seen) for part in node]
        if not isinstance(node, dict):
            return node
        if ref := node.get("$ref"):
            # A schema within itself is not followed for ever.
            return {} if ref in seen else self._expand(self.deref(node), (*seen, ref))
        expanded = {
            name: self._expand(part, seen)
            for name, part in node.items()
            if name not in ("example", "examples", "nullable", "discriminator")
            and not (name.startswith("exclusiveM") and isinstance(part, bool))
        }
        if node.get("nullable") and "type" in node:  # OpenAPI 3.0
            expanded["type"] = [node["type"], "null"]
        return expanded


class Operation:
    """One method of one path."""

    def __init__(
        self, description: Description, method: str, template: str, item: dict[str, Any]
    ) -> None:
        self.description = description
        self.method = method.upper()
        self.template = template
        self.about = item[method]
        self.parameters = [
            description.deref(parameter)
            for parameter in (
                *item.get("parameters", []),
                *self.about.get("parameters", []),
            )
        ]
        self.names = re.findall(r"\{([^}]*)\}", template)
        # The token endpoint is on a host of its own.
        prefix = "" if template.startswith("/oauth") else description.prefix
        parts = [re.escape(part) for part in re.split(r"\{[^}]*\}", template)]
        self.regex = re.compile(re.escape(prefix) + "([^/]+)".join(parts))

    def matches(self, request: Request) -> bool:
        return self.method == request.method and bool(
            self.regex.fullmatch(request.path)
        )

    def faults_of_request(self, request: Request) -> Iterator[str]:
        found = self.regex.fullmatch(request.path)
        values = {
            "path": dict(zip(self.names, found.groups(), strict=True)),
            "query": request.query,
            "header": request.headers,
        }
        for parameter in self.parameters:
            name, where = parameter["name"], parameter["in"]
            given = values.get(where, {})
            value = given.get(name.lower() if where == "header" else name)
            if value is not None:
                schema = self.description.schema(parameter.get("schema", {}))
                yield from faults_of_text(f"{where} {name}", unquote(value), schema)
            elif parameter.get("required") and where in values:
                yield f"{where} {name}: is required and missing"
        described = {p["name"] for p in self.parameters if p["in"] == "query"}
        for name in request.query.keys() - described:
            yield f"query {name}: is not described"
        yield from self._faults_of_body(request)

    def _faults_of_body(self, request: Request) -> Iterator[str]:
        about = self.description.deref(self.about.get("requestBody") or {})
        media = about.get("content", {})
        if not request.body:
            if about.get("required"):
                yield "body: is required and missing"
            return
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind not in media:
            yield f"body: {kind!r} is not among {list(media)}"
            return
        schema = self.description.schema(media[kind].get("schema", {}))
        body = request.json if "json" in kind else request.form
        yield from faults_of("body", body, schema)

    def faults_of_reply(self, answer: Answer) -> Iterator[str]:
        if answer.status >= 400:  # few makers describe these
            return
        responses = self.about["responses"]
        about = responses.get(str(answer.status)) or responses.get(answer.status)
        if about is None:
            yield f"status {answer.status}: is not among {list(responses)}"
            return
        content = self.description.deref(about).get("content", {})
        media = {name.partition(";")[0]: each for name, each in content.items()}
        kind = answer.content_type.partition(";")[0]
        if media and kind not in media:
            yield f"reply: {kind!r} is not among {list(media)}"
        elif media:
            schema = self.description.schema(media[kind].get("schema", {}))
            yield from faults_of("reply", answer.body, schema)


def faults_of_text(where: str, text: str, schema: dict[str, Any]) -> list[str]:
    """Return the faults of a parameter, which is text whatever its type is."""
    value: Any = text
    types = schema.get("type")
    if isinstance(types, list):  # OpenAPI 3.1
        types = next((kind for kind in types if kind != "null"), None)
    match types:
        case "integer" | "number" | "boolean":
            try:
                value = json.loads(text)
            except ValueError:
                value = text
        case "array":
            value = text.split(",")
    return faults_of(where, value, schema)


def faults_of(where: str, value: Any, schema: dict[str, Any]) -> list[str]:
    checker = Draft202012Validator(schema, format_checker=FORMATS)
    faults = [
        f"{where}{''.join(f'[{part!r}]' for part in error.absolute_path)}: "
        f"{error.message[:160]}"
        for error in checker.iter_errors(value)
    ]
    return faults + list(undescribed(where, value, schema))


def undescribed(where: str, value: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Yield each member that the schema does not have: not forbidden, but not promised."""
    branches = list(branches_of(schema))
    if isinstance(value, list):
        for number, item in enumerate(value):
            for branch in branches:
                if "items" in branch:
                    yield from undescribed(f"{where}[{number}]", item, branch["items"])
    if not isinstance(value, dict):
        return
    described: dict[str, Any] = {}
    for branch in branches:
        described |= branch.get("properties", {})
        if branch.get("additionalProperties"):  # any other member may be there
            return
    for name, member in value.items():
        if name in described:
            yield from undescribed(f"{where}.{name}", member, described[name])
        elif described:
            yield f"{where}.{name}: is not described"


def branches_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for key in ("allOf", "oneOf", "anyOf"):
        for branch in schema.get(key, []):
            yield from branches_of(branch)
