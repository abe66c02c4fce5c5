"""Pausing and resuming, against the sandbox's CRM over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import SkipReason
from appconnect.calls.pipeline import process
from appconnect.worker import queue
from tests.support.helpers import text_of

Status = CallSession.Status


def work(call: CallSession) -> CallSession:
    claimed = CallSession.objects.claim(call.pk, timezone.now())
    assert claimed, "the call is not due"
    process(claimed, now=timezone.now())
    call.refresh_from_db()
    return call


def test_while_logging_is_paused_calls_are_kept(console, connected, make_call, sandbox):
    page = console.post("/pause/", follow=True)
    assert "Logging paused. New calls are held." in text_of(page)

    call = work(make_call())

    assert call.status == Status.WAITING_TO_LOG
    assert call.next_attempt_at > timezone.now()
    assert sandbox.call_logs() == []


@pytest.mark.parametrize(
    ("calls", "message", "status", "reason", "records"),
    [
        ("log", "1 call is being logged.", Status.LOGGED, "", 1),
        ("skip", "Calls of the pause are", Status.SKIPPED, SkipReason.PAUSED, 0),
    ],
)
def test_resuming_logs_or_skips_calls_of_the_pause(
    console, connected, make_call, sandbox, calls, message, status, reason, records
):
    console.post("/pause/")
    call = make_call()
    CallSession.objects.update(started_at=timezone.now())
    work(call)

    page = console.post("/resume/", {"calls": calls}, follow=True)
    assert f"Logging resumed. {message}" in text_of(page)
    work(call)

    assert (call.status, call.reason) == (status, reason)
    assert len(sandbox.call_logs()) == records


def test_call_skipped_with_its_pause_can_be_retried(
    console, connected, make_call, sandbox
):
    console.post("/pause/")
    calls = [make_call(), make_call()]
    CallSession.objects.update(started_at=timezone.now())
    console.post("/resume/", {"calls": "skip"})
    for call in calls:
        assert work(call).reason == SkipReason.PAUSED

    console.post(f"{calls[0].get_absolute_url()}try-again/")

    assert work(calls[0]).status == Status.LOGGED
    assert len(sandbox.call_logs()) == 1


def test_calls_before_and_after_a_skipped_pause_are_logged(
    console, connected, make_call, sandbox
):
    before, after = make_call(), make_call()
    console.post("/pause/")
    console.post("/resume/", {"calls": "skip"})
    CallSession.objects.filter(pk=after.pk).update(started_at=timezone.now())

    assert work(before).status == Status.LOGGED
    assert work(after).status == Status.LOGGED


def test_resuming_wakes_the_kept_calls(console, connected, make_call):
    call = make_call(next_attempt_at=timezone.now() + timedelta(hours=1))
    console.post("/pause/")

    console.post("/resume/", {"calls": "log"})

    call.refresh_from_db()
    assert call.next_attempt_at <= timezone.now()
    assert queue.engine.pending_count()


def test_resuming_without_pause_changes_nothing(console, connected):
    console.post("/resume/", {"calls": "skip"})

    assert connected.server_logging_settings.get().skipped_from is None
