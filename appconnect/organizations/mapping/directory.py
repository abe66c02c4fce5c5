"""The organization's directory: RingCentral's extensions and the CRM's users, stored."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

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

Data = TypeVar("Data", bound=tuple)


class ExtensionData(NamedTuple):
    """What the directory keeps of an extension."""

    extension_id: str
    extension_number: str
    name: str
    email: str
    type: str
    is_enabled: bool


class ExtensionRow(NamedTuple):
    """A stored extension: its primary key and its `ExtensionData`.

    A tuple, as thousands are read at once, and models take ten times as long.
    """

    pk: int
    extension_id: str
    extension_number: str
    name: str
    email: str
    type: str
    is_enabled: bool

    @property
    def data(self) -> ExtensionData:
        return ExtensionData(*self[1:])


class CrmUserData(NamedTuple):
    """What the directory keeps of a CRM user."""

    crm_user_id: str
    name: str
    email: str
    is_active: bool


class CrmUserRow(NamedTuple):
    """A stored CRM user: their primary key and their `CrmUserData`."""

    pk: int
    crm_user_id: str
    name: str
    email: str
    is_active: bool

    @property
    def data(self) -> CrmUserData:
        return CrmUserData(*self[1:])


def read_extensions(organization: Organization) -> list[ExtensionRow]:
    """Return all extensions, in the order in which they were added."""
    rows = organization.extensions.order_by("pk").values_list(*ExtensionRow._fields)
    return list(map(ExtensionRow._make, rows))


def read_crm_users(organization: Organization) -> list[CrmUserRow]:
    """Return all users of the organization's CRM, in the order in which they were added."""
    users = organization.crm_users.filter(platform=organization.platform)
    rows = users.order_by("pk").values_list(*CrmUserRow._fields)
    return list(map(CrmUserRow._make, rows))


@transaction.atomic
def store_extensions(
    organization: Organization, extensions: Iterable[ExtensionInfo]
) -> None:
    """Bring the directory up to date with `extensions`, the account's whole list.

    An extension that is gone stays, disabled: its old calls keep their name.
    """
    organization.lock()
    stored = {row.extension_id: row.data for row in read_extensions(organization)}
    listed = {extension.id: data_of(extension) for extension in extensions}
    gone = [
        row._replace(is_enabled=False)
        for extension_id, row in stored.items()
        if extension_id not in listed and row.is_enabled
    ]
    write_extensions(organization, differing(listed, stored) + gone)


@transaction.atomic
def add_extensions(
    organization: Organization, extensions: Iterable[ExtensionInfo]
) -> list[ExtensionRow]:
    """Add the extensions that are new and return the directory as it then is.

    Those that the directory has stay as they are.
    """
    organization.lock()
    stored = read_extensions(organization)
    stored_ids = {row.extension_id for row in stored}
    new = {e.id: data_of(e) for e in extensions if e.id not in stored_ids}
    if not new:
        return stored
    write_extensions(organization, list(new.values()))
    return read_extensions(organization)


def write_extensions(organization: Organization, rows: list[ExtensionData]) -> None:
    same, key = {"organization": organization.pk}, ("organization", "extension_id")
    upsert(Extension, ExtensionData._fields, rows, same=same, key=key)


def data_of(extension: ExtensionInfo) -> ExtensionData:
    return ExtensionData(
        extension.id,
        extension.extension_number[:20],
        extension.name[:200],
        extension.email[:254],
        extension.type[:40],
        extension.is_enabled,
    )


def fetch_crm_users(organization: Organization) -> list[types.CrmUser]:
    """Return the CRM's users, read from it. Raises a `ConnectorError` or `NoCredentials`."""
    credentials = organization_credentials(get_settings(organization))
    with open_connector(organization, credentials) as connector:
        return connector.get_user_list()


@transaction.atomic
def store_crm_users(
    organization: Organization, users: Iterable[types.CrmUser]
) -> list[CrmUserRow]:
    """Bring the list of CRM users up to date with `users`, the CRM's whole list; return it.

    A user who is gone stays, inactive, with their mapping. An empty list changes
    nothing: a CRM without users is a CRM that did not answer. Raises `CrmChanged`.
    """
    organization.lock_for_crm()
    rows = read_crm_users(organization)
    stored = {row.crm_user_id: row.data for row in rows}
    listed = {
        user.id: CrmUserData(user.id, user.name[:200], user.email[:254], user.is_active)
        for user in users
    }
    changed = differing(listed, stored)
    if listed:
        changed += [
            row._replace(is_active=False)
            for user_id, row in stored.items()
            if user_id not in listed and row.is_active
        ]
    if not changed:
        return rows
    if any(
        row.is_active
        and row.crm_user_id in stored
        and not stored[row.crm_user_id].is_active
        for row in changed
    ):
        organization.configuration_changed()  # calls may wait for this user
    upsert(
        CrmUser,
        CrmUserData._fields,
        changed,
        same={"organization": organization.pk, "platform": organization.platform},
        key=("organization", "platform", "crm_user_id"),
    )
    return read_crm_users(organization)


def differing(listed: Mapping[str, Data], stored: Mapping[str, Data]) -> list[Data]:
    """Return what is listed and not stored like that."""
    return [row for key, row in listed.items() if stored.get(key) != row]
