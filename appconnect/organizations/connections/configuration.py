"""What an organization has configured, kept in this process under its version.

Every change counts the version up in its own transaction, and a worker that claims a call
reads the version with it: so a change counts at the next call.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import (
    Configuration,
    CrmUser,
    Extension,
    Organization,
    UserMapping,
)
from appconnect.rows import read_row, with_columns

MAX_CONFIGURATIONS = 2000
"""One takes 5 kB, and 150 bytes more for each do-not-log number. Reading one takes a few
milliseconds."""
ORGANIZATION = with_columns(
    "SELECT {organization} FROM organizations_organization organization WHERE id = %s",
    organization=Organization,
)
MAPPING = """
    SELECT m.id, m.match, m.version, e.id, e.is_logged, e.time_zone,
        u.id, u.crm_user_id, u.name, u.email, u.is_active
    FROM organizations_usermapping AS m
    JOIN organizations_extension AS e ON e.id = m.extension_id
    LEFT JOIN organizations_crmuser AS u ON u.id = m.crm_user_id
    WHERE m.organization_id = %s AND m.platform = %s AND e.organization_id = %s
        AND e.extension_id = %s
"""


def configured(organization_id: UUID, version: int) -> Organization:
    """Return the organization with its configuration of this version, or a newer one.

    It is the caller's own: what the caller changes or reads beside it is not kept.
    """
    organization = copy(_read(organization_id, version))
    organization.configuration = replace(organization.configuration, mappings={})
    return organization


def configured_now(organization_id: UUID | str) -> Organization:
    """Return the organization with its configuration as it is stored now.

    Raises `Organization.DoesNotExist`.
    """
    stored = read_organization(organization_id)
    return configured(stored.pk, stored.configuration_version)


def read_organization(organization_id: UUID | str) -> Organization:
    """Return the organization as it is stored. Raises `Organization.DoesNotExist`."""
    key = Organization._meta.pk.get_db_prep_value(organization_id, connection)
    organization = read_row(Organization, ORGANIZATION, [key])
    if organization is None:
        raise Organization.DoesNotExist(organization_id)
    return organization


@lru_cache(MAX_CONFIGURATIONS)
def _read(organization_id: UUID, version: int) -> Organization:
    """Read the organization first: what is read after it is as new, or newer."""
    organization = read_organization(organization_id)
    stored = get_settings(organization)
    numbers = organization.do_not_log_numbers.values_list("number_hash", flat=True)
    organization.configuration = Configuration(
        settings=stored, do_not_log=frozenset(numbers)
    )
    return organization


def mapping_of(organization: Organization, extension_id: str) -> UserMapping | None:
    """Return the extension's row in the mapping to the present CRM, with both sides.

    Read once for each claimed call, to be read only. By SQL: the ORM takes several times
    as long to put the statement together as the database to answer it.
    """
    known = organization.configuration
    if known is not None and extension_id in known.mappings:
        return known.mappings[extension_id]
    key = Organization._meta.pk.get_db_prep_value(organization.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(MAPPING, [key, organization.platform, key, extension_id])
        row = cursor.fetchone()
    mapping = make_mapping(organization, extension_id, row) if row else None
    if known is not None:
        known.mappings[extension_id] = mapping
    return mapping


def make_mapping(
    organization: Organization, extension_id: str, row: Sequence[Any]
) -> UserMapping:
    mapping_id, match, version, extension_pk, is_logged, time_zone, *user = row
    extension = Extension(
        pk=extension_pk,
        organization=organization,
        extension_id=extension_id,
        is_logged=bool(is_logged),
        time_zone=time_zone,
    )
    crm_user = None
    if user[0] is not None:
        user_pk, crm_user_id, name, email, is_active = user
        crm_user = CrmUser(
            pk=user_pk,
            organization=organization,
            platform=organization.platform,
            crm_user_id=crm_user_id,
            name=name,
            email=email,
            is_active=bool(is_active),
        )
    return UserMapping(
        pk=mapping_id,
        organization=organization,
        platform=organization.platform,
        extension=extension,
        crm_user=crm_user,
        match=match,
        version=version,
    )
