"""What an organization has configured, kept in this process under its version.

Every change counts the version up in its own transaction, and a worker that claims a call
reads the version with it: so a change counts at the next call.
"""

from copy import copy
from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import (
    Configuration,
    Organization,
    UserMapping,
)

MAX_CONFIGURATIONS = 500


def configured(organization_id: UUID, version: int) -> Organization:
    """Return the organization with its configuration of this version, or a newer one.

    It is the caller's own: what the caller changes or reads beside it is not kept.
    """
    organization = copy(_read(organization_id, version))
    organization.configuration = replace(organization.configuration, mappings={})
    return organization


@lru_cache(MAX_CONFIGURATIONS)
def _read(organization_id: UUID, version: int) -> Organization:
    """Read the organization first: what is read after it is as new, or newer."""
    organization = Organization.objects.get(pk=organization_id)
    numbers = organization.do_not_log_numbers.values_list("number_hash", flat=True)
    organization.configuration = Configuration(
        settings=get_settings(organization), do_not_log=frozenset(numbers)
    )
    return organization


def mapping_of(organization: Organization, extension_id: str) -> UserMapping | None:
    """Return the extension's row in the mapping to the present CRM, with both sides.

    Read once for each claimed call.
    """
    known = organization.configuration
    if known is not None and extension_id in known.mappings:
        return known.mappings[extension_id]
    rows = organization.user_mappings.filter(
        platform=organization.platform, extension__extension_id=extension_id
    )
    mapping = rows.select_related("extension", "crm_user").first()
    if known is not None:
        known.mappings[extension_id] = mapping
    return mapping
