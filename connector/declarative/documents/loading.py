"""Reading and validating a document.

`document.schema.json` beside this module lists the members.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from connector.declarative.documents.document import (
    CREATING,
    SIGN_IN,
    SUFFIX,
    UPDATE,
    Document,
    InvalidDocument,
    Operation,
    Request,
    Rule,
    manifest_path_of,
)
from connector.declarative.documents.fragments import expand_fragments
from connector.declarative.documents.pitfalls import pitfalls_of
from connector.declarative.documents.references import faults_of_references
from connector.manifest import InvalidManifest, Platform, load_manifest
from connector.manifest.faults import faults_in

MAX_DOCUMENT_BYTES = 256 * 1024
MAX_LEVELS = 40
GONE = {"status": [404, 410], "means": "nothingFound"}


def load_document(path: Path) -> Document:
    """Read the document at `path` and the manifest beside it.

    Raises `InvalidDocument` with every fault, and `InvalidManifest`.
    """
    raw = _read(path)
    if _is_deeper(raw, MAX_LEVELS):
        raise InvalidDocument(f"{path.name}: more than {MAX_LEVELS} levels deep")
    raw = expand_fragments(raw)
    if faults := faults_in(raw, _validator(), "document"):
        raise InvalidDocument(*faults)
    operations = {
        name: _operation(name, operation, raw)
        for name, operation in raw["operations"].items()
    }
    faults = [fault for o in operations.values() for fault in _faults_of_steps(o)]
    document = Document(
        path=path, raw=raw, platform=_platform(path, raw), operations=operations
    )
    faults += [*faults_of_references(document), *pitfalls_of(document)]
    if faults:
        raise InvalidDocument(*faults)
    return document


def _read(path: Path) -> Any:
    if not path.name.endswith(SUFFIX):
        raise InvalidDocument(f"{path.name}: the name is to end with {SUFFIX}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidDocument(f"{path.name}: cannot be read") from error
    if len(content) > MAX_DOCUMENT_BYTES:
        raise InvalidDocument(f"{path.name}: longer than {MAX_DOCUMENT_BYTES} bytes")
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidDocument(f"{path.name}: not JSON at {where}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"{path.name}: not JSON") from error


def _is_deeper(value: Any, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list) and (
        levels == 0 or any(_is_deeper(item, levels - 1) for item in inside)
    )


def _platform(path: Path, raw: Mapping[str, Any]) -> Platform:
    manifest = manifest_path_of(path)
    if not manifest.is_file():
        raise InvalidManifest(f"{manifest.name}: is missing beside {path.name}")
    name = raw["meta"]["name"]
    platform = load_manifest(manifest).platforms.get(name)
    if platform is None:
        raise InvalidManifest(f"platforms.{name}: is missing, the document's meta.name")
    return platform


def _operation(
    name: str, operation: Mapping[str, Any], raw: Mapping[str, Any]
) -> Operation:
    at = f"operations.{name}"
    steps = operation.get("steps")
    rules = [*operation.get("errors", ()), *raw.get("errors", ())]
    if name == "getCallLog":
        rules.append(GONE)
    defaults = {**raw, "auth": {"type": "none"}} if name == SIGN_IN else raw
    if operation.get("unsupported"):
        requests = []
    elif steps is None:
        requests = [_request(name, "main", at, operation, defaults, rules)]
    else:
        requests = [
            _request(name, step["name"], f"{at}.steps[{index}]", step, defaults, rules)
            for index, step in enumerate(steps)
        ]
    return Operation(
        name=name,
        requests=tuple(requests),
        mapping=operation.get("responseMapping") or {},
        unsupported=operation.get("unsupported", ""),
    )


def _request(
    operation: str,
    name: str,
    at: str,
    source: Mapping[str, Any],
    raw: Mapping[str, Any],
    rules: list[Mapping[str, Any]],
) -> Request:
    own = source.get("errors", ()) if ".steps[" in at else ()
    return Request(
        operation=operation,
        name=name,
        at=at,
        method=source.get("method", "GET").upper(),
        url=source.get("url", ""),
        headers=source.get("headers") or {},
        query=source.get("query") or {},
        body=source.get("body"),
        is_form=source.get("bodyFormat") == "form",
        auth=source.get("auth") or raw.get("auth") or {},
        assertion=source.get("assertion") or {},
        paging=source.get("paging") or {},
        mapping=source.get("responseMapping") or {},
        rules=tuple(_rule(rule) for rule in (*own, *rules)),
        when=source.get("when", ""),
        creates=source.get("creates", False),
    )


def _rule(rule: Mapping[str, Any]) -> Rule:
    status = rule.get("status", [])
    return Rule(
        statuses=frozenset([status] if isinstance(status, int) else status),
        when=rule.get("when", ""),
        means=rule.get("means", ""),
        message=rule.get("message", ""),
        retry_after_path=rule.get("retryAfterPath", ""),
        field=rule.get("field", ""),
    )


def _faults_of_steps(operation: Operation) -> list[str]:
    requests = operation.requests
    at = f"operations.{operation.name}"
    if operation.unsupported:
        is_update = operation.name == UPDATE
        return [] if is_update else [f"{at}.unsupported: only for {UPDATE}"]
    if not requests[0].url:
        return [f"{at}.url: is missing; an operation has a url or steps"]
    faults = []
    names = [request.name for request in requests]
    for request in requests:
        if names.count(request.name) > 1:
            faults.append(f"{request.at}.name: {request.name} is used twice")
        if request.is_form and not isinstance(request.body or {}, dict):
            faults.append(f"{request.at}.body: a form is an object")
        if request.creates and operation.name not in CREATING:
            faults.append(f"{request.at}.creates: only for {', '.join(CREATING)}")
    several = len(requests) > 1 and operation.name in CREATING
    if several and not any(request.creates for request in requests):
        faults.append(f"{at}.steps: one of several must say creates")
    return faults


@cache
def _validator() -> Draft202012Validator:
    schema = Path(__file__).with_name("document.schema.json").read_text()
    return Draft202012Validator(json.loads(schema))
