"""The overview's numbers against plain SQL, in the days of a time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from appconnect.calls.models import CallSession
from appconnect.monitoring.status.counts import count_calls

Status = CallSession.Status
NOW = datetime(2026, 3, 9, 18, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")


@pytest.fixture
def calls(organization, make_call):
    """Return a function that stores calls of a state at some instants."""

    def store(status, *instants: datetime) -> None:
        for at in instants:
            call = make_call(status=status)
            CallSession.objects.filter(pk=call.pk).update(started_at=at)

    return store


def ago(**back) -> datetime:
    return NOW - timedelta(**back)


def sql_count(organization, condition: str, *values) -> int:
    sql = "SELECT count(*) FROM calls_callsession WHERE organization_id = %s AND "
    with connection.cursor() as cursor:
        cursor.execute(sql + condition, [organization.pk.hex, *values])
        return cursor.fetchone()[0]


def test_the_numbers_are_those_of_plain_sql(organization, stranger, calls):
    for number, status in enumerate(Status):
        calls(status, *(ago(hours=9 * n) for n in range(number + 3)))
    make_others_calls(stranger.organization)

    counts = count_calls(organization, days=7, zone=ZONE, now=NOW)

    for kind in ("LOGGED", "SKIPPED", "NEEDS_ATTENTION", "FAILED"):
        counted = sum(getattr(day.ends, kind.lower()) for day in counts.days)
        assert counted == sql_count(organization, "status = %s", kind), kind
    assert sum(day.ends.total for day in counts.days) == sql_count(organization, "1=1")
    assert counts.open_now.in_progress == sql_count(
        organization, "status IN ('CALLING','WAITING_FOR_RECORD','WAITING_TO_LOG')"
    )
    for kind in ("NEEDS_ATTENTION", "FAILED"):
        held = sql_count(organization, "status = %s", kind)
        assert getattr(counts.open_now, kind.lower()) == held


def make_others_calls(organization) -> None:
    CallSession.objects.create(
        organization=organization,
        telephony_session_id="s-other",
        started_at=NOW,
        last_event_at=NOW,
        received_at=NOW,
        status=Status.LOGGED,
    )


def test_calls_not_skipped_by_rule_are_eligible(organization, calls):
    calls(Status.LOGGED, *[ago(hours=1)] * 3)
    calls(Status.SKIPPED, ago(hours=1))
    calls(Status.NEEDS_ATTENTION, ago(hours=1))
    calls(Status.FAILED, ago(hours=2))

    today = count_calls(organization, days=7, zone=ZONE, now=NOW).today

    assert (today.logged, today.eligible) == (3, 5)


def test_a_day_is_the_time_zones_even_when_the_clocks_change(organization, calls):
    """In Los Angeles 8 March 2026 has 23 hours: 08:00 to 07:00 UTC."""
    calls(Status.LOGGED, datetime(2026, 3, 8, 7, 59, 59, tzinfo=UTC))
    calls(Status.SKIPPED, datetime(2026, 3, 8, 8, tzinfo=UTC))
    calls(Status.SKIPPED, datetime(2026, 3, 9, 6, 59, 59, tzinfo=UTC))
    calls(Status.FAILED, datetime(2026, 3, 9, 7, tzinfo=UTC))

    ninth, eighth, seventh, *_others = count_calls(
        organization, days=7, zone=ZONE, now=NOW
    ).days

    assert [ninth.day, eighth.day, seventh.day] == [date(2026, 3, n) for n in (9, 8, 7)]
    assert (seventh.ends.logged, seventh.ends.total) == (1, 1)
    assert (eighth.ends.skipped, eighth.ends.total) == (2, 2)
    assert (ninth.ends.failed, ninth.ends.total) == (1, 1)


def test_older_calls_count_only_while_open(organization, calls):
    calls(Status.LOGGED, ago(days=8))
    calls(Status.NEEDS_ATTENTION, ago(days=30))

    counts = count_calls(organization, days=7, zone=ZONE, now=NOW)

    assert sum(day.ends.total for day in counts.days) == 0
    assert counts.open_now.needs_attention == 1
