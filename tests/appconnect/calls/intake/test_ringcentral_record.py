"""Asking RingCentral's call log, against the sandbox over HTTP."""

from datetime import timedelta

import pytest

from appconnect.calls.intake import ringcentral_record
from appconnect.calls.intake.extension import choose_extension
from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.intake.ringcentral_record import with_known_numbers
from appconnect.calls.intake.sync import find_records
from appconnect.calls.models import CallParty, CallSession, Overtaken
from appconnect.calls.models.choices import FailureReason, SkipReason
from appconnect.calls.models.timing import LEASE, record_delays
from appconnect.organizations.connections.account_numbers import store_account_numbers
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.models import Organization
from appconnect.ringcentral.call_log import find_record
from appconnect.ringcentral.call_record import parse_record
from appconnect.ringcentral.notifications import Notification, PartyChange

Status = CallSession.Status


@pytest.fixture
def call(connected, sandbox, now):
    """Give a function that plays a call to its end; its event waits for the record."""

    def call(script: str = "inbound_answered", **sides: str) -> CallSession:
        session = sandbox.make_call(script, **sides)
        return CallSession.objects.create(
            organization=connected,
            telephony_session_id=session,
            started_at=now,
            last_event_at=now,
            received_at=now,
            status=Status.WAITING_FOR_RECORD,
            next_attempt_at=now,
        )

    return call


def look(call: CallSession, *, at) -> CallSession:
    claimed = CallSession.objects.claim(call.pk, at)
    assert claimed, "the call is not due"
    find_records(claimed, now=at)
    call.refresh_from_db()
    return call


def test_record_is_stored(call, sandbox, now):
    call_session = call("outbound_answered", extension="102", to="+14155550102")
    sandbox.advance(10)

    look(call_session, at=now)

    assert call_session.status == Status.WAITING_TO_LOG
    assert (call_session.direction, call_session.result) == (
        "Outbound",
        "Call connected",
    )
    assert call_session.extension_id == "800100102"
    assert call_session.call_facts.contact_number == "+14155550102"
    assert call_session.call_facts.caller.name == "Ben Baker"


def test_no_number_is_stored_in_clear(call, sandbox, now):
    call_session = call()
    sandbox.advance(10)

    look(call_session, at=now)

    assert "4155550101" not in str(CallSession.objects.values().get(pk=call_session.pk))


def test_missing_record_is_fetched_again(call, now):
    call_session = look(call(), at=now)

    assert call_session.status == Status.WAITING_FOR_RECORD
    assert call_session.next_attempt_at == now + record_delays()[1]


def test_provisional_record_is_fetched_again(call, sandbox, now):
    sandbox.switch(provisionalSeconds=60)
    call_session = call()
    sandbox.advance(10)

    look(call_session, at=now)
    assert call_session.status == Status.WAITING_FOR_RECORD

    sandbox.advance(60)
    look(call_session, at=call_session.next_attempt_at)
    assert call_session.status == Status.WAITING_TO_LOG
    assert call_session.result == "Accepted"


def test_provisional_record_is_stored_after_the_last_attempt(call, sandbox, now):
    sandbox.switch(provisionalSeconds=3600)
    call_session = call()
    sandbox.advance(10)
    CallSession.objects.update(attempts=len(record_delays()) - 1)

    assert look(call_session, at=now).status == Status.WAITING_TO_LOG


def test_call_without_record_fails_visibly(call, sandbox, now):
    sandbox.switch(recordDelaySeconds=100_000)
    call_session = call()
    CallSession.objects.update(attempts=len(record_delays()) - 1)

    look(call_session, at=now)

    assert (call_session.status, call_session.reason) == (
        Status.FAILED,
        FailureReason.NO_RECORD,
    )
    assert call_session.is_held


def test_one_request_serves_all_calls_that_wait(call, sandbox, now):
    calls = [call(extension=str(number)) for number in range(101, 107)]
    sandbox.advance(10)

    look(calls[0], at=now)

    states = set(CallSession.objects.values_list("status", flat=True))
    assert states == {Status.WAITING_TO_LOG}
    assert len(sandbox.asked("/call-log")) == 1


