"""One limiter and one breaker for an organization's CRM (C-401, C-429, Q-6)."""

from datetime import timedelta
from unittest.mock import Mock

import pytest

from appconnect.calls import pipeline
from appconnect.calls.crm.circuit import (
    credentials_refused,
    release,
    try_again_to_ask,
    try_changed_configurations,
)
from appconnect.calls.decision import decision
from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import AttentionReason, FailureReason
from appconnect.calls.models.timing import LEASE, LOG_DELAYS
from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.monitoring.models import PeriodicJob
from appconnect.organizations.models import Organization
from appconnect.worker import queue
from connector.crms.sandbox import Sandbox
from connector.errors import TemporaryError
from connector.types import Credentials
from tests.journeys.faults.conftest import POST
from tests.support.helpers import text_of

Status = CallSession.Status
SESSIONS = {"path": "/crm/api/sessions"}


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    """Let no time pass while a call is logged, so that waits can be told exactly."""
    monkeypatch.setattr(pipeline, "running_from", lambda now: lambda: now)


@pytest.fixture
def refused(connected, make_call, sandbox, log, now) -> list[CallSession]:
    """Five calls, tried after the CRM's password was changed there."""
    sandbox.switch(crmPassword="changed")
    return [log(make_call(), at=now) for _ in range(5)]


def sign_ins(sandbox) -> int:
    return len(sandbox.asked("/crm/api/sessions"))


def test_c_401_the_queue_pauses_at_the_first_refusal(refused, sandbox, now):
    assert sign_ins(sandbox) == 1
    assert {call.status for call in refused} == {Status.WAITING_TO_LOG}
    assert all(call.next_attempt_at >= now + timedelta(hours=1) for call in refused)
    assert [call.attempts for call in refused] == [0] * 5, "however long it takes"


def test_f_03_without_any_call_the_admins_are_told_of_a_refusal(
    connected, member, sandbox, console, mailoutbox, now
):
    def look() -> None:
        queue.refresh_directory.call_local(str(connected.pk))
        check_alerts(connected, now=now)

    sandbox.switch(crmPassword="changed")
    look()
    look()

    refused = "The CRM refuses the credentials"
    mails = [mail for mail in mailoutbox if refused in mail.subject]
    assert len(mails) == 1
    assert "The CRM has refused the stored credentials" in text_of(
        console.get("/calls/")
    )

    sandbox.switch(crmPassword="sandbox")
    look()

    assert not CrmCircuit.objects.filter(rejected_at__isnull=False).exists()
    assert "refused the stored" not in text_of(console.get("/calls/"))


def test_f_03_a_call_still_tries_where_only_the_users_are_not_to_be_read(
    connected, make_call, log, now
):
    credentials_refused(connected, "sandbox answered HTTP 403.", now=now)

    call = log(make_call(), at=now)

    assert call.status == Status.LOGGED
    assert not CrmCircuit.objects.filter(rejected_at__isnull=False).exists()


def test_c_401_the_admins_are_told_once(
    connected, member, refused, log, mailoutbox, now
):
    for call in refused:
        log(call, at=call.next_attempt_at)
        check_alerts(connected, now=now)

    [mail] = [m for m in mailoutbox if "refuses the credentials" in m.subject]
    assert mail.to == ["ada@example.com"]
    assert "HTTP 401" in mail.body


def test_c_401_every_page_says_so(console, refused):
    assert "The CRM has refused the stored credentials since" in text_of(
        console.get("/calls/")
    )


def test_c_401_new_credentials_end_the_wait(
    connected, refused, console, sandbox, log, now
):
    sandbox.switch(crmPassword="sandbox")
    connected.configuration_changed()  # as every save of the settings does

    try_changed_configurations(now=now)

    for call in refused:
        call.refresh_from_db()
        assert call.next_attempt_at == now
    for call in refused:
        call.refresh_from_db()
        assert log(call, at=call.next_attempt_at).status == Status.LOGGED
    assert len(sandbox.call_logs()) == 5
    assert "has refused the stored" not in text_of(console.get("/calls/"))


def test_c_401_a_change_that_puts_nothing_right_costs_one_try(
    connected, refused, sandbox, log, now, mailoutbox
):
    connected.configuration_changed()
    try_changed_configurations(now=now)
    try_changed_configurations(now=now)

    for call in refused:
        call.refresh_from_db()
        log(call, at=call.next_attempt_at)

    assert sign_ins(sandbox) == 2
    assert {call.status for call in refused} == {Status.WAITING_TO_LOG}


def test_c_401_what_the_crm_put_right_itself_is_noticed_within_the_hour(
    refused, sandbox, log, now
):
    sandbox.switch(crmPassword="sandbox")

    first, *others = sorted(refused, key=lambda call: call.next_attempt_at)
    at = first.next_attempt_at
    assert log(first, at=at).status == Status.LOGGED

    for call in others:
        call.refresh_from_db()
        assert call.next_attempt_at <= at + LEASE


