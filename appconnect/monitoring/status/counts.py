"""Calls by state, per day and now. The queries are answered from indexes alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from django.db.models import Case, Count, Value, When

from appconnect.calls.models.choices import HELD, IN_PROGRESS, CallStatus
from appconnect.organizations.models import Organization

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How many calls are in each state."""

    logged: int = 0
    skipped: int = 0
    needs_attention: int = 0
    failed: int = 0
    in_progress: int = 0

    @property
    def eligible(self) -> int:
        """The calls that no rule skips."""
        return self.total - self.skipped

    @property
    def total(self) -> int:
        ended = self.logged + self.skipped + self.needs_attention + self.failed
        return ended + self.in_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """The calls that began on a day."""

    day: date
    ends: Ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """An organization's calls in numbers, the newest day first.

    `open_now` has the calls in progress and the held ones, of any age.
    """

    days: list[DayCounts]
    open_now: Ends
    on_call: int
    """The calls in progress that have not ended."""
    last_received_at: datetime | None
    last_logged_at: datetime | None
    last_record_at: datetime | None
    """The same, where that record is in the present CRM."""

    @property
    def today(self) -> Ends:
        return self.days[0].ends


def count_calls(
    organization: Organization, *, days: int, zone: tzinfo, now: datetime
) -> Counts:
    """Count the calls of the last `days` days of a time zone, and those that are open."""
    calls = organization.calls
    newest = calls.order_by("-started_at", "-id")
    logged = newest.filter(status=CallStatus.LOGGED)
    open_now = dict(
        calls.filter(status__in=(*IN_PROGRESS, *HELD))
        .values_list("status")
        .annotate(count=Count("pk"))
    )
    return Counts(
        days=count_days(organization, days=days, zone=zone, now=now),
        open_now=ends_of(open_now.items()),
        on_call=open_now.get(CallStatus.CALLING, 0),
        last_received_at=newest.values_list("received_at", flat=True).first(),
        last_logged_at=logged.values_list("ended_at", flat=True).first(),
        last_record_at=find_last_record(organization),
    )


def find_last_record(organization: Organization) -> datetime | None:
    """Return when the newest logged call ended, if its record is in the present CRM."""
    logged = organization.calls.filter(status=CallStatus.LOGGED)
    newest = logged.order_by("-started_at", "-id").values_list("pk", "ended_at")
    for pk, ended_at in newest[:1]:
        records = organization.crm_records.filter(
            call_id=pk,
            platform=organization.platform,
            crm_hostname=organization.crm_hostname,
        )
        return ended_at if records.exists() else None
    return None


def count_days(
    organization: Organization, *, days: int, zone: tzinfo, now: datetime
) -> list[DayCounts]:
    """Count the calls of each of the last days.

    A day is as long as its time zone has it, 23 or 25 hours twice a year.
    """
    today = begin_of_day(zone, now=now)
    begins = [today - number * DAY for number in range(days)]
    day_number = Case(
        *(When(started_at__gte=at, then=Value(n)) for n, at in enumerate(begins))
    )
    rows = list(
        # All states are named so that the index on state and time serves alone.
        organization.calls.filter(
            status__in=CallStatus.values, started_at__gte=begins[-1]
        )
        .values("status", day_number=day_number)
        .annotate(count=Count("pk"))
    )
    return [
        DayCounts(
            day=begin.date(),
            ends=ends_of(
                (row["status"], row["count"])
                for row in rows
                if row["day_number"] == number
            ),
        )
        for number, begin in enumerate(begins)
    ]


def begin_of_day(zone: tzinfo, *, now: datetime) -> datetime:
    """Return when the present day began in a time zone."""
    return datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)


def ends_of(counts: Iterable[tuple[str, int]]) -> Ends:
    """Add up pairs of a status and a number of calls."""
    sums = dict.fromkeys(CallStatus, 0)
    for status, count in counts:
        sums[status] += count
    return Ends(
        logged=sums[CallStatus.LOGGED],
        skipped=sums[CallStatus.SKIPPED],
        needs_attention=sums[CallStatus.NEEDS_ATTENTION],
        failed=sums[CallStatus.FAILED],
        in_progress=sum(sums[status] for status in IN_PROGRESS),
    )
