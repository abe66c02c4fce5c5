"""The engine only says when; the rows decide. Real worker processes: test_whole_journey."""

import socket
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from huey.registry import Message

from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason
from appconnect.monitoring.models import PeriodicJob, WorkerHeartbeat
from appconnect.organizations.models import Organization
from appconnect.ringcentral.notifications import Notification, PartyChange
from appconnect.worker import heartbeat, queue, sweep
from appconnect.worker.engine import JSONSerializer, Turns

Status = CallSession.Status


@pytest.fixture(autouse=True)
def _empty_queue():
    queue.engine.flush()
    queue.turns = Turns()
    yield
    queue.engine.flush()


def waiting() -> list[tuple]:
    """Return what a worker would run now: task name and arguments."""
    tasks = queue.engine.pending()
    return [(task.name, *task.args) for task in tasks if task.eta is None]


def scheduled() -> list[str]:
    """Return the calls that a worker would look at later."""
    return [task.args[0] for task in queue.engine.pending() if task.eta is not None]


def work() -> None:
    """Run all tasks that wait, as a worker does."""
    while task := queue.engine.dequeue():
        queue.engine.execute(task)


@pytest.mark.parametrize("eta", [None, datetime(2026, 3, 2, 10, 15, tzinfo=UTC)])
def test_message_survives_json(eta):
    serializer = JSONSerializer()
    message = Message("id", "name", eta, 0, 0, None, ["a"], {}, None, None, None, None)

    assert serializer.deserialize(serializer.serialize(message)) == message


def test_burst_delays_only_itself(make_call, organization, now):
    burst = [make_call() for _ in range(20)]
    for call in burst:
        queue.dispatch(call)
    other = make_call()
    other.organization_id = uuid.uuid4()  # as if it were another organization's
    queue.dispatch(other)

    order = [task.args[0] for task in iter(queue.engine.dequeue, None)]

    assert order.index(str(other.pk)) == 1
    assert [pk for pk in order if pk != str(other.pk)] == [str(e.pk) for e in burst]


def test_one_of_many_workers_sweeps(db, now):
    minute = timedelta(minutes=1)

    claims = [PeriodicJob.claim("sweep", every=minute, now=now) for _ in range(4)]
    later = [PeriodicJob.claim("sweep", every=minute, now=now + minute) for _ in "ab"]

    assert (claims, later) == ([True, False, False, False], [True, False])


def test_worker_notifies_systemd(tmp_path, settings):
    address = str(tmp_path / "notify")
    settings.NOTIFY_SOCKET = address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(5)

        heartbeat.tell_systemd("WATCHDOG=1")

        assert systemd.recv(100) == b"WATCHDOG=1"


def test_queued_calls_are_not_sent_again(connected, make_call, monkeypatch):
    monkeypatch.setattr(queue, "MAX_QUEUED", 5)
    for _ in range(3):
        make_call()

    queue.send_due.call_local()
    queue.send_due.call_local()
    queue.send_due.call_local()

    assert len(waiting()) == 5


def test_organization_with_many_old_calls_does_not_fill_the_queue(
    connected, make_call, monkeypatch, now
):
    monkeypatch.setattr(queue, "MAX_QUEUED", 5)
    for _ in range(10):
        make_call(next_attempt_at=now - timedelta(hours=1))
    other = Organization.objects.create(
        name="Other Ltd", rc_account_id="999", region="DE", platform="sandbox"
    )
    others = make_call(organization=other, next_attempt_at=now)

    queue.send_due.call_local()

    assert ("process_call", str(others.pk)) in waiting()[:2]


def test_due_call_is_processed_now(make_call):
    call = make_call()

    queue.dispatch(call)

    assert waiting() == [("process_call", str(call.pk))]


@pytest.mark.parametrize(
    ("wait", "is_scheduled"),
    [(timedelta(seconds=10), True), (timedelta(hours=1), False)],
)
def test_call_due_much_later_is_left_to_the_sweep(make_call, now, wait, is_scheduled):
    call = make_call(next_attempt_at=now + wait)

    queue.dispatch(call)

    assert scheduled() == ([str(call.pk)] if is_scheduled else [])
    assert waiting() == []


def notify(organization, now, sequence: int, status: str) -> None:
    """Do what the webhook does with a notification."""
    party = PartyChange(
        telephony_session_id="s-1",
        party_id="p-1",
        extension_id="800100102",
        sequence=sequence,
        status=status,
        reason="",
        event_time=now,
    )
    notification = Notification(subscription_id="x", changes=(party,))
    for call in record_notification(organization, notification, received_at=now):
        queue.dispatch(call)


def test_only_the_end_of_a_call_sends_a_message(organization, now):
    for sequence, status in enumerate(("setup", "proceeding", "answered", "hold")):
        notify(organization, now, sequence, status)
    assert queue.engine.pending() == []

    notify(organization, now, 9, "disconnected")
    notify(organization, now, 9, "disconnected")

    assert scheduled() == [str(organization.calls.get().pk)]


