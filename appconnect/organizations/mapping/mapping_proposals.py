"""Proposals of the matching, and storing those that a person accepts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.db import transaction

from appconnect.organizations.mapping.directory import (
    CrmUserRow,
    ExtensionRow,
    read_crm_users,
    read_extensions,
)
from appconnect.organizations.mapping.mapping_changes import (
    MappingChange,
    apply_changes,
)
from appconnect.organizations.mapping.matching import Confidence, Finding, Why, match
from appconnect.organizations.mapping.user_mapping import is_open
from appconnect.organizations.models import MappingBatch, Organization, UserMapping
from appconnect.organizations.security.audit import Actor

Match = UserMapping.Match
MATCHES = {
    Why.SAME_EMAIL.value: Match.EMAIL,
    Why.SAME_MAILBOX.value: Match.EMAIL,
    Why.SAME_NAME.value: Match.NAME,
    Why.SEVERAL.value: Match.MANUAL,
}
"""What is stored as the match of an accepted proposal."""


class Choice(NamedTuple):
    """The CRM user that a person chose for a mapping, with the version and reason they saw."""

    mapping: int
    version: int
    crm_user: int
    why: str


class Proposal(NamedTuple):
    """What matching found for a mapping that nobody has decided about yet."""

    mapping: int
    version: int
    extension: ExtensionRow
    finding: Finding

    @property
    def choices(self) -> list[Choice]:
        """The choices of a person: one for each candidate."""
        if self.finding.confidence is Confidence.NONE:
            return []
        why = self.finding.why.value
        return [
            Choice(self.mapping, self.version, user, why)
            for user in self.finding.candidates
        ]


@dataclass(frozen=True, slots=True)
class Proposals:
    """All proposals, ordered by extension number, and the CRM's users by `pk`."""

    proposals: list[Proposal] = field(default_factory=list)
    users: dict[int, CrmUserRow] = field(default_factory=dict)

    def of(self, confidence: Confidence) -> list[Proposal]:
        return [p for p in self.proposals if p.finding.confidence is confidence]


def find_proposals(organization: Organization) -> Proposals:
    """Match the extensions that have no CRM user and that nobody has decided about."""
    mappings = organization.user_mappings.filter(platform=organization.platform)
    still_open = {
        extension: (pk, version)
        for extension, pk, version, crm_user, how in mappings.values_list(
            "extension_id", "pk", "version", "crm_user_id", "match"
        )
        if is_open(crm_user, how)
    }
    if not still_open:
        return Proposals()
    extensions = read_extensions(organization)
    users = read_crm_users(organization)
    findings = match(extensions, users)
    proposals = [
        Proposal(*still_open[extension.pk], extension, findings[extension.pk])
        for extension in extensions
        if extension.pk in still_open
    ]
    proposals.sort(key=lambda proposal: proposal.extension.extension_number)
    return Proposals(proposals, {user.pk: user for user in users})


def digest(proposals: Iterable[Proposal]) -> str:
    """Return a digest that differs as soon as one of the proposals does."""
    seen = ";".join(
        f"{proposal.mapping}:{proposal.version}:{proposal.finding.candidates}"
        for proposal in proposals
    )
    return sha256(seen.encode()).hexdigest()


@transaction.atomic
def accept(
    organization: Organization,
    choices: Iterable[Choice],
    *,
    actor: Actor,
    now: datetime,
) -> tuple[MappingBatch | None, list[UserMapping]]:
    """Store a person's choices, except those that are no longer proposed as they saw them.

    Return the batch to undo, None where nothing was written, and the mappings that were
    left as they are because a person or the directory changed them. A mapping that is
    already as it was chosen is neither written nor left.
    """
    organization.lock()
    offered = {
        choice
        for proposal in find_proposals(organization).proposals
        for choice in proposal.choices
    }
    chosen = {choice.mapping: choice for choice in choices}
    mappings = organization.user_mappings.filter(platform=organization.platform)
    mappings = mappings.order_by("extension__extension_number", "pk")
    users = organization.crm_users.in_bulk()
    changes, left = [], []
    for mapping in mappings.select_related("extension"):
        if choice := chosen.get(mapping.pk):
            if choice in offered:
                user = users[choice.crm_user]
                changes.append(MappingChange(mapping, user, MATCHES[choice.why]))
            elif mapping.crm_user_id != choice.crm_user:
                left.append(mapping)
    batch = apply_changes(
        organization,
        changes,
        source=MappingBatch.Source.MATCH,
        actor=actor,
        now=now,
    )
    return batch, left
