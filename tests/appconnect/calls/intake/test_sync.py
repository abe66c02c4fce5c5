"""The call log, read change by change, against the sandbox over HTTP."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from appconnect.calls.intake.extension import extensions_of
from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.intake.settle import settle
from appconnect.calls.intake.sync import SYNC_LEASE, needs_reading, read_call_log
from appconnect.calls.models import CallLogSync, CallSession
from appconnect.calls.models.choices import FailureReason, SkipReason
from appconnect.calls.models.timing import LOST_END
from appconnect.calls.pipeline import process
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.logging_settings.retention import get_retention
from appconnect.organizations.mapping.user_mapping import refresh_directory
from appconnect.organizations.models import (
    Organization,
    Retention,
    ServerLoggingSettings,
)
from appconnect.ringcentral.call_log import Changes, read_changes
from appconnect.ringcentral.notifications import Notification, PartyChange

Status = CallSession.Status
Level = ServerLoggingSettings.LoggingLevel


@pytest.fixture
def make_known(connected, now):
    """Give a function that stores a call as its notifications would have left it."""

    def make(session: str, **fields) -> CallSession:
        return CallSession.objects.create(
            organization=connected,
            telephony_session_id=session,
            **{
                "started_at": now,
                "last_event_at": now,
                "received_at": now,
                "status": Status.WAITING_FOR_RECORD,
                "next_attempt_at": now,
                **fields,
            },
        )

    return make


def record_hang_up(
    organization: Organization, session: str, *, at: datetime, received_at: datetime
) -> None:
    """Store the notification that the call's one party has hung up."""
    change = PartyChange(
        telephony_session_id=session,
        party_id="p",
        extension_id="800100101",
        sequence=1,
        status="disconnected",
        reason="",
        event_time=at,
    )
    notification = Notification(subscription_id="", changes=(change,))
    record_notification(organization, notification, received_at=received_at)


def test_one_request_serves_all_calls_that_wait(connected, make_known, sandbox, now):
    for number in range(101, 107):
        make_known(sandbox.make_call("inbound_answered", extension=str(number)))
    sandbox.advance(10)

    moved = read_call_log(connected, now=now)

    assert len(moved) == 6
    states = set(CallSession.objects.values_list("status", flat=True))
    assert states == {Status.WAITING_TO_LOG}
    assert len(sandbox.asked("/call-log")) == 1


def test_call_without_notification_is_recovered_and_says_so(connected, sandbox, now):
    session = sandbox.make_call("outbound_answered", extension="102")
    sandbox.advance(10)

    [call] = read_call_log(connected, now=now)

    assert call.telephony_session_id == session
    assert call.was_recovered
    assert call.status == Status.WAITING_TO_LOG
    assert call.extension_id == "800100102"
    assert call.timeline.first().step == "RECOVERED"


def test_first_notification_that_comes_meanwhile_makes_one_call_and_no_error(
    connected, sandbox, now, monkeypatch, caplog
):
    session = sandbox.make_call("missed")
    sandbox.advance(10)

    def notify(organization: Organization) -> Retention:
        record_hang_up(organization, session, at=now, received_at=now)
        return get_retention(organization)

    monkeypatch.setattr("appconnect.calls.intake.sync.get_retention", notify)
    read_call_log(connected, now=now)
    call = CallSession.objects.get()
    for hours in (1, 2):  # it settles, and its record is fetched
        later = now + timedelta(hours=hours)
        process(CallSession.objects.claim(call.pk, later), now=later)

    call.refresh_from_db()
    assert (call.status, call.was_recovered) == (Status.WAITING_TO_LOG, False)
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []


def test_changes_are_read_once(connected, sandbox, now):
    sandbox.make_call("missed")
    sandbox.advance(10)
    assert len(read_call_log(connected, now=now)) == 1

    assert read_call_log(connected, now=now) == []

    requests = [request["path"] for request in sandbox.asked("/call-log-extract-sync")]
    assert ["syncType=ISync" in path for path in requests] == [False, True]


def test_calls_from_before_logging_was_switched_on_are_not_logged(
    connected, sandbox, now
):
    sandbox.make_call("missed")
    sandbox.advance(10)
    connected.server_logging_settings.update(logging_since=now + timedelta(minutes=1))

    assert read_call_log(connected, now=now) == []
    assert not CallSession.objects.exists()


