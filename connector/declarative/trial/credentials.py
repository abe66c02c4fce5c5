"""What to try a document with: the host, the settings and the key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from connector.declarative.documents.hosts import host_of, own_host
from connector.manifest import AdditionalField, Platform
from connector.types import Credentials

Ask = Callable[[str, str], str]
"""Returns a value for a title; the second argument is the variable that could have it."""


def check_hostname(platform: Platform, hostname: str) -> str:
    """Return what is wrong with the organization's host; empty where nothing is."""
    if platform.environment_type == "fixed":
        return ""
    hosts = [host_of(option.const) for option in platform.environment_selections]
    if platform.environment_type == "selectable":
        pattern = f"one of {', '.join(hosts)}"
    else:
        identifier = host_of(platform.environment_url_identifier)
        pattern = identifier or "such as crm.example.com"
    if not hostname:
        return f"Add --hostname with the CRM's host, {pattern}."
    if "/" in hostname:
        return f"--hostname must be a host without https:// or a path, {pattern}."
    if not own_host(platform, hostname):
        return f"--hostname must match the manifest: {pattern}."
    return ""


def read_credentials(
    platform: Platform,
    *,
    hostname: str,
    settings: Mapping[str, str],
    environ: Mapping[str, str],
    ask: Ask,
) -> Credentials:
    """Return credentials: from `settings`, `environ` or a field's default, else by `ask`.

    A field's variable is ``CRM_`` with its const, such as CRM_API_PASSWORD for
    apiPassword; the admin's own API key or token is CRM_ACCESS_TOKEN.
    """
    logging = platform.server_side_logging
    fields = logging.additional_fields if logging else ()
    values = {
        field.const: _value(field, settings, environ, ask)
        for field in fields
        if not field.is_display_only
    }
    token = environ.get("CRM_ACCESS_TOKEN", "")
    if not token and not (logging and logging.uses_service_account):
        token = ask("API key or access token", "CRM_ACCESS_TOKEN")
    return Credentials(
        hostname=hostname,
        access_token=token,
        server_logging_settings={k: v for k, v in values.items() if v},
        client_id=environ.get("CRM_CLIENT_ID", ""),
        client_secret=environ.get("CRM_CLIENT_SECRET", ""),
    )


def variable_of(field: AdditionalField) -> str:
    """Return the name of the environment variable that a field's value is taken from."""
    return "CRM_" + re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", field.const).upper()


def _value(
    field: AdditionalField,
    settings: Mapping[str, str],
    environ: Mapping[str, str],
    ask: Ask,
) -> str:
    variable = variable_of(field)
    given = settings.get(field.const) or environ.get(variable, "")
    given = given or field.default
    return ask(field.title, variable) if not given and field.required else given