def test_old_calls_do_not_starve_in_a_busy_account(call, settings, sandbox, now):
    """Two long calls ended; new ones keep ending, and the rate limit is what it is."""
    settings.CALL_LOG_READS_PER_MINUTE = 6
    long_ones = [call("overnight"), call("overnight")]
    sandbox.advance(10)
    CallSession.objects.update(next_attempt_at=now + timedelta(minutes=10))
    for minute in range(10):
        sandbox.advance(60)
        at = now + timedelta(minutes=minute)
        call("missed")
        for call_session in CallSession.objects.waiting_for_record().due(at):
            look(call_session, at=at)

    at = now + timedelta(minutes=10)
    for call_session in long_ones:
        if CallSession.objects.waiting_for_record().due(at).filter(pk=call_session.pk):
            look(call_session, at=at)
        call_session.refresh_from_db()
        assert call_session.status == Status.WAITING_TO_LOG


def test_notification_during_a_fetch_is_kept(call, now, monkeypatch):
    call_session = call()
    party = CallParty.objects.create(
        call=call_session, party_id="p", extension_id="800100101", status="setup"
    )
    answered = PartyChange(
        telephony_session_id=call_session.telephony_session_id,
        party_id=party.party_id,
        extension_id=party.extension_id,
        sequence=5,
        status="answered",
        reason="",
        event_time=now + timedelta(seconds=3),
    )

    def find(client, session, *, started_at):
        notification = Notification(subscription_id="", changes=(answered,))
        record_notification(call_session.organization, notification, received_at=now)

    monkeypatch.setattr(ringcentral_record, "find_record", find)

    look(call_session, at=now)

    assert call_session.status == Status.CALLING
    assert call_session.last_event_at == answered.event_time


def test_rate_limit_is_shared_and_respected(call, settings, sandbox, now):
    settings.CALL_LOG_READS_PER_MINUTE = 6
    sandbox.switch(recordDelaySeconds=100_000)
    for _ in range(20):
        call_session = call()
        look(call_session, at=now)
        CallSession.objects.update(next_attempt_at=now + timedelta(days=1))

    assert len(sandbox.asked("/call-log")) == 3
    call_session.refresh_from_db()
    assert call_session.attempts == 0, "an attempt that could not begin does not count"


def test_transfer_is_read_whole_with_the_last_request_of_the_rate_limit(
    connected, call, settings, sandbox, now
):
    """A second record that waited for a request of its own would never get it."""
    settings.CALL_LOG_READS_PER_MINUTE = 6
    transferred = call("warm_transfer", extension="101")
    sandbox.advance(20)
    connected.ringcentral_connection.call_log_tokens = 1
    connected.ringcentral_connection.call_log_tokens_at = now.timestamp()
    connected.ringcentral_connection.save()

    look(transferred, at=now)

    assert transferred.status == Status.WAITING_TO_LOG
    assert transferred.extension_id == "800100102"
    assert not connected.ringcentral_connection.take_call_log_token(
        now + timedelta(seconds=10 + 5)
    ), "the second request is paid for later"


def test_no_request_is_sent_within_the_penalty_of_a_rate_limit(call, sandbox, now):
    call_session = call()
    sandbox.advance(10)
    token = sandbox.access_token("101")
    for _ in range(10):
        sandbox.get("/restapi/v1.0/account/~/call-log", token)

    look(call_session, at=now)
    assert call_session.next_attempt_at >= now + timedelta(seconds=60)
    count = len(sandbox.asked("/call-log"))
    other = call()
    look(other, at=now + timedelta(seconds=59))
    assert len(sandbox.asked("/call-log")) == count

    sandbox.advance(61)
    look(call_session, at=now + timedelta(seconds=61))
    assert call_session.status == Status.WAITING_TO_LOG


def test_calls_wait_while_ringcentral_does_not_answer(call, settings, now):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    call_session = call()
    CallSession.objects.update(attempts=100)

    look(call_session, at=now)

    assert call_session.status == Status.WAITING_FOR_RECORD
    assert call_session.next_attempt_at > now


def test_waiting_calls_end_when_logging_is_switched_off(connected, call, sandbox, now):
    calls = [call(), call()]
    connected.server_logging_settings.update(logging_level="Disable")
    sandbox.advance(10)

    for call_session in calls:
        assert look(call_session, at=now).status == Status.WAITING_TO_LOG


def test_refusal_of_one_call_counts_as_an_attempt(call, sandbox, now):
    call_session = call()
    refused = {"path": "/call-log", "status": 400, "code": "CMN-101", "times": 99}
    sandbox.switch(replies=[refused])
    CallSession.objects.update(attempts=len(record_delays()) - 1)

    look(call_session, at=now)

    assert (call_session.status, call_session.reason) == (
        Status.FAILED,
        FailureReason.NO_RECORD,
    )


