"""An account's settings as App Connect's client shows and saves them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from appconnect.organizations.client.client_hash import client_hash
from appconnect.organizations.client.client_mapping import (
    as_entries,
    merge_mappings,
    read_mappings,
)
from appconnect.organizations.client.client_rules import (
    KEYS,
    RefusedSetting,
    parse_rules,
    read_rules,
)
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.do_not_log import get_do_not_log_numbers
from appconnect.organizations.logging_settings.server_logging import changes_of
from appconnect.organizations.models import (
    AuditEntry,
    ClientSettings,
    Organization,
    ServerLoggingSettings,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.rows import read_row, with_columns

SERVER_SIDE_LOGGING = "serverSideLogging"
"""Composed from our own settings, never stored: the subscription's routes change it."""
AS_SERVED = "asServed"
"""The member in which a client, unaware of it, posts back what it was served."""
COLUMNS = {"customAdapter": "custom_adapter", "customConnector": "custom_connector"}
FIND = with_columns(
    "SELECT {own} FROM organizations_clientsettings own WHERE organization_id = %s",
    own=ClientSettings,
)
MAX_BYTES = 256 * 1024
MAX_LEVELS = 10
MAX_AUDITED = 100

Settings = dict[str, Any]


def find_client_settings(organization: Organization) -> ClientSettings:
    """Return the stored row; an unsaved one where no client has posted any."""
    key = [Organization._meta.pk.get_db_prep_value(organization.pk, connection)]
    found = read_row(ClientSettings, FIND, key)
    return found or ClientSettings(organization=organization)


def account_entries(
    stored: ClientSettings, settings: ServerLoggingSettings
) -> Settings:
    """Return the entry of each key except `SERVER_SIDE_LOGGING`; rules have our value.

    A rule that no client has posted can be customized by each person.
    """
    entries = dict(stored.user_settings)
    for key, value in read_rules(settings).items():
        entries[key] = {"customizable": True} | entries.get(key, {}) | {"value": value}
    return entries


def server_side_logging(settings: ServerLoggingSettings) -> dict[str, Any]:
    """Return the entry that shows every client whether the server logs calls."""
    return {"enable": settings.is_enabled, "loggingLevel": settings.logging_level}


def account_settings(organization: Organization) -> Settings:
    """Return the settings that an admin's client is served."""
    stored, settings = find_client_settings(organization), get_settings(organization)
    entries = account_entries(stored, settings)
    mappings = read_mappings(organization)
    logging = server_side_logging(settings)
    logging["doNotLogNumbers"] = ",".join(get_do_not_log_numbers(organization))
    return {
        "id": client_hash(organization.rc_account_id),
        "userSettings": entries | {SERVER_SIDE_LOGGING: logging},
        "userMappings": as_entries(mappings),
        **{member: getattr(stored, column) for member, column in COLUMNS.items()},
        "createdAt": stored.created_at,
        "updatedAt": stored.updated_at,
        AS_SERVED: {"userSettings": entries, "userMappings": mappings},
    }


def shared_settings(organization: Organization) -> Settings:
    """Return the settings that everybody of the account may see."""
    stored, settings = find_client_settings(organization), get_settings(organization)
    entries = account_entries(stored, settings)
    return entries | {SERVER_SIDE_LOGGING: server_side_logging(settings)}


def public_settings(organization: Organization) -> Settings:
    """Return the settings that anybody may see: switches, which hold no secret or number."""
    return {
        key: entry
        if key == SERVER_SIDE_LOGGING
        else {name: v for name, v in entry.items() if isinstance(v, bool)}
        for key, entry in shared_settings(organization).items()
        if key == SERVER_SIDE_LOGGING or isinstance(entry.get("value"), bool)
    }


