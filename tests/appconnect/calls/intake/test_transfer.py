"""The records of a warm transfer, as RingCentral documents them, become one."""

from datetime import datetime

import pytest

from appconnect.calls.intake.extension import choose_extension
from appconnect.calls.intake.talk_time import talk_seconds
from appconnect.calls.intake.transfer import (
    join_transfers,
    resume_transferred,
    without_consultations,
)
from appconnect.calls.models import CallSession
from appconnect.organizations.models import Extension
from appconnect.ringcentral.call_record import parse_records

DIRECTORY = {
    number: Extension(extension_id=number, type="User")
    for number in ("101", "102", "103")
}


def make_leg(extension: str, start: str, duration: int) -> dict:
    return {
        "extension": {"id": extension},
        "result": "Accepted",
        "startTime": f"2026-03-02T{start}Z",
        "duration": duration,
    }


FIRST = {
    "telephonySessionId": "s-1",
    "direction": "Inbound",
    "startTime": "2026-03-02T10:15:00Z",
    "duration": 60,
    "result": "Accepted",
    "from": {"phoneNumber": "+14155550101"},
    "to": {"phoneNumber": "+16505550101"},
    "legs": [make_leg("101", "10:15:00", 60)],
    "transferTarget": {"telephonySessionId": "s-2"},
}
SECOND = {
    "telephonySessionId": "s-2",
    "direction": "Outbound",
    "startTime": "2026-03-02T10:15:50Z",
    "duration": 300,
    "result": "Call connected",
    "from": {"extensionNumber": "101"},
    "to": {"extensionNumber": "102"},
    "legs": [make_leg("101", "10:15:50", 300), make_leg("102", "10:15:50", 300)],
    "transferee": {"telephonySessionId": "s-1"},
}
THIRD = SECOND | {
    "telephonySessionId": "s-3",
    "startTime": "2026-03-02T10:20:00Z",
    "from": {"extensionNumber": "102"},
    "to": {"extensionNumber": "103"},
    "legs": [make_leg("103", "10:20:00", 300)],
    "transferee": {"telephonySessionId": "s-2"},
}
ONWARD = {"transferTarget": {"telephonySessionId": "s-3"}}
BACK = {"transferTarget": {"telephonySessionId": "s-2"}}
OUTSIDE = {"to": {"phoneNumber": "+14155550199"}}


@pytest.mark.parametrize(
    ("records", "owner", "seconds"),
    [
        ([FIRST, SECOND], "102", 350),
        ([FIRST, SECOND | ONWARD, THIRD], "103", 600),
        # two sessions that name each other
        ([FIRST, SECOND | ONWARD, THIRD | BACK], "103", 600),
        # the colleague's telephone rang in the first call too
        (
            [
                FIRST
                | {
                    "legs": [
                        make_leg("102", "10:15:00", 5) | {"result": "Missed"},
                        make_leg("101", "10:15:00", 60),
                    ]
                },
                SECOND,
            ],
            "102",
            350,
        ),
        # back to the colleague who had the call first
        (
            [
                FIRST
                | {
                    "legs": [
                        make_leg("102", "10:15:00", 30),
                        make_leg("101", "10:15:30", 30),
                    ]
                },
                SECOND,
            ],
            "102",
            350,
        ),
        # passed on to somebody outside: that is a call of its own
        ([FIRST, SECOND | OUTSIDE], "101", 60),
        # the leg says it, not the record
        (
            [
                FIRST | {"transferTarget": None} | {"legs": [FIRST["legs"][0] | BACK]},
                SECOND,
            ],
            "102",
            350,
        ),
    ],
)
def test_second_talk_is_counted_for_its_agent(records, owner, seconds):
    parsed = parse_records(records)

    whole = join_transfers(parsed["s-1"], parsed)

    assert choose_extension(whole, DIRECTORY) == owner
    assert whole.call_facts.duration_seconds == seconds
    assert talk_seconds(whole, DIRECTORY) in (None, seconds)
    assert whole.call_facts.contact_number == "+14155550101"
    assert not whole.is_provisional


@pytest.mark.parametrize("second", [[], [SECOND | {"result": "In Progress"}]])
def test_record_is_provisional_until_the_second_is_final(second):
    parsed = parse_records([FIRST, *second])

    assert join_transfers(parsed["s-1"], parsed).is_provisional


@pytest.mark.parametrize(
    ("second", "recording_url"),
    [
        ({"recording": {"contentUri": "https://media.example.com/2"}}, True),
        ({}, False),
        ({"recording": {"contentUri": "https://media.example.com/2"}} | OUTSIDE, False),
    ],
)
def test_late_recording_of_the_second_talk_reaches_the_logged_call(
    organization, make_call, now, second, recording_url
):
    call = make_call(telephony_session_id="s-1", status=CallSession.Status.LOGGED)
    CallSession.objects.update(next_attempt_at=None)
    record = parse_records([SECOND | second])["s-2"]

    moved = resume_transferred(organization, record, now=now)

    call.refresh_from_db()
    assert bool(moved) == bool(call.call_facts.recording_url) == recording_url
    assert (call.next_attempt_at == now) == recording_url


@pytest.mark.parametrize(("seconds", "target"), [(5, ""), (300, "s-2"), (None, "s-2")])
def test_consultation_that_ended_before_the_call_is_not_waited_for(
    organization, now, seconds, target
):
    """Without `seconds` its record is not there yet."""
    CallSession.objects.create(
        organization=organization,
        telephony_session_id="s-2",
        started_at=datetime.fromisoformat(SECOND["startTime"]),
        duration_seconds=seconds,
        last_event_at=now,
        received_at=now,
    )

    records = without_consultations(organization, parse_records([FIRST]))

    assert records["s-1"].transfer_target == target
