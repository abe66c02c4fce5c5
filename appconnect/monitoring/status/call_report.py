"""How many calls each extension had in a time, and for how long, from their records."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum

from appconnect.organizations.models import Organization
from connector.types import Direction

ANSWERED = ("Call connected", "Accepted", "Answered Not Accepted")
"""Results in RingCentral's call log of an inbound call that somebody took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTotals:
    inbound: int = 0
    outbound: int = 0
    answered: int = 0
    """Of the inbound calls."""
    seconds: int = 0
    """How long all of them took."""

    def __add__(self, other: "CallTotals") -> "CallTotals":
        return CallTotals(
            inbound=self.inbound + other.inbound,
            outbound=self.outbound + other.outbound,
            answered=self.answered + other.answered,
            seconds=self.seconds + other.seconds,
        )


def call_totals(
    organization: Organization,
    *,
    begins: datetime,
    ends: datetime,
    extension_id: str | None = None,
) -> dict[str, CallTotals]:
    """Return the totals of the calls that began from `begins` until before `ends`.

    By the extension's id, which is empty for calls of none. A call without a record, or an
    erased one, is not counted.
    """
    calls = organization.calls.filter(started_at__gte=begins, started_at__lt=ends)
    if extension_id is not None:
        calls = calls.filter(extension_id=extension_id)
    is_inbound = Q(direction=Direction.INBOUND.value)
    rows = (
        calls.exclude(direction="")
        .values("extension_id")
        .annotate(
            inbound=Count("pk", filter=is_inbound),
            outbound=Count("pk", filter=Q(direction=Direction.OUTBOUND.value)),
            answered=Count("pk", filter=is_inbound & Q(result__in=ANSWERED)),
            seconds=Sum("duration_seconds"),
        )
        .order_by("extension_id")
    )
    return {
        row["extension_id"]: CallTotals(
            inbound=row["inbound"],
            outbound=row["outbound"],
            answered=row["answered"],
            seconds=row["seconds"] or 0,
        )
        for row in rows
    }
