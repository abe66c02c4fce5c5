from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from appconnect.calls.note import compose, format_duration
from connector.testing import SAMPLE_CALL, SAMPLE_CONTACT


def test_the_note_has_a_line_for_each_detail():
    note = compose(SAMPLE_CALL, SAMPLE_CONTACT, time_zone=ZoneInfo("Europe/Berlin"))

    assert note == (
        "- Summary: Inbound Call from Ada Example\n"
        "- Date/Time: 2026-03-02 11:15:00 AM CET\n"
        "- Duration: 1 minute, 5 seconds\n"
        "- Result: Accepted\n"
    )


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
def test_a_duration_is_written_in_words(seconds, text):
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
def test_the_time_is_the_zones_own_with_its_abbreviation(zone, instant, written):
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    call = replace(SAMPLE_CALL, started_at=at)

    assert f"{written}\n" in compose(call, SAMPLE_CONTACT, time_zone=ZoneInfo(zone))
