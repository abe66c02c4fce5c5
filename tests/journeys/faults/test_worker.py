"""What becomes of a call when its worker dies, is stopped, or is overtaken."""

import multiprocessing
import os
import signal
from datetime import timedelta

import pytest

from appconnect.calls.crm.sending_lock import being_sent, is_being_sent
from appconnect.calls.crm.write_once import take_over
from appconnect.calls.models import CallSession, CrmRecord, Overtaken
from appconnect.calls.pipeline import process
from connector.crms.sandbox import Sandbox
from tests.journeys.faults.conftest import POST
from tests.support.helpers import wait_for

Status = CallSession.Status
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def other_process():
    """Give a function that has another process send a record; it never comes to an end."""
    children = []

    def send(lock_id: int):
        def hold(started) -> None:
            with being_sent(lock_id):
                started.set()
                signal.pause()

        started = FORK.Event()
        child = FORK.Process(target=hold, args=(started,))
        child.start()
        children.append(child)
        assert started.wait(10)
        return child

    yield send
    for child in children:
        child.kill()
        child.join()


@pytest.fixture
def sending(make_call, organization, now) -> CallSession:
    """A call that some worker has begun to send; nothing is known of how that went."""
    call = make_call()
    CrmRecord.objects.create(
        organization=organization,
        platform="sandbox",
        telephony_session_id=call.telephony_session_id,
        extension_id=call.extension_id,
        status=CrmRecord.Status.SENDING,
        sent_at=now - timedelta(hours=1),
        fence=1,
    )
    return call


def test_stopped_worker_keeps_its_reservation(
    sending, other_process, sandbox, log, finish, now
):
    worker = other_process(CrmRecord.objects.get().lock_id)
    os.kill(worker.pid, signal.SIGSTOP)

    at = now
    for _ in range(5):
        log(sending, at=at)
        at = sending.next_attempt_at

    assert sending.status == Status.WAITING_TO_LOG
    assert "still sending" in sending.timeline.last().text
    assert sandbox.call_logs() == []

    worker.kill()
    wait_for(lambda: not is_being_sent(CrmRecord.objects.get().lock_id))
    assert finish(sending).status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_record_that_a_dead_worker_never_sent_is_sent_after_the_search_window(
    sending, sandbox, log, now
):
    """The time of its death is unknown: until now its request may have been on its way."""
    log(sending, at=now)
    assert sandbox.call_logs() == []
    assert sending.next_attempt_at > now

    at = now
    while sending.status == Status.WAITING_TO_LOG:
        at = sending.next_attempt_at
        log(sending, at=at)

    assert len(sandbox.call_logs()) == 1
    assert at >= now + timedelta(minutes=2)


def test_record_that_a_dead_worker_sent_is_adopted(make_call, sandbox, log, now):
    call = log(make_call(), at=now)
    call.crm_records.update(status=CrmRecord.Status.SENDING, record_id="")
    CallSession.objects.update(status=Status.WAITING_TO_LOG, next_attempt_at=now)

    log(call, at=now)

    [record] = sandbox.call_logs()
    assert call.status == Status.LOGGED
    assert call.crm_record.record_id == record["id"]


def test_overtaken_worker_writes_nothing_more(make_call, sandbox, log, now):
    call = make_call()
    slow = CallSession.objects.claim(call.pk, now)
    later = now + timedelta(minutes=10)
    log(call, at=later)
    assert call.status == Status.LOGGED

    with pytest.raises(Overtaken):
        process(slow, now=later)

    call.refresh_from_db()
    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_first_sender_cannot_confirm_a_record_that_was_taken_over(sending, now):
    first = CrmRecord.objects.get()
    second = CrmRecord.objects.get()
    take_over(second, now=now)

    with pytest.raises(Overtaken):
        first.confirm("r1", now=now)

    assert CrmRecord.objects.get().status == CrmRecord.Status.UNKNOWN


def test_earlier_attempt_cannot_confirm_a_later_one(sending, sandbox, log, now):
    zombie = CrmRecord.objects.get()
    sandbox.switch(replies=[{**POST, "status": 500, "times": 99}])
    while CrmRecord.objects.get().fence == zombie.fence:
        log(sending, at=sending.next_attempt_at)
    CrmRecord.objects.update(status=CrmRecord.Status.SENDING)

    with pytest.raises(Overtaken):
        zombie.confirm("r1", now=now)


def test_record_id_is_stored_although_the_call_was_claimed_again(
    make_call, connected, sandbox, log, now, monkeypatch
):
    """The lease ran out while the CRM took its time; its answer is worth keeping."""
    call = make_call()
    later = now + timedelta(minutes=4)
    create = Sandbox.create_call_log

    def create_slowly(self, *args, **kwargs):
        assert CallSession.objects.claim(call.pk, later)
        return create(self, *args, **kwargs)

    monkeypatch.setattr(Sandbox, "create_call_log", create_slowly)
    with pytest.raises(Overtaken):
        process(CallSession.objects.claim(call.pk, now), now=now)

    [record] = sandbox.call_logs()
    crm_record = CrmRecord.objects.get()
    assert crm_record.status == CrmRecord.Status.LOGGED
    assert crm_record.record_id == record["id"]
    call.refresh_from_db()
    assert log(call, at=call.next_attempt_at).status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1, "nothing was sent again"


def test_sending_lock_is_seen_by_other_threads(db):
    assert not is_being_sent(1)
    with being_sent(1):
        assert is_being_sent(1)
        with being_sent(1):
            pass
        assert is_being_sent(1)
    assert not is_being_sent(1)