def test_call_in_progress_when_logging_was_switched_on_is_logged(
    connected, sandbox, now
):
    connected.server_logging_settings.update(logging_since=now)
    sandbox.make_call("overnight")
    sandbox.advance(10)

    assert len(read_call_log(connected, now=now)) == 1


def test_calls_while_logging_was_off_stay_unlogged(connected, sandbox, now):
    read_call_log(connected, now=now)
    sandbox.make_call("missed")
    sandbox.advance(60)
    connected.server_logging_settings.update(logging_since=now + timedelta(minutes=1))

    assert read_call_log(connected, now=now + timedelta(minutes=2)) == []
    assert not CallSession.objects.exists()


def test_while_logging_is_off_nothing_is_read(connected, sandbox, now):
    connected.server_logging_settings.update(logging_level=Level.DISABLE)

    assert read_call_log(connected, now=now) is None
    assert sandbox.asked("/call-log") == []


def test_trial_mode_stores_no_other_peoples_calls(connected, sandbox, now):
    connected.server_logging_settings.update(logging_level=Level.USER)
    own = sandbox.make_call("missed", extension="101")
    sandbox.make_call("missed", extension="102")
    sandbox.advance(10)

    read_call_log(connected, now=now)

    assert CallSession.objects.get().telephony_session_id == own


def test_system_calls_of_ringcentral_are_not_stored(connected, sandbox, now):
    sandbox.make_call("verification_call")
    sandbox.advance(10)

    read_call_log(connected, now=now)

    assert not CallSession.objects.exists()


def test_call_in_progress_is_awaited(connected, sandbox, now):
    sandbox.switch(provisionalSeconds=3600)
    sandbox.make_call("missed")
    sandbox.advance(10)

    read_call_log(connected, now=now)
    call = CallSession.objects.get()
    assert call.status == Status.WAITING_FOR_RECORD
    assert call.next_attempt_at > now

    sandbox.advance(3600)
    [moved] = read_call_log(connected, now=now + timedelta(hours=1))
    assert moved.result == "Missed"


def test_lost_sync_token_costs_an_overlap_and_no_call(connected, sandbox, now):
    read_call_log(connected, now=now)
    sandbox.make_call("missed")
    sandbox.advance(10)
    sandbox.switch(expireSyncTokens=True)

    assert len(read_call_log(connected, now=now)) == 1


def test_many_changes_are_read_page_by_page(connected, sandbox, now):
    for _ in range(260):
        sandbox.make_call("missed")
    sandbox.advance(10)

    assert len(read_call_log(connected, now=now)) == 260
    assert len(sandbox.asked("/call-log-extract-sync")) == 2
    assert connected.call_log_sync.complete_until


def test_sync_continues_after_the_rate_limit(connected, settings, sandbox, now):
    settings.CALL_LOG_READS_PER_MINUTE = 1
    connection = connected.ringcentral_connection
    for _ in range(int(connection.BURST) - 1):
        assert connection.take_call_log_token(now)
    for _ in range(260):
        sandbox.make_call("missed")
    sandbox.advance(10)

    read_call_log(connected, now=now)
    assert CallSession.objects.count() == 250
    assert connected.call_log_sync.complete_until is None

    read_call_log(connected, now=now + timedelta(minutes=2))
    assert CallSession.objects.count() == 260


def test_one_worker_reads_at_a_time(connected, sandbox, now):
    sync = CallLogSync.objects.create(organization_id=connected.pk, read_at=now)
    assert sync.take_lease("reading_until", SYNC_LEASE, now=now)

    assert read_call_log(connected, now=now) is None
    assert sandbox.asked("/call-log") == []
    assert not needs_reading(connected, now=now), "the other has just read it"


