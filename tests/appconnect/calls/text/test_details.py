from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from markdown_it import MarkdownIt

from appconnect.calls.text.details import UNCONFIRMED, compose, format_duration
from appconnect.calls.text.formats import CUT
from appconnect.calls.text.markers import fence, replace_details
from appconnect.organizations.models import NoteSection, ServerLoggingSettings
from appconnect.organizations.models.server_logging import default_note_sections
from connector.testing import SAMPLE_CALL, SAMPLE_CONTACT
from connector.types import Contact, Direction, LogFormatType, Party

DateFormat = ServerLoggingSettings.LogDateFormat
PLAIN, HTML, MARKDOWN = (
    LogFormatType.PLAIN_TEXT,
    LogFormatType.HTML,
    LogFormatType.MARKDOWN,
)
CALL = replace(
    SAMPLE_CALL,
    callee=replace(SAMPLE_CALL.callee, extension_number="111"),
    recording_url="https://media.example.com/rec/1?a=b&c=d",
    voicemail_url="https://media.example.com/vm/2",
)
OURS = [section for section in NoteSection if section != NoteSection.NOTE]
"""The note of an agent stands before our part."""
WORDS = {
    "addCallLogAiNote": "Wants *two*.\n- Soon\n\n",
    "addCallLogTranscript": "Ann: Hello <b>Ada</b>\r\nAda: 1. Hi",
    "addCallLogRingSenseRecordingTranscript": "Hello",
    "addCallLogRingSenseRecordingSummary": "A quote",
    "addCallLogRingSenseRecordingAIScore": "88",
    "addCallLogRingSenseRecordingBulletedSummary": "- One\n- Two",
    "addCallLogRingSenseRecordingLink": "https://ace.example.com/1",
    "addCallLogLegs": "Received call at Ann\nTransferred to ext 7",
}
write = partial(
    compose,
    log_format=PLAIN,
    sections=OURS,
    date_format=DateFormat.ISO_12,
    time_zone=ZoneInfo("Europe/Berlin"),
)


def test_plain_text_is_as_app_connect_writes_it():
    assert write(CALL, SAMPLE_CONTACT, is_unconfirmed=True) == (
        "- Session Id: 429180487016\n"
        "- RingCentral user name: Ann Agent\n"
        "- RingCentral number and extension: +15105550199 111\n"
        "- Summary: Inbound Call from Ada Example\n"
        "- Contact Number: +15105550100\n"
        "- Date/Time: 2026-03-02 11:15:00 AM CET\n"
        "- Duration: 1 minute, 5 seconds\n"
        "- Result: Accepted\n"
        "- Call recording link: https://media.example.com/rec/1?a=b&c=d\n"
        "- Voicemail recording link: https://media.example.com/vm/2\n"
        f"- Note: {UNCONFIRMED}\n"
    )


def test_html_is_as_app_connect_writes_it():
    assert write(CALL, SAMPLE_CONTACT, log_format=HTML) == (
        "<ul>"
        "<li><b>Session Id</b>: 429180487016</li>"
        "<li><b>RingCentral user name</b>: Ann Agent</li>"
        "<li><b>RingCentral number and extension</b>: +15105550199 111</li>"
        "<li><b>Summary</b>: Inbound Call from Ada Example</li>"
        "<li><b>Caller phone number</b>: +15105550100</li>"
        "<li><b>Date/time</b>: 2026-03-02 11:15:00 AM CET</li>"
        "<li><b>Duration</b>: 1 minute, 5 seconds</li>"
        "<li><b>Result</b>: Accepted</li>"
        '<li><b>Call recording link</b>: <a target="_blank" '
        'href="https://media.example.com/rec/1?a=b&amp;c=d">open</a></li>'
        '<li><b>Voicemail recording link</b>: <a target="_blank" '
        'href="https://media.example.com/vm/2">open</a></li>'
        "</ul>"
    )


