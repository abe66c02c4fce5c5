"""User mapping: which CRM user owns the calls of which extension."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from appconnect.organizations.connectors import NoCredentials
from appconnect.organizations.directory import (
    add_extensions,
    fetch_crm_users,
    store_crm_users,
    store_extensions,
)
from appconnect.organizations.mapping_changes import write
from appconnect.organizations.matching import (
    Confidence,
    CrmUserRow,
    ExtensionRow,
    Finding,
    match,
)
from appconnect.organizations.models import Organization, UserMapping
from appconnect.organizations.ringcentral_connection import open_ringcentral
from appconnect.ringcentral.errors import RingCentralError
from appconnect.ringcentral.extensions import ExtensionInfo, list_extensions
from connector import types
from connector.errors import ConnectorError

Match = UserMapping.Match
DECIDED = frozenset({Match.MANUAL, Match.CSV})
"""How a person says who owns an extension's calls, or that nobody does."""


def find_matches(organization: Organization) -> dict[int, Finding]:
    """Compare the directory's two sides, whoever is mapped already; see `match`.

    The extensions come in the order of their numbers.
    """
    extensions = organization.extensions.mappable().order_by("extension_number", "pk")
    users = organization.crm_users.filter(platform=organization.platform)
    return match(
        extensions.values_list(*ExtensionRow._fields),
        users.values_list(*CrmUserRow._fields),
    )


def is_open(crm_user: int | None, match: str) -> bool:
    """Tell whether nobody has decided about an extension yet."""
    return crm_user is None and match not in DECIDED


@transaction.atomic
def auto_match(organization: Organization) -> None:
    """Map who is certain. A mapping that is there stays, and so does what a person chose.

    Every extension that can own calls gets its row, so that the table shows it.
    """
    organization.lock()
    mappings = organization.user_mappings.filter(platform=organization.platform)
    stored = {
        extension: row
        for extension, *row in mappings.values_list(
            "extension_id", "crm_user_id", "match", "version"
        )
    }
    rows = []
    for extension, finding in find_matches(organization).items():
        crm_user, match, version = stored.get(extension, (None, "", -1))
        if is_open(crm_user, match):
            found = outcome(finding)
            if found != (crm_user, match):
                rows.append((extension, *found, version + 1))
    if rows:
        write(organization, rows)
        organization.configuration_changed()


def outcome(finding: Finding) -> tuple[int | None, str]:
    """Return what is stored without a person: the CRM user where it is certain, and how."""
    if finding.confidence is Confidence.CERTAIN:
        return finding.crm_user, Match.EMAIL.value
    if finding.confidence is Confidence.AMBIGUOUS:
        return None, Match.AMBIGUOUS.value
    return None, Match.NONE.value


@transaction.atomic
def map_posted_extensions(
    organization: Organization,
    extensions: Iterable[ExtensionInfo],
    users: Iterable[types.CrmUser],
) -> dict[str, list[tuple[str, str, str, str]]]:
    """Map who is certain and return the extensions of each CRM user, by CRM user id.

    Of each extension: its id, name, number and e-mail address. `extensions` comes from
    a client's own directory: what is new in it is added to ours, what we have is not
    changed by it.
    """
    organization.lock()
    add_extensions(organization, extensions)
    store_crm_users(organization, users)
    auto_match(organization)
    by_user: dict[str, list[tuple[str, str, str, str]]] = {}
    mapped = organization.user_mappings.mapped().filter(platform=organization.platform)
    for user_id, *extension in mapped.order_by("pk").values_list(
        "crm_user__crm_user_id",
        "extension__extension_id",
        "extension__name",
        "extension__extension_number",
        "extension__email",
    ):
        by_user.setdefault(user_id, []).append(tuple(extension))
    return by_user


def refresh_directory(organization: Organization, *, now: datetime) -> None:
    """Read the extensions and the CRM's users anew, and map who is certain.

    What fails is kept on the organization, for the user-mapping page.
    """
    organization.directory_failure = ""
    try:
        with open_ringcentral(organization, now=now) as client:
            extensions = list(list_extensions(client))
        store_extensions(organization, extensions)
        if organization.declared.server_side_logging.enable_user_mapping:
            store_crm_users(organization, fetch_crm_users(organization))
            auto_match(organization)
    except (RingCentralError, ConnectorError, NoCredentials) as error:
        organization.directory_failure = str(error)[:300]
    organization.directory_refreshed_at = now
    organization.save(update_fields=["directory_failure", "directory_refreshed_at"])