def test_a_reader_that_took_too_long_leaves_the_state_to_its_successor(
    connected, sandbox, now, monkeypatch
):
    until = now + 2 * SYNC_LEASE

    def read_slowly(*arguments, **options) -> Changes:
        changes = read_changes(*arguments, **options)
        CallLogSync.objects.update(reading_until=until, sync_token="the successor's")
        return changes

    monkeypatch.setattr("appconnect.calls.intake.sync.read_changes", read_slowly)
    for _ in range(260):
        sandbox.make_call("missed")
    sandbox.advance(10)

    assert read_call_log(connected, now=now) is None

    assert len(sandbox.asked("/call-log")) == 1, "the second page is the successor's"
    sync = CallLogSync.objects.get()
    assert (sync.sync_token, sync.reading_until) == ("the successor's", until)


def test_call_with_a_lost_end_is_finished_from_the_call_log(
    connected, make_known, sandbox, now
):
    session = sandbox.make_call("missed")
    sandbox.advance(10)
    call = make_known(session, status=Status.CALLING, next_attempt_at=now + LOST_END)
    party = {"party_id": "p", "extension_id": "800100101", "status": "setup"}
    call.parties.create(**party)

    read_call_log(connected, now=now)
    call.refresh_from_db()
    assert call.status == Status.CALLING, "its notification may only be late"

    settle(call, now=call.next_attempt_at)
    call.refresh_from_db()
    assert (call.status, call.result) == (Status.WAITING_TO_LOG, "Missed")
    assert "Its notification never arrived" in call.timeline.first().text


@pytest.mark.parametrize(
    ("seconds_later", "status"),
    [(0, Status.WAITING_TO_LOG), (60, Status.WAITING_FOR_RECORD)],
)
def test_notification_after_the_record_is_compared_with_it(
    connected, make_known, sandbox, now, seconds_later, status
):
    session = sandbox.make_call("missed")
    sandbox.advance(10)
    call = make_known(session, status=Status.CALLING, next_attempt_at=now)
    read_call_log(connected, now=now)
    later = now + timedelta(seconds=seconds_later)

    record_hang_up(connected, session, at=later, received_at=now)

    call.refresh_from_db()
    settle(call, now=call.next_attempt_at)
    call.refresh_from_db()
    assert call.status == status


def test_record_that_shows_after_the_last_attempt_is_still_stored(
    connected, make_known, sandbox, now
):
    call = make_known(sandbox.make_call("missed"))
    call.mark_failed(FailureReason.NO_RECORD, now=now)
    sandbox.advance(10)

    read_call_log(connected, now=now)

    call.refresh_from_db()
    assert (call.status, call.reason) == (Status.WAITING_TO_LOG, "")


@pytest.mark.parametrize("script", ["anonymous", "masked_number", "fax"])
def test_recovered_call_follows_the_same_rules(connected, sandbox, now, script):
    sandbox.make_call(script)
    sandbox.advance(10)

    [call] = read_call_log(connected, now=now)

    assert call.status == Status.WAITING_TO_LOG
    assert call.reason != SkipReason.DO_NOT_LOG


@pytest.mark.parametrize(
    "call",
    [
        {"script": "colleague_number", "extension": "101"},
        {"script": "main_number", "extension": "101"},
        {"script": "outbound_answered", "extension": "101", "to": "+16505550102"},
        {"script": "inbound_answered", "extension": "101", "from": "+16505550102"},
        {"script": "inbound_answered", "extension": "101", "from": "16505550100"},
    ],
)
def test_call_with_a_number_of_the_account_is_internal(
    connected, sandbox, log, now, call
):
    refresh_directory(connected, now=now)
    connected.server_logging_settings.update(no_contact="PLACEHOLDER")
    contacts = sandbox.contacts()
    sandbox.make_call(**call)
    sandbox.advance(20)

    [call_session] = read_call_log(connected, now=now)

    assert log(call_session, at=now).reason == SkipReason.INTERNAL_CALL
    assert sandbox.contacts() == contacts


def test_listed_colleague_dialed_by_number_leaves_no_trace(
    connected, sandbox, log, now
):
    refresh_directory(connected, now=now)
    set_do_not_log_numbers(connected, ["102"])
    sandbox.make_call("outbound_answered", extension="101", to="+16505550102")
    sandbox.advance(20)

    read_call_log(connected, now=now)

    call = CallSession.objects.get()
    assert (call.reason, call.details) == (SkipReason.DO_NOT_LOG, None)


