from datetime import UTC, datetime, timedelta

import pytest

from appconnect.calls.models.timing import LOG_DELAYS, retry_at

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "delay"),
    [
        (1, timedelta(seconds=10)),
        (2, timedelta(seconds=30)),
        (8, timedelta(hours=24)),
    ],
)
def test_each_attempt_waits_longer(attempts, delay):
    assert retry_at(LOG_DELAYS, attempts=attempts, now=NOW) == NOW + delay


def test_no_retry_after_the_last_attempt():
    assert retry_at(LOG_DELAYS, attempts=len(LOG_DELAYS) + 1, now=NOW) is None


def test_retry_after_of_the_other_side_is_respected():
    at = retry_at(LOG_DELAYS, attempts=1, now=NOW, retry_after=90)

    assert at == NOW + timedelta(seconds=90)


def test_retry_is_never_earlier_than_our_own_delay():
    assert (
        retry_at(LOG_DELAYS, attempts=2, now=NOW, retry_after=1) == NOW + LOG_DELAYS[1]
    )