def test_an_agents_own_session_stops_nobody_else(
    connected, make_call, sandbox, log, now, monkeypatch
):
    theirs = Credentials(hostname=connected.crm_hostname, access_token="run out")
    choose = Mock(return_value=(theirs, "Logged in the agent's own session."))
    monkeypatch.setattr(decision, "choose_credentials", choose)

    call = log(make_call(), at=now)

    assert call.reason == AttentionReason.CREDENTIALS_REJECTED
    monkeypatch.undo()
    assert log(make_call(), at=now).status == Status.LOGGED


def test_after_five_failures_the_crm_is_left_alone(
    connected, make_call, sandbox, log, now
):
    sandbox.switch(replies=[{**SESSIONS, "status": 503, "times": 99}])

    calls = [log(make_call(), at=now) for _ in range(20)]

    assert sign_ins(sandbox) == CrmCircuit.FAILURES_TO_OPEN
    assert {call.status for call in calls} == {Status.WAITING_TO_LOG}
    assert [call.attempts for call in calls] == [1] * 5 + [0] * 15


def test_one_call_tries_whether_it_is_over_and_then_all_go_on(
    connected, make_call, sandbox, log, now
):
    times = CrmCircuit.FAILURES_TO_OPEN
    sandbox.switch(replies=[{**SESSIONS, "status": 503, "times": times}])
    calls = [log(make_call(), at=now) for _ in range(20)]
    *_, prober, late = sorted(calls[times:], key=lambda e: e.next_attempt_at)

    assert log(prober, at=prober.next_attempt_at).status == Status.LOGGED
    assert log(late, at=late.next_attempt_at).status == Status.LOGGED
    assert sign_ins(sandbox) == times + 1, "the late one was kept signed in"


def test_after_a_long_wait_the_sweep_sends_one_and_its_answer_releases_all(
    connected, make_call, sandbox, log, now
):
    sandbox.switch(replies=[{**POST, "status": 429, "retryAfter": "300"}])
    calls = [log(make_call(), at=now) for _ in range(20)]
    try_again_to_ask(now=now)
    assert not CallSession.objects.due(now).exists(), "the CRM's time is not over"

    later = now + timedelta(seconds=301)
    try_again_to_ask(now=later)

    due = CallSession.objects.due(later).exclude(pk=calls[0].pk)
    [chosen] = due
    assert log(chosen, at=later).status == Status.LOGGED
    assert due.all().exclude(pk=chosen.pk).count() == 18, "the others go on"


def test_while_one_tries_the_others_wait(connected, now):
    circuit = CrmCircuit.objects.at(connected)
    for _ in range(CrmCircuit.FAILURES_TO_OPEN):
        circuit.failed("HTTP 503", now=now)
    later = now + CrmCircuit.LONGEST
    same = CrmCircuit.objects.at(connected)
    circuit.refresh_from_db()

    assert circuit.admit(later) is None
    assert same.admit(later) is not None
    assert CrmCircuit.objects.at(connected).admit(later + CrmCircuit.PROBE) is None


def test_c_429_nobody_asks_before_the_time_the_crm_named(
    connected, make_call, sandbox, log, now
):
    sandbox.switch(replies=[{**POST, "status": 429, "retryAfter": "300"}])

    first, *others = [log(make_call(), at=now) for _ in range(10)]

    assert len([r for r in sandbox.asked("/crm/api/") if r["method"] == "GET"]) == 2
    for call in (first, *others):
        assert call.next_attempt_at >= now + timedelta(seconds=300)
        assert log(call, at=call.next_attempt_at).status == Status.LOGGED


def test_c_429_a_shorter_time_shortens_no_longer_one(connected, now):
    circuit = CrmCircuit.objects.at(connected)
    circuit.hold(now + timedelta(seconds=300), failure="HTTP 429", now=now)
    circuit.hold(now + timedelta(seconds=10), failure="HTTP 429", now=now)

    again = CrmCircuit.objects.at(connected).admit(now)
    assert again == now + timedelta(seconds=300)


def test_a_call_that_asked_the_crm_nothing_proves_nothing(
    connected, make_call, log, now
):
    circuit = CrmCircuit.objects.at(connected)
    circuit.hold(now - timedelta(seconds=1), failure="HTTP 429", now=now)

    fax = log(make_call(type="Fax"), at=now)

    assert fax.status == Status.SKIPPED
    assert CrmCircuit.objects.at(connected).admit(now) is not None


def test_c_429_without_a_time_a_minute_is_kept(connected, make_call, sandbox, log, now):
    sandbox.switch(replies=[{**POST, "status": 429}])
    log(make_call(), at=now)

    waiting = log(make_call(), at=now)

    assert waiting.next_attempt_at >= now + timedelta(minutes=1)


def test_a_crm_that_allows_so_many_calls_a_minute_is_not_asked_more(
    connected, make_call, sandbox, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "calls_per_minute", 120)

    calls = [log(make_call(), at=now) for _ in range(10)]

    at = [call.next_attempt_at for call in calls[1:]]
    assert calls[0].status == Status.LOGGED
    assert at == [now + timedelta(seconds=n / 2) for n in range(1, 10)], "each its own"
    assert {call.attempts for call in calls[1:]} == {0}
    log(calls[5], at=at[4])
    late = log(calls[6], at=at[5] + timedelta(minutes=1))
    assert late.status == calls[5].status == Status.LOGGED
    assert len(sandbox.call_logs()) == 3


