"""What people write in a record of the CRM stays, and what they delete stays deleted."""

import re
from datetime import timedelta

import pytest

from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import Sentence
from appconnect.organizations.models import NoteSection
from connector.base import Connector
from connector.crms.sandbox import Sandbox
from connector.types import LogFormatType

Status = CallSession.Status
RECORDING = (
    "https://ringcentral.github.io/ringcentral-media-reader/"
    "?media=https%3A%2F%2Fmedia.ringcentral.com"
)
LOGS = "/crm/api/call-logs"


@pytest.fixture
def call(connected, sandbox, now) -> CallSession:
    """A call whose record at RingCentral is there; its recording comes a minute later."""
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    read_call_log(connected, now=now)
    return CallSession.objects.get()


@pytest.fixture
def update(connected, sandbox, log, now):
    """Give a function that lets the recording come, and updates the CRM's record."""

    def update(call: CallSession) -> CallSession:
        later = now + timedelta(minutes=1)
        sandbox.advance(60)
        read_call_log(connected, now=later)
        return log(call, at=later)

    return update


@pytest.mark.parametrize(
    ("log_format", "before", "after"),
    [
        (
            LogFormatType.PLAIN_TEXT,
            "He was furious.\n\n",
            "\n- Duration: too long $&\n",
        ),
        (LogFormatType.MARKDOWN, "# Furious\n\n", "\n**Duration**: \\1\n"),
        (LogFormatType.HTML, "<p class='x'>Furious &amp; loud</p>", "<br>\\1 $&<img>"),
    ],
)
def test_agents_text_around_our_part_stays(
    call, update, log, sandbox, now, monkeypatch, log_format, before, after
):
    monkeypatch.setattr(Sandbox, "get_log_format_type", lambda self: log_format)
    log(call, at=now)
    [record] = sandbox.call_logs()
    sandbox.edit_call_log(record["id"], note=before + record["note"] + after)

    call = update(call)

    [updated] = sandbox.call_logs()
    assert updated["note"].startswith(before)
    assert updated["note"].endswith(after)
    assert RECORDING in updated["note"]
    assert updated["note"].count("Summary") == 1
    assert call.timeline.last().text.endswith(" s.")


@pytest.mark.parametrize(
    "edit",
    [
        lambda note: note.replace("Accepted", "Accepted; he was furious"),
        lambda note: "He was furious.",
        lambda note: "",
    ],
)
def test_part_changed_by_an_agent_is_theirs(call, update, log, sandbox, now, edit):
    log(call, at=now)
    [record] = sandbox.call_logs()
    sandbox.edit_call_log(record["id"], note=edit(record["note"]))

    call = update(call)

    [updated] = sandbox.call_logs()
    assert updated["note"] == edit(record["note"])
    assert RECORDING in updated["recordingUrl"]
    assert call.timeline.last().sentence == Sentence.UPDATED_BESIDE_EDITS
    assert call.next_attempt_at is None


def test_unreadable_record_is_not_written(call, update, log, sandbox, now):
    log(call, at=now)
    [before] = sandbox.call_logs()
    sandbox.switch(replies=[{"path": LOGS, "method": "GET", "status": 500}])

    call = update(call)

    assert sandbox.call_logs() == [before]
    assert call.timeline.last().step == "NOT_UPDATED_YET"
    log(call, at=call.next_attempt_at)
    assert RECORDING in sandbox.call_logs()[0]["note"]


def test_deleted_record_is_not_written_again(call, log, sandbox, now):
    log(call, at=now)
    sandbox.delete_call_log(sandbox.call_logs()[0]["id"])
    CallSession.objects.update(is_final=False)  # there is a deadline to come
    call.refresh_from_db()
    later = now + timedelta(minutes=1)
    call.schedule_update(at=later)

    call = log(call, at=later)

    assert sandbox.call_logs() == []
    assert "deleted in the CRM" in call.timeline.last().text
    assert (call.status, call.next_attempt_at) == (Status.LOGGED, None)


def test_text_is_written_once_in_a_crm_without_reading(
    call, update, log, sandbox, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "get_call_log", Connector.get_call_log)
    log(call, at=now)
    [record] = sandbox.call_logs()

    call = update(call)

    [updated] = sandbox.call_logs()
    assert "Summary: Inbound Call from" in updated["note"]
    assert updated["note"] == record["note"]
    assert RECORDING in updated["recordingUrl"]
    assert call.timeline.last().sentence == Sentence.UPDATED_UNREAD


def test_the_chosen_sections_and_date_format_are_written(
    connected, call, log, sandbox, now
):
    connected.server_logging_settings.update(
        note_sections=[NoteSection.RINGCENTRAL_NUMBER, NoteSection.DATE_TIME],
        log_date_format="DD.MM.YYYY HH:mm:ss",
    )
    connected.configuration_changed()

    log(call, at=now)

    [record] = sandbox.call_logs()
    _, number, date, _ = record["note"].splitlines()
    assert number == "- RingCentral number and extension: +16505550101 101"
    assert re.fullmatch(r"- Date/Time: \d\d\.\d\d\.20\d\d [\d:]{8} P[DS]T", date)


@pytest.mark.parametrize(
    ("sections", "log_format"),
    [
        ([], LogFormatType.PLAIN_TEXT),
        ([NoteSection.SUBJECT], LogFormatType.CUSTOM),
    ],
)
def test_text_is_untouched_when_we_write_none(
    connected, call, update, log, sandbox, now, monkeypatch, sections, log_format
):
    monkeypatch.setattr(Sandbox, "get_log_format_type", lambda self: log_format)
    connected.server_logging_settings.update(note_sections=sections)
    connected.configuration_changed()
    log(call, at=now)
    [record] = sandbox.call_logs()
    assert record["note"] == ""
    sandbox.edit_call_log(record["id"], note="He was furious.")

    call = update(call)

    [updated] = sandbox.call_logs()
    assert updated["note"] == "He was furious."
    assert RECORDING in updated["recordingUrl"]
    assert call.timeline.last().text.endswith(" s.")


def test_sections_chosen_later_reach_an_updated_record(
    connected, call, update, log, sandbox, now
):
    log(call, at=now)
    connected.server_logging_settings.update(note_sections=[NoteSection.RECORDING])
    connected.configuration_changed()

    update(call)

    _, link, _ = sandbox.call_logs()[0]["note"].splitlines()
    assert link.startswith(f"- Call recording link: {RECORDING}")