@transaction.atomic
def update_account_settings(
    organization: Organization,
    posted: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Apply the differences between an admin's post and what they were served, or none.

    Where the post does not say what was served, nothing is removed. Members other than
    those of `account_settings` are ignored. Raises `RefusedSetting`.
    """
    organization.lock()
    base = parse_base(posted.get(AS_SERVED))
    changes = []
    stored = find_client_settings(organization)
    if "userSettings" in posted:
        entries = parse_entries(posted["userSettings"])
        served = base and base["userSettings"]
        changes += merge_entries(stored, entries, served, now=now)
    for member, column in COLUMNS.items():
        if member in posted and posted[member] != getattr(stored, column):
            if not isinstance(posted[member], dict | None):
                raise RefusedSetting(member, "an object or null is needed.")
            check_bounds(member, posted[member])
            setattr(stored, column, posted[member])
            changes.append(replaced(member))
    if changes:
        stored.save()
        organization.configuration_changed()
        audit.log(
            organization,
            AuditEntry.Action.SETTINGS_CHANGED,
            actor=actor,
            subject="in App Connect's client",
            changes=changes[:MAX_AUDITED],
            now=now,
        )
    if "userMappings" in posted:
        mappings = base and base["userMappings"]
        merge_mappings(
            organization, posted["userMappings"], mappings, actor=actor, now=now
        )


def parse_base(base: object) -> dict[str, dict[str, Any]] | None:
    """Return the settings that a client was served; None where they are malformed."""
    if not isinstance(base, dict):
        return None
    entries, mappings = base.get("userSettings"), base.get("userMappings")
    if not (isinstance(entries, dict) and isinstance(mappings, dict)):
        return None
    is_whole = all(isinstance(entry, dict) for entry in entries.values()) and all(
        isinstance(crm_user_id, str) for crm_user_id in mappings.values()
    )
    return {"userSettings": entries, "userMappings": mappings} if is_whole else None


def parse_entries(entries: object) -> Settings:
    """Return the entries of `userSettings`, without ours. Raises `RefusedSetting`."""
    if not isinstance(entries, dict):
        raise RefusedSetting("userSettings", "an object is needed.")
    parsed = {k: entry for k, entry in entries.items() if k != SERVER_SIDE_LOGGING}
    for key, entry in parsed.items():
        if not isinstance(entry, dict):
            raise RefusedSetting(f"userSettings.{key[:100]}", "an object is needed.")
    check_bounds("userSettings", parsed)
    return parsed


def check_bounds(name: str, value: object) -> None:
    """Raise `RefusedSetting` for a value that is too long, too deep or not JSON."""
    if is_deeper(value, MAX_LEVELS):
        raise RefusedSetting(name, f"at most {MAX_LEVELS} levels.")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise RefusedSetting(name, "a number is none.") from error
    if len(text.encode()) > MAX_BYTES:
        raise RefusedSetting(name, f"at most {MAX_BYTES // 1024} KB.")


def is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_deeper(one, levels - 1) for one in inner)


def merge_entries(
    stored: ClientSettings, posted: Settings, base: Settings | None, *, now: datetime
) -> list[dict[str, Any]]:
    """Apply the differences from `base` to `stored` and to the logging rules.

    Return the changes for the audit log: a rule with its value, others by key alone.
    """
    settings = get_settings(stored.organization)
    current = account_entries(stored, settings)
    served = current if base is None else base
    changed = {key: entry for key, entry in posted.items() if served.get(key) != entry}
    removed = [key for key in served if base is not None and key not in posted]
    posted_rules = {
        key: "" if entry["value"] is None else entry["value"]
        for key, entry in changed.items()
        if key in KEYS
        and "value" in entry
        and entry["value"] != served.get(key, {}).get("value")
    }
    fields = parse_rules(settings, posted_rules)
    changes = []
    if fields:
        rules = ServerLoggingSettings.change(stored.organization, fields, now=now)
        changes = changes_of(stored.organization, rules, fields)
    before = stored.user_settings
    after = before | {
        key: {n: v for n, v in entry.items() if key not in KEYS or n != "value"}
        for key, entry in changed.items()
    }
    for key in removed:
        after.pop(key, None)
    check_bounds("userSettings", after)
    stored.user_settings = after
    differing = {k for k in (*changed, *removed) if before.get(k) != after.get(k)}
    return changes + [replaced(key) for key in sorted(differing - posted_rules.keys())]


def replaced(key: str) -> dict[str, Any]:
    return {"field": key[:100], "before": audit.REPLACED, "after": audit.REPLACED}
