"""The workers' faults of reliability.md 4.3: the dead, the stopped and the overtaken."""

import multiprocessing
import os
import signal
from datetime import timedelta

import pytest

from appconnect.calls.crm.outcome import take_over
from appconnect.calls.crm.sending_lock import being_sent, is_being_sent
from appconnect.calls.crm.write import confirm
from appconnect.calls.models import CallSession, CrmRecord, Overtaken
from appconnect.calls.models.timing import SEARCH_DELAY
from appconnect.calls.pipeline import process
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


def test_k_5_nothing_is_taken_from_a_worker_that_is_only_stopped(
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


def test_k_2_what_a_dead_worker_never_sent_is_sent_after_the_window(
    sending, sandbox, log, now
):
    """When it died nobody knows: until now its request may have been on its way."""
    log(sending, at=now)
    assert sandbox.call_logs() == []
    assert sending.next_attempt_at > now

    at = now
    while sending.status == Status.WAITING_TO_LOG:
        at = sending.next_attempt_at
        log(sending, at=at)

    assert len(sandbox.call_logs()) == 1
    assert at >= now + timedelta(minutes=2)


def test_k_3_what_a_dead_worker_did_send_is_adopted(make_call, sandbox, log, now):
    call = log(make_call(), at=now)
    call.crm_records.update(status=CrmRecord.Status.SENDING, record_id="")
    CallSession.objects.update(status=Status.WAITING_TO_LOG, next_attempt_at=now)

    log(call, at=now)

    [record] = sandbox.call_logs()
    assert call.status == Status.LOGGED
    assert call.crm_record.record_id == record["id"]


def test_k_5_a_worker_that_was_overtaken_writes_nothing_more(
    make_call, sandbox, log, now
):
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


def test_a_record_that_was_taken_over_cannot_be_confirmed_by_its_first_sender(
    sending, now
):
    first = CrmRecord.objects.get()
    second = CrmRecord.objects.get()
    take_over(second, look_again_after=SEARCH_DELAY, now=now)

    with pytest.raises(Overtaken):
        confirm(sending, first, "r1", steps=[], now=now)

    assert CrmRecord.objects.get().status == CrmRecord.Status.UNKNOWN


def test_an_earlier_attempt_cannot_confirm_a_later_one(
    sending, sandbox, log, finish, now
):
    zombie = CrmRecord.objects.get()
    sandbox.switch(replies=[{**POST, "status": 500, "times": 99}])
    while CrmRecord.objects.get().fence == zombie.fence:
        log(sending, at=sending.next_attempt_at)
    CrmRecord.objects.update(status=CrmRecord.Status.SENDING)

    with pytest.raises(Overtaken):
        confirm(sending, zombie, "r1", steps=[], now=now)


def test_the_confirmed_id_is_kept_although_the_call_was_claimed_again(
    make_call, sandbox, log, now
):
    """The lease ran out while the CRM took its time; its answer is worth keeping."""
    call = make_call()
    slow = CallSession.objects.claim(call.pk, now)
    crm_record = CrmRecord.objects.create(
        organization=call.organization,
        platform="sandbox",
        telephony_session_id=call.telephony_session_id,
        extension_id=call.extension_id,
        call=call,
        status=CrmRecord.Status.SENDING,
        sent_at=now,
    )
    later = now + timedelta(minutes=4)
    assert CallSession.objects.claim(call.pk, later)

    with pytest.raises(Overtaken):
        confirm(slow, crm_record, "r1", steps=[], now=later)

    crm_record.refresh_from_db()
    assert (crm_record.status, crm_record.record_id) == (CrmRecord.Status.LOGGED, "r1")
    at = later + timedelta(minutes=4)
    assert log(call, at=at).status == Status.LOGGED
    assert sandbox.call_logs() == [], "nothing was sent again"


def test_a_lock_is_held_by_one_thread_and_seen_by_another(db):
    assert not is_being_sent(1)
    with being_sent(1):
        assert is_being_sent(1)
        with being_sent(1):
            pass
        assert is_being_sent(1)
    assert not is_being_sent(1)
