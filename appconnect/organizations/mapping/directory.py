"""The organization's directory: RingCentral's extensions and the CRM's users, stored."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of a character: a database refuses some of them."""
MAX_ADDRESS_LENGTH = 254
MAX_ODDITIES_SHOWN = 5


class ExtensionData(NamedTuple):
    """What the directory keeps of an extension."""

    extension_id: str
    extension_number: str
    name: str
    email: str
    type: str
    is_enabled: bool
    is_activated: bool


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
    is_activated: bool = True

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
    def label(self) -> str:
        return self.name or self.email or self.crm_user_id

    @property
    def data(self) -> CrmUserData:
        return CrmUserData(*self[1:])


MAX_ID_LENGTHS = {ExtensionData: 40, CrmUserData: 200}


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
    rows = filter(has_usable_id, map(data_of, extensions))
    listed = {row.extension_id: row for row in rows}
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
    rows = filter(has_usable_id, map(data_of, extensions))
    new = {row.extension_id: row for row in rows if row.extension_id not in stored_ids}
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
        clean_text(extension.extension_number)[:20],
        clean_text(extension.name)[:200],
        clean_address(extension.email),
        clean_text(extension.type)[:40],
        extension.is_enabled,
        extension.is_activated,
    )


def user_data_of(user: types.CrmUser) -> CrmUserData:
    return CrmUserData(
        user.id, clean_text(user.name)[:200], clean_address(user.email), user.is_active
    )


def clean_text(text: str | None) -> str:
    """Return a text without what a database refuses: control and half characters."""
    if not text or text.isprintable():
        return text or ""
    if not UNSTORABLE.search(text):
        return text
    return " ".join(UNSTORABLE.sub(" ", text).split())


def clean_address(address: str | None) -> str:
    """Return an e-mail address; empty where it is too long to be one."""
    address = clean_text(address)
    return address if len(address) <= MAX_ADDRESS_LENGTH else ""


def has_usable_id(row: ExtensionData | CrmUserData) -> bool:
    """Return whether the entry can be stored under its id."""
    max_length = MAX_ID_LENGTHS[type(row)]
    return bool(row[0]) and len(row[0]) <= max_length and not UNSTORABLE.search(row[0])


def describe_oddities(
    extensions: Iterable[ExtensionInfo], users: Iterable[types.CrmUser]
) -> str:
    """Return what was cleaned or left out of the lists, a line each; empty: nothing."""
    lines = [
        *filter(None, (oddity_of(_("Extension"), e, data_of(e)) for e in extensions)),
        *filter(None, (oddity_of(_("CRM user"), u, user_data_of(u)) for u in users)),
    ]
    if not lines:
        return ""
    count = len(lines)
    heading = ngettext(
        "%d entry has an error. All others were refreshed.",
        "%d entries have errors. All others were refreshed.",
        count,
    )
    shown = lines[:MAX_ODDITIES_SHOWN]
    if count > len(shown):
        shown.append(_("And %d more.") % (count - len(shown)))
    return "\n".join([heading % count, *shown])


def oddity_of(
    kind: str,
    entry: ExtensionInfo | types.CrmUser,
    row: ExtensionData | CrmUserData,
) -> str:
    """Return a sentence about an entry that is not stored as it was read, or empty."""
    names = {"kind": kind, "name": row.name or clean_text(row[0])[:40]}
    if not has_usable_id(row):
        names["name"] = row.name or "–"
        return _("%(kind)s %(name)s was left out: it has no usable ID.") % names
    if (clean_text(entry.name), row.email) != (entry.name or "", entry.email or ""):
        return (
            _(
                "%(kind)s %(name)s: characters that can't be stored were removed from "
                "the name or email."
            )
            % names
        )
    is_used = row.is_active if isinstance(row, CrmUserData) else row.is_enabled
    if not row.name and is_used:
        return _("%(kind)s %(name)s has no name.") % names
    return ""


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
        row.crm_user_id: row for row in filter(has_usable_id, map(user_data_of, users))
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
