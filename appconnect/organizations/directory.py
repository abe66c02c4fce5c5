"""The organization's directory: RingCentral's extensions and the CRM's users, kept as rows."""

from collections.abc import Iterable

from django.db import transaction

from appconnect.organizations.bulk import upsert
from appconnect.organizations.connectors import (
    get_settings,
    open_connector,
    organization_credentials,
)
from appconnect.organizations.models import CrmUser, Extension, Organization
from appconnect.ringcentral.extensions import ExtensionInfo
from connector import types

EXTENSION = ("extension_id", "extension_number", "name", "email", "type", "is_enabled")
CRM_USER = ("crm_user_id", "name", "email", "is_active")
"""The fields of a row of either side, its id first and whether it is in use last."""


@transaction.atomic
def store_extensions(
    organization: Organization, extensions: Iterable[ExtensionInfo]
) -> None:
    """Bring the directory up to `extensions`, the account's whole list.

    One that is gone stays, disabled: its old calls keep their name.
    """
    organization.lock()
    stored = organization.extensions.values_list(*EXTENSION)
    rows = changed_rows(map(extension_row, extensions), stored)
    write_extensions(organization, rows)


def add_extensions(
    organization: Organization, extensions: Iterable[ExtensionInfo]
) -> None:
    """Add what is new in `extensions`: what the directory has is not changed by it."""
    known = set(organization.extensions.values_list("extension_id", flat=True))
    news = {e.id: extension_row(e) for e in extensions if e.id not in known}
    write_extensions(organization, list(news.values()))


def write_extensions(organization: Organization, rows: list[tuple]) -> None:
    same, key = {"organization": organization.pk}, ("organization", "extension_id")
    upsert(Extension, EXTENSION, rows, same=same, key=key)


def extension_row(extension: ExtensionInfo) -> tuple:
    return (
        extension.id,
        extension.extension_number[:20],
        extension.name[:200],
        extension.email[:254],
        extension.type,
        extension.is_enabled,
    )


def fetch_crm_users(organization: Organization) -> list[types.CrmUser]:
    """Ask the CRM for its users. Raises a `ConnectorError`, or `NoCredentials`."""
    credentials = organization_credentials(get_settings(organization))
    with open_connector(organization, credentials) as connector:
        return connector.get_user_list()


@transaction.atomic
def store_crm_users(organization: Organization, users: Iterable[types.CrmUser]) -> None:
    """Bring the list of CRM users up to `users`, the CRM's whole list.

    One that is gone stays, inactive, with its mapping. An empty list changes nothing:
    a CRM without users is a CRM that did not answer.
    """
    rows = [(u.id, u.name[:200], u.email[:254], u.is_active) for u in users]
    if not rows:
        return
    organization.lock()
    platform = organization.platform
    stored = organization.crm_users.filter(platform=platform).values_list(*CRM_USER)
    inactive = {row[0] for row in stored if not row[-1]}
    if any(is_active and user_id in inactive for user_id, _n, _e, is_active in rows):
        organization.configuration_changed()  # calls may wait for that
    upsert(
        CrmUser,
        CRM_USER,
        changed_rows(rows, stored),
        same={"organization": organization.pk, "platform": platform},
        key=("organization", "platform", "crm_user_id"),
    )


def changed_rows(rows: Iterable[tuple], stored: Iterable[tuple]) -> list[tuple]:
    """Return the rows to write; what is stored and not among `rows` is no longer in use."""
    told = {row[0]: row for row in rows}
    known = {row[0]: row for row in stored}
    changed = [row for key, row in told.items() if known.get(key) != row]
    gone = [row for key, row in known.items() if key not in told and row[-1]]
    return changed + [(*row[:-1], False) for row in gone]
