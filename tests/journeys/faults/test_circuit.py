"""The circuit breaker and rate limiter of an organization's CRM."""

from datetime import timedelta
from unittest.mock import Mock

import pytest

from appconnect.calls import pipeline
from appconnect.calls.crm.circuit import (
    credentials_refused,
    release,
    send_probes,
    try_changed_configurations,
    wait_for_crm,
)
from appconnect.calls.decision import decision
from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import (
    AttentionReason,
    FailureReason,
    Message,
    Sentence,
)
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
    """Let no time pass while a call is logged, so that waits are exact."""
    monkeypatch.setattr(pipeline, "running_from", lambda now: lambda: now)


@pytest.fixture
def refused(connected, make_call, sandbox, log, now) -> list[CallSession]:
    """Five calls, tried after the CRM's password was changed there."""
    sandbox.switch(crmPassword="changed")
    return [log(make_call(), at=now) for _ in range(5)]


def sign_ins(sandbox) -> int:
    return len(sandbox.asked("/crm/api/sessions"))


def test_queue_pauses_at_the_first_refused_credentials(refused, sandbox, now):
    assert sign_ins(sandbox) == 1
    assert {call.status for call in refused} == {Status.WAITING_TO_LOG}
    assert all(call.next_attempt_at >= now + timedelta(hours=1) for call in refused)
    assert [call.attempts for call in refused] == [0] * 5, "however long it takes"


def test_refused_directory_reading_alerts_admins_without_any_call(
    connected, member, sandbox, console, mailoutbox, now
):
    def look() -> None:
        queue.refresh_directory.call_local(str(connected.pk))
        check_alerts(connected, now=now)

    sandbox.switch(crmPassword="changed")
    look()
    look()

    refused = "CRM password rejected"
    mails = [mail for mail in mailoutbox if refused in mail.subject]
    assert len(mails) == 1
    assert "Sandbox CRM rejected the password" in text_of(console.get("/calls/"))

    sandbox.switch(crmPassword="sandbox")
    look()

    assert not CrmCircuit.objects.filter(rejected_at__isnull=False).exists()
    assert "rejected the password" not in text_of(console.get("/calls/"))


def test_call_is_logged_where_only_reading_the_users_is_refused(
    connected, make_call, log, now
):
    credentials_refused(connected, "sandbox answered HTTP 403.", now=now)

    call = log(make_call(), at=now)

    assert call.status == Status.LOGGED
    assert not CrmCircuit.objects.filter(rejected_at__isnull=False).exists()


def test_refused_credentials_alert_admins_once(
    connected, member, refused, log, mailoutbox, now
):
    for call in refused:
        log(call, at=call.next_attempt_at)
        check_alerts(connected, now=now)

    [mail] = [m for m in mailoutbox if "CRM password rejected" in m.subject]
    assert mail.to == ["ada@example.com"]
    assert "HTTP 401" in mail.body


def test_refused_credentials_show_on_every_page(console, refused):
    assert "Sandbox CRM rejected the password" in text_of(console.get("/calls/"))


def test_new_credentials_end_the_wait(connected, refused, console, sandbox, log, now):
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
    assert "rejected the password" not in text_of(console.get("/calls/"))