def test_more_calls_than_an_hour_has_room_for_ask_again_later(connected, now):
    circuit = CrmCircuit.objects.at(connected)
    slots = [circuit.take_slot(now, calls_per_minute=1) for _ in range(100)]

    assert slots[:61] == [now + timedelta(minutes=n) for n in range(61)]
    assert set(slots[61:]) == {None}
    hour = now + timedelta(hours=1)
    assert circuit.take_slot(hour, calls_per_minute=1) == hour + timedelta(minutes=1)


def test_a_call_that_is_released_too_early_keeps_its_slot_and_uses_it_once(
    connected, make_call, sandbox, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "calls_per_minute", 1)
    calls = [log(make_call(), at=now) for _ in range(5)]
    slots = [call.slot_at for call in calls]

    release(connected, now=now)
    for call in calls[4:]:
        log(call, at=now)

    assert [call.slot_at for call in calls] == slots
    sandbox.switch(replies=[{**POST, "status": 503}])
    last = log(calls[4], at=slots[4])
    assert last.status == Status.WAITING_TO_LOG
    again = log(last, at=last.next_attempt_at)
    assert again.slot_at == slots[4] + timedelta(minutes=1), "behind all others"


def test_two_workers_get_different_slots(connected, now):
    one, other = CrmCircuit.objects.at(connected), CrmCircuit.objects.at(connected)

    assert one.take_slot(now, calls_per_minute=60) == now
    assert other.take_slot(now, calls_per_minute=60) == now + timedelta(seconds=1)


def test_w_poison_a_call_that_the_crm_cannot_bear_blocks_no_neighbor(
    connected, make_call, sandbox, log, now, monkeypatch
):
    poison = make_call()
    create = Sandbox.create_call_log

    def create_or_fail(self, call, **kwargs):
        if call.telephony_session_id == poison.telephony_session_id:
            raise TemporaryError("sandbox answered HTTP 503.")
        return create(self, call, **kwargs)

    monkeypatch.setattr(Sandbox, "create_call_log", create_or_fail)
    neighbors = 0
    while poison.status == Status.WAITING_TO_LOG:
        at = poison.next_attempt_at
        log(poison, at=at)
        neighbor = log(make_call(next_attempt_at=at), at=at)
        neighbors += neighbor.status == Status.LOGGED

    assert poison.reason == FailureReason.GAVE_UP
    assert "HTTP 503" in " ".join(entry.text for entry in poison.timeline.all())
    assert neighbors == len(sandbox.call_logs()) == len(LOG_DELAYS) + 1


def test_another_organization_is_not_kept_away(connected, make_call, sandbox, log, now):
    circuit = CrmCircuit.objects.at(connected)
    for _ in range(CrmCircuit.FAILURES_TO_OPEN):
        circuit.failed("HTTP 503", now=now)
    other = Organization.objects.create(
        name="Other Ltd", rc_account_id="999", region="DE", platform="sandbox"
    )

    assert CrmCircuit.objects.at(other).admit(now) is None


def test_an_answer_to_an_older_request_closes_nothing(connected, now):
    CrmCircuit.objects.at(connected).failed("HTTP 503", now=now)
    earlier, later = CrmCircuit.objects.at(connected), CrmCircuit.objects.at(connected)
    assert earlier.admit(now) is later.admit(now) is None
    later.hold(now + timedelta(hours=1), failure="HTTP 429", now=now)

    assert not earlier.succeeded()

    assert CrmCircuit.objects.at(connected).admit(now) == now + timedelta(hours=1)


def test_credentials_that_were_replaced_meanwhile_are_tried(
    connected, make_call, sandbox, log, now, monkeypatch
):
    """The admin saves new ones while the CRM is about to refuse the old ones."""
    call = make_call()
    sign_in = Sandbox.sign_in

    def sign_in_while_an_admin_saves(self, last):
        Organization.objects.get(pk=connected.pk).configuration_changed()
        return sign_in(self, last)

    monkeypatch.setattr(Sandbox, "sign_in", sign_in_while_an_admin_saves)
    sandbox.switch(crmPassword="changed")
    log(call, at=now)
    monkeypatch.undo()
    sandbox.switch(crmPassword="sandbox")

    try_changed_configurations(now=now)

    call.refresh_from_db()
    assert log(call, at=call.next_attempt_at).status == Status.LOGGED


def test_t_skew_a_clock_that_was_a_day_ahead_stops_nobody(connected, now):
    circuit = CrmCircuit.objects.at(connected)
    tomorrow, minute = now + timedelta(days=1), timedelta(minutes=1)
    circuit.take_slot(tomorrow, calls_per_minute=60)
    PeriodicJob.claim("sweep", every=minute, now=tomorrow)

    assert circuit.take_slot(now, calls_per_minute=60) == now
    assert PeriodicJob.claim("sweep", every=minute, now=now)