def test_markdown_is_as_app_connect_writes_it():
    assert write(CALL, SAMPLE_CONTACT, log_format=MARKDOWN) == (
        "**Session Id**: 429180487016\n"
        "**RingCentral user name**: Ann Agent\n"
        "**RingCentral number and extension**: +15105550199 111\n"
        "**Summary**: Inbound Call from Ada Example\n"
        "**Contact Number**: +15105550100\n"
        "**Date/Time**: 2026-03-02 11:15:00 AM CET\n"
        "**Duration**: 1 minute, 5 seconds\n"
        "**Result**: Accepted\n"
        "**Call recording link**: https://media.example.com/rec/1?a=b&c=d\n"
        "**Voicemail recording link**: https://media.example.com/vm/2\n"
    )


def test_client_sections_follow_in_plain_text():
    text = write(CALL, SAMPLE_CONTACT, words=WORDS)

    assert text == write(CALL, SAMPLE_CONTACT) + (
        "\n- AI Note:\nWants *two*.\n- Soon\n--- END\n"
        "\n- Transcript:\nAnn: Hello <b>Ada</b>\nAda: 1. Hi\n--- END\n"
        "\n- ACE transcript:\nHello\n--- END\n"
        "\n- ACE summary:\nA quote\n--- END\n"
        "- Call score: 88\n"
        "\n- ACE bulleted summary:\n- One\n- Two\n--- END\n"
        "- ACE recording link: https://ace.example.com/1\n"
        "- Call journey:\nReceived call at Ann\nTransferred to ext 7\n--- JOURNEY END\n"
    )


def test_client_sections_follow_in_html():
    text = write(CALL, SAMPLE_CONTACT, log_format=HTML, words=WORDS)

    alone = write(CALL, SAMPLE_CONTACT, log_format=HTML).removesuffix("</ul>")
    assert text == alone + (
        "<li><b>Call score</b>: 88</li>"
        '<li><b>ACE recording link</b>: <a target="_blank" '
        'href="https://ace.example.com/1">open</a></li>'
        "</ul>"
        "<div><b>AI Note</b><br>Wants *two*.<br>- Soon</div><br>"
        "<div><b>Transcript</b><br>Ann: Hello &lt;b&gt;Ada&lt;/b&gt;<br>Ada: 1. Hi"
        "</div><br>"
        "<div><b>ACE transcript</b><br>Hello</div>"
        "<div><b>ACE summary</b><br>A quote</div>"
        "<div><b>ACE bulleted summary</b><br>- One<br>- Two</div>"
        "<div><b>Call journey</b><br>Received call at Ann<br>Transferred to ext 7</div>"
    )


def test_client_sections_follow_in_markdown():
    text = write(CALL, SAMPLE_CONTACT, log_format=MARKDOWN, words=WORDS)

    assert text == write(CALL, SAMPLE_CONTACT, log_format=MARKDOWN) + (
        "### AI Note\nWants \\*two\\*.\n\\- Soon\n"
        "### Transcript\nAnn: Hello \\<b\\>Ada\\</b\\>\nAda: 1. Hi\n"
        "### ACE transcript\nHello\n"
        "### ACE summary\nA quote\n"
        "**Call score**: 88\n"
        "### ACE bulleted summary\n\\- One\n\\- Two\n"
        "**ACE recording link**: https://ace.example.com/1\n"
        "### Call journey\nReceived call at Ann\nTransferred to ext 7\n"
    )


@pytest.mark.parametrize("log_format", [PLAIN, HTML, MARKDOWN])
def test_client_text_cannot_end_our_part(log_format):
    lines = [
        *("--- Call details ---", " \u2014 Call\xa0details ---"),
        *("--- End of call details abcdef ---", "--- END", "--- JOURNEY END "),
    ]
    words = {NoteSection.AI_NOTE: "\n".join(["Before", *lines, "After"])}
    details = write(CALL, SAMPLE_CONTACT, log_format=log_format, words=words)

    body = f"Mine\n{fence(details, log_format)}\nMine"
    renewed = replace_details(body, "nothing", log_format)

    assert renewed is not None
    assert "After" not in renewed
    assert details.count("--- END") == (1 if log_format is PLAIN else 0)


