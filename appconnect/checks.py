"""System checks: what must be right before the server starts."""

import re
from ipaddress import ip_network
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.module_loading import import_string

from appconnect.organizations.security.key_rotation import find_missing_keys
from connector.registry import find_faults

PROGRAM = "program"
"""The tag of the program's own checks; one of Django's imports every page."""
KEY_BYTES = 32
SETTINGS_HINT = "See appconnect/README.md, Settings."
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""A sealed value names its key before the next dot."""


@register(PROGRAM)
def check_encryption_keys(app_configs, **kwargs):
    if not settings.ENCRYPTION_KEYS:
        return [
            Error("ENCRYPTION_KEYS is empty.", hint=SETTINGS_HINT, id="appconnect.E001")
        ]
    wrong_keys = [
        Error(
            f"ENCRYPTION_KEYS: the key {key_id!r} is not 64 hexadecimal digits.",
            hint=SETTINGS_HINT,
            id="appconnect.E002",
        )
        for key_id, key in settings.ENCRYPTION_KEYS.items()
        if not is_key(key)
    ]
    wrong_ids = [
        Error(
            f"ENCRYPTION_KEYS: the id {key_id!r} may have letters, digits, - and _ only.",
            hint=SETTINGS_HINT,
            id="appconnect.E003",
        )
        for key_id in settings.ENCRYPTION_KEYS
        if not KEY_ID.fullmatch(key_id)
    ]
    return wrong_keys + wrong_ids


@register(PROGRAM)
def check_log_format(app_configs, **kwargs):
    if settings.LOG_FORMAT in ("text", "json"):
        return []
    message = f"LOG_FORMAT is {settings.LOG_FORMAT!r}; it can be text or json."
    return [Error(message, hint=SETTINGS_HINT, id="appconnect.E006")]


@register(PROGRAM)
def check_trusted_proxies(app_configs, **kwargs):
    errors = []
    for proxy in settings.TRUSTED_PROXIES:
        try:
            ip_network(proxy)
        except ValueError as error:
            message = f"TRUSTED_PROXIES: {error}."
            errors.append(Error(message, hint=SETTINGS_HINT, id="appconnect.E010"))
    return errors


@register(Tags.database)
def check_stored_values_have_their_key(app_configs, databases=(), **kwargs):
    """Refuse to start where stored values could be neither read nor rotated."""
    if not databases:
        return []
    return [
        Error(
            f"ENCRYPTION_KEYS has no key {key_id!r}, and stored values need it.",
            hint="Put it back, after the first one: "
            f"ENCRYPTION_KEYS=…,{key_id}=<its 64 digits>. It can go when "
            "`manage.py rotate_keys` says so.",
            id="appconnect.E005",
        )
        for key_id in sorted(find_missing_keys())
    ]


@register(Tags.database)
def check_migrations_are_of_this_release(app_configs, databases=(), **kwargs):
    """Refuse a database that a release with other migrations has made."""
    if not databases:
        return []
    own_labels = {
        config.label
        for config in apps.get_app_configs()
        if config.name.startswith("appconnect.")
    }
    migrations = MigrationLoader(None).disk_migrations
    existing = {*migrations, *(old for m in migrations.values() for old in m.replaces)}
    errors = []
    for alias in databases:
        connection = connections[alias]
        recorded = MigrationRecorder(connection).applied_migrations().keys()
        unknown = sorted(
            f"{label}.{name}"
            for label, name in recorded - existing
            if label in own_labels
        )
        if unknown:
            message = (
                f"The database {connection.settings_dict['NAME']} was made by another "
                f"release of this program, with the migration {unknown[0]}: start with "
                "an empty database, or go back to the release that made it."
            )
            errors.append(Error(message, id="appconnect.E008"))
    return errors


@register(PROGRAM)
def check_connectors(app_configs, **kwargs):
    """Warn of a connector that cannot be used; the others can, so the program starts."""
    return [
        Warning(
            f"A connector cannot be used: {source}",
            hint=fault,
            id="appconnect.W001",
        )
        for source, fault in find_faults()
    ]


@register(PROGRAM)
def check_connectors_dir(app_configs, **kwargs):
    if not settings.CONNECTORS_DIR or Path(settings.CONNECTORS_DIR).is_dir():
        return []
    message = f"CONNECTORS_DIR: there is no folder {settings.CONNECTORS_DIR}."
    return [Error(message, hint=SETTINGS_HINT, id="appconnect.E009")]


@register(PROGRAM)
def check_interop_code_exchange(app_configs, **kwargs):
    try:
        import_string(settings.INTEROP_CODE_EXCHANGE)
    except ImportError as error:
        message = f"INTEROP_CODE_EXCHANGE cannot be used: {error}"
        return [Error(message, hint=SETTINGS_HINT, id="appconnect.E007")]
    return []


def is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == KEY_BYTES
    except ValueError:
        return False
