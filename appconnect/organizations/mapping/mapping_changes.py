"""Changes of the user mapping that people make: one row or many, and undoing many.

Every change locks the organization first, so that changes follow one another;
`UserMapping.version` shows whether a row has changed since a person saw it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from appconnect.organizations.mapping.bulk import upsert
from appconnect.organizations.models import (
    AuditEntry,
    CrmUser,
    MappingBatch,
    Organization,
    UserMapping,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor

UNDO_LIFETIME = timedelta(hours=24)
MAX_AUDITED = 100
"""Rows that an audit entry names; its subject has their number."""

Match = UserMapping.Match


class ChangedMeanwhile(Exception):
    """Another person changed these mappings since they were read; nothing was written."""

    def __init__(self, mappings: Sequence[UserMapping]):
        self.mappings = list(mappings)
        names = ", ".join(str(mapping.extension) for mapping in self.mappings[:10])
        super().__init__(
            _("Someone else changed the mapping of %(names)s.") % {"names": names}
        )


class CannotUndo(Exception):
    """A change cannot be undone; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class MappingChange:
    """A mapping as it was read, and its new CRM user and match."""

    mapping: UserMapping
    crm_user: CrmUser | None
    match: Match

    def differs(self) -> bool:
        """Return whether there is something to write; mapping to nobody by hand is."""
        if self.crm_user is None and self.match == Match.MANUAL:
            return (self.mapping.crm_user_id, self.mapping.match) != (None, self.match)
        return self.mapping.crm_user_id != (self.crm_user.pk if self.crm_user else None)


