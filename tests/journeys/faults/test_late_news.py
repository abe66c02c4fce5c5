"""The CRM's record ends with RingCentral's last word, whatever happens on the way."""

from datetime import timedelta

import pytest

from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.models import CallSession, CrmRecord
from appconnect.calls.models.choices import AttentionReason
from appconnect.calls.models.timing import LOG_DELAYS
from appconnect.calls.pipeline import process
from connector.crms.sandbox import Sandbox
from connector.errors import TemporaryError
from tests.journeys.faults.conftest import POST

Status = CallSession.Status


@pytest.fixture
def call(connected, sandbox, now) -> CallSession:
    """A call whose record is there; its recording comes a minute later."""
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered", extension="102")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    return CallSession.objects.get()


@pytest.fixture
def record(connected, sandbox, now):
    """Give a function that lets RingCentral tell of the recording."""

    def record() -> None:
        sandbox.advance(60)
        read_call_log(connected, now=now)

    return record


def is_recorded(sandbox) -> bool:
    [log] = sandbox.call_logs()
    return bool(log["recordingUrl"]) and "media.ringcentral.com" in log["note"]


def test_newer_of_two_simultaneous_updates_stays(
    call, record, log, sandbox, now, monkeypatch
):
    log(call, at=now)
    call.schedule_update(at=now)
    update, overtaken = Sandbox.update_call_log, []

    def update_slowly(self, *args, **kwargs):
        if not overtaken:
            overtaken.append(True)
            record()
            log(call, at=now)  # another worker, which is faster
        return update(self, *args, **kwargs)

    monkeypatch.setattr(Sandbox, "update_call_log", update_slowly)
    process(CallSession.objects.claim(call.pk, now), now=now)
    assert not is_recorded(sandbox), "the older words came last"

    call.refresh_from_db()
    log(call, at=call.next_attempt_at)

    assert is_recorded(sandbox)


def test_adopted_record_is_updated(call, record, log, sandbox, now):
    sandbox.switch(replies=[{**POST, "status": 500, "lost": True}])
    log(call, at=now)
    record()
    call.refresh_from_db()

    while call.next_attempt_at:
        log(call, at=call.next_attempt_at)

    assert call.status == Status.LOGGED
    assert is_recorded(sandbox)


def test_worker_that_dies_between_two_commits_loses_no_update(
    call, record, log, sandbox, now, monkeypatch
):
    class Death(BaseException):
        pass

    move = CrmRecord.move

    def move_and_die(self, to, **changes):
        move(self, to, **changes)
        if to == CrmRecord.Status.LOGGED:
            raise Death

    monkeypatch.setattr(CrmRecord, "move", move_and_die)
    with pytest.raises(Death):
        log(call, at=now)
    monkeypatch.setattr(CrmRecord, "move", move)
    record()
    call.refresh_from_db()

    while call.next_attempt_at:
        log(call, at=call.next_attempt_at)

    assert call.status == Status.LOGGED
    assert is_recorded(sandbox)


def test_confirmation_during_an_update_is_not_lost(
    call, connected, log, sandbox, now, monkeypatch
):
    log(call, at=now)
    CallSession.objects.update(is_final=False)
    call.schedule_update(at=now)
    update = Sandbox.update_call_log

    def update_while_it_is_confirmed(self, *args, **kwargs):
        CallSession.objects.update(is_final=True)
        return update(self, *args, **kwargs)

    monkeypatch.setattr(Sandbox, "update_call_log", update_while_it_is_confirmed)
    log(call, at=now)

    assert call.next_attempt_at is not None


def test_record_of_unknown_outcome_needs_attention_after_the_last_attempt(
    call, log, sandbox, now
):
    sandbox.switch(replies=[{**POST, "status": 500, "lost": True}])
    CallSession.objects.update(attempts=len(LOG_DELAYS))
    log(call, at=now)

    log(call, at=call.next_attempt_at)

    assert call.reason == AttentionReason.UNDECIDED


def test_call_fails_when_its_last_attempt_sent_nothing(
    call, log, sandbox, now, monkeypatch
):
    def fail(self, number):
        raise TemporaryError("sandbox answered HTTP 503.")

    monkeypatch.setattr(Sandbox, "find_contact", fail)
    CallSession.objects.update(attempts=len(LOG_DELAYS))

    assert log(call, at=now + timedelta(minutes=1)).status == Status.FAILED
