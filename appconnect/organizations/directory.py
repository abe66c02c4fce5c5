"""The organization's directory: RingCentral's extensions and the CRM's users, kept as rows."""

from collections.abc import Sequence

from django.db import transaction

from appconnect.organizations.connectors import (
    get_settings,
    open_connector,
    organization_credentials,
)
from appconnect.organizations.models import CrmUser, Extension, Organization
from appconnect.ringcentral.extensions import ExtensionInfo
from connector import types

BATCH_SIZE = 500


@transaction.atomic
def store_extensions(
    organization: Organization, extensions: Sequence[ExtensionInfo]
) -> None:
    """Bring the directory up to `extensions`, the account's whole list.

    One that is gone stays, disabled: its old calls keep their name.
    """
    rows = {e.id: make_extension(organization, e) for e in extensions}
    Extension.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["organization", "extension_id"],
        update_fields=["extension_number", "name", "email", "type", "is_enabled"],
        batch_size=BATCH_SIZE,
    )
    gone = [
        pk
        for pk, extension_id in organization.extensions.values_list(
            "pk", "extension_id"
        )
        if extension_id not in rows
    ]
    organization.extensions.filter(pk__in=gone).update(is_enabled=False)


def make_extension(organization: Organization, extension: ExtensionInfo) -> Extension:
    return Extension(
        organization=organization,
        extension_id=extension.id,
        extension_number=extension.extension_number[:20],
        name=extension.name[:200],
        email=extension.email[:254],
        type=extension.type,
        is_enabled=extension.is_enabled,
    )


def fetch_crm_users(organization: Organization) -> list[types.CrmUser]:
    """Ask the CRM for its users. Raises a `ConnectorError`, or `NoCredentials`."""
    credentials = organization_credentials(get_settings(organization))
    with open_connector(organization, credentials) as connector:
        return connector.get_user_list()


@transaction.atomic
def store_crm_users(organization: Organization, users: list[types.CrmUser]) -> None:
    """Bring the list of CRM users up to `users`, the CRM's whole list.

    One that is gone stays, inactive, with its mapping. An empty list changes nothing:
    a CRM without users is a CRM that did not answer.
    """
    if not users:
        return
    known = organization.crm_users.filter(platform=organization.platform)
    inactive = set(known.filter(is_active=False).values_list("crm_user_id", flat=True))
    if any(user.is_active and user.id in inactive for user in users):
        organization.configuration_changed()  # calls may wait for that
    rows = {
        user.id: CrmUser(
            organization=organization,
            platform=organization.platform,
            crm_user_id=user.id,
            name=user.name[:200],
            email=user.email[:254],
            is_active=user.is_active,
        )
        for user in users
    }
    CrmUser.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["organization", "platform", "crm_user_id"],
        update_fields=["name", "email", "is_active"],
        batch_size=BATCH_SIZE,
    )
    gone = [
        pk
        for pk, crm_user_id in known.values_list("pk", "crm_user_id")
        if crm_user_id not in rows
    ]
    known.filter(pk__in=gone).update(is_active=False)
