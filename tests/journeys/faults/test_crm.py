"""Faults of the CRM: the record in the CRM, and the state of the call, in the end."""

from datetime import timedelta

import pytest

from appconnect.calls.models import CallSession, CrmRecord
from appconnect.calls.models.choices import AttentionReason
from connector.crms.sandbox import Sandbox
from connector.types import MarkerSupport
from tests.journeys.faults.conftest import POST

Status = CallSession.Status


@pytest.mark.parametrize("is_written", [True, False], ids=["written", "not written"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_record_is_written_once_after_a_server_error(
    make_call, sandbox, finish, status, is_written
):
    sandbox.switch(replies=[{**POST, "status": status, "lost": is_written}])

    call = finish(make_call())

    [record] = sandbox.call_logs()
    assert call.status == Status.LOGGED
    assert call.crm_record.record_id == record["id"]


def test_rate_limited_call_waits_for_the_time_the_crm_named(
    make_call, sandbox, log, now
):
    sandbox.switch(replies=[{**POST, "status": 429, "retryAfter": "300"}])

    call = log(make_call(), at=now)

    assert call.status == Status.WAITING_TO_LOG
    assert call.next_attempt_at >= now + timedelta(seconds=300)
    assert log(call, at=call.next_attempt_at).status == Status.LOGGED


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 415, 422])
def test_permanently_refused_record_is_sent_once(make_call, sandbox, log, now, status):
    sandbox.switch(replies=[{**POST, "status": status, "times": 99}])

    call = log(make_call(), at=now)

    assert call.reason == AttentionReason.REFUSED_BY_CRM
    assert f"HTTP {status}" in call.timeline.last().text
    assert len(posts(sandbox)) == 1
    assert call.crm_records.get().status == CrmRecord.Status.RESERVED


def test_record_that_conflicts_with_itself_is_adopted(make_call, sandbox, finish):
    """A unique external id: the first request was carried out, its reply lost."""
    sandbox.switch(crmRefusesDuplicates=True)
    sandbox.switch(replies=[{**POST, "status": 409, "lost": True}])

    call = finish(make_call())

    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == len(posts(sandbox)) == 1


def test_record_with_a_cut_reply_is_written_once(make_call, sandbox, finish):
    sandbox.switch(replies=[{**POST, "cut": True}])

    call = finish(make_call())

    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == len(posts(sandbox)) == 1


def test_record_that_lands_after_its_time_out_is_found(make_call, sandbox, finish):
    sandbox.switch(replies=[{**POST, "status": 504, "lateSeconds": 90}])

    call = finish(make_call())

    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == len(posts(sandbox)) == 1


@pytest.mark.parametrize("lag", [60, 300])
def test_record_that_the_search_shows_late_is_written_once(
    make_call, sandbox, finish, monkeypatch, lag
):
    monkeypatch.setattr(Sandbox, "search_lag", timedelta(seconds=lag))
    sandbox.switch(crmSearchLagSeconds=lag)
    sandbox.switch(replies=[{**POST, "status": 500, "lost": True}])

    call = finish(make_call())

    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == len(posts(sandbox)) == 1


def test_redirect_is_not_followed(make_call, sandbox, finish):
    elsewhere = f"{sandbox.url}/crm/api/me"
    sandbox.switch(replies=[{**POST, "status": 302, "location": elsewhere}])

    finish(make_call())

    assert sandbox.asked("/crm/api/me") == []
    assert len(sandbox.call_logs()) == 1


def test_several_records_need_attention_until_one_is_left(
    make_call, sandbox, finish, log, now
):
    call = finish(make_call())
    [record] = sandbox.call_logs()
    call.crm_records.update(status=CrmRecord.Status.UNKNOWN, sent_at=now)
    twin = sandbox.copy_call_log(record["id"])
    CallSession.objects.update(status=Status.WAITING_TO_LOG, next_attempt_at=now)
    later = now + timedelta(minutes=1)

    log(call, at=later)

    assert call.reason == AttentionReason.SEVERAL_RECORDS
    assert twin in call.timeline.last().text
    sandbox.delete_call_log(twin)
    CallSession.objects.held().make_due(now=later)
    assert log(call, at=later).status == Status.LOGGED


def test_unique_marker_needs_no_search_window(
    make_call, sandbox, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.UNIQUE)
    sandbox.switch(crmRefusesDuplicates=True)
    sandbox.switch(replies=[{**POST, "status": 500}])
    call = log(make_call(), at=now)

    again = call.next_attempt_at
    log(call, at=again)

    assert call.status == Status.LOGGED
    assert again < now + timedelta(minutes=1)


def test_old_call_is_searched_in_the_crm_after_a_restored_backup(
    make_call, sandbox, log, now
):
    """The database is six hours old; the CRM has what was logged since."""
    logged = log(make_call(telephony_session_id="s-1"), at=now)
    logged.crm_records.all().delete()
    logged.delete()
    later = now + timedelta(hours=6)

    again = make_call(telephony_session_id="s-1")
    log(again, at=later)

    [record] = sandbox.call_logs()
    assert again.status == Status.LOGGED
    assert again.crm_record.record_id == record["id"]


def test_recovered_call_is_searched_in_the_crm_after_a_restored_backup(
    make_call, sandbox, log, now
):
    logged = log(make_call(telephony_session_id="s-1"), at=now)
    logged.crm_records.all().delete()
    logged.delete()

    log(make_call(telephony_session_id="s-1", was_recovered=True), at=now)

    assert len(sandbox.call_logs()) == 1


def test_record_is_written_once_when_the_connector_itself_fails(
    make_call, sandbox, log, now, monkeypatch
):
    """It sent the record, and then could not read the answer."""
    create = Sandbox.create_call_log

    def create_and_stumble(self, *args, **kwargs):
        create(self, *args, **kwargs)
        raise KeyError("id")

    monkeypatch.setattr(Sandbox, "create_call_log", create_and_stumble)
    call = make_call()
    with pytest.raises(KeyError):
        log(call, at=now)
    monkeypatch.setattr(Sandbox, "create_call_log", create)
    call.refresh_from_db()

    log(call, at=call.next_attempt_at)

    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def posts(sandbox) -> list[dict]:
    asked = sandbox.asked("/crm/api/call-logs")
    return [request for request in asked if request["method"] == "POST"]