def test_configuration_change_costs_one_attempt_with_wrong_credentials(
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


def test_credentials_that_the_crm_accepts_again_are_noticed_within_an_hour(
    refused, sandbox, log, now
):
    sandbox.switch(crmPassword="sandbox")

    first, *others = sorted(refused, key=lambda call: call.next_attempt_at)
    at = first.next_attempt_at
    assert log(first, at=at).status == Status.LOGGED

    for call in others:
        call.refresh_from_db()
        assert call.next_attempt_at <= at + LEASE


def test_refused_agents_session_does_not_open_the_circuit(
    connected, make_call, sandbox, log, now, monkeypatch
):
    theirs = Credentials(hostname=connected.crm_hostname, access_token="run out")
    choose = Mock(return_value=(theirs, Message(Sentence.AGENT_SESSION)))
    monkeypatch.setattr(decision, "choose_credentials", choose)

    call = log(make_call(), at=now)

    assert call.reason == AttentionReason.CREDENTIALS_REJECTED
    monkeypatch.undo()
    assert log(make_call(), at=now).status == Status.LOGGED


def test_circuit_opens_after_five_failures(connected, make_call, sandbox, log, now):
    sandbox.switch(replies=[{**SESSIONS, "status": 503, "times": 99}])

    calls = [log(make_call(), at=now) for _ in range(20)]

    assert sign_ins(sandbox) == CrmCircuit.FAILURES_TO_OPEN
    assert {call.status for call in calls} == {Status.WAITING_TO_LOG}
    assert [call.attempts for call in calls] == [1] * 5 + [0] * 15


def test_successful_probe_closes_the_circuit(connected, make_call, sandbox, log, now):
    times = CrmCircuit.FAILURES_TO_OPEN
    sandbox.switch(replies=[{**SESSIONS, "status": 503, "times": times}])
    calls = [log(make_call(), at=now) for _ in range(20)]
    *_, prober, late = sorted(calls[times:], key=lambda e: e.next_attempt_at)

    assert log(prober, at=prober.next_attempt_at).status == Status.LOGGED
    assert log(late, at=late.next_attempt_at).status == Status.LOGGED
    assert sign_ins(sandbox) == times + 1, "the late one was kept signed in"


def test_answered_probe_after_a_long_wait_releases_all_calls(
    connected, make_call, sandbox, log, now
):
    sandbox.switch(replies=[{**POST, "status": 429, "retryAfter": "300"}])
    calls = [log(make_call(), at=now) for _ in range(20)]
    send_probes(now=now)
    assert not CallSession.objects.due(now).exists(), "the CRM's time is not over"

    later = now + timedelta(seconds=301)
    send_probes(now=later)

    due = CallSession.objects.due(later).exclude(pk=calls[0].pk)
    [chosen] = due
    assert log(chosen, at=later).status == Status.LOGGED
    assert due.all().exclude(pk=chosen.pk).count() == 18, "the others go on"


def test_call_that_waits_just_after_the_circuit_closed_is_due_at_once(
    connected, make_call, now
):
    make_call()
    call = CallSession.objects.claim(CallSession.objects.get().pk, now)
    circuit = CrmCircuit.objects.at(connected)
    circuit.hold(now + timedelta(minutes=5), failure="HTTP 429", now=now)
    circuit.refresh_from_db()
    assert CrmCircuit.objects.at(connected).succeeded()
    release(connected, now=now)

    assert wait_for_crm(call, circuit, now=now)

    assert list(CallSession.objects.due(now)) == [call]


def test_calls_wait_during_a_probe(connected, now):
    circuit = CrmCircuit.objects.at(connected)
    for _ in range(CrmCircuit.FAILURES_TO_OPEN):
        circuit.failed("HTTP 503", now=now)
    later = now + CrmCircuit.MAX_OPEN_TIME
    same = CrmCircuit.objects.at(connected)
    circuit.refresh_from_db()

    assert circuit.admit(later) is None
    assert same.admit(later) is not None
    assert (
        CrmCircuit.objects.at(connected).admit(later + CrmCircuit.PROBE_TIMEOUT) is None
    )


def test_rate_limit_holds_all_calls_until_the_time_the_crm_named(
    connected, make_call, sandbox, log, now
):
    sandbox.switch(replies=[{**POST, "status": 429, "retryAfter": "300"}])

    first, *others = [log(make_call(), at=now) for _ in range(10)]

    assert len([r for r in sandbox.asked("/crm/api/") if r["method"] == "GET"]) == 2
    for call in (first, *others):
        assert call.next_attempt_at >= now + timedelta(seconds=300)
        assert log(call, at=call.next_attempt_at).status == Status.LOGGED


def test_shorter_rate_limit_does_not_shorten_a_longer_one(connected, now):
    circuit = CrmCircuit.objects.at(connected)
    circuit.hold(now + timedelta(seconds=300), failure="HTTP 429", now=now)
    circuit.hold(now + timedelta(seconds=10), failure="HTTP 429", now=now)

    again = CrmCircuit.objects.at(connected).admit(now)
    assert again == now + timedelta(seconds=300)


def test_call_without_a_request_does_not_close_the_circuit(
    connected, make_call, log, now
):
    circuit = CrmCircuit.objects.at(connected)
    circuit.hold(now - timedelta(seconds=1), failure="HTTP 429", now=now)

    fax = log(make_call(type="Fax"), at=now)

    assert fax.status == Status.SKIPPED
    assert CrmCircuit.objects.at(connected).admit(now) is not None


def test_rate_limit_without_a_time_lasts_a_minute(
    connected, make_call, sandbox, log, now
):
    sandbox.switch(replies=[{**POST, "status": 429}])
    log(make_call(), at=now)

    waiting = log(make_call(), at=now)

    assert waiting.next_attempt_at >= now + timedelta(minutes=1)


def test_calls_per_minute_are_not_exceeded(
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


def test_no_slot_is_given_out_more_than_an_hour_ahead(connected, now):
    circuit = CrmCircuit.objects.at(connected)
    slots = [circuit.take_slot(now, calls_per_minute=1) for _ in range(100)]

    assert slots[:61] == [now + timedelta(minutes=n) for n in range(61)]
    assert set(slots[61:]) == {None}
    hour = now + timedelta(hours=1)
    assert circuit.take_slot(hour, calls_per_minute=1) == hour + timedelta(minutes=1)


def test_call_that_is_released_too_early_uses_its_slot_once(
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


def test_call_that_always_fails_does_not_block_other_calls(
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


def test_circuit_of_another_organization_stays_closed(
    connected, make_call, sandbox, log, now
):
    circuit = CrmCircuit.objects.at(connected)
    for _ in range(CrmCircuit.FAILURES_TO_OPEN):
        circuit.failed("HTTP 503", now=now)
    other = Organization.objects.create(
        name="Other Ltd", rc_account_id="999", region="DE", platform="sandbox"
    )

    assert CrmCircuit.objects.at(other).admit(now) is None


def test_answer_to_an_older_request_does_not_close_the_circuit(connected, now):
    CrmCircuit.objects.at(connected).failed("HTTP 503", now=now)
    earlier, later = CrmCircuit.objects.at(connected), CrmCircuit.objects.at(connected)
    assert earlier.admit(now) is later.admit(now) is None
    later.hold(now + timedelta(hours=1), failure="HTTP 429", now=now)

    assert not earlier.succeeded()

    assert CrmCircuit.objects.at(connected).admit(now) == now + timedelta(hours=1)


def test_credentials_that_were_replaced_during_the_refusal_are_used(
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


def test_clock_that_was_a_day_ahead_stops_no_call(connected, now):
    circuit = CrmCircuit.objects.at(connected)
    tomorrow, minute = now + timedelta(days=1), timedelta(minutes=1)
    circuit.take_slot(tomorrow, calls_per_minute=60)
    PeriodicJob.claim("sweep", every=minute, now=tomorrow)

    assert circuit.take_slot(now, calls_per_minute=60) == now
    assert PeriodicJob.claim("sweep", every=minute, now=now)
