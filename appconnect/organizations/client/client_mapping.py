"""The user mapping in the format of App Connect's client.

A client posts the whole mapping it was served, perhaps hours ago. Only the differences
between the two, its admin's changes, are applied.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from appconnect.organizations.client.client_rules import RefusedSetting
from appconnect.organizations.mapping.mapping_changes import (
    MappingChange,
    apply_changes,
)
from appconnect.organizations.models import MappingBatch, Organization, UserMapping
from appconnect.organizations.security.audit import Actor

MEMBER = "userMappings"
NOBODY = "none"
"""An old client's value in place of a CRM user's empty list of extensions."""


def read_mappings(organization: Organization) -> dict[str, str]:
    """Return the CRM user id of each mapped extension, by its RingCentral id."""
    mapped = organization.user_mappings.filter(platform=organization.platform).mapped()
    pairs = mapped.order_by("pk").values_list(
        "extension__extension_id", "crm_user__crm_user_id"
    )
    return dict(pairs)


def as_entries(mappings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the client's list: an entry for each CRM user who has an extension.

    An extension mapped to nobody by hand has no entry: the client has no word for it.
    """
    by_user: dict[str, list[str]] = {}
    for extension_id, crm_user_id in mappings.items():
        by_user.setdefault(crm_user_id, []).append(extension_id)
    return [
        {"crmUserId": crm_user_id, "rcExtensionId": extension_ids}
        for crm_user_id, extension_ids in by_user.items()
    ]


def parse_entries(entries: object) -> list[tuple[str, str]]:
    """Return extension and CRM user of each pair in a client's list, in its order.

    A CRM user's extensions are a list, or in old clients one id or "none". Raises
    `RefusedSetting`.
    """
    if not isinstance(entries, list):
        raise RefusedSetting(MEMBER, "a list is needed.")
    pairs = []
    for entry in entries:
        if not isinstance(entry, dict) or not is_id(entry.get("crmUserId")):
            raise RefusedSetting(MEMBER, "each entry needs its crmUserId.")
        ids = entry.get("rcExtensionId")
        ids = (
            ids if isinstance(ids, list) else [] if ids in (None, "", NOBODY) else [ids]
        )
        if not all(map(is_id, ids)):
            raise RefusedSetting(MEMBER, "rcExtensionId is a list of ids.")
        pairs += [(str(one), str(entry["crmUserId"])) for one in ids]
    return pairs


def is_id(value: object) -> bool:
    is_kind = isinstance(value, str | int) and not isinstance(value, bool)
    return is_kind and 0 < len(str(value)) <= 200


def merge_mappings(
    organization: Organization,
    entries: object,
    base: Mapping[str, str] | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Apply the differences between a client's list and `base`, the one it was served.

    Without `base` nothing is removed. The caller has locked the organization. Raises
    `RefusedSetting` for extensions and CRM users that are not in the directory.
    """
    pairs = parse_entries(entries)
    current = read_mappings(organization)
    changes = changed_owners(pairs, current, base)
    if not changes:
        return
    rows = organization.user_mappings.filter(platform=organization.platform)
    mappings = {
        row.extension.extension_id: row for row in rows.select_related("extension")
    }
    of_platform = organization.crm_users.filter(platform=organization.platform)
    users = {user.crm_user_id: user for user in of_platform}
    unknown = [f"extension {one}" for one in changes if one not in mappings]
    owners = dict.fromkeys(filter(None, changes.values()))
    unknown += [f"CRM user {owner}" for owner in owners if owner not in users]
    if unknown:
        named = ", ".join(unknown[:10])
        raise RefusedSetting(MEMBER, f"not in the directory: {named}.")
    apply_changes(
        organization,
        [
            MappingChange(
                mappings[extension_id],
                users[crm_user_id] if crm_user_id else None,
                UserMapping.Match.MANUAL,
            )
            for extension_id, crm_user_id in changes.items()
        ],
        source=MappingBatch.Source.CLIENT,
        actor=actor,
        now=now,
    )


def changed_owners(
    pairs: list[tuple[str, str]],
    current: Mapping[str, str],
    base: Mapping[str, str] | None,
) -> dict[str, str | None]:
    """Return the new CRM user of each changed extension; None for nobody."""
    served = current if base is None else base
    changes: dict[str, str | None] = {}
    for extension_id, crm_user_id in pairs:
        if served.get(extension_id) != crm_user_id:
            changes.setdefault(extension_id, crm_user_id)
    if base is None:
        return changes
    posted = set(pairs)
    removed = {
        extension_id: crm_user_id
        for extension_id, crm_user_id in base.items()
        if (extension_id, crm_user_id) not in posted
        and extension_id not in changes
        and current.get(extension_id) == crm_user_id
    }
    # A client edits one CRM user at a time. An old one, which does not understand the
    # list it was served, posts all of them as mapped to nobody.
    if len(set(removed.values())) <= 1:
        changes |= dict.fromkeys(removed)
    return changes
