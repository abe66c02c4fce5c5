"""A declarative connector's document, parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from connector.manifest import Platform
from connector.types import MarkerSupport

SUFFIX = ".declarative.json"
"""How a document's file name ends. The platform comes before it, as for the manifest."""
CREATING = ("createCallLog", "createContact")
"""Operations of which one step creates a record, so that the outcome must be certain."""
UPDATE = "updateCallLog"
LISTING = ("getUserList", "findContact", "findContactWithName", "findCallLogs")
"""Operations whose replies are lists, perhaps in pages."""
SIGN_IN = "signIn"


class InvalidDocument(Exception):
    """A document breaks the format; each fault is named by its path."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a reply means: `means` is a key of `outcomes.MEANINGS`, or ``success``.

    Empty: as its status says. A `message` that is a template is the CRM's own reason.
    """

    statuses: frozenset[int]
    when: Any
    means: str
    message: str = ""
    retry_after_path: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of an operation; headers, query, body and URL are templates."""

    operation: str
    name: str
    at: str
    """Its path in the document."""
    method: str
    url: str
    headers: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any
    """None: the request has no body."""
    is_form: bool
    auth: Mapping[str, Any] = field(repr=False)
    assertion: Mapping[str, Any]
    """What is signed for it with a private key; empty: nothing."""
    paging: Mapping[str, Any]
    mapping: Mapping[str, Any]
    rules: tuple[Rule, ...]
    when: Any
    creates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The requests of one interface."""

    name: str
    requests: tuple[Request, ...]
    mapping: Mapping[str, Any]
    """How the last reply is mapped."""
    unsupported: str = ""
    """Why the CRM cannot do this, for people; there are no requests then."""

    def mapping_of(self, request: Request) -> Mapping[str, Any] | None:
        """Return how a request's reply is mapped; None where it only prepares the next."""
        if request.mapping or request is not self.requests[-1]:
            return request.mapping or None
        return self.mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole document with what its manifest declares of the platform."""

    path: Path
    raw: Mapping[str, Any] = field(repr=False)
    platform: Platform
    operations: Mapping[str, Operation]

    @property
    def name(self) -> str:
        return self.platform.name

    @property
    def manifest_path(self) -> Path:
        return manifest_path_of(self.path)

    @property
    def auth(self) -> Mapping[str, Any]:
        return self.raw.get("auth") or {}

    @property
    def is_oauth(self) -> bool:
        return bool(self.auth.get("type") == "oauth")

    @property
    def defaults(self) -> Mapping[str, Any]:
        return self.raw.get("requestDefaults") or {}

    @property
    def marker_support(self) -> MarkerSupport:
        return MarkerSupport(self.raw.get("marker", {}).get("support", "none"))

    @property
    def search_lag(self) -> timedelta:
        return timedelta(seconds=self.raw.get("marker", {}).get("searchLagSeconds", 0))


def manifest_path_of(document: Path) -> Path:
    """Return where the manifest beside a document is."""
    return document.with_name(document.name.removesuffix(SUFFIX) + ".json")