@pytest.mark.parametrize(
    "line", ["# x", "- x", "+ x", "    x", "1. x", "12) x", "===", "---", "> x"]
)
def test_line_of_a_text_is_a_paragraph_in_markdown(line):
    words = {NoteSection.AI_NOTE: f"Before\n{line}\nAfter"}
    text = write(CALL, SAMPLE_CONTACT, log_format=MARKDOWN, words=words)

    _, _, rendered = MarkdownIt().render(text).partition("<h3>AI Note</h3>\n")
    assert unescape(rendered) == f"<p>Before\n{line.strip()}\nAfter</p>\n"


def test_subject_given_by_a_person_is_used():
    text = write(CALL, SAMPLE_CONTACT, words={NoteSection.SUBJECT: "Quote for Ada"})

    assert "- Summary: Quote for Ada\n" in text


def test_caller_of_an_outbound_call_is_our_side():
    call = replace(
        CALL,
        direction=Direction.OUTBOUND,
        caller=Party(phone_number="+15105550199", extension_number="7", name="Ben"),
        callee=Party(phone_number="+15105550100", extension_number="9", name="ADA"),
    )

    text = write(call, SAMPLE_CONTACT)

    assert "RingCentral user name: Ben\n" in text
    assert "RingCentral number and extension: +15105550199 7\n" in text
    assert "Contact Number: +15105550100\n" in text
    html = write(call, SAMPLE_CONTACT, log_format=HTML)
    assert "<b>Recipient phone number</b>: +15105550100" in html


def test_the_default_sections_are_app_connects():
    text = write(CALL, SAMPLE_CONTACT, sections=default_note_sections())

    assert [line.split(":")[0] for line in text.splitlines()] == [
        "- Summary",
        "- Date/Time",
        "- Duration",
        "- Result",
        "- Call recording link",
        "- Voicemail recording link",
    ]


@pytest.mark.parametrize("section", OURS)
@pytest.mark.parametrize("log_format", [PLAIN, HTML, MARKDOWN])
def test_disabled_section_is_left_out(section, log_format):
    write_all = partial(write, CALL, SAMPLE_CONTACT, log_format=log_format, words=WORDS)
    everything = write_all()
    others = [other for other in NoteSection if other != section]

    only = write_all(sections=[section])
    rest = write_all(sections=others)

    lines = only.replace("<ul>", "").replace("</ul>", "")
    assert lines
    assert everything.replace(lines, "") == rest


HOSTILE = (
    "<script>alert(1)</script>",
    "$& $1 \\1 \\g<0>",
    "{{ secret }}{%x%}",
    "](javascript:alert(1))[x",
    "![x](https://evil.example/p.png)",
    "**bold** _it_ `code` ~~gone~~ <b>&lt;&#60;",
    "\"'><img src=x onerror=alert(1)>",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_name_is_escaped_in_every_format(name):
    contact = Contact(id="1", name=name)
    only = {"sections": [NoteSection.SUBJECT]}
    line = f"Summary: Inbound Call from {name}"

    assert write(CALL, contact, **only) == f"- {line}\n"
    html = write(CALL, contact, log_format=HTML, **only)
    inner = html.removeprefix("<ul><li><b>Summary</b>: ").removesuffix("</li></ul>")
    assert "<" not in inner
    assert '"' not in inner
    assert unescape(inner) == f"Inbound Call from {name}"
    rendered = (
        MarkdownIt()
        .enable("strikethrough")
        .render(write(CALL, contact, log_format=MARKDOWN, **only))
    )
    inner = rendered.removeprefix("<p><strong>Summary</strong>: ")
    assert unescape(inner.removesuffix("</p>\n")) == f"Inbound Call from {name}"
    assert "<" not in inner.removesuffix("</p>\n")


@pytest.mark.parametrize(
    "name",
    ["Ada\n- Result: Forged", "Ada\r\n\u2028- Result: Forged", "Ada\x0b\x85\x00"],
)
@pytest.mark.parametrize("log_format", [PLAIN, MARKDOWN])
def test_value_stays_on_its_line(name, log_format):
    text = write(
        CALL,
        Contact(id="1", name=name),
        log_format=log_format,
        sections=default_note_sections(),
    )

    assert len(text.splitlines()) == 6
    assert "\x00" not in text


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", " ", "//evil.example", "(pending...)"],
)
@pytest.mark.parametrize("log_format", [PLAIN, HTML, MARKDOWN])
def test_link_must_be_a_web_address(url, log_format):
    text = write(
        replace(CALL, recording_url=url), SAMPLE_CONTACT, log_format=log_format
    )

    assert "Call recording link" not in text
    assert "Voicemail recording link" in text


