"""From the record to the CRM, against the sandbox's CRM over HTTP."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.db import OperationalError

from appconnect.calls import pipeline
from appconnect.calls.crm.resolve_unknown import Verdict, decide_undecided
from appconnect.calls.models import CallSession, CrmRecord, TimelineEntry
from appconnect.calls.models.choices import AttentionReason, FailureReason, SkipReason
from appconnect.calls.models.timing import LOG_DELAYS, SEARCH_WINDOW
from appconnect.calls.pipeline import MAX_ATTEMPTS
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.worker import queue
from connector.crms.sandbox import Sandbox
from connector.errors import UnknownOutcome
from connector.types import MarkerSupport, Party
from tests.support.organization import map_by_hand

Status = CallSession.Status


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    """Let no time pass while a call is logged, so that delays are exact."""
    monkeypatch.setattr(pipeline, "running_from", lambda now: lambda: now)
    monkeypatch.setattr(pipeline.random, "random", lambda: 0.0)


def timeline_of(call: CallSession) -> str:
    return " ".join(entry.text for entry in call.timeline.all())


def test_call_is_logged_for_the_mapped_agent(make_call, sandbox, log, now):
    call = log(make_call(extension="102"), at=now)

    [record] = sandbox.call_logs()
    assert call.status == Status.LOGGED
    assert record["contact"]["name"] == "Iris Ito"
    assert record["owner"]["name"] == "Ben Baker"
    assert record["createdBy"] == "service"
    assert record["durationSeconds"] == 42
    assert record["subject"] == "Inbound Call from Iris Ito"
    assert call.crm_record.record_id == record["id"]
    assert call.crm_record.crm_url == f"{sandbox.url}/crm/call-logs/{record['id']}/"


def test_timeline_has_each_step_without_names_or_numbers(make_call, sandbox, log, now):
    call = log(make_call(), at=now)

    steps = list(call.timeline.values_list("step", flat=True))
    assert steps == [
        *("ELIGIBLE", "CONTACT", "OWNER", "CREDENTIALS"),
        *("RESERVED", "SENT", "LOGGED"),
    ]
    assert "Iris" not in timeline_of(call)
    assert "0101" not in timeline_of(call)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+12125550147", SkipReason.NO_CONTACT),
        ("+14155550111", SkipReason.SEVERAL_CONTACTS),
    ],
)
def test_without_exactly_one_contact_the_call_is_skipped(
    make_call, sandbox, log, now, number, reason
):
    call = log(make_call(outside=Party(phone_number=number)), at=now)

    assert (call.status, call.reason) == (Status.SKIPPED, reason)
    assert str(reason.label) in timeline_of(call)
    assert sandbox.call_logs() == []


def test_skipped_call_sends_nothing_to_the_crm(connected, make_call, sandbox, log, now):
    set_do_not_log_numbers(connected, ["+14155550101"])

    log(make_call(), at=now)

    assert sandbox.asked("/crm/api/") == []


def test_call_of_an_unmapped_extension_is_held_until_it_is_mapped(
    connected, make_call, sandbox, log, now
):
    call = log(make_call(extension="108"), at=now)
    assert call.status == Status.NEEDS_ATTENTION
    assert call.reason == AttentionReason.UNMAPPED_EXTENSION
    assert not CallSession.objects.maybe_fixed(now).exists()

    mapping = connected.user_mappings.get(extension__extension_number="108")
    map_by_hand(mapping, connected.crm_users.get(crm_user_id="u8"))

    assert CallSession.objects.maybe_fixed(now).make_due(now=now) == 1
    assert log(call, at=now).status == Status.LOGGED
    assert sandbox.call_logs()[0]["ownerId"] == "u8"


def test_missing_credentials_hold_the_call(connected, make_call, log, now):
    settings = connected.server_logging_settings.get()
    settings.additional_field_values = {}
    settings.save()

    assert log(make_call(), at=now).reason == AttentionReason.NO_CREDENTIALS


def test_unlicensed_owner_holds_the_call(make_call, sandbox, log, now):
    sandbox.switch(crmUnlicensed=["u2"])

    call = log(make_call(extension="102"), at=now)

    assert call.reason == AttentionReason.UNLICENSED_OWNER
    assert "Expired" in timeline_of(call)


def test_license_is_cached(make_call, sandbox, log, now):
    for _ in range(3):
        log(make_call(extension="102"), at=now)

    assert len(sandbox.asked("/license")) == 1


def test_call_waits_while_the_crm_is_down_and_is_logged_afterwards(
    make_call, sandbox, log, now
):
    sandbox.switch(crmFailsWith=503)
    call = make_call()
    at = now
    for delay in LOG_DELAYS[:3]:
        log(call, at=at)
        assert call.status == Status.WAITING_TO_LOG
        assert call.next_attempt_at == at + delay
        at += delay

    sandbox.switch(crmFailsWith=0)

    assert log(call, at=at).status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_call_fails_when_the_crm_never_comes_back(make_call, sandbox, log, now):
    sandbox.switch(crmFailsWith=503)
    call = make_call(attempts=len(LOG_DELAYS))

    log(call, at=now)

    assert (call.status, call.reason) == (Status.FAILED, FailureReason.GAVE_UP)


def test_call_that_crashes_its_workers_fails(make_call, sandbox, log, now):
    call = log(make_call(attempts=MAX_ATTEMPTS), at=now)

    assert (call.status, call.reason) == (Status.FAILED, FailureReason.GAVE_UP)
    assert sandbox.call_logs() == []


def test_refused_record_needs_attention(connected, make_call, sandbox, log, now):
    gone = connected.crm_users.create(platform="sandbox", crm_user_id="u99", name="G")
    map_by_hand(connected.user_mappings.get(extension__extension_number="102"), gone)

    call = log(make_call(extension="102"), at=now)

    assert call.reason == AttentionReason.REFUSED_BY_CRM
    assert call.crm_records.get().status == CrmRecord.Status.RESERVED
    refused = "Sandbox CRM answered HTTP 422: the request was refused."
    assert f"{refused} It says: “no such user”" in timeline_of(call)


def test_record_of_a_lost_reply_is_found_and_adopted(make_call, sandbox, log, now):
    sandbox.switch(crmLosesReplies=True)
    call = log(make_call(), at=now)
    assert call.status == Status.WAITING_TO_LOG
    assert call.crm_records.get().status == CrmRecord.Status.UNKNOWN

    sandbox.switch(crmLosesReplies=False)
    log(call, at=call.next_attempt_at)

    assert call.status == Status.LOGGED
    [record] = sandbox.call_logs()
    assert call.crm_record.record_id == record["id"]


def test_record_that_was_never_written_is_sent_again_after_the_search_window(
    make_call, sandbox, log, now, monkeypatch
):
    sandbox.switch(crmLosesReplies=True)
    call = log(make_call(), at=now)
    sandbox.reset()

    log(call, at=now + timedelta(seconds=30))
    assert call.status == Status.WAITING_TO_LOG
    assert sandbox.call_logs() == []

    log(call, at=now + SEARCH_WINDOW)
    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_crm_that_never_answers_clearly_needs_attention(
    make_call, sandbox, log, now, monkeypatch
):
    sent = []

    def lose(self, call, **_):
        sent.append(call)
        raise UnknownOutcome("HTTP 500; the record may or may not be there.")

    monkeypatch.setattr(Sandbox, "create_call_log", lose)
    call_session = make_call()
    for _ in range(200):
        if call_session.next_attempt_at is None:
            break
        log(call_session, at=call_session.next_attempt_at)

    assert call_session.reason == AttentionReason.UNDECIDED
    assert len(sent) == len(LOG_DELAYS)
    assert call_session.timeline.count() < 100


def test_record_that_the_crm_has_and_does_not_find_becomes_a_persons_soon(
    make_call, sandbox, log, now
):
    post = {"path": "/crm/api/call-logs", "method": "POST"}
    sandbox.switch(replies=[{**post, "status": 409, "times": 99}])
    call = make_call()
    while call.next_attempt_at:
        at = call.next_attempt_at
        log(call, at=at)

    assert call.reason == AttentionReason.UNDECIDED
    assert at < now + timedelta(minutes=30)
    assert "already has the record, but its search doesn't find it" in timeline_of(call)
    assert call.crm_records.get().status == CrmRecord.Status.UNKNOWN


def test_first_conflict_after_other_failures_is_searched_for(
    make_call, sandbox, log, now
):
    post = {"path": "/crm/api/call-logs", "method": "POST"}
    sandbox.switch(replies=[{**post, "status": 409}])
    call = make_call()
    CallSession.objects.update(attempts=6)
    call.refresh_from_db()
    while call.next_attempt_at:
        log(call, at=call.next_attempt_at)

    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_search_window_begins_when_the_outcome_became_unknown(
    make_call, sandbox, log, now, monkeypatch
):
    """A contact look-up that takes long leaves the record no less time to show."""
    ticks = iter(range(0, 1000, 20))
    clock = lambda: now + timedelta(seconds=next(ticks))  # noqa: E731
    monkeypatch.setattr(pipeline, "running_from", lambda _: clock)
    sandbox.switch(crmLosesReplies=True)

    call = log(make_call(), at=now)

    crm_record = call.crm_records.get()
    reserved_at = now + timedelta(seconds=20)
    assert crm_record.sent_at >= reserved_at + timedelta(seconds=20)
    assert call.next_attempt_at > crm_record.sent_at


def test_database_error_while_confirming_loses_nothing(
    connected, make_call, sandbox, now, monkeypatch
):
    call = make_call()
    add = TimelineEntry.add
    failing = Mock(side_effect=[OperationalError("database is locked"), *[None] * 9])
    monkeypatch.setattr(TimelineEntry, "add", failing)
    monkeypatch.setattr(queue, "DATABASE_RETRY_SECONDS", (0,))
    monkeypatch.setattr(queue.connection, "close", lambda: None)
    queue.process_call.call_local(str(call.pk))
    monkeypatch.setattr(TimelineEntry, "add", add)
    call.refresh_from_db()
    assert call.status == Status.WAITING_TO_LOG

    CallSession.objects.update(next_attempt_at=now)
    queue.process_call.call_local(str(call.pk))

    call.refresh_from_db()
    [record] = sandbox.call_logs()
    assert call.status == Status.LOGGED
    assert call.crm_record.record_id == record["id"]


@pytest.mark.parametrize(
    ("verdict", "status", "records"),
    [
        (Verdict.THERE, Status.LOGGED, 1),
        (Verdict.NOT_THERE, Status.LOGGED, 2),
        (Verdict.LEAVE, Status.SKIPPED, 1),
        (Verdict.LOOK_AGAIN, Status.NEEDS_ATTENTION, 1),
    ],
)
def test_person_decides_about_an_undecided_record(
    make_call, sandbox, log, now, monkeypatch, verdict, status, records
):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.NONE)
    sandbox.switch(crmLosesReplies=True)
    call = log(make_call(), at=now)
    while not call.is_undecided:
        log(call, at=call.next_attempt_at)
    sandbox.switch(crmLosesReplies=False)

    decide_undecided(call, verdict, by="Ada", now=now)
    call.refresh_from_db()
    if call.next_attempt_at:
        log(call, at=now)

    call.refresh_from_db()
    assert call.status == status
    assert len(sandbox.call_logs()) == records


def test_decided_record_is_not_decided_again(make_call, sandbox, log, now, monkeypatch):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.NONE)
    sandbox.switch(crmLosesReplies=True)
    call = log(make_call(), at=now)
    while not call.is_undecided:
        log(call, at=call.next_attempt_at)

    decide_undecided(call, Verdict.THERE, by="Ada", now=now)
    decide_undecided(call, Verdict.NOT_THERE, by="Ada", now=now)

    call.refresh_from_db()
    assert (call.status, call.next_attempt_at) == (Status.LOGGED, None)


def test_held_call_is_deleted_when_its_number_is_listed(connected, make_call, log, now):
    call = make_call()
    set_do_not_log_numbers(connected, ["+14155550101"])

    log(call, at=now)

    assert call.reason == SkipReason.DO_NOT_LOG
    assert (call.details, call.duration_seconds, call.extension_id) == (
        None,
        None,
        "",
    )


def test_bought_license_is_noticed_within_the_hour(make_call, sandbox, log, now):
    sandbox.switch(crmUnlicensed=["u2"])
    call = log(make_call(extension="102"), at=now)
    sandbox.switch(crmUnlicensed=[])
    cache.clear()
    later = now + timedelta(minutes=61)
    assert not CallSession.objects.maybe_fixed(now).exists()

    CallSession.objects.maybe_fixed(later).make_due(now=later)

    assert log(call, at=later).status == Status.LOGGED


def test_worker_that_died_while_sending_leaves_one_record(make_call, sandbox, log, now):
    call = log(make_call(), at=now)
    # The CRM has the record; the worker's last two commits never happened.
    call.crm_records.update(status=CrmRecord.Status.SENDING, record_id="")
    CallSession.objects.filter(pk=call.pk).update(
        status=Status.WAITING_TO_LOG, next_attempt_at=now
    )

    assert log(call, at=now).status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_person_decides_in_a_crm_that_cannot_be_searched(
    make_call, sandbox, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.NONE)
    sandbox.switch(crmLosesReplies=True)
    call = log(make_call(), at=now)

    while not call.is_undecided:
        log(call, at=call.next_attempt_at)

    CallSession.objects.held().make_due(now=call.ended_at)
    assert log(call, at=call.next_attempt_at or now + SEARCH_WINDOW).is_undecided
    assert len(sandbox.call_logs()) == 1


def test_existing_record_is_not_written_again(make_call, sandbox, log, now):
    first = log(make_call(telephony_session_id="s-1"), at=now)
    first.delete()

    again = log(make_call(telephony_session_id="s-1"), at=now)

    assert again.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_call_is_claimed_once_and_only_when_due(make_call, now):
    call = make_call()

    assert CallSession.objects.claim(call.pk, now - timedelta(seconds=1)) is None
    assert CallSession.objects.claim(call.pk, now)
    assert CallSession.objects.claim(call.pk, now) is None
