"""The organization's directory: RingCentral's extensions and the CRM's users, kept as rows."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction

from appconnect.organizations.connections.connectors import (
    get_settings,
    open_connector,
    organization_credentials,
)
from appconnect.organizations.mapping.bulk import upsert
from appconnect.organizations.models import CrmUser, Extension, Organization
from appconnect.ringcentral.extensions import ExtensionInfo
from connector import types


class ExtensionRow(NamedTuple):
    """An extension as it is stored, without the price of a model."""

    pk: int
    extension_id: str
    extension_number: str
    name: str
    email: str
    type: str
    is_enabled: bool


class CrmUserRow(NamedTuple):
    """A CRM user, likewise."""

    pk: int
    crm_user_id: str
    name: str
    email: str
    is_active: bool


def read_extensions(organization: Organization) -> list[ExtensionRow]:
    """Return all extensions, in the order in which the directory got to know them."""
    rows = organization.extensions.order_by("pk").values_list(*ExtensionRow._fields)
    return list(rows)


def read_crm_users(organization: Organization) -> list[CrmUserRow]:
    """Return all users of the organization's CRM, likewise."""
    users = organization.crm_users.filter(platform=organization.platform)
    return list(users.order_by("pk").values_list(*CrmUserRow._fields))


@transaction.atomic
def store_extensions(
    organization: Organization, extensions: Iterable[ExtensionInfo]
) -> None:
    """Bring the directory up to `extensions`, the account's whole list.

    One that is gone stays, disabled: its old calls keep their name.
    """
    organization.lock()
    stored = read_extensions(organization)
    write_extensions(organization, changed_rows(map(extension_row, extensions), stored))


@transaction.atomic
def add_extensions(
    organization: Organization, extensions: Iterable[ExtensionInfo]
) -> list[ExtensionRow]:
    """Add what is new in `extensions` and return the directory as it then is.

    What the directory has is not changed by it.
    """
    organization.lock()
    stored = read_extensions(organization)
    known = {row[1] for row in stored}
    news = {e.id: extension_row(e) for e in extensions if e.id not in known}
    if not news:
        return stored
    write_extensions(organization, list(news.values()))
    return read_extensions(organization)


def write_extensions(organization: Organization, rows: list[tuple]) -> None:
    same, key = {"organization": organization.pk}, ("organization", "extension_id")
    upsert(Extension, ExtensionRow._fields[1:], rows, same=same, key=key)


def extension_row(extension: ExtensionInfo) -> tuple:
    return (
        extension.id,
        extension.extension_number[:20],
        extension.name[:200],
        extension.email[:254],
        extension.type[:40],
        extension.is_enabled,
    )


def fetch_crm_users(organization: Organization) -> list[types.CrmUser]:
    """Ask the CRM for its users. Raises a `ConnectorError`, or `NoCredentials`."""
    credentials = organization_credentials(get_settings(organization))
    with open_connector(organization, credentials) as connector:
        return connector.get_user_list()


@transaction.atomic
def store_crm_users(
    organization: Organization, users: Iterable[types.CrmUser]
) -> list[CrmUserRow]:
    """Bring the list of CRM users up to `users`, the CRM's whole list, and return it.

    One that is gone stays, inactive, with its mapping. An empty list changes nothing:
    a CRM without users is a CRM that did not answer. Raises `CrmChanged`.
    """
    organization.lock_for_crm()
    stored = read_crm_users(organization)
    rows = [(u.id, u.name[:200], u.email[:254], u.is_active) for u in users]
    changed = changed_rows(rows, stored) if rows else []
    if not changed:
        return stored
    inactive = {row[1] for row in stored if not row[-1]}
    if any(is_active and user_id in inactive for user_id, _n, _e, is_active in changed):
        organization.configuration_changed()  # calls may wait for that
    upsert(
        CrmUser,
        CrmUserRow._fields[1:],
        changed,
        same={"organization": organization.pk, "platform": organization.platform},
        key=("organization", "platform", "crm_user_id"),
    )
    return read_crm_users(organization)


def changed_rows(rows: Iterable[tuple], stored: Iterable[tuple]) -> list[tuple]:
    """Return the rows to write; what is stored and not among `rows` is no longer in use.

    A row has its id first and whether it is in use last; a stored one its `pk` before.
    """
    told = {row[0]: row for row in rows}
    known = {row[1]: row[1:] for row in stored}
    changed = [row for key, row in told.items() if known.get(key) != row]
    gone = [row for key, row in known.items() if key not in told and row[-1]]
    return changed + [(*row[:-1], False) for row in gone]
