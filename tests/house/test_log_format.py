"""The format of log lines, and that logged values cannot break it."""

import json
import logging
import sys

import pytest
from django.core.checks import run_checks

from appconnect.log_format import SafeFormatter
from tests.support.helpers import ROOT

HOSTILE = "Ada\r\n2026-01-01 INFO root: all is well\x1b[31m\u202e\u2028\x00"


def record(message: str, *args, **fields) -> logging.LogRecord:
    made = logging.LogRecord("calls", logging.WARNING, "", 0, message, args, None)
    made.__dict__.update(fields)
    return made


@pytest.mark.parametrize("style", ["text", "json"])
def test_hostile_name_stays_on_its_line(style):
    line = SafeFormatter(style=style).format(record("Contact %s", HOSTILE))

    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert "\\u202e" in line


@pytest.mark.parametrize("style", ["text", "json"])
def test_hostile_error_cannot_look_like_a_record(style):
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        text = SafeFormatter(style=style).format(record("x", exc_info=sys.exc_info()))

    first, *others = text.splitlines()
    assert "WARNING" in first
    assert all(line.startswith("    ") and line.isprintable() for line in others)
    assert "ValueError" in text


def test_json_has_the_allowed_fields_and_no_others():
    line = SafeFormatter(style="json").format(record("Call %s", "7", password="CANARY"))

    fields = json.loads(line)
    assert set(fields) == {"time", "level", "logger", "message"}
    assert fields["message"] == "Call 7"
    assert fields["time"].endswith("+00:00")


@pytest.mark.parametrize("style", ["text", "json"])
def test_request_is_logged_without_its_path(client, db, style):
    handler = Lines()
    handler.setFormatter(SafeFormatter(style=style))
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        client.get("/nowhere/CANARY-token/?code=CANARY")
        client.post("/set-password/MQ/CANARY-token/?code=CANARY", headers={"Host": "x"})
    finally:
        logger.removeHandler(handler)

    assert "GET no page of ours 404" in handler.lines[0]
    assert "CANARY" not in "".join(handler.lines)


@pytest.mark.parametrize(
    "logged",
    [
        "GET https://crm.example/find?q='x'&token=CANARY HTTP/1.1",
        "GET https://crm.example/find?o'clock=1&token=CANARY HTTP/1.1",
        "Authorization: Basic CANARY=",
        "{'authorization': 'basic CANARY=', 'Accept': '*/*'}",
        '{"Authorization": "Bearer CANARY"}',
    ],
)
def test_secrets_of_a_query_and_a_header_reach_no_line(logged):
    assert "CANARY" not in SafeFormatter().format(record(logged))


class Lines(logging.Handler):
    """Keeps what would be written."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, made):
        self.lines.append(self.format(made))


def test_unknown_log_format_is_refused(settings):
    settings.LOG_FORMAT = "xml"

    assert "LOG_FORMAT is 'xml'; it can be text or json." in [
        message.msg for message in run_checks()
    ]


@pytest.mark.parametrize(
    "file", ["appconnect/README.md", "appconnect/management/commands/start.py"]
)
def test_no_web_server_is_started_with_an_access_log(file):
    assert "--access-log" not in (ROOT / file).read_text()
