"""User mapping: which CRM user owns the calls of which extension."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.organizations.connections.account_numbers import (
    refresh_account_numbers,
)
from appconnect.organizations.connections.connectors import NoCredentials
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.mapping.directory import (
    CrmUserRow,
    ExtensionRow,
    add_extensions,
    clean_text,
    describe_oddities,
    fetch_crm_users,
    read_crm_users,
    read_extensions,
    store_crm_users,
    store_extensions,
)
from appconnect.organizations.mapping.mapping_changes import (
    MappingChange,
    MappingRow,
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
"""How a person decides who owns an extension's calls, or that nobody does."""


class StoredMapping(NamedTuple):
    """What is stored for an extension: the CRM user's primary key, and how it was found."""

    crm_user: int | None = None
    match: str = ""
    version: int = -1


NOT_STORED = StoredMapping()


@transaction.atomic
def auto_match(organization: Organization) -> dict[int, int | None]:
    """Map the extensions whose match is certain; existing mappings and decisions stay.

    Every extension that can own calls gets a row, so that the table shows it. Return
    the CRM user of each extension, by primary keys. Raises `CrmChanged`.
    """
    organization.lock_for_crm()
    return map_certain(
        organization, read_extensions(organization), read_crm_users(organization)
    )


@transaction.atomic
def match_after_refresh(
    organization: Organization, *, actor: Actor, now: datetime
) -> None:
    """Run `auto_match`, and name the mapped in the audit log. Raises `CrmChanged`."""
    organization.lock_for_crm()
    mappings = organization.user_mappings.filter(platform=organization.platform)
    had_owner = set(mappings.mapped().values_list("extension_id", flat=True))
    owners = auto_match(organization)
    rows = [
        {
            "extension": extension.extension_number,
            "crm_user_before": None,
            "crm_user_after": owners[extension.pk],
        }
        for extension in read_extensions(organization)
        if owners.get(extension.pk) and extension.pk not in had_owner
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
    """Run `auto_match` with the whole directory, in a transaction that has locked it."""
    mappings = organization.user_mappings.filter(platform=organization.platform)
    stored = {
        extension: StoredMapping(*row)
        for extension, *row in mappings.values_list(
            "extension_id", "crm_user_id", "match", "version"
        )
    }
    rows = []
    for extension, finding in match(filter(is_mappable, extensions), users).items():
        mapping = stored.get(extension, NOT_STORED)
        if is_open(mapping.crm_user, mapping.match):
            crm_user, how = outcome(finding)
            if crm_user != mapping.crm_user or how != mapping.match:
                rows.append(MappingRow(extension, crm_user, how, mapping.version + 1))
    if rows:
        write(organization, rows)
        organization.configuration_changed()
    owners = {extension: mapping.crm_user for extension, mapping in stored.items()}
    return owners | {row.extension: row.crm_user for row in rows}


def is_open(crm_user: int | None, match: str) -> bool:
    """Return whether an extension has no CRM user and nobody decided that it has none."""
    return crm_user is None and match not in DECIDED


def is_mappable(extension: ExtensionRow) -> bool:
    return extension.type in MAPPABLE


def outcome(finding: Finding) -> tuple[int | None, str]:
    """Return the CRM user and the match that are stored without asking a person."""
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
    """Run `auto_match` and return the extensions of each CRM user, by CRM user id.

    `extensions` comes from a client's own directory: those that are new are added to
    ours, those that we have stay as they are. Raises `CrmChanged`.
    """
    organization.lock_for_crm()
    extension_rows = add_extensions(organization, extensions)
    user_rows = store_crm_users(organization, users)
    owners = map_certain(organization, extension_rows, user_rows)
    ids = {user.pk: user.crm_user_id for user in user_rows}
    by_user: dict[str, list[ExtensionRow]] = {}
    for extension in extension_rows:
        owner = owners.get(extension.pk)
        if owner is not None:
            by_user.setdefault(ids[owner], []).append(extension)
    return by_user


@transaction.atomic
def rematch(organization: Organization, *, actor: Actor, now: datetime) -> None:
    """Match again the extensions that were matched by e-mail; a person's choices stay.

    The change can be undone.
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
            crm_user, how = outcome(finding)
            owner = by_pk[crm_user] if crm_user is not None else None
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
    """Read the extensions and the CRM's users again, and run `auto_match`.

    A failure is stored on the organization, for the user-mapping page. Return whether
    the CRM accepted the organization's credentials; False where it was not asked. Raises
    `CredentialsRejected`, which is stored too.
    """
    organization.directory_failure = organization.directory_oddities = ""
    is_accepted, refusal, refusal_of_numbers = False, None, ""
    extensions: list[ExtensionInfo] = []
    users: list[types.CrmUser] = []
    try:
        with open_ringcentral(organization, now=now) as client:
            extensions = list(list_extensions(client))
            check_whole(organization, extensions)
            store_extensions(organization, extensions)
            refusal_of_numbers = refresh_account_numbers(organization, client, now=now)
        if organization.declared.server_side_logging.enable_user_mapping:
            users = fetch_crm_users(organization)
            is_accepted = True
            store_crm_users(organization, users)
            match_after_refresh(organization, actor=actor, now=now)
    except (RingCentralError, ConnectorError, NoCredentials) as error:
        message = getattr(error, "full_message", str(error))
        organization.directory_failure = clean_text(message)[:300]
        refusal = error if isinstance(error, CredentialsRejected) else None
    except Exception:
        # Stored as tried, or RingCentral's whole list would be read again each minute.
        organization.directory_failure = _(
            "Unexpected error. The server's log has the details."
        )
        store_result(organization, now=now)
        raise
    oddities = (describe_oddities(extensions, users), refusal_of_numbers)
    organization.directory_oddities = "\n".join(filter(None, oddities))
    store_result(organization, now=now)
    if refusal:
        raise refusal
    return is_accepted


def check_whole(
    organization: Organization, extensions: Iterable[ExtensionInfo]
) -> None:
    """Raise a `RingCentralError` if the list lacks the extension that asks for it.

    Whoever is not listed would be taken for somebody who has left.
    """
    own = organization.ringcentral_connection.extension_id
    if own not in {extension.id for extension in extensions}:
        raise RingCentralError(
            f"RingCentral's list of extensions lacks the connected one ({own}). The "
            "directory stays as it was."
        )


def store_result(organization: Organization, *, now: datetime) -> None:
    organization.directory_refreshed_at = now
    fields = ["directory_failure", "directory_oddities", "directory_refreshed_at"]
    organization.save(update_fields=fields)
