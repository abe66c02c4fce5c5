"""The settings of one person's client: their own, where an admin allows it."""

from django.db import connection, transaction

from appconnect.organizations.client.client_settings import (
    SERVER_SIDE_LOGGING,
    Settings,
    check_bounds,
    parse_entries,
    server_side_logging,
    shared_settings,
)
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import CrmSession, Organization, PersonSettings
from appconnect.rows import read_row, with_columns

FIND = with_columns(
    """
    SELECT {own} FROM organizations_personsettings own
    WHERE organization_id = %s AND extension_id = %s
    """,
    own=PersonSettings,
)


def person_settings(session: CrmSession) -> Settings:
    """Return the settings of a person's client: the account's and their own.

    Their own apply where an admin has set nothing, or allows everybody to choose.
    """
    own = find_person_settings(session).user_settings
    account = shared_settings(session.organization)
    merged = {}
    for key in [*account, *(key for key in own if key not in account)]:
        by_admin = account.get(key)
        if by_admin is not None and by_admin.get("isRemoved"):
            continue
        if key in own and (by_admin is None or by_admin.get("customizable")):
            merged[key] = merge_entry(key, own[key], by_admin or {})
        else:
            merged[key] = by_admin
    return merged


def merge_entry(key: str, own: Settings, by_admin: Settings) -> Settings:
    entry = {n: own[n] for n in ("value", "defaultValue", "options") if n in own}
    value, theirs = own.get("value"), by_admin.get("value")
    if key.startswith("plugin_") and isinstance(value, dict):
        theirs = theirs.get("config") if isinstance(theirs, dict) else None
        config = merge_config(value.get("config"), theirs)
        entry["value"] = value | {"config": config}
    return {"customizable": True} | entry


def merge_config(own: object, by_admin: object) -> Settings:
    """Return a plugin's configuration, field by field: the admin's where it is fixed."""
    own = own if isinstance(own, dict) else {}
    by_admin = by_admin if isinstance(by_admin, dict) else {}
    merged = dict(by_admin)
    for name, field in own.items():
        theirs = by_admin.get(name)
        if not isinstance(theirs, dict):
            merged[name] = field
        elif (
            theirs.get("customizable")
            and isinstance(field, dict)
            and field.get("value")
        ):
            merged[name] = field | {"customizable": True}
    return merged


def find_person_settings(session: CrmSession) -> PersonSettings:
    pk = Organization._meta.pk.get_db_prep_value(session.organization_id, connection)
    found = read_row(PersonSettings, FIND, [pk, session.extension_id])
    return found or PersonSettings(
        organization=session.organization, extension_id=session.extension_id
    )


@transaction.atomic
def update_person_settings(
    session: CrmSession, posted: object, to_remove: object
) -> Settings:
    """Change a person's own settings and return them all. Raises `RefusedSetting`.

    They affect this person only and are not in the audit log. Whether the server logs is
    returned with them: a client keeps what it gets, and logs calls itself where it is
    not told that the server does.
    """
    session.organization.lock()
    settings = find_person_settings(session)
    settings.user_settings |= parse_entries(posted)
    for key in to_remove if isinstance(to_remove, list) else ():
        if isinstance(key, str):
            settings.user_settings.pop(key, None)
    check_bounds("userSettings", settings.user_settings)
    settings.save()
    logging = server_side_logging(get_settings(session.organization))
    return settings.user_settings | {SERVER_SIDE_LOGGING: logging}