def test_problem_for_an_admin_is_retried_rarely(call, sandbox, now):
    call_session = call()
    sandbox.switch(demote="101")
    sandbox.advance(10)

    look(call_session, at=now)

    assert call_session.status == Status.WAITING_FOR_RECORD
    assert call_session.next_attempt_at == now + timedelta(minutes=15)
    connection = call_session.organization.ringcentral_connection
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
def test_call_on_the_do_not_log_list_leaves_no_trace(
    connected, call, sandbox, now, script, entry
):
    set_do_not_log_numbers(connected, [entry])
    call_session = call(script, extension="101")
    sandbox.advance(20)

    look(call_session, at=now)

    assert (call_session.status, call_session.reason) == (
        Status.SKIPPED,
        SkipReason.DO_NOT_LOG,
    )
    assert call_session.details is None
    assert (
        call_session.direction,
        call_session.extension_id,
        call_session.duration_seconds,
    ) == (
        "",
        "",
        None,
    )


def test_call_that_another_worker_has_is_not_touched(call, sandbox, now):
    call_session = call()
    sandbox.advance(10)
    late = CallSession.objects.claim(call_session.pk, now)
    CallSession.objects.claim(call_session.pk, now + LEASE)

    with pytest.raises(Overtaken):
        find_records(late, now=now)

    call_session.refresh_from_db()
    assert call_session.status == Status.WAITING_FOR_RECORD


def test_number_listed_while_the_record_is_fetched_leaves_no_trace(
    connected, call, sandbox, now, monkeypatch
):
    call_session = call()
    sandbox.advance(10)

    def fetch(*args, **options):
        record = find_record(*args, **options)
        set_do_not_log_numbers(connected, ["+14155550101"])
        return record

    monkeypatch.setattr(ringcentral_record, "find_record", fetch)
    look(call_session, at=now)

    outcome = (call_session.reason, call_session.details)
    assert outcome == (SkipReason.DO_NOT_LOG, None)


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
        ("attended_transfer", "104", "102"),
        ("warm_transfer", "104", "102"),
        ("delegated", "104", "104"),
        ("monitored", "104", "104"),
        ("barged_in", "104", "104"),
        ("taken_over", "104", "102"),
        ("message_only", "104", "400"),
        ("ai_receptionist", "104", "500"),
    ],
)
def test_each_script_belongs_to_the_expected_extension(
    call, sandbox, now, script, extension, owner
):
    call_session = call(script, extension=extension)
    sandbox.advance(20)

    look(call_session, at=now)

    assert call_session.extension_id == f"800100{owner}"


def test_internal_call_is_recognized(call, sandbox, now):
    call_session = call("extension_to_extension", extension="101")
    sandbox.advance(10)

    assert look(call_session, at=now).call_facts.is_internal


@pytest.mark.parametrize(
    ("region", "recorded", "number"),
    [
        ("GB", "16505550100", "+16505550100"),
        ("US", "442079460018", "+442079460018"),
        ("US", "493012345678", "+493012345678"),
        ("US", "4532123456", "+4532123456"),
        ("US", "16505550100", "+16505550100"),
        ("US", "(866)223-4567", "+18662234567"),
        ("US", "101", "101"),
        ("US", "anonymous", "anonymous"),
        ("US", "+1855201XXXX", "+1855201XXXX"),
    ],
)
def test_number_without_plus_is_read_with_its_country(region, recorded, number):
    record = {
        "telephonySessionId": "s-1",
        "direction": "Inbound",
        "startTime": "2026-03-02T10:15:00Z",
        "from": {"phoneNumber": recorded},
    }

    known = with_known_numbers(parse_record(record), Organization(region=region))

    assert known.call_facts.contact_number == number
    assert known.parties[0].phone_number == number


@pytest.mark.parametrize(
    ("leg", "owner"),
    [({"extension": {"id": "102"}}, "102"), ({}, "101")],
)
def test_outbound_call_that_shows_the_number_of_a_colleague_is_the_callers(
    organization, leg, owner
):
    store_account_numbers(organization, {"+16505550101": "101"}, is_end_of_list=True)
    record = {
        "telephonySessionId": "s-1",
        "direction": "Outbound",
        "startTime": "2026-03-02T10:15:00Z",
        "result": "Call connected",
        "from": {"phoneNumber": "+16505550101"},
        "to": {"phoneNumber": "+14155550101"},
        "legs": [{"result": "Call connected", **leg}],
    }

    known = with_known_numbers(parse_record(record), organization)

    assert choose_extension(known, {}) == owner
    assert not known.call_facts.is_internal
