from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from connector.http.retry_after import MAX_RETRY_AFTER_SECONDS, retry_after_from


def http_date(delta: timedelta) -> str:
    return format_datetime(datetime.now(UTC) + delta, usegmt=True)


def parse(value: str) -> int | None:
    response = requests.Response()
    response.headers["Retry-After"] = value
    return retry_after_from(response)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("86401", MAX_RETRY_AFTER_SECONDS),
        ("9" * 40, MAX_RETRY_AFTER_SECONDS),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_SECONDS),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Fri, 31 Dec 99999999 23:59:59 GMT", None),
        ("Fri, 32 Dec 2030 23:59:59 GMT", None),
    ],
)
def test_value_becomes_seconds(value, seconds):
    assert parse(value) == seconds


def test_date_becomes_the_seconds_until_then():
    assert 3500 < parse(http_date(timedelta(hours=1))) <= 3600


def test_missing_header_gives_none():
    assert retry_after_from(requests.Response()) is None
