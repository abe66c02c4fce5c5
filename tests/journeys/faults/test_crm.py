"""The CRM's faults of reliability.md 4.3: what is in the CRM in the end, and what we say."""

from datetime import timedelta

import pytest

from appconnect.calls.models import CallEvent, CallLog
from appconnect.calls.models.choices import AttentionReason
from connector.crms.sandbox import Sandbox
from connector.types import MarkerSupport
from tests.journeys.faults.conftest import POST

Status = CallEvent.Status


@pytest.mark.parametrize("is_written", [True, False], ids=["written", "not written"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_c_500_a_record_of_unknown_outcome_is_there_once(
    make_call_event, sandbox, finish, status, is_written
):
    sandbox.switch(replies=[{**POST, "status": status, "lost": is_written}])

    event = finish(make_call_event())

    [record] = sandbox.call_logs()
    assert event.status == Status.LOGGED
    assert event.crm_record.crm_log_id == record["id"]


def test_c_429_nothing_is_sent_before_the_time_the_crm_named(
    make_call_event, sandbox, log, now
):
    sandbox.switch(replies=[{**POST, "status": 429, "retryAfter": "300"}])

    event = log(make_call_event(), at=now)

    assert event.status == Status.WAITING_TO_LOG
    assert event.next_attempt_at >= now + timedelta(seconds=300)
    assert log(event, at=event.next_attempt_at).status == Status.LOGGED


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 415, 422])
def test_c_422_what_is_refused_for_good_is_sent_once(
    make_call_event, sandbox, log, now, status
):
    sandbox.switch(replies=[{**POST, "status": status, "times": 99}])

    event = log(make_call_event(), at=now)

    assert event.reason == AttentionReason.REFUSED_BY_CRM
    assert f"HTTP {status}" in event.timeline.last().text
    assert len(posts(sandbox)) == 1
    assert event.call_logs.get().status == CallLog.Status.RESERVED


def test_c_409_what_may_be_there_already_is_adopted(make_call_event, sandbox, finish):
    """A unique external id: the first request was carried out, its reply lost."""
    sandbox.switch(crmRefusesDuplicates=True)
    sandbox.switch(replies=[{**POST, "status": 409, "lost": True}])

    event = finish(make_call_event())

    assert event.status == Status.LOGGED
    assert len(sandbox.call_logs()) == len(posts(sandbox)) == 1


def test_c_half_a_reply_that_is_cut_off_is_no_reply(make_call_event, sandbox, finish):
    sandbox.switch(replies=[{**POST, "cut": True}])

    event = finish(make_call_event())

    assert event.status == Status.LOGGED
    assert len(sandbox.call_logs()) == len(posts(sandbox)) == 1


def test_c_late_a_write_that_lands_after_its_time_out_is_seen(
    make_call_event, sandbox, finish
):
    sandbox.switch(replies=[{**POST, "status": 504, "lateSeconds": 90}])

    event = finish(make_call_event())

    assert event.status == Status.LOGGED
    assert len(sandbox.call_logs()) == len(posts(sandbox)) == 1


@pytest.mark.parametrize("lag", [60, 300])
def test_c_lag_a_record_that_cannot_be_searched_yet_is_waited_for(
    make_call_event, sandbox, finish, monkeypatch, lag
):
    monkeypatch.setattr(Sandbox, "search_lag", timedelta(seconds=lag))
    sandbox.switch(crmSearchLagSeconds=lag)
    sandbox.switch(replies=[{**POST, "status": 500, "lost": True}])

    event = finish(make_call_event())

    assert event.status == Status.LOGGED
    assert len(sandbox.call_logs()) == len(posts(sandbox)) == 1


def test_c_redir_a_redirect_is_not_followed(make_call_event, sandbox, finish):
    elsewhere = f"{sandbox.url}/crm/api/me"
    sandbox.switch(replies=[{**POST, "status": 302, "location": elsewhere}])

    finish(make_call_event())

    assert sandbox.asked("/crm/api/me") == []
    assert len(sandbox.call_logs()) == 1


def test_several_records_are_shown_to_a_person_and_then_one_is_adopted(
    make_call_event, sandbox, finish, log, now
):
    event = finish(make_call_event())
    [record] = sandbox.call_logs()
    event.call_logs.update(status=CallLog.Status.UNKNOWN, sent_at=now)
    twin = sandbox.copy_call_log(record["id"])
    CallEvent.objects.update(status=Status.WAITING_TO_LOG, next_attempt_at=now)
    later = now + timedelta(minutes=1)

    log(event, at=later)

    assert event.reason == AttentionReason.SEVERAL_RECORDS
    assert twin in event.timeline.last().text
    sandbox.delete_call_log(twin)
    CallEvent.objects.held().make_due(now=later)
    assert log(event, at=later).status == Status.LOGGED


def test_with_a_unique_id_nothing_needs_to_be_waited_for(
    make_call_event, sandbox, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.UNIQUE)
    sandbox.switch(crmRefusesDuplicates=True)
    sandbox.switch(replies=[{**POST, "status": 500}])
    event = log(make_call_event(), at=now)

    again = event.next_attempt_at
    log(event, at=again)

    assert event.status == Status.LOGGED
    assert again < now + timedelta(minutes=1)


def test_p_restore_an_old_call_is_looked_for_before_it_is_sent(
    make_call_event, sandbox, log, now
):
    """The database is six hours old; the CRM has what was logged since."""
    logged = log(make_call_event(telephony_session_id="s-1"), at=now)
    logged.call_logs.all().delete()
    logged.delete()
    later = now + timedelta(hours=6)

    again = make_call_event(telephony_session_id="s-1")
    log(again, at=later)

    [record] = sandbox.call_logs()
    assert again.status == Status.LOGGED
    assert again.crm_record.crm_log_id == record["id"]


def test_p_restore_a_recovered_call_is_looked_for_too(
    make_call_event, sandbox, log, now
):
    logged = log(make_call_event(telephony_session_id="s-1"), at=now)
    logged.call_logs.all().delete()
    logged.delete()

    log(make_call_event(telephony_session_id="s-1", was_recovered=True), at=now)

    assert len(sandbox.call_logs()) == 1


def test_a_connector_that_fails_in_its_own_way_leaves_the_outcome_open(
    make_call_event, sandbox, log, now, monkeypatch
):
    """It sent the record, and then could not read the answer."""
    create = Sandbox.create_call_log

    def create_and_stumble(self, *args, **kwargs):
        create(self, *args, **kwargs)
        raise KeyError("id")

    monkeypatch.setattr(Sandbox, "create_call_log", create_and_stumble)
    event = make_call_event()
    with pytest.raises(KeyError):
        log(event, at=now)
    monkeypatch.setattr(Sandbox, "create_call_log", create)
    event.refresh_from_db()

    log(event, at=event.next_attempt_at)

    assert event.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def posts(sandbox) -> list[dict]:
    asked = sandbox.asked("/crm/api/call-logs")
    return [request for request in asked if request["method"] == "POST"]
