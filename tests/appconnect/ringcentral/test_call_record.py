import json
from datetime import UTC, datetime, timedelta

import pytest

from appconnect.ringcentral.call_record import SUPERVISOR_CALL, parse_records
from connector.types import Direction
from tests.support.helpers import ROOT

CAPTURED = (
    ROOT
    / "tests/support/data/ringcentral/js-widgets/integration-test__callLogList.json"
)
STARTED = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
RECORD = {
    "id": "r1",
    "sessionId": "4",
    "telephonySessionId": "s-1",
    "startTime": "2026-03-02T10:15:00.000Z",
    "duration": 60,
    "type": "Voice",
    "direction": "Inbound",
    "result": "Accepted",
    "from": {"phoneNumber": "+14155550101", "name": "WIRELESS CALLER"},
    "to": {"phoneNumber": "+16505550101"},
    "finished": True,
    "legs": [
        {
            "extension": {"id": 101},
            "result": "Accepted",
            "startTime": "2026-03-02T10:15:00.000Z",
            "duration": 60,
        }
    ],
}


def parse(*records: dict):
    return parse_records(records)["s-1"]


def test_records_are_grouped_by_telephony_session():
    records = parse_records(json.loads(CAPTURED.read_text())["records"])

    voice = records["z-9a03590172ea4d39a7cf7d5b6dba6a3b"]
    assert voice.call_facts.direction is Direction.OUTBOUND
    assert voice.call_facts.callee.phone_number == "+16505556678"
    assert voice.call_facts.duration_seconds == 5
    assert records["s-9a03590172ea4d39a7cf7d5b6dba6a3b"].type == "Fax"


def test_a_captured_sync_reply_is_read_like_a_list():
    reply = json.loads(CAPTURED.with_name("integration-test__callLog.json").read_text())

    records = parse_records(reply["records"])

    assert all(record.call_facts.duration_seconds >= 0 for record in records.values())
    assert records


def test_the_extension_is_in_the_legs():
    assert [leg.extension_id for leg in parse(RECORD).legs] == ["101"]


def test_a_record_without_legs_is_its_own_leg():
    record = {**RECORD, "legs": [], "extension": {"id": 102}}

    assert [leg.extension_id for leg in parse(record).legs] == ["102"]


def test_several_records_of_one_session_become_one():
    inner = RECORD | {
        "from": {"extensionNumber": "300"},
        "to": {"extensionNumber": "101"},
        "startTime": "2026-03-02T10:14:00.000Z",
        "recording": {"contentUri": "https://media.example.com/1"},
        "finished": False,
    }

    record = parse(inner, RECORD)

    assert record.call_facts.caller.phone_number == "+14155550101"
    assert record.call_facts.recording_url == "https://media.example.com/1"
    assert len(record.legs) == 2
    assert not record.is_finished


@pytest.mark.parametrize(
    "broken",
    [
        {"direction": "Sideways"},
        {"startTime": "now"},
        {"startTime": "2026-03-02T10:15:00"},
        {"from": "nobody"},
        {"legs": ["none"]},
        {"duration": "long"},
    ],
)
def test_an_unreadable_record_does_not_hide_the_others(broken):
    records = parse_records([RECORD | broken | {"telephonySessionId": "s-2"}, RECORD])

    assert set(records) == {"s-1"}


def test_null_is_like_a_missing_member():
    nulls = dict.fromkeys(("from", "recording", "sessionId", "duration", "result"))
    sides = {"to": {"phoneNumber": None, "extensionId": None, "extensionNumber": None}}
    legs = {"legs": [{"extension": None, "result": None, "startTime": None}]}

    record = parse(RECORD | nulls | sides | legs)

    assert not record.call_facts.is_internal
    assert record.call_facts.result == "Unknown"
    assert record.extension_ids == set()


def test_a_record_without_a_telephony_session_is_left_out():
    assert parse_records([RECORD | {"telephonySessionId": ""}]) == {}


@pytest.mark.parametrize(
    ("record", "is_final"),
    [
        ({}, True),
        ({"finished": False}, False),
        ({"result": "In Progress"}, False),
        ({"result": "Stopped"}, False),
        ({"duration": 2}, False),
        ({"duration": 55}, True),
    ],
)
def test_provisional_record_is_not_final(record, is_final):
    ended_at = STARTED + timedelta(seconds=60)

    final = parse(RECORD | record).is_final(ended_at=ended_at, was_answered=True)

    assert final is is_final


def test_a_missed_call_may_be_shorter_than_its_notifications():
    missed = parse(RECORD | {"result": "Missed", "duration": 0})

    assert missed.is_final(ended_at=STARTED + timedelta(minutes=1), was_answered=False)