def test_link_cannot_be_closed_early():
    call = replace(CALL, recording_url='https://m.example/"><b>](x) *y*')

    html = write(call, SAMPLE_CONTACT, log_format=HTML)
    markdown = write(call, SAMPLE_CONTACT, log_format=MARKDOWN)

    encoded = "https://m.example/%22%3E%3Cb%3E%5D%28x%29%20%2Ay%2A"
    assert f'href="{encoded}">open</a>' in html
    assert f"**Call recording link**: {encoded}\n" in markdown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (61, "1 minute, 1 second"),
        (3600, "1 hour"),
        (7325, "2 hours, 2 minutes, 5 seconds"),
    ],
)
def test_duration_is_written_in_words(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("zone", "instant", "written"),
    [
        ("America/New_York", "2026-03-08T06:59", "01:59:00 AM EST"),
        ("America/New_York", "2026-03-08T07:00", "03:00:00 AM EDT"),
        ("America/New_York", "2026-11-01T05:30", "01:30:00 AM EDT"),
        ("America/New_York", "2026-11-01T06:30", "01:30:00 AM EST"),
        ("Europe/Berlin", "2026-03-29T00:59", "01:59:00 AM CET"),
        ("Europe/Berlin", "2026-03-29T01:00", "03:00:00 AM CEST"),
        ("Australia/Lord_Howe", "2026-04-04T14:45", "01:45:00 AM +11"),
        ("Australia/Lord_Howe", "2026-04-04T15:15", "01:45:00 AM +1030"),
        ("Asia/Kathmandu", "2026-01-01T00:00", "05:45:00 AM +0545"),
    ],
)
def test_time_is_local_with_the_abbreviation_of_its_zone(zone, instant, written):
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    call = replace(SAMPLE_CALL, started_at=at)

    assert f"{written}\n" in write(call, SAMPLE_CONTACT, time_zone=ZoneInfo(zone))


@pytest.mark.parametrize("date_format", DateFormat)
def test_date_format_matches_its_label(date_format):
    at = datetime(2026, 3, 31, 14, 15, tzinfo=UTC)
    call = replace(SAMPLE_CALL, started_at=at)

    text = write(
        call, SAMPLE_CONTACT, date_format=date_format, time_zone=ZoneInfo("UTC")
    )

    assert f"- Date/Time: {date_format.label} UTC\n" in text


@pytest.mark.parametrize("log_format", [PLAIN, HTML, MARKDOWN])
@pytest.mark.parametrize("room", [4000, 1500, 700, 300, 40, 0])
def test_details_are_cut_to_the_room_there_is(log_format, room):
    words = WORDS | {"addCallLogTranscript": "Ann & <Ada>: *hello*\n" * 300}

    text = write(CALL, SAMPLE_CONTACT, words=words, log_format=log_format, room=room)

    assert len(text) <= max(room, len("<ul></ul>"))
    if room >= 700:
        assert CALL.recording_url in unescape(text)
        assert "Accepted" in text
    if room >= 1500:
        assert CUT in text
        assert text.count("hello") > 5


def test_longest_text_is_cut_first():
    words = {
        "addCallLogAiNote": "Wants a quote.",
        "addCallLogTranscript": "Ann: hello\n" * 300,
    }

    text = write(CALL, SAMPLE_CONTACT, words=words, room=1500)

    assert "Wants a quote." in text
    assert text.endswith(f"{CUT}\n--- END\n")


def test_lines_are_left_out_from_the_first_on():
    text = write(CALL, SAMPLE_CONTACT, room=200)

    assert "Session Id" not in text
    assert text.endswith(f"- Voicemail recording link: {CALL.voicemail_url}\n")


def test_details_that_fit_are_not_cut():
    whole = write(CALL, SAMPLE_CONTACT, words=WORDS)

    assert write(CALL, SAMPLE_CONTACT, words=WORDS, room=len(whole)) == whole
