"""From the record to the CRM, against the sandbox's CRM over HTTP."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.db import OperationalError

from appconnect.calls import pipeline
from appconnect.calls.crm.resolve_unknown import Verdict, decide_undecided
from appconnect.calls.models import CallEvent, CallLog, TimelineEntry
from appconnect.calls.models.choices import AttentionReason, FailureReason, SkipReason
from appconnect.calls.models.timing import LOG_DELAYS, LOOK_UP_WINDOW
from appconnect.calls.pipeline import MOST_ATTEMPTS
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.worker import queue
from connector.crms.sandbox import Sandbox
from connector.errors import UnknownOutcome
from connector.types import MarkerSupport, Party
from tests.support.organization import map_by_hand

Status = CallEvent.Status


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    """Let no time pass while a call is logged, so that delays can be told exactly."""
    monkeypatch.setattr(pipeline, "running_from", lambda now: lambda: now)
    monkeypatch.setattr(pipeline.random, "random", lambda: 0.0)


def said(event: CallEvent) -> str:
    return " ".join(event.timeline.values_list("text", flat=True))


def test_a_call_is_logged_for_the_mapped_agent(make_call_event, sandbox, log, now):
    event = log(make_call_event(extension="102"), at=now)

    [record] = sandbox.call_logs()
    assert event.status == Status.LOGGED
    assert record["contact"]["name"] == "Iris Ito"
    assert record["owner"]["name"] == "Ben Baker"
    assert record["createdBy"] == "service"
    assert record["durationSeconds"] == 42
    assert record["subject"] == "Inbound Call from Iris Ito"
    assert event.crm_record.crm_log_id == record["id"]
    assert event.crm_record.crm_url == f"{sandbox.url}/crm/call-logs/{record['id']}/"


def test_the_timeline_tells_each_step_without_names_or_numbers(
    make_call_event, sandbox, log, now
):
    event = log(make_call_event(), at=now)

    steps = list(event.timeline.values_list("step", flat=True))
    assert steps == [
        *("Eligible", "Contact", "Owner", "Credentials"),
        *("Reserved", "Sent", "Logged"),
    ]
    assert "Iris" not in said(event)
    assert "0101" not in said(event)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+12125550147", SkipReason.NO_CONTACT),
        ("+14155550111", SkipReason.SEVERAL_CONTACTS),
    ],
)
def test_without_exactly_one_contact_the_call_is_skipped(
    make_call_event, sandbox, log, now, number, reason
):
    event = log(make_call_event(outside=Party(phone_number=number)), at=now)

    assert (event.status, event.reason) == (Status.SKIPPED, reason)
    assert str(reason.label) in said(event)
    assert sandbox.call_logs() == []


def test_a_skipped_call_asks_nothing_of_the_crm(
    connected, make_call_event, sandbox, log, now
):
    set_do_not_log_numbers(connected, ["+14155550101"])

    log(make_call_event(), at=now)

    assert sandbox.asked("/crm/api/") == []


def test_an_unmapped_extension_holds_the_call_until_it_is_mapped(
    connected, make_call_event, sandbox, log, now
):
    event = log(make_call_event(extension="108"), at=now)
    assert event.status == Status.NEEDS_ATTENTION
    assert event.reason == AttentionReason.UNMAPPED_EXTENSION
    assert not CallEvent.objects.put_right(now).exists()

    mapping = connected.user_mappings.get(extension__extension_number="108")
    map_by_hand(mapping, connected.crm_users.get(crm_user_id="u8"))

    assert CallEvent.objects.put_right(now).make_due(now=now) == 1
    assert log(event, at=now).status == Status.LOGGED
    assert sandbox.call_logs()[0]["ownerId"] == "u8"


def test_missing_credentials_hold_the_call(connected, make_call_event, log, now):
    settings = connected.server_logging_settings.get()
    settings.additional_field_values = {}
    settings.save()

    assert log(make_call_event(), at=now).reason == AttentionReason.NO_CREDENTIALS


def test_an_unlicensed_owner_holds_the_call(make_call_event, sandbox, log, now):
    sandbox.switch(crmUnlicensed=["u2"])

    event = log(make_call_event(extension="102"), at=now)

    assert event.reason == AttentionReason.UNLICENSED_OWNER
    assert "Expired" in said(event)


def test_the_licence_is_not_asked_for_each_call(make_call_event, sandbox, log, now):
    for _ in range(3):
        log(make_call_event(extension="102"), at=now)

    assert len(sandbox.asked("/license")) == 1


def test_while_the_crm_is_down_the_call_waits_and_is_logged_when_it_is_back(
    make_call_event, sandbox, log, now
):
    sandbox.switch(crmFailsWith=503)
    event = make_call_event()
    at = now
    for delay in LOG_DELAYS[:3]:
        log(event, at=at)
        assert event.status == Status.WAITING_TO_LOG
        assert event.next_attempt_at == at + delay
        at += delay

    sandbox.switch(crmFailsWith=0)

    assert log(event, at=at).status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_a_crm_that_never_comes_back_is_given_up_on(make_call_event, sandbox, log, now):
    sandbox.switch(crmFailsWith=503)
    event = make_call_event(attempts=len(LOG_DELAYS))

    log(event, at=now)

    assert (event.status, event.reason) == (Status.FAILED, FailureReason.GAVE_UP)


def test_a_call_that_kills_its_workers_is_given_up_on(
    make_call_event, sandbox, log, now
):
    event = log(make_call_event(attempts=MOST_ATTEMPTS), at=now)

    assert (event.status, event.reason) == (Status.FAILED, FailureReason.GAVE_UP)
    assert sandbox.call_logs() == []


def test_a_refused_record_needs_a_person(connected, make_call_event, sandbox, log, now):
    gone = connected.crm_users.create(platform="sandbox", crm_user_id="u99", name="G")
    map_by_hand(connected.user_mappings.get(extension__extension_number="102"), gone)

    event = log(make_call_event(extension="102"), at=now)

    assert event.reason == AttentionReason.REFUSED_BY_CRM
    assert event.call_logs.get().status == CallLog.Status.RESERVED


def test_a_lost_reply_is_looked_for_and_adopted(make_call_event, sandbox, log, now):
    sandbox.switch(crmLosesReplies=True)
    event = log(make_call_event(), at=now)
    assert event.status == Status.WAITING_TO_LOG
    assert event.call_logs.get().status == CallLog.Status.UNKNOWN

    sandbox.switch(crmLosesReplies=False)
    log(event, at=event.next_attempt_at)

    assert event.status == Status.LOGGED
    [record] = sandbox.call_logs()
    assert event.crm_record.crm_log_id == record["id"]


def test_a_record_that_was_never_written_is_sent_again_after_the_look_up_window(
    make_call_event, sandbox, log, now, monkeypatch
):
    sandbox.switch(crmLosesReplies=True)
    event = log(make_call_event(), at=now)
    sandbox.reset()

    log(event, at=now + timedelta(seconds=30))
    assert event.status == Status.WAITING_TO_LOG
    assert sandbox.call_logs() == []

    log(event, at=now + LOOK_UP_WINDOW)
    assert event.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_a_crm_that_never_answers_clearly_is_not_sent_to_for_ever(
    make_call_event, sandbox, log, now, monkeypatch
):
    sent = []

    def lose(self, call, **_):
        sent.append(call)
        raise UnknownOutcome("HTTP 500; the record may or may not be there.")

    monkeypatch.setattr(Sandbox, "create_call_log", lose)
    event = make_call_event()
    for _ in range(200):
        if event.next_attempt_at is None:
            break
        log(event, at=event.next_attempt_at)

    assert event.reason == AttentionReason.UNDECIDED
    assert len(sent) == len(LOG_DELAYS)
    assert event.timeline.count() < 100


def test_the_look_up_window_begins_when_the_outcome_became_unknown(
    make_call_event, sandbox, log, now, monkeypatch
):
    """A contact look-up that takes long leaves the record no less time to show."""
    ticks = iter(range(0, 1000, 20))
    clock = lambda: now + timedelta(seconds=next(ticks))  # noqa: E731
    monkeypatch.setattr(pipeline, "running_from", lambda _: clock)
    sandbox.switch(crmLosesReplies=True)

    event = log(make_call_event(), at=now)

    call_log = event.call_logs.get()
    reserved_at = now + timedelta(seconds=20)
    assert call_log.sent_at >= reserved_at + timedelta(seconds=20)
    assert event.next_attempt_at > call_log.sent_at


def test_a_database_error_while_confirming_loses_nothing(
    connected, make_call_event, sandbox, now, monkeypatch
):
    event = make_call_event()
    bulk_create = TimelineEntry.objects.bulk_create
    monkeypatch.setattr(
        TimelineEntry.objects,
        "bulk_create",
        Mock(side_effect=[OperationalError("database is locked"), *[[]] * 9]),
    )
    monkeypatch.setattr(queue, "DATABASE_WAITS", (0,))
    monkeypatch.setattr(queue.connection, "close", lambda: None)
    queue.process_call.call_local(str(event.pk))
    monkeypatch.setattr(TimelineEntry.objects, "bulk_create", bulk_create)
    event.refresh_from_db()
    assert event.status == Status.WAITING_TO_LOG

    CallEvent.objects.update(next_attempt_at=now)
    queue.process_call.call_local(str(event.pk))

    event.refresh_from_db()
    [record] = sandbox.call_logs()
    assert event.status == Status.LOGGED
    assert event.crm_record.crm_log_id == record["id"]


@pytest.mark.parametrize(
    ("verdict", "status", "records"),
    [
        (Verdict.THERE, Status.LOGGED, 1),
        (Verdict.NOT_THERE, Status.LOGGED, 2),
        (Verdict.LEAVE, Status.SKIPPED, 1),
        (Verdict.LOOK_AGAIN, Status.NEEDS_ATTENTION, 1),
    ],
)
def test_a_person_decides_what_nobody_else_can(
    make_call_event, sandbox, log, now, monkeypatch, verdict, status, records
):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.NONE)
    sandbox.switch(crmLosesReplies=True)
    event = log(make_call_event(), at=now)
    while not event.is_undecided:
        log(event, at=event.next_attempt_at)
    sandbox.switch(crmLosesReplies=False)

    decide_undecided(event, verdict, now=now)
    event.refresh_from_db()
    if event.next_attempt_at:
        log(event, at=now)

    event.refresh_from_db()
    assert event.status == status
    assert len(sandbox.call_logs()) == records


def test_what_was_decided_is_not_decided_again(
    make_call_event, sandbox, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.NONE)
    sandbox.switch(crmLosesReplies=True)
    event = log(make_call_event(), at=now)
    while not event.is_undecided:
        log(event, at=event.next_attempt_at)

    decide_undecided(event, Verdict.THERE, now=now)
    decide_undecided(event, Verdict.NOT_THERE, now=now)

    event.refresh_from_db()
    assert (event.status, event.next_attempt_at) == (Status.LOGGED, None)


def test_what_is_listed_while_a_call_is_held_is_forgotten(
    connected, make_call_event, log, now
):
    event = make_call_event()
    set_do_not_log_numbers(connected, ["+14155550101"])

    log(event, at=now)

    assert event.reason == SkipReason.DO_NOT_LOG
    assert (event.details, event.duration_seconds, event.extension_id) == (
        None,
        None,
        "",
    )


def test_a_licence_that_was_bought_is_noticed_within_the_hour(
    make_call_event, sandbox, log, now
):
    sandbox.switch(crmUnlicensed=["u2"])
    event = log(make_call_event(extension="102"), at=now)
    sandbox.switch(crmUnlicensed=[])
    cache.clear()
    later = now + timedelta(minutes=61)
    assert not CallEvent.objects.put_right(now).exists()

    CallEvent.objects.put_right(later).make_due(now=later)

    assert log(event, at=later).status == Status.LOGGED


def test_a_worker_that_died_while_sending_leaves_nothing_twice(
    make_call_event, sandbox, log, now
):
    event = log(make_call_event(), at=now)
    # The CRM has the record; the worker's last two commits never happened.
    event.call_logs.update(status=CallLog.Status.SENDING, crm_log_id="")
    CallEvent.objects.filter(pk=event.pk).update(
        status=Status.WAITING_TO_LOG, next_attempt_at=now
    )

    assert log(event, at=now).status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_where_nothing_can_be_looked_up_a_person_decides(
    make_call_event, sandbox, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.NONE)
    sandbox.switch(crmLosesReplies=True)
    event = log(make_call_event(), at=now)

    while not event.is_undecided:
        log(event, at=event.next_attempt_at)

    CallEvent.objects.held().make_due(now=event.ended_at)
    assert log(event, at=event.next_attempt_at or now + LOOK_UP_WINDOW).is_undecided
    assert len(sandbox.call_logs()) == 1


def test_a_record_that_is_there_already_is_not_written_again(
    make_call_event, sandbox, log, now
):
    first = log(make_call_event(telephony_session_id="s-1"), at=now)
    first.delete()

    again = log(make_call_event(telephony_session_id="s-1"), at=now)

    assert again.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_a_call_that_is_not_due_or_taken_is_not_claimed(make_call_event, now):
    event = make_call_event()

    assert CallEvent.objects.claim(event.pk, now - timedelta(seconds=1)) is None
    assert CallEvent.objects.claim(event.pk, now)
    assert CallEvent.objects.claim(event.pk, now) is None
