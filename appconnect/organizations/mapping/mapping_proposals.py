"""What matching proposes to a person, and writing what the person accepts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.db import transaction

from appconnect.organizations.mapping.directory import (
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
"""How a mapping came about whose proposal a person accepted."""


class Choice(NamedTuple):
    """What a person saw and wants: the CRM user of a mapping that had this version, and why."""

    mapping: int
    version: int
    crm_user: int
    why: str


class Proposal(NamedTuple):
    """What was found for a mapping that nobody has decided about yet.

    `extension` is a plain tuple until somebody looks at it: there are thousands.
    """

    mapping: int
    version: int
    extension: ExtensionRow
    finding: Finding

    @property
    def choices(self) -> list[Choice]:
        """What a person can want: one of the candidates, where there are any."""
        if self.finding.confidence is Confidence.NONE:
            return []
        _confidence, why, candidates = self.finding
        return [
            Choice(self.mapping, self.version, user, why.value) for user in candidates
        ]


@dataclass(frozen=True, slots=True)
class Proposals:
    """All proposals, by the order of their extensions' numbers."""

    proposals: list[Proposal]

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
        return Proposals([])
    extensions = read_extensions(organization)
    found = match(extensions, read_crm_users(organization))
    proposals = [
        Proposal(*still_open[row[0]], row, found[row[0]])
        for row in extensions
        if row[0] in still_open
    ]
    proposals.sort(key=lambda proposal: proposal.extension[2])
    return Proposals(proposals)


def digest(proposals: Iterable[Proposal]) -> str:
    """Return what changes whenever one of the proposals does."""
    seen = ";".join(
        f"{mapping}:{version}:{finding[2]}"
        for mapping, version, _extension, finding in proposals
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
    """Map what a person chose, unless it is no longer proposed as they saw it.

    Return what can be undone, None where nothing was written, and the mappings that
    were left as they are: of those, somebody or the directory changed something. What is
    mapped as it was chosen is neither.
    """
    organization.lock()
    offered = {
        choice
        for proposal in find_proposals(organization).proposals
        for choice in proposal.choices
    }
    wanted = {choice.mapping: choice for choice in choices}
    mappings = organization.user_mappings.filter(platform=organization.platform)
    mappings = mappings.order_by("extension__extension_number", "pk")
    users = organization.crm_users.in_bulk()
    changes, left = [], []
    for mapping in mappings.select_related("extension"):
        if choice := wanted.get(mapping.pk):
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
