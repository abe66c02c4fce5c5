"""Each problem is found in stored rows, and gone once it is fixed."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appconnect.calls.models import CallLogSync, CallSession, CrmCircuit
from appconnect.calls.models.choices import AttentionReason, SkipReason
from appconnect.monitoring.health.health import ProblemKind, Severity, find_problems
from appconnect.monitoring.health.nothing_logged import find_nothing_logged
from appconnect.monitoring.models import WorkerHeartbeat
from appconnect.monitoring.needs_attention import acknowledge, find_causes
from appconnect.organizations.connections.ringcentral_connection import lose
from appconnect.organizations.models import (
    LoggingSubscription,
    RingCentralConnection,
    ServerLoggingSettings,
)
from appconnect.worker.heartbeat import beat
from tests.support.organization import ADA

DIGITS = re.compile(r"\d{7}")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
TUESDAY_NOON = datetime(2026, 3, 31, 12, 0, tzinfo=LOS_ANGELES)


@pytest.fixture
def healthy(organization, logging_settings, now):
    """An organization whose logging is as it should be."""
    make_healthy(organization, now)
    return organization


def make_healthy(organization, at) -> None:
    beat()
    CallLogSync.objects.create(
        organization=organization,
        since=organization.server_logging_settings.get().logging_since,
        complete_until=at,
    )
    LoggingSubscription.objects.create(
        organization=organization,
        event_filter="/restapi",
        verification_token_hash="-",
        status=LoggingSubscription.Status.ACTIVE,
        expires_at=at + timedelta(days=7),
        polled_at=at,
    )


def kinds(organization, now) -> list[str]:
    return [problem.kind for problem in find_problems(organization, now=now)]


def only_problem(organization, now):
    [problem] = find_problems(organization, now=now)
    assert problem.since is None or problem.since < now + timedelta(minutes=1)
    assert problem.sentence.endswith(".")
    assert not DIGITS.search(problem.sentence)
    assert reverse(problem.page)
    return problem


def test_working_organization_has_no_problems(
    healthy, now, django_assert_max_num_queries
):
    with django_assert_max_num_queries(16):
        assert find_problems(healthy, now=now) == []


def test_while_logging_is_off_only_the_connection_counts(
    organization, logging_settings, make_call, now
):
    logging_settings.logging_level = ServerLoggingSettings.LoggingLevel.DISABLE
    logging_settings.save()
    make_call(status=CallSession.Status.NEEDS_ATTENTION)
    CrmCircuit.objects.at(organization).reject("HTTP 401", now=now, version=1)
    assert kinds(organization, now) == []

    lose(organization.ringcentral_connection, "Signed out.", now)

    assert kinds(organization, now) == [ProblemKind.RINGCENTRAL_DISCONNECTED]


def test_a_lost_connection(healthy, make_call, now):
    make_call(status=CallSession.Status.WAITING_FOR_RECORD)
    lose(healthy.ringcentral_connection, "Signed out, +1 (415) 555-0101.", now)

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.RINGCENTRAL_DISCONNECTED
    assert problem.severity == Severity.STOPPED
    assert problem.since == now
    assert problem.count == 1
    assert "none are lost" in problem.sentence.lower()
    assert "0101" not in problem.sentence
    RingCentralConnection.objects.update(status="CONNECTED")
    assert kinds(healthy, now) == []


def test_consequences_of_lost_connection_are_not_listed(healthy, now):
    lose(healthy.ringcentral_connection, "Signed out.", now)
    LoggingSubscription.objects.all().delete()
    CallLogSync.objects.update(complete_until=now - timedelta(days=1))

    assert kinds(healthy, now) == [ProblemKind.RINGCENTRAL_DISCONNECTED]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"status": "FAILED", "failure": "Blacklisted: HTTP 502."}, "Blacklisted"),
        ({"expires_at": datetime(2026, 1, 1, tzinfo=LOS_ANGELES)}, "expired"),
    ],
)
def test_a_failed_subscription(healthy, now, broken, told):
    LoggingSubscription.objects.update(**broken)

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.SUBSCRIPTION_FAILED
    assert told in problem.sentence
    working = {"status": "ACTIVE", "expires_at": now + timedelta(days=7)}
    LoggingSubscription.objects.update(**working)
    assert kinds(healthy, now) == []


def test_no_subscription_at_all(healthy, logging_settings, now):
    LoggingSubscription.objects.all().delete()

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.SUBSCRIPTION_FAILED
    assert problem.since == logging_settings.logging_since
    logging_settings.logging_since = now - timedelta(minutes=1)
    logging_settings.save()
    assert kinds(healthy, now) == [], "it is only being made"


def test_rejected_credentials(healthy, make_call, now):
    make_call(), make_call()
    circuit = CrmCircuit.objects.at(healthy)
    circuit.reject("The CRM answered HTTP 401.", now=now, version=1)

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.CREDENTIALS_REJECTED
    assert problem.severity == Severity.STOPPED
    assert (problem.since, problem.count) == (now, 2)
    assert problem.page == "console:crm-account"
    assert "HTTP 401. 2 calls are waiting" in problem.sentence
    circuit.refresh_from_db()
    assert circuit.succeeded()
    assert kinds(healthy, now) == []


def test_a_crm_that_does_not_answer_for_long(healthy, make_call, now):
    circuit = CrmCircuit.objects.at(healthy)
    for _ in range(circuit.FAILURES_TO_OPEN):
        circuit.failed("HTTP 503.", now=now)
    later = now + timedelta(minutes=6)
    assert kinds(healthy, later) == [], "no call waits for it"
    make_call(next_attempt_at=later)
    assert kinds(healthy, now + timedelta(minutes=4)) == [], "it may be a restart"

    circuit.failed("HTTP 503.", now=now + timedelta(minutes=5))

    problem = only_problem(healthy, later)
    assert problem.kind == ProblemKind.CRM_NOT_ANSWERING
    assert (problem.since, problem.count) == (now, 1)
    circuit.refresh_from_db()
    assert circuit.succeeded()
    assert kinds(healthy, later) == []


def make_weeks(make_call, *, each: int, until: datetime, weeks=range(5)) -> None:
    """Make calls every ten minutes of the hours before `until`, in each week.

    In the week of `until` the last hour has none.
    """
    for week in weeks:
        for number in range(each):
            ago = timedelta(weeks=week, minutes=10 * number + 5)
            if week or ago > timedelta(hours=1):
                make_call(
                    started_at=until - ago,
                    status=CallSession.Status.LOGGED,
                    next_attempt_at=None,
                )


@pytest.fixture
def since_spring(organization, logging_settings):
    """Logging has been on for a long time at `TUESDAY_NOON`."""
    logging_settings.logging_since = TUESDAY_NOON - timedelta(days=100)
    logging_settings.save()
    make_healthy(organization, TUESDAY_NOON)
    return organization


def test_unusual_silence(since_spring, make_call):
    make_weeks(make_call, each=12, until=TUESDAY_NOON)

    problem = only_problem(since_spring, TUESDAY_NOON)

    assert problem.kind == ProblemKind.SILENCE
    assert problem.since == TUESDAY_NOON - timedelta(minutes=65)
    assert "No call since Tue 10:55 AM PDT." in problem.sentence
    assert "at least 6" in problem.sentence
    assert "Call notifications are active" in problem.sentence
    make_call(
        started_at=TUESDAY_NOON - timedelta(minutes=1),
        status=CallSession.Status.LOGGED,
        next_attempt_at=None,
    )
    assert kinds(since_spring, TUESDAY_NOON) == []


def test_the_hours_are_those_of_the_organizations_clock(since_spring, make_call):
    """Summer time began on 8 March: the weeks before are an hour off in UTC."""
    make_weeks(make_call, each=12, until=TUESDAY_NOON)
    before = TUESDAY_NOON - timedelta(weeks=4)
    assert before.utcoffset() != TUESDAY_NOON.utcoffset()

    assert kinds(since_spring, TUESDAY_NOON) == [ProblemKind.SILENCE]


def test_silence_names_the_subscriptions_problem(since_spring, make_call):
    make_weeks(make_call, each=12, until=TUESDAY_NOON)
    LoggingSubscription.objects.all().delete()

    _subscription, silence = find_problems(since_spring, now=TUESDAY_NOON)

    assert "Call notifications down" in silence.sentence


@pytest.mark.parametrize("quiet_week", [1, 4])
def test_an_hour_that_was_quiet_before_is_usual(since_spring, make_call, quiet_week):
    weeks = [week for week in range(5) if week != quiet_week]
    make_weeks(make_call, each=12, until=TUESDAY_NOON, weeks=weeks)

    assert kinds(since_spring, TUESDAY_NOON) == []


@pytest.mark.parametrize(("weeks", "found"), [(3, []), (5, [ProblemKind.SILENCE])])
def test_silence_is_compared_with_weeks_of_the_same_logging_level_only(
    since_spring, logging_settings, make_call, weeks, found
):
    make_weeks(make_call, each=12, until=TUESDAY_NOON)
    logging_settings.logging_since = TUESDAY_NOON - timedelta(weeks=weeks)
    logging_settings.save()
    CallLogSync.objects.update(since=logging_settings.logging_since)

    assert kinds(since_spring, TUESDAY_NOON) == found


def test_silence_goes_on_for_longer_than_the_weeks_that_are_compared(
    since_spring, make_call
):
    make_weeks(make_call, each=12, until=TUESDAY_NOON)
    month_later = TUESDAY_NOON + timedelta(days=30)
    CallLogSync.objects.update(complete_until=month_later)
    LoggingSubscription.objects.update(expires_at=month_later + timedelta(days=7))

    assert kinds(since_spring, month_later) == [ProblemKind.SILENCE]


def test_overdue_calls(healthy, make_call, now):
    call = make_call(next_attempt_at=now - timedelta(minutes=11))
    make_call(next_attempt_at=now - timedelta(minutes=9))

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.QUEUE_AGE
    assert (problem.since, problem.count) == (call.next_attempt_at, 1)
    assert CallSession.objects.claim(call.pk, now)
    assert kinds(healthy, now) == []


def test_calls_that_need_a_person(healthy, make_call, now):
    call = make_call()
    call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.NEEDS_ATTENTION
    assert (problem.since, problem.count) == (call.ended_at, 1)
    healthy.calls.held().make_due(now=now)
    assert kinds(healthy, now) == []


def skip_calls(make_call, now, *reasons: SkipReason) -> None:
    for number, reason in enumerate(reasons):
        call = make_call(started_at=now - timedelta(minutes=number))
        call.mark_skipped(reason, now=now)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (SkipReason.NO_CONTACT, "Search for one of the numbers in the CRM."),
        (SkipReason.SEVERAL_CONTACTS, "Merge the contacts in the CRM, or choose"),
        (SkipReason.WITHHELD_NUMBER, "If the number is only incomplete, choose"),
    ],
)
def test_calls_come_in_and_none_is_logged(healthy, make_call, now, reason, advice):
    skip_calls(make_call, now, *[reason] * 48, *set(SkipReason) - {reason})

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.NOTHING_LOGGED
    assert advice in problem.sentence
    assert problem.count == 50, "what the admin's own rules skip does not count"
    make_call(started_at=now).mark_logged(now=now)
    assert kinds(healthy, now) == []


def test_where_calls_were_logged_before_more_must_fail_than_at_first(
    healthy, make_call, now
):
    logged = make_call(started_at=now - timedelta(hours=4))
    logged.mark_logged(now=now)
    skip_calls(make_call, now, *[SkipReason.NO_CONTACT] * 199)
    assert kinds(healthy, now) == []

    skip_calls(make_call, now, SkipReason.NO_CONTACT)

    problem = only_problem(healthy, now)
    assert problem.kind == ProblemKind.NOTHING_LOGGED
    assert problem.since == logged.started_at
    assert "The last 200 calls were skipped and none were logged." in problem.sentence


def test_calls_that_the_admins_own_rules_skip_are_no_problem(healthy, make_call, now):
    skip_calls(make_call, now, *[SkipReason.INTERNAL_CALL] * 50)

    assert kinds(healthy, now) == []


def test_calls_from_before_logging_was_switched_on_do_not_count(
    healthy, logging_settings, make_call, now
):
    skip_calls(make_call, now, *[SkipReason.NO_CONTACT] * 60)
    logging_settings.logging_since = now
    logging_settings.save()

    assert ProblemKind.NOTHING_LOGGED not in kinds(healthy, now)


@pytest.mark.on_sqlite
def test_of_a_million_calls_only_an_index_is_read(healthy, logging_settings, now):
    with CaptureQueriesContext(connection) as asked:
        find_nothing_logged(healthy, logging_settings)

    plans = []
    with connection.cursor() as cursor:
        for query in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plans.append(" ".join(row[3] for row in cursor.fetchall()))
    assert "INDEX call_by_status (organization_id=? AND status=?)" in plans[0]
    for plan in plans[1:]:
        assert "INDEX call_by_reason" in plan
        assert "(organization_id=? AND reason=? AND started_at>?)" in plan


def test_a_call_log_that_is_not_read(healthy, logging_settings, now):
    CallLogSync.objects.update(complete_until=now - timedelta(minutes=31))

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.SYNC_BEHIND
    assert problem.since == now - timedelta(minutes=31)
    CallLogSync.objects.update(complete_until=now - timedelta(minutes=29))
    assert kinds(healthy, now) == []


def test_the_place_in_the_call_log_from_before_logging_was_off_does_not_count(
    healthy, logging_settings, now
):
    CallLogSync.objects.update(complete_until=now - timedelta(days=30))
    logging_settings.logging_since = now - timedelta(minutes=1)
    logging_settings.save()

    assert kinds(healthy, now) == []


def test_acknowledged_cause_is_no_problem_until_next_held_call(healthy, make_call, now):
    make_call().mark_needs_attention(AttentionReason.NO_CONTACT, now=now)
    later = now + timedelta(minutes=1)
    causes = [c for c in find_causes(healthy).open if c.key == "NO_CONTACT:"]
    acknowledge(healthy, causes, actor=ADA, now=later)

    assert kinds(healthy, later) == []

    # It was heard of long ago, and is held only now.
    call = make_call(last_event_at=now - timedelta(hours=1))
    latest = now + timedelta(minutes=2)
    call.mark_needs_attention(AttentionReason.NO_CONTACT, now=latest)
    assert kinds(healthy, latest) == [ProblemKind.NEEDS_ATTENTION]


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "1 call needs a decision before it can be logged."),
        (2, "2 calls need a decision before they can be logged."),
    ],
)
def test_how_many_calls_need_a_person(healthy, make_call, now, count, told):
    for _number in range(count):
        call = make_call()
        call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)

    assert told in only_problem(healthy, now).sentence


def test_no_worker(healthy, make_call, now):
    make_call(next_attempt_at=now - timedelta(hours=1))
    WorkerHeartbeat.objects.update(beat_at=now - timedelta(minutes=4))

    problem = only_problem(healthy, now)

    assert problem.kind == ProblemKind.WORKER_GONE
    assert problem.severity == Severity.STOPPED
    beat()
    assert kinds(healthy, now) == [ProblemKind.QUEUE_AGE]


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_is_wrong_stops_no_worker(healthy, now, hours):
    """Heartbeats are written and read by the database's clock."""
    CallLogSync.objects.update(complete_until=now + timedelta(hours=hours))

    assert kinds(healthy, now + timedelta(hours=hours)) == []


def test_another_organizations_troubles_are_its_own(healthy, stranger, now):
    lose(stranger.organization.ringcentral_connection, "Signed out.", now)
    CrmCircuit.objects.at(stranger.organization).reject("No.", now=now, version=1)

    assert kinds(healthy, now) == []


def test_stopping_problems_come_first(healthy, make_call, now):
    call = make_call()
    call.mark_needs_attention(AttentionReason.REFUSED_BY_CRM, now=now)
    WorkerHeartbeat.objects.all().delete()

    assert kinds(healthy, now) == [
        ProblemKind.WORKER_GONE,
        ProblemKind.NEEDS_ATTENTION,
    ]
