"""The manifest, read and validated: what a connector declares about its CRM.

`manifest.schema.json` beside this module says what is allowed; members that
server-side logging does not read are left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from connector.manifest.faults import faults_in, short
from connector.manifest.guide import NO_GUIDE, Guide
from connector.types import AuthType

MAX_MANIFEST_BYTES = 256 * 1024
SECRET_WORDS = re.compile(r"passw|secret|token|api.?key|private.?key", re.IGNORECASE)
NONE_OPTION = "none"
VALUE_TYPES = frozenset(
    ["inputField", "string", "password", "selection", "checkbox", "boolean", "date"]
)
DISPLAY_ONLY = ("admonition", "typography", "button")
DIRECTION_MARKS = re.compile(r"[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""Characters that change the direction in which text is read."""


class InvalidManifest(Exception):
    """A manifest breaks the contract; each fault is named by its path."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a selection."""

    const: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionalField:
    """One field of the settings form, as the manifest declares it.

    `type` is the manifest's word; a field whose `uiSchema` makes it a banner or a text
    paragraph is only shown, and has no value.
    """

    const: str
    title: str
    type: str = "string"
    description: str = ""
    required: bool = False
    pattern: str = ""
    placeholder: str = ""
    default: str = ""
    options: tuple[Option, ...] = ()
    allow_custom_value: bool = False
    include_none_option: bool = False
    widget: str = ""
    """`uiSchema` ``ui:widget``: password, textarea, hidden, AutocompleteWidget."""
    ui_field: str = ""
    """`uiSchema` ``ui:field``: admonition, typography, button."""
    severity: str = "info"
    managed_scope: str = ""
    """Of a sign-in page's field that an admin may fill in for each `user`, or for the
    whole `account`; empty: only the person who signs in."""

    @property
    def is_known(self) -> bool:
        """Whether the form can show the field; else a note takes its place."""
        has_known_type = self.type == "warning" or self.type in VALUE_TYPES
        return has_known_type or self.ui_field in DISPLAY_ONLY

    @property
    def is_display_only(self) -> bool:
        """Whether the field only shows something and has no value."""
        return self.type not in VALUE_TYPES or self.ui_field in DISPLAY_ONLY

    @property
    def is_secret(self) -> bool:
        """Whether the value is write-only: the manifest says so, or the name does."""
        if self.is_display_only or self.type in ("checkbox", "boolean", "date"):
            return False
        return (
            self.widget == "password"
            or self.type == "password"
            or bool(SECRET_WORDS.search(f"{self.const} {self.title}"))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSideLogging:
    """What the manifest declares about server-side logging.

    `use_admin_assigned_user_token`: True, calls are logged in the admin's own CRM
    session and assigned to the agent; False, with the service account that
    `additional_fields` ask for.
    """

    url: str
    use_admin_assigned_user_token: bool
    enable_user_mapping: bool
    additional_fields: tuple[AdditionalField, ...] = ()

    @property
    def uses_service_account(self) -> bool:
        """Whether calls are logged with credentials that the admin enters in the settings."""
        has_values = not all(field.is_display_only for field in self.additional_fields)
        return has_values and not self.use_admin_assigned_user_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One CRM of a manifest."""

    name: str
    display_name: str
    auth_type: AuthType
    environment_type: str = "fixed"
    """How the organization's CRM address is found: fixed, dynamic or selectable."""
    environment_selections: tuple[Option, ...] = ()
    environment_instructions: tuple[str, ...] = ()
    """What to enter as the CRM's address."""
    environment_url: str = ""
    """Of a fixed environment: the CRM's address for all organizations."""
    environment_url_identifier: str = ""
    """Of a dynamic environment: what addresses look like, such as ``*.example.com``."""
    environment_hosts: tuple[str, ...] = ()
    """Further hosts of the CRM's, such as its sign-in's; ``*.`` for all below a name."""
    auth_fields: tuple[AdditionalField, ...] = ()
    log_page_url: str = ""
    use_license: bool = False
    guide: Guide = NO_GUIDE
    server_side_logging: ServerSideLogging | None = None

    @property
    def public_consts(self) -> list[str]:
        """The additional fields that are not secret, by their `const`."""
        logging = self.server_side_logging
        fields = logging.additional_fields if logging else ()
        return [field.const for field in fields if not field.is_secret]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest and its platforms, by name."""

    author_name: str
    version: str
    platforms: Mapping[str, Platform]


def load_manifest(path: Path) -> Manifest:
    """Read the manifest file at `path`. Raises `InvalidManifest`."""
    return parse_manifest(read_document(path))


def read_document(path: Path) -> Any:
    """Return the JSON of a manifest file. Raises `InvalidManifest` where it is not JSON."""
    content = path.read_bytes()
    if len(content) > MAX_MANIFEST_BYTES:
        raise InvalidManifest(f"{path.name}: longer than {MAX_MANIFEST_BYTES} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidManifest(f"{path.name}: not JSON") from error


def parse_manifest(document: Any) -> Manifest:
    """Translate a manifest's JSON. Raises `InvalidManifest`, which names every fault's path."""
    if faults := faults_in(document, _validator(), "manifest"):
        raise InvalidManifest(*faults)
    return Manifest(
        author_name=document.get("author", {}).get("name", ""),
        version=document.get("version", ""),
        platforms={
            key: _platform(f"platforms.{key}", platform)
            for key, platform in document["platforms"].items()
        },
    )


def _platform(path: str, platform: Mapping[str, Any]) -> Platform:
    environment = platform.get("environment", {"type": "fixed"})
    auth_page = platform["auth"].get("apiKey", {}).get("page", {})
    logging = platform.get("serverSideLogging")
    return Platform(
        name=platform["name"],
        display_name=platform.get("displayName", platform["name"]),
        auth_type=AuthType(platform["auth"]["type"]),
        environment_type=environment["type"],
        environment_selections=_options(environment.get("selections", [])),
        environment_instructions=tuple(environment.get("instructions", [])),
        environment_url=environment.get("url", ""),
        environment_url_identifier=environment.get("urlIdentifier", ""),
        environment_hosts=tuple(environment.get("hosts", [])),
        auth_fields=_fields(
            f"{path}.auth.apiKey.page.content", auth_page.get("content", [])
        ),
        log_page_url=platform.get("logPageUrl", ""),
        use_license=platform.get("useLicense", False),
        guide=Guide.parse(platform.get("guide", {})),
        server_side_logging=logging
        and ServerSideLogging(
            url=logging["url"].rstrip("/"),
            use_admin_assigned_user_token=logging["useAdminAssignedUserToken"],
            enable_user_mapping=logging["enableUserMapping"],
            additional_fields=_fields(
                f"{path}.serverSideLogging.additionalFields",
                logging.get("additionalFields", []),
            ),
        ),
    )


def _fields(path: str, fields: list[Mapping[str, Any]]) -> tuple[AdditionalField, ...]:
    seen: set[str] = set()
    parsed = []
    for index, field in enumerate(fields):
        at = f"{path}[{index}]"
        if field["const"] in seen:
            raise InvalidManifest(f"{at}.const: {short(field['const'])} is used twice")
        seen.add(field["const"])
        parsed.append(_field(at, field))
    return tuple(parsed)


def _field(path: str, field: Mapping[str, Any]) -> AdditionalField:
    ui = field.get("uiSchema", {})
    if "enum" in field:
        names = field.get("enumNames", field["enum"])
        if len(names) != len(field["enum"]):
            raise InvalidManifest(f"{path}.enumNames: must be as many as enum")
        pairs = zip(field["enum"], names, strict=True)
        options = tuple(Option(const=const, title=title) for const, title in pairs)
    else:
        options = _options(field.get("options", field.get("oneOf", [])))
    is_selection = field.get("type") == "selection" or bool(options)
    if is_selection and not options and not field.get("allowCustomValue"):
        raise InvalidManifest(f"{path}.options: a selection needs options")
    try:
        re.compile(field.get("pattern", ""))
    except re.error as error:
        raise InvalidManifest(f"{path}.pattern: {error}") from error
    return AdditionalField(
        const=field["const"],
        title=DIRECTION_MARKS.sub("", field.get("title") or field["const"]),
        type="selection" if is_selection else field.get("type", "string"),
        description=DIRECTION_MARKS.sub("", field.get("description", "")),
        required=field.get("required", False),
        pattern=field.get("pattern", ""),
        placeholder=ui.get("ui:placeholder", field.get("placeholder", "")),
        default=_text(field.get("defaultValue", field.get("default", ""))),
        options=options,
        allow_custom_value=field.get("allowCustomValue", False),
        include_none_option=field.get("includeNoneOption", False),
        widget=ui.get("ui:widget", ""),
        ui_field=ui.get("ui:field", ""),
        severity=ui.get(
            "ui:severity", "warning" if field.get("type") == "warning" else "info"
        ),
        managed_scope=field.get("managedScope", "account")
        if field.get("managed")
        else "",
    )


def _options(options: list[Mapping[str, Any]]) -> tuple[Option, ...]:
    return tuple(
        Option(
            const=option["const"],
            title=DIRECTION_MARKS.sub("", option.get("title") or option["const"]),
        )
        for option in options
    )


def _text(value: object) -> str:
    """Return a JSON scalar as text: additional field values are strings on the wire."""
    return value if isinstance(value, str) else json.dumps(value)


@cache
def _validator() -> Draft202012Validator:
    schema = Path(__file__).with_name("manifest.schema.json").read_text()
    return Draft202012Validator(json.loads(schema))
