"""Asking RingCentral's call log, against the sandbox over HTTP."""

from datetime import timedelta

import pytest

from appconnect.calls.intake import ringcentral_record
from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.intake.sync import find_records
from appconnect.calls.models import CallEvent, CallParty
from appconnect.calls.models.choices import FailureReason, SkipReason
from appconnect.calls.models.timing import record_delays
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.ringcentral.notifications import Notification, PartyChange

Status = CallEvent.Status


@pytest.fixture
def call(connected, sandbox, now):
    """Give a function that plays a call to its end; its event waits for the record."""

    def call(script: str = "inbound_answered", **sides: str) -> CallEvent:
        session = sandbox.make_call(script, **sides)
        return CallEvent.objects.create(
            organization=connected,
            telephony_session_id=session,
            started_at=now,
            last_event_at=now,
            received_at=now,
            status=Status.WAITING_FOR_RECORD,
            next_attempt_at=now,
        )

    return call


def look(event: CallEvent, *, at) -> CallEvent:
    claimed = CallEvent.objects.claim(event.pk, at)
    assert claimed, "the call is not due"
    find_records(claimed, now=at)
    event.refresh_from_db()
    return event


def test_a_record_that_is_there_is_taken_over(call, sandbox, now):
    event = call("outbound_answered", extension="102", to="+14155550102")
    sandbox.advance(10)

    look(event, at=now)

    assert event.status == Status.WAITING_TO_LOG
    assert (event.direction, event.result) == ("Outbound", "Call connected")
    assert event.extension_id == "800100102"
    assert event.call.contact_number == "+14155550102"
    assert event.call.caller.name == "Ben Baker"


def test_no_number_is_in_clear_in_the_row(call, sandbox, now):
    event = call()
    sandbox.advance(10)

    look(event, at=now)

    assert "4155550101" not in str(CallEvent.objects.values().get(pk=event.pk))


def test_a_record_that_is_not_there_yet_is_looked_for_again(call, now):
    event = look(call(), at=now)

    assert event.status == Status.WAITING_FOR_RECORD
    assert event.next_attempt_at == now + record_delays()[1]


def test_a_provisional_record_is_not_believed(call, sandbox, now):
    sandbox.switch(provisionalSeconds=60)
    event = call()
    sandbox.advance(10)

    look(event, at=now)
    assert event.status == Status.WAITING_FOR_RECORD

    sandbox.advance(60)
    look(event, at=event.next_attempt_at)
    assert event.status == Status.WAITING_TO_LOG
    assert event.result == "Accepted"


def test_a_record_that_stays_provisional_is_taken_after_the_last_look(
    call, sandbox, now
):
    sandbox.switch(provisionalSeconds=3600)
    event = call()
    sandbox.advance(10)
    CallEvent.objects.update(attempts=len(record_delays()) - 1)

    assert look(event, at=now).status == Status.WAITING_TO_LOG


def test_a_call_that_never_shows_ends_where_a_person_sees_it(call, sandbox, now):
    sandbox.switch(recordDelaySeconds=100_000)
    event = call()
    CallEvent.objects.update(attempts=len(record_delays()) - 1)

    look(event, at=now)

    assert (event.status, event.reason) == (Status.FAILED, FailureReason.NO_RECORD)
    assert event.is_held


def test_one_request_serves_all_calls_that_wait(call, sandbox, now):
    events = [call(extension=str(number)) for number in range(101, 107)]
    sandbox.advance(10)

    look(events[0], at=now)

    states = set(CallEvent.objects.values_list("status", flat=True))
    assert states == {Status.WAITING_TO_LOG}
    assert len(sandbox.asked("/call-log")) == 1


def test_calls_that_wait_long_do_not_starve_in_a_busy_account(
    call, settings, sandbox, now
):
    """Two long calls ended; new ones keep ending, and the rate limit is what it is."""
    settings.CALL_LOG_READS_PER_MINUTE = 6
    long_ones = [call("overnight"), call("overnight")]
    sandbox.advance(10)
    CallEvent.objects.update(next_attempt_at=now + timedelta(minutes=10))
    for minute in range(10):
        sandbox.advance(60)
        at = now + timedelta(minutes=minute)
        call("missed")
        for event in CallEvent.objects.waiting_for_record().due(at):
            look(event, at=at)

    at = now + timedelta(minutes=10)
    for event in long_ones:
        if CallEvent.objects.waiting_for_record().due(at).filter(pk=event.pk):
            look(event, at=at)
        event.refresh_from_db()
        assert event.status == Status.WAITING_TO_LOG


