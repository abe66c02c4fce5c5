"""What RingCentral says after a call was logged reaches the CRM, over HTTP."""

from datetime import timedelta

import pytest

from appconnect.calls.intake.correction import correct
from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.models import CallSession
from appconnect.calls.models.timing import FINAL_DEADLINE, record_delays
from appconnect.calls.pipeline import process
from appconnect.calls.text.details import UNCONFIRMED
from appconnect.organizations.connections.connectors import get_settings
from appconnect.ringcentral.call_record import parse_record
from connector.crms.sandbox import Sandbox
from connector.errors import PermanentError

Status = CallSession.Status
PLAYER = "https://ringcentral.github.io/ringcentral-media-reader/?media="
RECORDING = f"{PLAYER}https%3A%2F%2Fmedia.ringcentral.com"


@pytest.fixture
def work(connected):
    """Give a function that does what is due for the only call, and returns it."""

    def work(at) -> CallSession:
        call = CallSession.objects.claim(CallSession.objects.get().pk, at)
        assert call, "the call is not due"
        process(call, now=at)
        call.refresh_from_db()
        return call

    return work


def test_late_recording_reaches_the_record(connected, sandbox, work, now):
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    work(now)
    [record] = sandbox.call_logs()
    assert "recording" not in record["note"]

    sandbox.advance(60)
    read_call_log(connected, now=now + timedelta(minutes=1))
    call = work(now + timedelta(minutes=1))

    [record] = sandbox.call_logs()
    assert RECORDING in record["note"]
    assert "Summary: Inbound Call from Iris Ito" in record["note"]
    assert call.status == Status.LOGGED
    assert call.next_attempt_at is None
    assert call.timeline.last().step == "UPDATED"


@pytest.mark.parametrize(("policy", "owner"), [("user", "u1"), ("admin", "")])
def test_record_without_owner_is_assigned_at_its_update(
    connected, sandbox, work, now, policy, owner
):
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    call = work(now)
    call.crm_records.update(owner_id="", owner_name="")
    [record] = sandbox.call_logs()
    sandbox.edit_call_log(record["id"], ownerId="u8")
    settings = get_settings(connected)
    settings.activity_record_owner = policy
    settings.save()
    connected.configuration_changed()

    CallSession.objects.get().schedule_update(at=now)
    call = work(now)

    assert call.crm_records.get().owner_id == owner
    assert sandbox.call_logs()[0]["ownerId"] == (owner or "u8")


def test_refused_owner_is_named_beside_the_update(
    connected, sandbox, work, now, monkeypatch
):
    def refuse(*args: object) -> None:
        raise PermanentError("The CRM refused it.", reason="The user is inactive.")

    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    work(now).crm_records.update(owner_id="", owner_name="")
    monkeypatch.setattr(Sandbox, "assign_call_log", refuse)

    later = now + timedelta(minutes=1)
    CallSession.objects.get().schedule_update(at=later)
    call = work(later)

    refused, updated = list(call.timeline.all())[-2:]
    assert "It says: “The user is inactive.”" in refused.text
    assert (refused.step, updated.step) == ("NOT_UPDATED_YET", "UPDATED")
    assert call.crm_records.get().owner_id == ""


def test_record_keeps_its_owner_when_the_mapping_changes(connected, sandbox, work, now):
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    work(now)
    [record] = sandbox.call_logs()
    sandbox.edit_call_log(record["id"], ownerId="u8")

    CallSession.objects.get().schedule_update(at=now)
    work(now)

    assert sandbox.call_logs()[0]["ownerId"] == "u8"


def test_record_in_a_former_crm_is_not_updated(connected, sandbox, work, now):
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    call = work(now)
    call.crm_records.update(crm_hostname="old-crm.example.com")
    sandbox.advance(60)
    read_call_log(connected, now=now + timedelta(minutes=1))

    call = work(now + timedelta(minutes=1))

    assert "recording" not in sandbox.call_logs()[0]["note"]
    assert call.next_attempt_at is None


def test_change_during_an_update_follows_at_once(
    connected, sandbox, work, now, monkeypatch
):
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    work(now)
    CallSession.objects.get().schedule_update(at=now)
    update = Sandbox.update_call_log

    def update_while_the_recording_arrives(self, *args, **kwargs):
        sandbox.advance(60)
        read_call_log(connected, now=now)
        return update(self, *args, **kwargs)

    monkeypatch.setattr(Sandbox, "update_call_log", update_while_the_recording_arrives)
    call = work(now)
    assert "recording" not in sandbox.call_logs()[0]["note"]

    work(call.next_attempt_at)

    assert RECORDING in sandbox.call_logs()[0]["note"]


def test_late_voicemail_reaches_the_record(connected, sandbox, work, now):
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("voicemail")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    work(now)
    assert "Voicemail recording link" not in sandbox.call_logs()[0]["note"]

    sandbox.advance(60)
    read_call_log(connected, now=now + timedelta(minutes=1))
    work(now + timedelta(minutes=1))

    assert "Voicemail recording link: https://" in sandbox.call_logs()[0]["note"]