@pytest.mark.parametrize(
    ("message", "address"),
    [
        ({"id": "77", "type": "VoiceMail"}, "/77/content/77"),
        ({"id": 77, "type": "VoiceMail"}, "/77/content/77"),
        ({"type": "VoiceMail"}, "/77/content/77"),
        ({"id": "77", "type": "Fax"}, ""),
    ],
)
def test_voicemail_is_its_audio_and_not_the_message(message, address):
    store = "ringcentral.com/restapi/v1.0/account/1/extension/101/message-store"
    uri = f"https://platform.{store}/77"

    record = parse(RECORD | {"message": {"uri": uri, **message}})

    expected = f"https://media.{store}{address}" if address else ""
    assert record.call_facts.voicemail_url == expected


AGENT_LEG = {
    "extension": {"id": 101},
    "legType": "Accept",
    "action": "Phone Call",
    "result": "Accepted",
    "startTime": "2026-03-02T10:15:05Z",
    "duration": 295,
}
SUPERVISOR_LEG = AGENT_LEG | {
    "extension": {"id": 102},
    "startTime": "2026-03-02T10:17:00Z",
    "duration": 120,
}


@pytest.mark.parametrize(
    "supervision",
    [
        {"legType": "Monitoring", "action": "Monitoring"},
        {"legType": "SilentMonitoring"},
        {"legType": "JoinCall"},
        {"action": "Barge In Call"},
    ],
)
def test_supervisor_on_the_call_is_not_among_its_legs(supervision):
    legs = [AGENT_LEG, SUPERVISOR_LEG | supervision]

    record = parse(RECORD | {"duration": 300, "legs": legs})

    assert [leg.extension_id for leg in record.legs] == ["101"]
    assert record.type == "Voice"


@pytest.mark.parametrize(
    ("agent", "supervisor"),
    [
        # the leg that took over is an ordinary one, or it is the supervising one
        ({"duration": 120}, {"duration": 175}),
        ({"duration": 120}, {"duration": 175, "legType": "Monitoring"}),
    ],
)
def test_supervisor_is_among_the_legs_after_a_take_over(agent, supervisor):
    legs = [AGENT_LEG | agent, SUPERVISOR_LEG | supervisor]

    record = parse(RECORD | {"duration": 300, "legs": legs})

    assert [leg.extension_id for leg in record.legs] == ["101", "102"]


@pytest.mark.parametrize(
    "supervision",
    [
        {"action": "Monitoring", "to": {"phoneNumber": "*80"}},
        {"action": "VoIP Call", "to": {"phoneNumber": "*82"}},
        {"legs": [SUPERVISOR_LEG | {"legType": "Monitoring"}]},
    ],
)
def test_record_of_the_supervisors_own_call_says_so(supervision):
    own = {
        "direction": "Outbound",
        "from": {"extensionId": "102"},
        "to": {"extensionId": "101"},
        "legs": [SUPERVISOR_LEG],
    }

    record = parse(RECORD | own | supervision)

    assert (record.type, record.legs) == (SUPERVISOR_CALL, ())


def test_supervisors_record_does_not_lead_the_session():
    own = RECORD | {
        "direction": "Outbound",
        "from": {"extensionId": "102"},
        "to": {"phoneNumber": "*80"},
        "startTime": "2026-03-02T10:14:00.000Z",
    }

    record = parse(own, RECORD)

    assert record.type == "Voice"
    assert record.call_facts.direction is Direction.INBOUND
    assert [leg.extension_id for leg in record.legs] == ["101"]


def test_supervising_leg_of_a_leg_without_duration_is_left_out():
    legs = [AGENT_LEG | {"duration": None}, SUPERVISOR_LEG | {"action": "Monitoring"}]

    assert [leg.extension_id for leg in parse(RECORD | {"legs": legs}).legs] == ["101"]


DELEGATE = {"delegate": {"id": "102", "name": "Ben"}, "delegationType": "Coworker"}


@pytest.mark.parametrize(
    ("on_record", "on_leg", "leg"),
    [
        ({}, DELEGATE, ("102", "101")),
        (DELEGATE, {}, ("102", "101")),
        # the delegate's own record, and none
        ({}, {"delegate": {"id": 101}}, ("101", "")),
        ({}, {"delegate": None}, ("101", "")),
    ],
)
def test_delegates_leg_is_the_delegates(on_record, on_leg, leg):
    record = parse(RECORD | on_record | {"legs": [RECORD["legs"][0] | on_leg]})

    assert [(leg.extension_id, leg.on_behalf_of) for leg in record.legs] == [leg]
    assert "101" in record.extension_ids