def test_news_that_comes_while_ringcentral_is_asked_is_kept(call, now, monkeypatch):
    event = call()
    party = CallParty.objects.create(
        call_event=event, party_id="p", extension_id="800100101", status="setup"
    )
    answered = PartyChange(
        telephony_session_id=event.telephony_session_id,
        party_id=party.party_id,
        extension_id=party.extension_id,
        sequence=5,
        status="answered",
        reason="",
        event_time=now + timedelta(seconds=3),
    )

    def find(client, session, *, started_at):
        notification = Notification(subscription_id="", changes=(answered,))
        record_notification(event.organization, notification, received_at=now)

    monkeypatch.setattr(ringcentral_record, "find_record", find)

    look(event, at=now)

    assert event.status == Status.CALLING
    assert event.last_event_at == answered.event_time


def test_the_budget_is_shared_and_kept(call, settings, sandbox, now):
    settings.CALL_LOG_READS_PER_MINUTE = 6
    sandbox.switch(recordDelaySeconds=100_000)
    for _ in range(20):
        event = call()
        look(event, at=now)
        CallEvent.objects.update(next_attempt_at=now + timedelta(days=1))

    assert len(sandbox.asked("/call-log")) == 3
    event.refresh_from_db()
    assert event.attempts == 0, "an attempt that could not begin does not count"


def test_after_a_rate_limit_nothing_is_asked_within_the_penalty(call, sandbox, now):
    event = call()
    sandbox.advance(10)
    token = sandbox.access_token("101")
    for _ in range(10):
        sandbox.get("/restapi/v1.0/account/~/call-log", token)

    look(event, at=now)
    assert event.next_attempt_at >= now + timedelta(seconds=60)
    asked = len(sandbox.asked("/call-log"))
    other = call()
    look(other, at=now + timedelta(seconds=59))
    assert len(sandbox.asked("/call-log")) == asked

    sandbox.advance(61)
    look(event, at=now + timedelta(seconds=61))
    assert event.status == Status.WAITING_TO_LOG


def test_while_ringcentral_does_not_answer_calls_wait(call, settings, now):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    event = call()
    CallEvent.objects.update(attempts=100)

    look(event, at=now)

    assert event.status == Status.WAITING_FOR_RECORD
    assert event.next_attempt_at > now


def test_calls_that_wait_when_logging_is_switched_off_come_to_an_end(
    connected, call, sandbox, now
):
    events = [call(), call()]
    connected.server_logging_settings.update(logging_level="Disable")
    sandbox.advance(10)

    for event in events:
        assert look(event, at=now).status == Status.WAITING_TO_LOG


def test_what_ringcentral_refuses_about_one_call_is_a_look_like_any_other(
    call, sandbox, now
):
    event = call()
    refused = {"path": "/call-log", "status": 400, "code": "CMN-101", "times": 99}
    sandbox.switch(replies=[refused])
    CallEvent.objects.update(attempts=len(record_delays()) - 1)

    look(event, at=now)

    assert (event.status, event.reason) == (Status.FAILED, FailureReason.NO_RECORD)


def test_what_an_admin_must_put_right_is_not_asked_every_few_seconds(
    call, sandbox, now
):
    event = call()
    sandbox.switch(demote="101")
    sandbox.advance(10)

    look(event, at=now)

    assert event.status == Status.WAITING_FOR_RECORD
    assert event.next_attempt_at == now + timedelta(minutes=15)
    connection = event.organization.ringcentral_connection
    connection.refresh_from_db()
    assert not connection.is_connected
    assert "CMN-408" in connection.failure


@pytest.mark.parametrize(
    ("script", "entry"),
    [
        ("inbound_answered", "+14155550101"),
        ("inbound_answered", "101"),
        ("blind_transfer", "101"),
        ("blind_transfer", "102"),
        ("queue", "104"),
    ],
)
def test_a_call_on_the_do_not_log_list_leaves_no_trace(
    connected, call, sandbox, now, script, entry
):
    set_do_not_log_numbers(connected, [entry])
    event = call(script, extension="101")
    sandbox.advance(20)

    look(event, at=now)

    assert (event.status, event.reason) == (Status.SKIPPED, SkipReason.DO_NOT_LOG)
    assert event.details is None
    assert (event.direction, event.extension_id, event.duration_seconds) == (
        "",
        "",
        None,
    )


@pytest.mark.parametrize(
    ("script", "extension", "owner"),
    [
        ("inbound_answered", "104", "104"),
        ("outbound_answered", "104", "104"),
        ("ivr", "104", "104"),
        ("missed", "104", "104"),
        ("voicemail", "104", "104"),
        ("queue", "105", "105"),
        ("blind_transfer", "104", "102"),
        ("anonymous", "104", "104"),
        ("unknown_number", "104", "104"),
    ],
)
def test_each_script_belongs_to_whom_a_person_would_name(
    call, sandbox, now, script, extension, owner
):
    event = call(script, extension=extension)
    sandbox.advance(20)

    look(event, at=now)

    assert event.extension_id == f"800100{owner}"


def test_a_call_between_extensions_is_known_for_one(call, sandbox, now):
    event = call("extension_to_extension", extension="101")
    sandbox.advance(10)

    assert look(event, at=now).call.is_internal
