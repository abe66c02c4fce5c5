"""The causes that hold calls back, with their number of calls."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Case, Count, F, Max, Min, QuerySet, Value, When
from django.db.models.functions import Coalesce

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import AttentionReason, FailureReason
from appconnect.monitoring.models import AcknowledgedCause
from appconnect.organizations.models import (
    AuditEntry,
    Extension,
    Organization,
    UserMapping,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor

PER_EXTENSION = (
    AttentionReason.UNMAPPED_EXTENSION,
    AttentionReason.INACTIVE_CRM_USER,
    AttentionReason.UNLICENSED_OWNER,
)
"""Reasons that are fixed for each extension separately."""
ONE_BY_ONE = (AttentionReason.UNDECIDED, AttentionReason.SEVERAL_CONTACTS)
"""Reasons that a person decides for each call separately."""
MAX_LISTED = 10
"""How many of the `ONE_BY_ONE` calls are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why calls are held back: once it is fixed, all of them continue."""

    reason: AttentionReason | FailureReason
    extension_id: str
    """Empty where the extension does not matter."""
    count: int
    since: datetime
    """When the first of them was first held: a change of the settings retries it."""
    latest_at: datetime | None
    """When the last of them ended, as far as that is known."""
    acknowledged: AcknowledgedCause | None = None
    extension: Extension | None = None
    mapping: UserMapping | None = None
    calls: tuple[CallSession, ...] = ()
    """The oldest ones, for reasons that are decided call by call."""

    @property
    def key(self) -> str:
        return f"{self.reason}:{self.extension_id}"

    @property
    def is_muted(self) -> bool:
        """Whether it was acknowledged and has held back no other call since."""
        return bool(self.acknowledged) and (
            self.latest_at is None or self.latest_at <= self.acknowledged.at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The calls that wait while the circuit to the CRM is open."""

    circuit: CrmCircuit
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """All that holds calls back."""

    waiting: Waiting | None
    open: tuple[Cause, ...]
    muted: tuple[Cause, ...]

    @property
    def count(self) -> int:
        """The number of held calls, without those of muted causes.

        A waiting call is in progress, and counts there.
        """
        return sum(cause.count for cause in self.open)


def find_causes(organization: Organization) -> Attention:
    """Return every cause with its number of calls, the largest first."""
    rows = (
        held_calls(organization)
        .values("reason", "per")
        .annotate(
            calls=Count("pk"),
            since=Min(Coalesce("held_since", "ended_at")),
            latest_at=Max("ended_at"),
        )
        .order_by("-calls", "reason", "per")
    )
    acknowledged = {
        cause.key: cause for cause in organization.acknowledged_causes.all()
    }
    causes = [
        Cause(
            reason=reason_of(row["reason"]),
            extension_id=row["per"],
            count=row["calls"],
            since=row["since"],
            latest_at=row["latest_at"],
            acknowledged=acknowledged.get(f"{row['reason']}:{row['per']}"),
        )
        for row in rows
    ]
    return Attention(
        waiting=None,
        open=tuple(cause for cause in causes if not cause.is_muted),
        muted=tuple(cause for cause in causes if cause.is_muted),
    )


def held_calls(organization: Organization) -> QuerySet:
    """Return the held calls; `per` is the extension's id where the extension matters."""
    extension_matters = When(reason__in=PER_EXTENSION, then=F("extension_id"))
    return organization.calls.held().annotate(
        per=Case(extension_matters, default=Value(""))
    )


def held_by_extension(organization: Organization) -> dict[str, int]:
    """Return how many calls are held that each extension's mapping may fix, by its id."""
    held = held_calls(organization).exclude(per="").values_list("per").order_by()
    return dict(held.annotate(Count("pk")))


def retry_calls_of(
    organization: Organization, extension_ids: Iterable[str], *, now: datetime
) -> int:
    """Retry the held calls that these extensions' mapping may have fixed; return how many.

    The worker would find them too: at once, no page lists them any more.
    """
    held = organization.calls.held().filter(reason__in=PER_EXTENSION)
    return held.filter(extension_id__in=list(extension_ids)).make_due(now=now)


def reason_of(value: str) -> AttentionReason | FailureReason:
    is_failure = value in FailureReason.values
    return FailureReason(value) if is_failure else AttentionReason(value)


def find_waiting(
    organization: Organization, circuit: CrmCircuit | None
) -> Waiting | None:
    """Return the calls that wait for the CRM, or None if none does."""
    if circuit is None:
        return None
    waiting = organization.calls.filter(status=CallSession.Status.WAITING_TO_LOG)
    count = waiting.count()
    return Waiting(circuit=circuit, count=count) if count else None


def find_attention(organization: Organization, circuit: CrmCircuit | None) -> Attention:
    """Return every cause, the largest first, with extension, mapping and listed calls.

    The number of queries does not depend on the number of calls.
    """
    found = find_causes(organization)
    causes = found.open + found.muted
    ids = {cause.extension_id for cause in causes} - {""}
    extensions = {
        extension.extension_id: extension
        for extension in organization.extensions.filter(extension_id__in=ids)
    }
    mappings = {
        mapping.extension.extension_id: mapping
        for mapping in organization.user_mappings.filter(
            platform=organization.platform, extension__extension_id__in=ids
        ).select_related("extension", "crm_user")
    }
    calls = {
        reason: tuple(
            organization.calls.held()
            .filter(reason=reason)
            .select_related("organization")
            .order_by("ended_at", "pk")[:MAX_LISTED]
        )
        for reason in {cause.reason for cause in causes} & set(ONE_BY_ONE)
    }

    def complete(causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
        return tuple(
            replace(
                cause,
                extension=extensions.get(cause.extension_id),
                mapping=mappings.get(cause.extension_id),
                calls=calls.get(cause.reason, ()),
            )
            for cause in causes
        )

    return Attention(
        waiting=find_waiting(organization, circuit),
        open=complete(found.open),
        muted=complete(found.muted),
    )


def calls_of(organization: Organization, causes: Collection[Cause]) -> QuerySet:
    """Return the held calls of causes that have one reason."""
    [reason] = {cause.reason for cause in causes}
    ids = [cause.extension_id for cause in causes]
    return held_calls(organization).filter(reason=reason, per__in=ids)


@transaction.atomic
def acknowledge(
    organization: Organization,
    causes: Collection[Cause],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Mute causes that have one reason, each until it holds back another call."""
    AcknowledgedCause.objects.bulk_create(
        [
            AcknowledgedCause(
                organization=organization, key=cause.key, at=now, by=actor.name
            )
            for cause in causes
        ],
        update_conflicts=True,
        unique_fields=["organization", "key"],
        update_fields=["at", "by"],
    )
    audit.log(
        organization,
        AuditEntry.Action.CAUSE_ACKNOWLEDGED,
        actor=actor,
        subject=name_of(organization, causes),
        now=now,
    )


def name_of(organization: Organization, causes: Collection[Cause]) -> str:
    """Return what causes that have one reason are called in the audit log."""
    [label] = {str(cause.reason.label) for cause in causes}
    ids = [cause.extension_id for cause in causes]
    extensions = organization.extensions.filter(extension_id__in=ids)
    return f"{label} {', '.join(map(str, extensions))}".strip()
