"""User mapping: which CRM user owns the calls of which extension."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from appconnect.organizations.connections.connectors import NoCredentials
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.mapping.directory import (
    CrmUserRow,
    ExtensionRow,
    add_extensions,
    fetch_crm_users,
    read_crm_users,
    read_extensions,
    store_crm_users,
    store_extensions,
)
from appconnect.organizations.mapping.mapping_changes import (
    MappingChange,
    apply_changes,
    described,
    write,
)
from appconnect.organizations.mapping.matching import AMBIGUOUS, CERTAIN, Finding, match
from appconnect.organizations.models import (
    AuditEntry,
    MappingBatch,
    Organization,
    UserMapping,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.ringcentral.errors import RingCentralError
from appconnect.ringcentral.extensions import MAPPABLE, ExtensionInfo, list_extensions
from connector import types
from connector.errors import ConnectorError, CredentialsRejected

Match = UserMapping.Match
# A member of an enum costs more to look up than a name of the module.
BY_EMAIL, SEVERAL, NOBODY = Match.EMAIL.value, Match.AMBIGUOUS.value, Match.NONE.value
DECIDED = frozenset({Match.MANUAL.value, Match.CSV.value})
"""How a person says who owns an extension's calls, or that nobody does."""
UNKNOWN = (None, "", -1)
"""CRM user, match and version of an extension that has no row yet."""


@transaction.atomic
def auto_match(organization: Organization) -> dict[int, int | None]:
    """Map who is certain. A mapping that is there stays, and so does what a person chose.

    Every extension that can own calls gets its row, so that the table shows it. Return
    the CRM user of each extension. Raises `CrmChanged`.
    """
    organization.lock_for_crm()
    return map_certain(
        organization, read_extensions(organization), read_crm_users(organization)
    )


@transaction.atomic
def match_after_refresh(
    organization: Organization, *, actor: Actor, now: datetime
) -> None:
    """Do so, and say in the audit log who was mapped. Raises `CrmChanged`."""
    organization.lock_for_crm()
    mappings = organization.user_mappings.filter(platform=organization.platform)
    had_owner = set(mappings.mapped().values_list("extension_id", flat=True))
    owners = auto_match(organization)
    rows = [
        {
            "extension": number,
            "crm_user_before": None,
            "crm_user_after": owners[extension],
        }
        for extension, _extension_id, number, *_ in read_extensions(organization)
        if owners.get(extension) and extension not in had_owner
    ]
    if rows:
        audit.log(
            organization,
            AuditEntry.Action.MAPPING_CHANGED,
            actor=actor,
            subject=f"Extensions: {len(rows)} ({Match.EMAIL.label})",
            changes=described(organization, rows, before="before", after="after"),
            now=now,
        )


def map_certain(
    organization: Organization,
    extensions: list[ExtensionRow],
    users: list[CrmUserRow],
) -> dict[int, int | None]:
    """Do so with these, the whole directory; return the CRM user of each extension."""
    mappings = organization.user_mappings.filter(platform=organization.platform)
    stored = {
        extension: row
        for extension, *row in mappings.values_list(
            "extension_id", "crm_user_id", "match", "version"
        )
    }
    rows = []
    for extension, finding in match(filter(is_mappable, extensions), users).items():
        crm_user, how, version = stored.get(extension, UNKNOWN)
        if is_open(crm_user, how):
            found, found_how = outcome(finding)
            if found != crm_user or found_how != how:
                rows.append((extension, found, found_how, version + 1))
    if rows:
        write(organization, rows)
        organization.configuration_changed()
    owners = {extension: row[0] for extension, row in stored.items()}
    return owners | {extension: user for extension, user, _how, _version in rows}


def is_open(crm_user: int | None, match: str) -> bool:
    """Tell whether nobody has decided about an extension yet."""
    return crm_user is None and match not in DECIDED


def is_mappable(extension: ExtensionRow) -> bool:
    return extension[5] in MAPPABLE


def outcome(finding: Finding) -> tuple[int | None, str]:
    """Return what is stored without a person: the CRM user where it is certain, and how."""
    if finding.confidence is CERTAIN:
        return finding.crm_user, BY_EMAIL
    if finding.confidence is AMBIGUOUS:
        return None, SEVERAL
    return None, NOBODY


@transaction.atomic
def map_client_extensions(
    organization: Organization,
    extensions: Iterable[ExtensionInfo],
    users: Iterable[types.CrmUser],
) -> dict[str, list[ExtensionRow]]:
    """Map who is certain and return the extensions of each CRM user, by CRM user id.

    `extensions` comes from a client's own directory: what is new in it is added to
    ours, what we have is not changed by it. Raises `CrmChanged`.
    """
    organization.lock_for_crm()
    extension_rows = add_extensions(organization, extensions)
    user_rows = store_crm_users(organization, users)
    owners = map_certain(organization, extension_rows, user_rows)
    ids = {row[0]: row[1] for row in user_rows}
    by_user: dict[str, list[ExtensionRow]] = {}
    for row in extension_rows:
        owner = owners.get(row[0])
        if owner is not None:
            by_user.setdefault(ids[owner], []).append(row)
    return by_user


@transaction.atomic
def rematch(organization: Organization, *, actor: Actor, now: datetime) -> None:
    """Match anew who was matched by e-mail address; what a person chose stays.

    What this changes can be undone.
    """
    organization.lock()
    users = read_crm_users(organization)
    people = filter(is_mappable, read_extensions(organization))
    mappings = organization.user_mappings.filter(
        platform=organization.platform, match=Match.EMAIL
    )
    automatic = {row.extension_id: row for row in mappings}
    by_pk = organization.crm_users.in_bulk()
    changes = []
    for extension, finding in match(people, users).items():
        if extension in automatic:
            found, how = outcome(finding)
            owner = by_pk[found] if found is not None else None
            changes.append(MappingChange(automatic[extension], owner, Match(how)))
    apply_changes(
        organization,
        changes,
        source=MappingBatch.Source.CLIENT,
        actor=actor,
        now=now,
    )


def refresh_directory(
    organization: Organization, *, actor: Actor = audit.PROGRAM, now: datetime
) -> bool:
    """Read the extensions and the CRM's users anew, and map who is certain.

    `actor` is who asked for it. What fails is kept on the organization, for the user-mapping page. Tell whether the
    CRM took the organization's credentials; False too where it said nothing about them.
    Raises `CredentialsRejected`, kept as well.
    """
    organization.directory_failure = ""
    is_accepted, refusal = False, None
    try:
        with open_ringcentral(organization, now=now) as client:
            extensions = list(list_extensions(client))
        store_extensions(organization, extensions)
        if organization.declared.server_side_logging.enable_user_mapping:
            users = fetch_crm_users(organization)
            is_accepted = True
            store_crm_users(organization, users)
            match_after_refresh(organization, actor=actor, now=now)
    except (RingCentralError, ConnectorError, NoCredentials) as error:
        organization.directory_failure = str(error)[:300]
        refusal = error if isinstance(error, CredentialsRejected) else None
    organization.directory_refreshed_at = now
    organization.save(update_fields=["directory_failure", "directory_refreshed_at"])
    if refusal:
        raise refusal
    return is_accepted
