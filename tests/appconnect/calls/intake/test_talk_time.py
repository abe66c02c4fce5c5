"""Talk time and the whole duration: the text tells both, the CRM's field gets one."""

from datetime import UTC, datetime, timedelta

import pytest

from appconnect.calls.intake.correction import correct
from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.intake.talk_time import talk_seconds
from appconnect.calls.models import CallSession
from appconnect.calls.pipeline import process
from appconnect.organizations.models import Extension, ServerLoggingSettings
from appconnect.ringcentral.call_record import CallRecord, parse_record
from tests.support.helpers import text_of

STARTED = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
DIRECTORY = {
    "101": Extension(extension_id="101", type="User"),
    "102": Extension(extension_id="102", type="User"),
    "200": Extension(extension_id="200", type="Department"),
    "300": Extension(extension_id="300", type="IvrMenu"),
}
CrmDuration = ServerLoggingSettings.CrmDuration


def leg(extension_id: str, result: str, start: int, duration: int | None) -> dict:
    return {
        "extension": {"id": extension_id},
        "result": result,
        "startTime": (STARTED + timedelta(seconds=start)).isoformat(),
        "duration": duration,
    }


def make_record(legs: list[dict]) -> CallRecord:
    """Return the record of an inbound call of a minute and a half."""
    return parse_record(
        {
            "telephonySessionId": "s",
            "startTime": STARTED.isoformat(),
            "duration": 90,
            "direction": "Inbound",
            "result": "Accepted",
            "legs": legs,
        }
    )


@pytest.mark.parametrize(
    ("legs", "talked"),
    [
        # a queue: a minute of waiting, half a minute with the one who answered
        (
            [
                leg("200", "Accepted", 0, 60),
                leg("102", "Missed", 0, 60),
                leg("101", "Accepted", 60, 30),
            ],
            30,
        ),
        ([leg("300", "Accepted", 0, 10), leg("101", "Accepted", 10, 80)], 80),
        # two people after each other, with music between; then with an overlap
        ([leg("101", "Accepted", 0, 40), leg("102", "Accepted", 70, 20)], 60),
        ([leg("101", "Accepted", 10, 40), leg("102", "Accepted", 20, 40)], 50),
        ([leg("101", "Accepted", 10, 60), leg("102", "Accepted", 20, 10)], 60),
        # not told apart: all of it was talk, nobody answered, the leg says nothing
        ([leg("101", "Accepted", 0, 90)], None),
        ([leg("101", "Missed", 0, 20)], None),
        ([leg("101", "Accepted", 0, 0)], None),
        ([leg("101", "Accepted", 0, None)], None),
        ([], None),
    ],
)
def test_talk_time_counts_answered_legs_of_our_people(legs, talked):
    assert talk_seconds(make_record(legs), DIRECTORY) == talked


@pytest.fixture
def queue_call(connected, sandbox, now):
    """Give a function that logs a call which waited in a queue, and returns it."""

    def queue_call() -> CallSession:
        sandbox.make_call("queue", extension="105")
        sandbox.advance(20)
        read_call_log(connected, now=now)
        call = CallSession.objects.claim(CallSession.objects.get().pk, now)
        process(call, now=now)
        call.refresh_from_db()
        return call

    return queue_call


@pytest.mark.parametrize(
    ("rule", "seconds"), [(CrmDuration.TALK, 3), (CrmDuration.TOTAL, 4)]
)
def test_crm_gets_the_duration_that_the_admin_chose(
    console, connected, sandbox, queue_call, rule, seconds
):
    connected.server_logging_settings.update(crm_duration=rule)

    call = queue_call()

    [record] = sandbox.call_logs()
    assert record["durationSeconds"] == seconds
    assert "Duration: 4 seconds\n- Talk time: 3 seconds\n" in record["note"]
    shown = text_of(console.get(call.get_absolute_url()))
    assert "Duration 4 s · 3 s talking" in shown


def test_corrected_record_changes_the_talk_time_too(make_call, now):
    call = make_call()

    correct(call, make_record([leg("101", "Accepted", 60, 30)]), DIRECTORY, now=now)

    call.refresh_from_db()
    assert (call.call_facts.duration_seconds, call.call_facts.talk_seconds) == (90, 30)
