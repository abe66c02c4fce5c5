"""User mapping: which CRM user owns the calls of which extension."""

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import datetime

from django.db import transaction

from appconnect.organizations.connectors import NoCredentials
from appconnect.organizations.directory import (
    BATCH_SIZE,
    fetch_crm_users,
    make_extension,
    store_crm_users,
    store_extensions,
)
from appconnect.organizations.mapping_changes import write
from appconnect.organizations.models import (
    CrmUser,
    Extension,
    Organization,
    UserMapping,
)
from appconnect.organizations.ringcentral_connection import open_ringcentral
from appconnect.ringcentral.errors import RingCentralError
from appconnect.ringcentral.extensions import ExtensionInfo, list_extensions
from connector import types
from connector.errors import ConnectorError

Match = UserMapping.Match


def match_users(
    extensions: Iterable[Extension], crm_users: Iterable[CrmUser]
) -> dict[Extension, tuple[CrmUser | None, Match]]:
    """Find the CRM user of each extension, or say why there is none.

    An e-mail address that is there once on either side is certain; a full name that is
    there once on either side is likely; several candidates are ambiguous and none is
    chosen. What is empty equals nothing. Only people are matched, never a queue, and
    only with active CRM users. The time is linear in both lists.
    """
    people = [extension for extension in extensions if extension.is_person]
    active = [user for user in crm_users if user.is_active]
    matches: dict[Extension, tuple[CrmUser | None, Match]] = {}
    by_email = pair(people, active, key=lambda row: email_key(row.email))
    unmatched = [extension for extension in people if extension not in by_email]
    taken = {user for user in by_email.values() if user}
    left = [user for user in active if user not in taken]
    by_name = pair(unmatched, left, key=lambda row: name_key(row.name))
    for found, match in ((by_email, Match.EMAIL), (by_name, Match.NAME)):
        for extension, user in found.items():
            matches[extension] = (user, match if user else Match.AMBIGUOUS)
    return {
        extension: matches.get(extension, (None, Match.NONE)) for extension in people
    }


def pair(extensions, users, *, key) -> dict[Extension, CrmUser | None]:
    """Return the user with the extension's key: None where either side has it twice.

    An extension whose key is empty, or that no user has, is left out.
    """
    extensions_by_key = group(extensions, key)
    users_by_key = group(users, key)
    paired: dict[Extension, CrmUser | None] = {}
    for value, same_extensions in extensions_by_key.items():
        same_users = users_by_key.get(value, [])
        is_unique = len(same_extensions) == len(same_users) == 1
        for extension in same_extensions if same_users else []:
            paired[extension] = same_users[0] if is_unique else None
    return paired


def group(rows, key) -> dict[Hashable, list]:
    groups = defaultdict(list)
    for row in rows:
        if value := key(row):
            groups[value].append(row)
    return groups


def email_key(email: str) -> str:
    return email.strip().casefold()


def name_key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@transaction.atomic
def auto_match(organization: Organization) -> None:
    """Map what can be mapped. A mapping that is there stays, and so does a manual one.

    Every extension that can own calls gets its row, so that the table shows it.
    """
    organization.lock()
    mappings = {
        mapping.extension_id: mapping
        for mapping in organization.user_mappings.filter(platform=organization.platform)
    }
    extensions = list(organization.extensions.mappable())
    users = organization.crm_users.filter(platform=organization.platform)
    # Over all of them: an address is unique or not whoever is mapped already.
    matches = match_users(extensions, users)
    found = [
        make_mapping(
            organization, extension, *matches.get(extension, (None, Match.NONE))
        )
        for extension in extensions
        if extension.pk not in mappings or is_open(mappings[extension.pk])
    ]
    news = [mapping for mapping in found if differs(mapping, mappings)]
    for mapping in news:
        if known := mappings.get(mapping.extension_id):
            mapping.version = known.version + 1
    if news:
        write(organization, news)
        organization.configuration_changed()


def differs(mapping: UserMapping, stored: dict[int, UserMapping]) -> bool:
    known = stored.get(mapping.extension_id)
    if known is None:
        return True
    return (known.crm_user_id, known.match) != (mapping.crm_user_id, mapping.match)


def is_open(mapping: UserMapping) -> bool:
    """Tell whether nobody has decided about this extension yet."""
    return mapping.crm_user_id is None and mapping.match != Match.MANUAL


def make_mapping(
    organization: Organization, extension: Extension, user: CrmUser | None, match: Match
) -> UserMapping:
    return UserMapping(
        organization=organization,
        platform=organization.platform,
        extension=extension,
        crm_user=user,
        match=match,
    )


@transaction.atomic
def map_posted_extensions(
    organization: Organization,
    extensions: list[ExtensionInfo],
    users: list[types.CrmUser],
) -> dict[str, list[Extension]]:
    """Map what can be mapped and return the extensions of each CRM user, by CRM user id.

    `extensions` comes from a client's own directory: what is new in it is added to
    ours, what we have is not changed by it.
    """
    Extension.objects.bulk_create(
        [make_extension(organization, extension) for extension in extensions],
        ignore_conflicts=True,
        batch_size=BATCH_SIZE,
    )
    store_crm_users(organization, users)
    auto_match(organization)
    by_user = defaultdict(list)
    mapped = organization.user_mappings.mapped().filter(platform=organization.platform)
    for mapping in mapped.select_related("crm_user", "extension").order_by("pk"):
        by_user[mapping.crm_user.crm_user_id].append(mapping.extension)
    return by_user


def refresh_directory(organization: Organization, *, now: datetime) -> None:
    """Read the extensions and the CRM's users anew, and map whom that maps.

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
