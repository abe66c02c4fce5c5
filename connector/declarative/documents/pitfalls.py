"""Faults of a document whose members are all valid on their own."""

from __future__ import annotations

from collections.abc import Iterator

from connector.declarative.documents.document import LISTING, Document
from connector.declarative.documents.hosts import check_host, host_of
from connector.declarative.expressions.path import Condition, TemplateError
from connector.declarative.expressions.template import (
    expressions_in,
    is_template,
    texts_in,
)
from connector.errors import PermanentError
from connector.types import MarkerSupport


def pitfalls_of(document: Document) -> Iterator[str]:
    """Yield each fault."""
    if document.platform.environment_type == "fixed":
        yield from _faults_of_host(document)
    yield from _faults_of_marker(document)
    yield from _faults_of_counting(document)


def _faults_of_host(document: Document) -> Iterator[str]:
    """Find a base URL that the manifest does not allow."""
    base = document.defaults.get("baseUrl", "")
    if base and not is_template(base):
        try:
            check_host(base, document.platform, "")
        except PermanentError:
            at = f"{document.manifest_path.name}: platforms.{document.name}.environment"
            yield f"requestDefaults.baseUrl: {at} does not allow {host_of(base)}"


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