def test_ended_call_is_not_processed(make_call, now):
    call = make_call()
    call.mark_logged(now=now)

    queue.dispatch(call)

    assert waiting() == scheduled() == []


def test_worker_logs_a_call(connected, make_call, sandbox):
    call = make_call()
    queue.dispatch(call)

    work()

    call.refresh_from_db()
    assert call.status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_two_messages_are_one_attempt(connected, make_call, sandbox):
    call = make_call()
    queue.dispatch(call)
    queue.dispatch(call)

    work()

    assert len(sandbox.call_logs()) == 1


def test_unexpected_error_is_one_attempt_with_a_log_reference(
    connected, make_call, monkeypatch, caplog
):
    def explode(call, *, now):
        raise ZeroDivisionError("CANARY-9f31")

    monkeypatch.setattr(queue, "process", explode)
    call = make_call()

    queue.process_call.call_local(str(call.pk))

    call.refresh_from_db()
    assert call.status == Status.WAITING_TO_LOG
    assert call.next_attempt_at is not None
    text = call.timeline.get().text
    assert "CANARY" not in text
    assert text.split()[-1].rstrip(".") in caplog.text


def test_sweep_sends_due_calls_again(connected, make_call, now):
    due = make_call()
    make_call(next_attempt_at=now + timedelta(hours=1))

    sweep.sweep.call_local()

    assert ("process_call", str(due.pk)) in waiting()
    assert sum(name == "process_call" for name, *_ in waiting()) == 1


def test_sweep_retries_calls_that_a_new_configuration_fixes(connected, make_call, now):
    call = make_call()
    call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)
    sweep.sweep.call_local()
    call.refresh_from_db()
    assert call.status == Status.NEEDS_ATTENTION

    connected.configuration_changed()
    PeriodicJob.objects.all().delete()  # a minute later
    sweep.sweep.call_local()

    call.refresh_from_db()
    assert call.status == Status.WAITING_TO_LOG


def test_worker_beats_and_deletes_old_heartbeats(db, now):
    WorkerHeartbeat.objects.create(name="dead", beat_at=now - timedelta(days=2))

    heartbeat.beat()

    [beat] = WorkerHeartbeat.objects.all()
    assert beat.beat_at >= now


def test_sweep_keeps_the_subscription_and_the_directory(connected):
    sweep.sweep.call_local()

    [[[_key, tasks]]] = [shared for name, shared in waiting() if name == "look_after"]
    assert "keep_logging_subscription" in tasks
    assert "refresh_stale_directory" in tasks


def test_directory_is_not_refreshed_while_that_goes_on(connected, monkeypatch):
    key, refreshes = str(connected.pk), []

    def refresh_while_the_next_sweep_asks(*args, **options) -> int:
        refreshes.append(options)
        if len(refreshes) < 5:
            queue.refresh_stale_directory.call_local(key)
        return 0

    monkeypatch.setattr(
        queue.directory_refresh, "refresh_directory", refresh_while_the_next_sweep_asks
    )

    for _ in range(2):
        queue.refresh_stale_directory.call_local(key)

    assert len(refreshes) == 1


def test_failed_subscription_does_not_stop_the_worker(connected, settings, caplog):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"

    queue.keep_logging_subscription.call_local(str(connected.pk))

    assert "gave no usable answer" in caplog.text


def test_waiting_calls_go_on_when_the_rights_are_back(
    connected, make_call, sandbox, now
):
    call = make_call(
        status=Status.WAITING_FOR_RECORD, next_attempt_at=now + timedelta(minutes=15)
    )
    sandbox.switch(demote="101")
    queue.check_ringcentral.call_local(str(connected.pk))
    queue.check_ringcentral.call_local(str(connected.pk))
    call.refresh_from_db()
    assert call.next_attempt_at > now + timedelta(minutes=10)

    sandbox.switch(promote="101")
    queue.check_ringcentral.call_local(str(connected.pk))

    call.refresh_from_db()
    assert call.next_attempt_at <= timezone.now()


def test_call_goes_on_when_the_database_is_back(connected, make_call, monkeypatch):
    call = make_call()
    monkeypatch.setattr(queue, "DATABASE_RETRY_SECONDS", (0,))
    monkeypatch.setattr(queue.connection, "close", lambda: None)
    pipeline, failures = queue.process, [OperationalError("the server is gone")]

    def process(call, *, now):
        if failures:
            raise failures.pop()
        return pipeline(call, now=now)

    monkeypatch.setattr(queue, "process", process)
    queue.dispatch(call)
    work()

    call.refresh_from_db()
    assert call.attempts == 0, "that was none"
    monkeypatch.setattr(queue.timezone, "now", lambda: call.next_attempt_at)
    queue.process_call.call_local(str(call.pk))
    call.refresh_from_db()
    assert call.status == Status.LOGGED
