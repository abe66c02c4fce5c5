"""Unusual silence: no calls in hours that had calls in each of the weeks before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from appconnect.organizations.models import Organization

WEEKS = 4
MIN_CALLS_PER_WEEK = 5
"""This many calls in the same hours of each earlier week make silence unusual.

With such an average, hours without a call happen by chance less than once in a hundred
times."""
MAX_CALLS_COUNTED = 100
MIN_SILENCE = timedelta(minutes=30)
MAX_COMPARED = timedelta(weeks=1)
"""The weeks before must not reach into the silence itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """No call since `since`; the same hours of each earlier week had at least `least`."""

    since: datetime
    least: int


def find_silence(
    organization: Organization, *, logging_since: datetime | None, now: datetime
) -> Silence | None:
    """Return the present silence if it is unusual, else None.

    It is compared with the same hours of the week, by the organization's clock, in each
    of the four weeks before. It is not unusual where one of them was quiet too, or
    logging is younger than four weeks.
    """
    calls = organization.calls.order_by("-started_at")
    since = calls.values_list("started_at", flat=True).first()
    if since is None:
        return None
    if now - since < MIN_SILENCE:
        return None
    # Calls from before the logging level was changed cannot be compared.
    if logging_since and since - timedelta(weeks=WEEKS) < logging_since:
        return None
    begin = since.astimezone(ZoneInfo(organization.time_zone))
    end = begin + min(now - since, MAX_COMPARED)
    counts = []
    for week in range(1, WEEKS + 1):
        back = timedelta(weeks=week)
        then = calls.filter(started_at__gt=begin - back, started_at__lte=end - back)
        # A busy account has thousands: counting stops early.
        counts.append(then[:MAX_CALLS_COUNTED].count())
        if counts[-1] < MIN_CALLS_PER_WEEK:
            return None
    return Silence(since=since, least=min(counts))