@transaction.atomic
def map_extension(
    mapping: UserMapping,
    crm_user: CrmUser | None,
    *,
    expected_version: int | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Map an extension by hand; None means that nobody owns its calls.

    Raises `ChangedMeanwhile` where the row has another version than the expected one;
    without an expected version the last change wins.
    """
    organization = mapping.organization
    organization.lock()
    stored = UserMapping.objects.select_related("crm_user").filter(pk=mapping.pk)
    if expected_version is not None:
        stored = stored.filter(version=expected_version)
    before = stored.first()
    if before is None or not stored.update(
        crm_user=crm_user, match=Match.MANUAL, version=F("version") + 1
    ):
        raise ChangedMeanwhile([mapping])
    mapping.refresh_from_db(fields=["crm_user", "match", "version"])
    organization.configuration_changed()
    audit.log(
        organization,
        AuditEntry.Action.EXTENSION_MAPPED,
        actor=actor,
        subject=str(mapping.extension),
        changes=audit.differences(
            {"crm_user": before.crm_user}, {"crm_user": crm_user}
        ),
        now=now,
    )


@transaction.atomic
def apply_changes(
    organization: Organization,
    changes: Iterable[MappingChange],
    *,
    source: MappingBatch.Source,
    actor: Actor,
    now: datetime,
) -> MappingBatch | None:
    """Write all changes or none; return the batch to undo, None where nothing differs.

    Raises `ChangedMeanwhile` where a row has changed since it was read.
    """
    organization.lock()
    changes = list(changes)
    stored = {row.pk: row for row in current(organization)}
    stale = [
        change.mapping
        for change in changes
        if change.mapping.pk not in stored
        or stored[change.mapping.pk].version != change.mapping.version
    ]
    if stale:
        raise ChangedMeanwhile(stale)
    rows = [
        {
            "mapping": change.mapping.pk,
            "extension": stored[change.mapping.pk].number,
            "crm_user_before": change.mapping.crm_user_id,
            "match_before": change.mapping.match,
            "crm_user_after": change.crm_user.pk if change.crm_user else None,
            "match_after": change.match,
            "version": change.mapping.version + 1,
        }
        for change in changes
        if change.differs()
    ]
    if not rows:
        return None
    write(
        organization,
        [
            MappingRow(
                stored[row["mapping"]].extension_id,
                row["crm_user_after"],
                row["match_after"],
                row["version"],
            )
            for row in rows
        ],
    )
    organization.configuration_changed()
    audit.log(
        organization,
        AuditEntry.Action.MAPPING_CHANGED,
        actor=actor,
        subject=f"Extensions: {len(rows)} ({source.label})",
        changes=described(organization, rows, before="before", after="after"),
        now=now,
    )
    return MappingBatch.objects.create(
        organization=organization,
        platform=organization.platform,
        at=now,
        actor=actor.name,
        source=source,
        size=len(rows),
        changes=rows,
    )


@transaction.atomic
def undo(batch: MappingBatch, *, actor: Actor, now: datetime) -> tuple[int, int]:
    """Undo a batch; return how many rows were restored, and how many were not.

    A row that was changed since stays as it is. Undoing a match stores that nobody owns
    the calls, by hand: matching would map the extension again. Raises `CannotUndo`.
    """
    organization = batch.organization
    organization.lock()
    batch.refresh_from_db(fields=["undone_at"])
    if batch.undone_at:
        raise CannotUndo(_("This change was already undone."))
    if batch != last_batch(organization):
        raise CannotUndo(_("Only the last bulk change can be undone."))
    if now - batch.at > UNDO_LIFETIME:
        raise CannotUndo(_("Changes can be undone for 24 hours. This one is older."))
    stored = {row.pk: row for row in current(organization)}
    users = set(organization.crm_users.values_list("pk", flat=True)) | {None}
    rows = [
        row
        for row in batch.changes
        if row["mapping"] in stored
        and stored[row["mapping"]].version == row["version"]
        and row["crm_user_before"] in users
    ]
    if batch.source == MappingBatch.Source.MATCH:
        rows = [
            row if row["crm_user_before"] else {**row, "match_before": Match.MANUAL}
            for row in rows
        ]
    batch.undone_at = now
    batch.save(update_fields=["undone_at"])
    if rows:
        write(
            organization,
            [
                MappingRow(
                    stored[row["mapping"]].extension_id,
                    row["crm_user_before"],
                    row["match_before"],
                    row["version"] + 1,
                )
                for row in rows
            ],
        )
        organization.configuration_changed()
    audit.log(
        organization,
        AuditEntry.Action.MAPPING_UNDONE,
        actor=actor,
        subject=f"Extensions: {len(rows)} ({batch.get_source_display()})",
        changes=described(organization, rows, before="after", after="before"),
        now=now,
    )
    return len(rows), len(batch.changes) - len(rows)


def last_batch(organization: Organization) -> MappingBatch | None:
    """Return the batch that is the next to be undone, however old it is."""
    batches = organization.mapping_batches.defer("changes")
    return batches.filter(platform=organization.platform, undone_at=None).first()


def find_undoable(organization: Organization, *, now: datetime) -> MappingBatch | None:
    """Return the batch that can be undone now."""
    batch = last_batch(organization)
    return batch if batch and now - batch.at <= UNDO_LIFETIME else None


class MappingRow(NamedTuple):
    """A mapping to be stored: primary keys of extension and CRM user, match and version."""

    extension: int
    crm_user: int | None
    match: str
    version: int


class StoredRow(NamedTuple):
    """A mapping as it is stored now, as far as a change needs it."""

    pk: int
    extension_id: int
    number: str
    version: int


def current(organization: Organization) -> Iterator[StoredRow]:
    rows = organization.user_mappings.filter(platform=organization.platform)
    columns = ("pk", "extension_id", "extension__extension_number", "version")
    return map(StoredRow._make, rows.values_list(*columns))


def write(organization: Organization, rows: Sequence[MappingRow]) -> None:
    """Store mappings, new or changed."""
    upsert(
        UserMapping,
        MappingRow._fields,
        rows,
        same={"organization": organization.pk, "platform": organization.platform},
        key=("organization", "platform", "extension"),
    )


def described(
    organization: Organization, rows: Sequence[dict], *, before: str, after: str
) -> list[dict[str, object]]:
    """Return the first rows as the audit log has them: extension number, CRM users' names."""
    named = rows[:MAX_AUDITED]
    pks = {row[f"crm_user_{side}"] for row in named for side in (before, after)}
    users = organization.crm_users.in_bulk(pks - {None})
    return [
        {
            "field": row["extension"],
            "before": audit.plain(users.get(row[f"crm_user_{before}"])),
            "after": audit.plain(users.get(row[f"crm_user_{after}"])),
        }
        for row in named
    ]
