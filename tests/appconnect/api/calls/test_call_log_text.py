"""The texts that a client sends with a call are in the CRM's record, and stay there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from appconnect.calls.models import CallSession, ClientDetails
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import NoteSection
from tests.appconnect.api.calls.test_call_log import PATH, body, call_info

TEXTS = {
    "aiNote": "Wants a quote",
    "transcript": "Ann: Hello\nCara: Hi",
    "ringSenseTranscript": "Hello, hi",
    "ringSenseSummary": "A quote",
    "ringSenseAIScore": 88.5,
    "ringSenseBulletedSummary": "- One\n- Two",
    "ringSenseLink": "https://ace.example.com/1",
}
LEGS = [
    {
        "direction": "Inbound",
        "to": {"name": "Ann", "phoneNumber": "+16505550100", "extensionNumber": "101"},
        "duration": 30,
    },
    {"direction": "Inbound", "to": {"extensionNumber": "102"}, "duration": 1},
    {
        "direction": "Outbound",
        "from": {"name": "Ben"},
        "to": {"name": "Cara"},
        "duration": 2,
    },
    {
        "direction": "Outbound",
        "legType": "PstnToSip",
        "from": {"name": "Ben"},
        "to": {"name": "Cara"},
        "duration": 2,
    },
]
IN_THE_RECORD = (
    "\n- AI Note:\nWants a quote\n--- END\n"
    "\n- Transcript:\nAnn: Hello\nCara: Hi\n--- END\n"
    "\n- ACE transcript:\nHello, hi\n--- END\n"
    "\n- ACE summary:\nA quote\n--- END\n"
    "- Call score: 88.5\n"
    "\n- ACE bulleted summary:\n- One\n- Two\n--- END\n"
    "- ACE recording link: https://ace.example.com/1\n"
)
JOURNEY = (
    "- Call journey:\n"
    "Received call at Ann, +16505550100, ext 101\n"
    "Transferred to ext 102, duration: 1 second\n"
    "Transferred to Ben, duration: 2 seconds\n"
    "Transferred to Cara, duration: 2 seconds\n"
    "--- JOURNEY END\n"
)


def note_of(sandbox) -> str:
    [record] = sandbox.call_logs()
    return record["note"]


def switch_off(connected, *sections: str) -> None:
    settings = get_settings(connected)
    kept = [section for section in settings.note_sections if section not in sections]
    connected.server_logging_settings.update(note_sections=kept)


def test_texts_with_the_call_are_in_its_record(call, sandbox):
    call("POST", PATH, body(**TEXTS, log_info={"legs": LEGS}))

    assert IN_THE_RECORD + JOURNEY in note_of(sandbox)


def test_later_texts_are_in_the_record_too(call, sandbox):
    call("POST", PATH, body(note="By hand"))

    call("PATCH", PATH, {"sessionId": "4711", **TEXTS, "legs": LEGS})

    note = note_of(sandbox)
    assert note.startswith("- Note: By hand\n")
    assert IN_THE_RECORD + JOURNEY in note


@pytest.mark.parametrize("name", TEXTS)
def test_one_thing_at_a_time_loses_none_of_the_others(call, sandbox, name):
    others = {other: value for other, value in TEXTS.items() if other != name}
    call("POST", PATH, body(**others, log_info={"legs": LEGS}))

    call("PATCH", PATH, {"sessionId": "4711", name: TEXTS[name], "duration": 75})

    note = note_of(sandbox)
    assert IN_THE_RECORD + JOURNEY in note
    assert "- Duration: 1 minute, 15 seconds\n" in note


def test_a_person_names_the_record(call, sandbox):
    call("POST", PATH, body(log_info={"customSubject": "Quote for Cara"}))

    [record] = sandbox.call_logs()
    assert record["subject"] == "Quote for Cara"
    assert "- Summary: Quote for Cara\n" in record["note"]


def test_a_person_names_the_record_anew(call, sandbox):
    log_id = call("POST", PATH, body()).json()["logId"]

    call("PATCH", PATH, {"sessionId": "4711", "subject": "Second quote"})

    [record] = sandbox.call_logs()
    assert record["subject"] == "Second quote"
    assert "- Summary: Second quote\n" in record["note"]
    sandbox.edit_call_log(log_id, subject="In the CRM")
    call("PATCH", PATH, {"sessionId": "4711", "duration": 75})
    [record] = sandbox.call_logs()
    assert record["subject"] == "In the CRM"
    assert "- Summary: Second quote\n" in record["note"]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("addCallLogNote", "By hand"),
        ("addCallLogAiNote", "AI Note"),
        ("addCallLogTranscript", "- Transcript"),
        ("addCallLogRingSenseRecordingTranscript", "ACE transcript"),
        ("addCallLogRingSenseRecordingSummary", "ACE summary"),
        ("addCallLogRingSenseRecordingAIScore", "Call score"),
        ("addCallLogRingSenseRecordingBulletedSummary", "ACE bulleted"),
        ("addCallLogRingSenseRecordingLink", "ACE recording link"),
        ("addCallLogLegs", "Call journey"),
    ],
)
def test_switched_off_section_is_left_out(call, sandbox, section, words):
    settings = call("GET", "/admin/settings").json()
    assert settings["userSettings"][section]["value"] is True
    settings["userSettings"][section]["value"] = False
    call("POST", "/admin/settings", {"adminSettings": settings})

    call("POST", PATH, body(note="By hand", **TEXTS, log_info={"legs": LEGS}))

    assert words not in note_of(sandbox)
    call("PATCH", PATH, {"sessionId": "4711", "note": "By hand", **TEXTS})
    assert words not in note_of(sandbox)
    assert "- Result: Accepted\n" in note_of(sandbox)


def test_an_agents_typed_note_is_left_out_of_a_workers_record_too(
    call, connected, sandbox, make_call, log, now
):
    switch_off(connected, NoteSection.NOTE)
    call("POST", "/callLog/cacheNote", {"sessionId": "4711", "note": "Typed"})

    log(make_call(extension="101"), at=now)

    assert "Typed" not in note_of(sandbox)


def test_with_no_line_chosen_a_record_has_the_note_alone(call, connected, sandbox):
    connected.server_logging_settings.update(note_sections=[NoteSection.NOTE])

    call("POST", PATH, body(note="By hand", **TEXTS))
    call("PATCH", PATH, {"sessionId": "4711", "aiNote": "More"})

    assert note_of(sandbox) == "- Note: By hand\n"


def test_workers_record_takes_the_clients_texts_and_keeps_them(
    call, connected, sandbox, make_call, log, now
):
    call_session = log(
        make_call(extension="101", telephony_session_id="s-4711"), at=now
    )

    call("PATCH", PATH, {"sessionId": "4711", **TEXTS})

    assert IN_THE_RECORD in note_of(sandbox)
    CallSession.objects.filter(pk=call_session.pk).update(duration_seconds=75)
    call_session.refresh_from_db()
    call_session.schedule_update(at=now)
    log(call_session, at=timezone.now() + timedelta(seconds=1))
    assert IN_THE_RECORD in note_of(sandbox)
    assert "- Duration: 1 minute, 15 seconds\n" in note_of(sandbox)


def test_a_clients_record_keeps_it_when_ringcentrals_own_comes(
    call, sandbox, make_call, log, now
):
    named = {"customSubject": "Quote for Cara"}
    call("POST", PATH, body(**TEXTS, log_info=named))
    call_session = make_call(extension="101", telephony_session_id="s-4711")

    log(log(call_session, at=now), at=timezone.now())

    [record] = sandbox.call_logs()
    assert IN_THE_RECORD in record["note"]
    assert "- Duration: 42 seconds\n" in record["note"]
    assert "- Summary: Quote for Cara\n" in record["note"]
    assert record["subject"] == "Quote for Cara"


def test_client_texts_are_forgotten_with_their_call(
    call, connected, make_call, log, now
):
    call_session = log(
        make_call(extension="101", telephony_session_id="s-4711"), at=now
    )
    call("PATCH", PATH, {"sessionId": "4711", **TEXTS})
    assert ClientDetails.objects.exists()

    call_session.forget()

    assert not ClientDetails.objects.exists()


def test_a_note_in_a_transcript_is_not_the_agents(call, sandbox):
    call("POST", PATH, body(transcript="- Note: mine\n- Result: yours"))

    reply = call("PATCH", PATH, {"sessionId": "4711", "note": "Real"})

    assert reply.json()["updatedNote"] == "Real"
    note = note_of(sandbox)
    assert note.startswith("- Note: Real\n--- Call details ---\n")
    assert "- Note: mine\n- Result: yours\n--- END\n" in note


def test_a_long_transcript_is_kept_up_to_date(call, sandbox):
    words = " ".join(f"word-{number}" for number in range(20_000))
    call("POST", PATH, body(transcript=words))

    call("PATCH", PATH, {"sessionId": "4711", "duration": 75})

    note = note_of(sandbox)
    assert words in note
    assert "- Duration: 1 minute, 15 seconds\n" in note


def test_a_transcript_that_is_too_long_is_named(call, sandbox):
    reply = call("POST", PATH, body(transcript="x" * 500_001))

    assert reply.status_code == 400
    assert "transcript is longer than" in reply.json()["error"]
    assert sandbox.call_logs() == []


@pytest.mark.parametrize("legs", [7, "x", [], [1, None], [{}], [{"to": 5}]])
def test_a_journey_that_cannot_be_read_is_none(call, sandbox, legs):
    answer = call("POST", PATH, body(log_info={"legs": legs})).json()

    assert answer["successful"] is True
    assert "Call journey" not in note_of(sandbox)


def test_a_voicemails_link_is_taken_beside_the_call_too(call, sandbox):
    link = "https://media.example.com/vm/1"
    call("POST", PATH, {**body(), "logInfo": call_info(), "voicemailLink": link})

    assert f"- Voicemail recording link: {link}\n" in note_of(sandbox)
