from datetime import UTC, datetime, timedelta

import pytest

from appconnect.calls.intake.extension import choose_extension
from appconnect.organizations.models import Extension
from appconnect.ringcentral.call_record import CallRecord, Leg, parse_records
from connector.types import Call, Direction, Party

STARTED = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
DIRECTORY = {
    "101": Extension(extension_id="101", type="User"),
    "102": Extension(extension_id="102", type="DigitalUser"),
    "200": Extension(extension_id="200", type="Department"),
    "250": Extension(extension_id="250", type="SharedLinesGroup"),
    "300": Extension(extension_id="300", type="IvrMenu"),
    "400": Extension(extension_id="400", type="Voicemail"),
    "500": Extension(extension_id="500", type="ApplicationExtension"),
    "600": Extension(extension_id="600", type="Room"),
}


def record(*legs: tuple[str, str], caller: str = "", callee: str = "") -> CallRecord:
    return CallRecord(
        call_facts=Call(
            telephony_session_id="s",
            session_id="",
            direction=Direction.OUTBOUND if caller else Direction.INBOUND,
            caller=Party(extension_id=caller),
            callee=Party(extension_id=callee),
            started_at=STARTED,
            duration_seconds=1,
            result="",
        ),
        parties=(),
        type="Voice",
        is_system_call=False,
        is_finished=True,
        legs=tuple(
            Leg(
                extension_id=extension_id,
                result=result,
                started_at=STARTED + timedelta(seconds=n),
            )
            for n, (extension_id, result) in enumerate(legs)
        ),
    )


@pytest.mark.parametrize(
    ("record", "owner"),
    [
        (record(("101", "Accepted")), "101"),
        (record(("300", "Accepted"), ("101", "Accepted")), "101"),
        (record(("101", "Missed"), callee="101"), "101"),
        (record(("101", "Voicemail")), "101"),
        # after a transfer: whom the call was transferred to
        (record(("101", "Accepted"), ("102", "Accepted")), "102"),
        # a queue: the agent who answered, else the queue
        (record(("200", "Accepted"), ("101", "Missed"), ("102", "Accepted")), "102"),
        (record(("200", "Accepted"), ("102", "Accepted"), ("101", "Missed")), "102"),
        (record(("200", "Missed"), ("101", "Missed"), ("102", "Missed")), "200"),
        (record(("200", "Missed"), ("101", "Missed")), "101"),
        (record(("250", "Accepted")), "250"),  # a shared line answers for itself
        # several people without a queue: the first
        (record(("101", "Missed"), ("102", "Missed")), "101"),
        # extensions of nobody: a mailbox, an AI receptionist, a room that calls
        (record(("300", "Accepted"), ("400", "Voicemail")), "400"),
        (record(("500", "Accepted")), "500"),
        (record(("500", "Accepted"), ("101", "Missed")), "101"),
        (record(("600", "Call connected"), caller="600"), "600"),
        # an outbound call: who made it, transferred or not
        (record(("101", "Call connected"), caller="101"), "101"),
        (record(("101", "Call connected"), ("102", "Accepted"), caller="101"), "101"),
        # nobody was reached
        (record(("300", "Accepted")), ""),
        (record(("", "Missed")), ""),
        # somebody the directory does not have yet
        (record(("999", "Accepted")), "999"),
    ],
)
def test_call_belongs_to_one_extension(record, owner):
    assert choose_extension(record, DIRECTORY) == owner


AGENT_LEG = {
    "extension": {"id": 101},
    "legType": "Accept",
    "result": "Accepted",
    "startTime": "2026-03-02T10:15:05Z",
    "duration": 295,
}
SUPERVISOR_LEG = {
    "extension": {"id": 102},
    "legType": "Monitoring",
    "action": "Monitoring",
    "result": "Accepted",
    "startTime": "2026-03-02T10:17:00Z",
    "duration": 120,
}


@pytest.mark.parametrize(
    ("agent", "supervisor", "owner"),
    [
        ({}, {}, "101"),
        ({}, {"legType": "JoinCall", "action": "Barge In Call"}, "101"),
        # the supervisor takes over: the agent's leg ends, theirs goes on
        ({"duration": 140}, {"duration": 180}, "102"),
    ],
)
def test_supervised_call_belongs_to_the_agent(agent, supervisor, owner):
    record = {
        "telephonySessionId": "s-1",
        "direction": "Inbound",
        "startTime": "2026-03-02T10:15:00Z",
        "duration": 300,
        "result": "Accepted",
        "from": {"phoneNumber": "+14155550101"},
        "to": {"phoneNumber": "+16505550101"},
        "legs": [AGENT_LEG | agent, SUPERVISOR_LEG | supervisor],
    }

    assert choose_extension(parse_records([record])["s-1"], DIRECTORY) == owner
