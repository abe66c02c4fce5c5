"""A text that is too long for the CRM is cut, and never keeps a recording out."""

from datetime import timedelta

import pytest

from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.models import CachedNote, CallSession, ClientDetails
from appconnect.calls.models.choices import Sentence
from appconnect.calls.text.formats import CUT
from connector.crms.sandbox import Sandbox
from connector.errors import PermanentError
from tests.appconnect.api.calls.test_call_log import PATH, body

PLAYER = "https://ringcentral.github.io/ringcentral-media-reader/"
TRANSCRIPT = "Ann: Hello & welcome\n" * 300
LIMIT = 4000


@pytest.fixture
def refuses_long_texts(monkeypatch) -> list[int]:
    """A CRM that refuses a longer text, as with HTTP 422; the lengths that it was sent."""
    lengths: list[int] = []

    def refusing(method):
        def send(self, *args, composed_log_details, **kwargs):
            lengths.append(len(composed_log_details or ""))
            if lengths[-1] > LIMIT:
                raise PermanentError("The CRM answered HTTP 422.")
            return method(
                self, *args, composed_log_details=composed_log_details, **kwargs
            )

        return send

    for name in ("create_call_log", "update_call_log"):
        monkeypatch.setattr(Sandbox, name, refusing(getattr(Sandbox, name)))
    return lengths


@pytest.fixture
def session(connected, sandbox, log, now) -> CallSession:
    """A call that was logged before its recording was there."""
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    return log(CallSession.objects.get(), at=now)


@pytest.fixture
def recorded(connected, sandbox, log, now):
    """Give a function that lets the recording come, and updates the CRM's record."""

    def recorded(session: CallSession) -> CallSession:
        sandbox.advance(60)
        read_call_log(connected, now=now + timedelta(minutes=1))
        session.refresh_from_db()
        return log(session, at=session.next_attempt_at)

    return recorded


@pytest.mark.parametrize("limit", [LIMIT, 700])
def test_long_transcript_is_cut_and_the_recording_comes(
    call, session, sandbox, recorded, refuses_long_texts, monkeypatch, limit
):
    monkeypatch.setattr(Sandbox, "max_text_length", limit)
    long = {"sessionId": session.session_id, "transcript": TRANSCRIPT}
    assert call("PATCH", PATH, long).json()["successful"] is True
    [record] = sandbox.call_logs()
    assert CUT in record["note"]
    assert limit - 100 < len(record["note"]) <= limit

    session = recorded(session)

    [record] = sandbox.call_logs()
    assert record["recordingUrl"].startswith(PLAYER)
    assert PLAYER in record["note"]
    assert len(record["note"]) <= limit
    assert session.timeline.last().sentence == Sentence.UPDATED


def test_refused_transcript_is_told_and_left_out(
    call, session, sandbox, recorded, refuses_long_texts
):
    long = {"sessionId": session.session_id, "transcript": TRANSCRIPT}

    answer = call("PATCH", PATH, long | {"note": "Wants a quote"}).json()

    assert answer["successful"] is False
    assert "Everything but these texts was updated." in str(answer["returnMessage"])
    assert "- Note: Wants a quote\n" in sandbox.call_logs()[0]["note"]

    session = recorded(session)

    [record] = sandbox.call_logs()
    assert record["recordingUrl"].startswith(PLAYER)
    assert PLAYER in record["note"]
    assert "Transcript" not in record["note"]
    assert session.timeline.last().sentence == Sentence.UPDATED


def test_transcript_that_became_too_long_keeps_no_recording_out(
    call, session, sandbox, recorded, refuses_long_texts, monkeypatch
):
    words = {"sessionId": session.session_id, "transcript": "Hello\n" * 100}
    assert call("PATCH", PATH, words).json()["successful"] is True
    monkeypatch.setattr("tests.appconnect.api.calls.test_text_length.LIMIT", 600)

    session = recorded(session)

    [record] = sandbox.call_logs()
    assert record["recordingUrl"].startswith(PLAYER)
    assert PLAYER in record["note"]
    assert "Transcript" not in record["note"]
    assert session.timeline.last().sentence == Sentence.UPDATED_WITHOUT_WORDS


def test_duration_and_recording_come_where_no_new_text_fits(
    session, sandbox, recorded, refuses_long_texts, monkeypatch
):
    [before] = sandbox.call_logs()
    monkeypatch.setattr("tests.appconnect.api.calls.test_text_length.LIMIT", 10)

    session = recorded(session)

    [record] = sandbox.call_logs()
    assert record["recordingUrl"].startswith(PLAYER)
    assert record["note"] == before["note"]
    assert session.timeline.last().sentence == Sentence.UPDATED_WITHOUT_TEXT


def test_refused_texts_are_forgotten_with_the_next_attempt(
    call, connected, sandbox, refuses_long_texts
):
    call("POST", PATH, body(transcript=TRANSCRIPT))

    assert call("POST", PATH, body()).json()["successful"] is True

    [details] = ClientDetails.objects.all()
    assert details.details["words"] == {}


def test_call_is_logged_without_the_texts_that_the_crm_refuses(
    call, connected, sandbox, make_call, log, now, refuses_long_texts
):
    long = body(transcript=TRANSCRIPT)
    assert call("POST", PATH, long).json()["successful"] is False

    session = make_call(extension="101", telephony_session_id="s-4711")
    session = log(session, at=session.next_attempt_at)

    [record] = sandbox.call_logs()
    assert session.status == CallSession.Status.LOGGED
    assert "Transcript" not in record["note"]
    sentences = session.timeline.values_list("sentence", flat=True)
    assert Sentence.LOGGED_WITHOUT_WORDS in sentences


def test_closing_line_survives_where_even_the_lines_are_cut(
    connected, sandbox, recorded, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "max_text_length", 400)
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    session = log(CallSession.objects.get(), at=now)

    session = recorded(session)

    [record] = sandbox.call_logs()
    assert PLAYER in record["note"]
    assert "--- End of call details" in record["note"]
    assert len(record["note"]) <= 400
    assert session.timeline.last().sentence == Sentence.UPDATED


def test_long_note_leaves_room_for_the_call(connected, sandbox, log, now, monkeypatch):
    monkeypatch.setattr(Sandbox, "max_text_length", LIMIT)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    session = CallSession.objects.get()
    CachedNote.keep(
        *(connected, session.extension_id, session.session_id, "Offer. " * 1000),
        now=now,
    )

    log(session, at=now)

    [record] = sandbox.call_logs()
    assert record["note"].startswith("- Note: Offer. Offer.")
    assert CUT in record["note"]
    assert "- Result: Accepted" in record["note"]
    assert len(record["note"]) <= LIMIT
