"""Faults of a document whose members are all valid on their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.declarative.documents.document import LISTING, Document, Request
from connector.declarative.documents.hosts import check_host, host_of
from connector.declarative.expressions.path import Condition, TemplateError
from connector.declarative.expressions.template import (
    CONDITION_MEMBER,
    ELSE,
    THEN,
    expressions_in,
    is_template,
    texts_in,
)
from connector.errors import PermanentError
from connector.manifest import Platform
from connector.types import MarkerSupport


def pitfalls_of(document: Document) -> Iterator[str]:
    """Yield each fault."""
    if document.platform.environment_type == "fixed":
        yield from _faults_of_host(document)
    yield from _faults_of_marker(document)
    yield from _faults_of_counting(document)
    for operation in document.operations.values():
        for request in operation.requests:
            yield from _faults_of_conditions(request)
            yield from _faults_of_key(request, document.platform)


def _faults_of_key(request: Request, platform: Platform) -> Iterator[str]:
    """Find a private key in a field that pages show."""
    logging = platform.server_side_logging
    fields = logging.additional_fields if logging else ()
    shown = {field.const for field in fields if not field.is_secret}
    try:
        expressions = list(expressions_in(request.assertion.get("key", "")))
    except TemplateError:  # reported elsewhere
        return
    for expression in expressions:
        root, *rest = expression.path
        if root == "settings" and rest and rest[0] in shown:
            reason = "is not secret in the manifest, so pages would show the key"
            yield f"{request.at}.assertion.key: {rest[0]} {reason}"


def _faults_of_conditions(request: Request) -> Iterator[str]:
    """Find a ``$when`` that would be sent, or is not understood."""
    for member in ("headers", "query", "body"):
        template, at = getattr(request, member), f"{request.at}.{member}"
        if isinstance(template, dict) and (member != "body" or request.is_form):
            for name in {CONDITION_MEMBER, THEN, ELSE} & set(template):
                reason = "would be sent; put it into a member, as $when and $then"
                yield f"{at}.{name}: {reason}"
        yield from _faults_inside(template, at)


def _faults_inside(template: Any, at: str) -> Iterator[str]:
    if isinstance(template, list):
        for index, item in enumerate(template):
            yield from _faults_inside(item, f"{at}[{index}]")
    if not isinstance(template, dict):
        return
    branches = {THEN, ELSE} & set(template)
    if branches and CONDITION_MEMBER not in template:
        yield f"{at}: has {' and '.join(sorted(branches))} without $when"
    if branches and set(template) - {CONDITION_MEMBER, THEN, ELSE}:
        yield f"{at}: with $then or $else it has no members of its own"
    for name, value in template.items():
        if name != CONDITION_MEMBER:
            yield from _faults_inside(value, f"{at}.{name}")
        elif not _is_condition(value):
            yield f"{at}.$when: is to be a template, or all or any of several"


def _is_condition(value: Any) -> bool:
    if isinstance(value, dict) and len(value) == 1:
        [(quantifier, conditions)] = value.items()
        return (
            quantifier in ("all", "any")
            and isinstance(conditions, list)
            and all(map(_is_condition, conditions))
        )
    return isinstance(value, str)


def _faults_of_host(document: Document) -> Iterator[str]:
    """Find a base URL that the manifest does not allow."""
    base = document.defaults.get("baseUrl", "")
    if base and not is_template(base):
        try:
            check_host(base, document.platform, "")
        except PermanentError:
            at = f"{document.manifest_path.name}: platforms.{document.name}.environment"
            url = document.platform.environment_url
            own = f"its url is {url}" if url else "it has no url"
            reason = f"does not allow {host_of(base)}: {own}"
            yield f"requestDefaults.baseUrl: {at} {reason}"


def _faults_of_marker(document: Document) -> Iterator[str]:
    """Find a marker that is to be searched, but is not written or cannot be found."""
    if document.marker_support is MarkerSupport.NONE:
        return
    create = document.raw["operations"].get("createCallLog", {})
    if not any("marker" in text for _, text in texts_in(create)):
        yield "operations.createCallLog: writes {{marker}} nowhere; it is to be found"
    find = document.operations.get("findCallLogs")
    if find is None:
        yield "operations.findCallLogs: is missing; a marker is to be found"
    elif document.marker_support is MarkerSupport.IN_TEXT:
        for request in find.requests:
            mapping = find.mapping_of(request)
            if mapping is not None and not mapping.get("textPath"):
                at = f"{request.at}.responseMapping.textPath"
                yield f"{at}: is missing; the marker is in a text"


def _faults_of_counting(document: Document) -> Iterator[str]:
    """Find a list of which only some items would be counted."""
    for operation in document.operations.values():
        if operation.name not in LISTING:
            continue
        for request in operation.requests:
            path = (operation.mapping_of(request) or {}).get("listPath", "")
            if "counted" in request.paging and _has_condition(path):
                at = f"{request.at}.paging.counted"
                yield f"{at}: listPath has a condition, so not every item is counted"


def _has_condition(path: str) -> bool:
    text = path if is_template(path) else f"{{{{{path}}}}}"
    try:
        paths = [expression.path for expression in expressions_in(text)]
    except TemplateError:  # reported elsewhere
        return False
    return any(isinstance(step, Condition) for path in paths for step in path)
