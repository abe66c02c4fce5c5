"""The ``Retry-After`` header, RFC 9110, 10.2.3."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

MAX_RETRY_AFTER_SECONDS = 24 * 3600
"""A server that asks for more, a date in another century perhaps, is asked again by then."""
MAX_DIGITS = 9


def retry_after_from(response: requests.Response) -> int | None:
    """Return the seconds of a ``Retry-After`` header, given as a number or an HTTP date.

    None where there is no such header, or none that can be read. A date that has passed
    is 0.
    """
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        seconds = int(value[:MAX_DIGITS])
    else:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = round((at - datetime.now(UTC)).total_seconds())
    return min(max(0, seconds), MAX_RETRY_AFTER_SECONDS)
