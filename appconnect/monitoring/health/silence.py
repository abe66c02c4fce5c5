"""Telling silence that is unusual from a quiet hour, by the organization's own weeks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from appconnect.organizations.models import Organization

WEEKS = 4
ENOUGH = 5
"""So many calls in the same hours of each earlier week make silence unusual.

With an average that high, hours without any call come up by chance less than once in a
hundred times."""
SHORTEST = timedelta(minutes=30)
LONGEST = timedelta(weeks=1)
"""What is compared; the weeks before must not reach into the silence itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """No call since then; in the same hours of each earlier week at least so many."""

    since: datetime
    least: int


def find_silence(
    organization: Organization, *, logging_since: datetime | None, now: datetime
) -> Silence | None:
    """Return the silence that lasts now, if it is unusual.

    The same hours of the week, by the organization's clock, are looked at in each of
    the four weeks before. Where one of them was quiet too, or logging is younger than
    that, nothing is unusual.
    """
    calls = organization.calls.order_by("-started_at")
    since = calls.values_list("started_at", flat=True).first()
    if since is None:
        return None
    if now - since < SHORTEST:
        return None
    # What was logged before the level was changed says nothing of what is logged now.
    if logging_since and since - timedelta(weeks=WEEKS) < logging_since:
        return None
    begin = since.astimezone(ZoneInfo(organization.time_zone))
    end = begin + min(now - since, LONGEST)
    counts = []
    for week in range(1, WEEKS + 1):
        back = timedelta(weeks=week)
        then = calls.filter(started_at__gt=begin - back, started_at__lte=end - back)
        # Enough is enough: of a busy account nobody counts a week's calls.
        counts.append(then[:100].count())
        if counts[-1] < ENOUGH:
            return None
    return Silence(since=since, least=min(counts))