def test_number_listed_while_the_call_log_is_read_leaves_no_trace(
    connected, make_known, sandbox, now, monkeypatch
):
    call = make_known(sandbox.make_call("inbound_answered"))
    sandbox.advance(10)
    claimed = CallSession.objects.claim(call.pk, now)

    def read(organization: Organization, records: Iterable) -> dict:
        set_do_not_log_numbers(connected, ["+14155550101"])
        return extensions_of(organization, records)

    monkeypatch.setattr("appconnect.calls.intake.sync.extensions_of", read)
    read_call_log(claimed.organization, now=now)

    call.refresh_from_db()
    assert (call.reason, call.details) == (SkipReason.DO_NOT_LOG, None)


def test_delegates_call_names_the_colleague_it_was_made_for(
    connected, sandbox, log, now
):
    sandbox.make_call("delegated", extension="101")
    sandbox.advance(20)

    [call] = read_call_log(connected, now=now)
    log(call, at=now)

    assert (call.extension_id, call.call_facts.caller.name) == (
        "800100101",
        "Ada Admin",
    )
    [record] = sandbox.call_logs()
    assert record["ownerId"] == "u1"
    assert "- On behalf of: Ben Baker\n" in record["note"]


def test_warm_transfer_is_one_record_of_the_second_agent(connected, sandbox, log, now):
    connected.server_logging_settings.update(log_internal_calls=True)
    sandbox.make_call("warm_transfer", extension="104")
    sandbox.advance(20)

    for call in read_call_log(connected, now=now):
        log(call, at=now)

    ends = CallSession.objects.values_list("status", "reason")
    assert set(ends) == {(Status.LOGGED, ""), (Status.SKIPPED, SkipReason.TRANSFERRED)}
    [record] = sandbox.call_logs()
    assert (record["ownerId"], record["durationSeconds"]) == ("u2", 9)


def test_late_recording_of_a_transferred_call_keeps_its_duration(
    connected, sandbox, log, now
):
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("warm_transfer", extension="104")
    sandbox.advance(20)
    for call in read_call_log(connected, now=now):
        log(call, at=now)

    sandbox.advance(60)
    [call] = read_call_log(connected, now=now + timedelta(minutes=1))
    log(call, at=now + timedelta(minutes=1))

    [record] = sandbox.call_logs()
    assert "media.ringcentral.com" in record["note"]
    assert record["durationSeconds"] == 9


def test_transferred_call_waits_for_the_second_talk(
    connected, make_known, sandbox, log, now
):
    sandbox.switch(recordingSeconds=600)
    first = make_known(sandbox.make_call("warm_transfer", extension="104"))
    sandbox.advance(8.7)  # the caller talks to the colleague
    token = sandbox.access_token("101")
    reply = sandbox.get("/restapi/v1.0/account/~/call-log?view=Detailed", token)
    target = reply.json()["records"][0]["transferTarget"]["telephonySessionId"]
    second = make_known(target, status=Status.CALLING)

    log(first, at=now)
    assert (first.status, first.attempts) == (Status.WAITING_FOR_RECORD, 0)
    assert read_call_log(connected, now=now) == []

    sandbox.advance(10)
    CallSession.objects.filter(pk=second.pk).update(status=Status.WAITING_FOR_RECORD)
    later = now + timedelta(minutes=1)
    moved = read_call_log(connected, now=later)
    assert {call.pk for call in moved} == {first.pk, second.pk}
    assert log(first, at=later).status == Status.WAITING_TO_LOG
    assert log(first, at=later).status == Status.LOGGED
    assert [record["ownerId"] for record in sandbox.call_logs()] == ["u2"]


def test_supervisors_own_call_is_skipped(connected, sandbox, log, now):
    sandbox.make_call("monitored", extension="104")
    sandbox.advance(20)

    for call in read_call_log(connected, now=now):
        log(call, at=now)

    ends = CallSession.objects.values_list("status", "reason", "extension_id")
    assert set(ends) == {
        (Status.LOGGED, "", "800100104"),
        (Status.SKIPPED, SkipReason.SUPERVISION, ""),
    }
    assert [record["ownerId"] for record in sandbox.call_logs()] == ["u4"]