@pytest.fixture
def logged_as_it_was(connected, sandbox, work, now) -> CallSession:
    """A call whose record was still provisional after the last attempt."""
    sandbox.switch(provisionalSeconds=3 * 3600)
    session = sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    CallSession.objects.create(
        organization=connected,
        telephony_session_id=session,
        started_at=now,
        last_event_at=now,
        received_at=now,
        status=Status.WAITING_FOR_RECORD,
        next_attempt_at=now,
        attempts=len(record_delays()) - 1,
    )
    work(now)
    return work(now)


def test_provisional_record_is_corrected_by_the_final_one(
    connected, logged_as_it_was, sandbox, work, now
):
    [record] = sandbox.call_logs()
    assert (record["durationSeconds"], record["result"]) == (2, "In Progress")

    sandbox.advance(3 * 3600)
    later = now + timedelta(hours=3)
    read_call_log(connected, now=later)
    call = work(later)

    [record] = sandbox.call_logs()
    assert (record["durationSeconds"], record["result"]) == (4, "Accepted")
    assert UNCONFIRMED not in record["note"]
    assert call.next_attempt_at is None


def test_record_that_is_never_confirmed_says_so_in_the_end(
    logged_as_it_was, sandbox, work, now
):
    assert UNCONFIRMED not in sandbox.call_logs()[0]["note"]
    assert logged_as_it_was.next_attempt_at >= now + FINAL_DEADLINE

    call = work(logged_as_it_was.next_attempt_at)

    assert UNCONFIRMED in sandbox.call_logs()[0]["note"]
    assert call.next_attempt_at is None


def test_crm_that_is_down_gets_the_correction_later(
    connected, logged_as_it_was, sandbox, work, now
):
    sandbox.advance(3 * 3600)
    later = now + timedelta(hours=3)
    read_call_log(connected, now=later)
    sandbox.switch(crmFailsWith=503)

    call = work(later)
    assert call.status == Status.LOGGED
    assert call.timeline.last().step == "NOT_UPDATED_YET"

    sandbox.switch(crmFailsWith=0)
    work(call.next_attempt_at)
    assert sandbox.call_logs()[0]["result"] == "Accepted"


def test_change_during_logging_follows_at_once(
    connected, sandbox, work, now, monkeypatch
):
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    create = Sandbox.create_call_log

    def create_while_the_recording_arrives(self, *args, **kwargs):
        sandbox.advance(60)
        read_call_log(connected, now=now)
        return create(self, *args, **kwargs)

    monkeypatch.setattr(Sandbox, "create_call_log", create_while_the_recording_arrives)
    call = work(now)
    assert "recording" not in sandbox.call_logs()[0]["note"]

    work(call.next_attempt_at)

    assert RECORDING in sandbox.call_logs()[0]["note"]


def test_other_record_of_the_session_changes_nothing(connected, sandbox, work, now):
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    call = work(now)
    onward = {
        "telephonySessionId": call.telephony_session_id,
        "direction": "Outbound",
        "startTime": now.isoformat(),
        "duration": 1,
        "result": "Missed",
    }

    correct(call, parse_record(onward), {}, now=now)

    call.refresh_from_db()
    assert (call.result, call.next_attempt_at) == ("Accepted", None)


def test_change_of_a_held_call_is_logged_with_it(connected, sandbox, work, now):
    sandbox.switch(recordingSeconds=60)
    connected.server_logging_settings.update(additional_field_values=None)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    assert work(now).status == Status.NEEDS_ATTENTION
    sandbox.advance(60)

    later = now + timedelta(minutes=1)
    read_call_log(connected, now=later)
    values = {"apiUsername": "service", "apiPassword": "sandbox"}
    settings = connected.server_logging_settings.get()
    settings.additional_field_values = values
    settings.save()
    connected.configuration_changed()
    CallSession.objects.held().make_due(now=later)
    work(later)

    assert RECORDING in sandbox.call_logs()[0]["note"]


@pytest.fixture
def recorded_later(connected, sandbox, work, now):
    """Give a function that lets the recording of a logged call come, and updates it."""
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    work(now)

    def recorded_later() -> CallSession:
        sandbox.advance(60)
        later = now + timedelta(minutes=1)
        read_call_log(connected, now=later)
        return work(later)

    return recorded_later


def test_field_changed_in_the_crm_is_not_set_back(sandbox, recorded_later):
    [record] = sandbox.call_logs()
    sandbox.edit_call_log(record["id"], durationSeconds=999, result="Sold")

    recorded_later()

    [record] = sandbox.call_logs()
    assert record["recordingUrl"].startswith(PLAYER)
    assert RECORDING in record["note"]
    assert (record["durationSeconds"], record["result"]) == (999, "Sold")


def test_update_after_an_update_sends_only_new_facts(
    sandbox, recorded_later, work, now
):
    call = recorded_later()
    [record] = sandbox.call_logs()
    sandbox.edit_call_log(record["id"], recordingUrl="https://files.example.com/1")
    later = now + timedelta(hours=1)
    call.schedule_update(at=later)

    work(later)

    assert sandbox.call_logs()[0]["recordingUrl"] == "https://files.example.com/1"


def test_record_of_an_earlier_release_is_given_everything(sandbox, recorded_later):
    CallSession.objects.update(written=None)
    [record] = sandbox.call_logs()
    sandbox.edit_call_log(record["id"], durationSeconds=999)

    recorded_later()

    assert sandbox.call_logs()[0]["durationSeconds"] != 999
