"""Log records as single lines, safe from line breaks and escapes in logged values.

Libraries log addresses whole, and a CRM's headers: no query of an address, and no secret
that is known here, reaches a line.
"""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote_plus, urlsplit

from django.conf import settings

from connector.http.exchange import in_flight
from connector.http.reason import hide

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Line breaks, terminal escapes, marks that change the direction of text, lone surrogates."""

QUERY = re.compile(r"""\?[^\s"<>?=]+=[^\s"<>]*""")
"""Also with apostrophes, which a query has as they are."""
USER_INFO = re.compile(r"(?<=://)[^\s/@]+@")
CREDENTIALS = re.compile(r"(?:(?<=bearer )|(?<=basic ))[^\s\"',]+", re.IGNORECASE)
MIN_LENGTH = 8
"""Of a value that is hidden: shorter ones are words that a line may need."""


class SafeFormatter(logging.Formatter):
    """Formats a record's time (UTC), level, logger, message and error, and nothing else.

    `style` is text or json. A request is logged with method, route and status, never with
    its path, which may contain a token.
    """

    def __init__(self, fmt=None, datefmt=None, style="text", **kwargs):
        super().__init__()
        self.is_json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(message_of(record)),
        }
        if record.exc_info and record.exc_info[0]:
            fields["error"] = masked(self.formatException(record.exc_info))
        if self.is_json:
            return json.dumps(fields)
        line = "{time} {level} {logger}: {message}".format(**fields)
        # Each line of an error is indented, so that none looks like a record.
        error = [f"    {line}" for line in fields.get("error", "").splitlines()]
        return "\n".join(escape(line) for line in (line, *error))


def is_not_readyz(record: logging.LogRecord) -> bool:
    """Return whether a record is of another request than `GET /readyz`.

    A 503 of that one is no error: `start` asks until the answer is 200.
    """
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    return match is None or match.view_name != "api:readyz"


def message_of(record: logging.LogRecord) -> str:
    request = getattr(record, "request", None)
    if request is None or not hasattr(request, "method"):
        return record.getMessage()
    route = getattr(request.resolver_match, "route", "no page of ours")
    status = getattr(record, "status_code", "")
    return f"{request.method} {route} {status}".strip()


def escape(text: str) -> str:
    """Replace unsafe characters by their codes."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def masked(text: str) -> str:
    """Return a text without queries of addresses, tokens and secrets that are known here."""
    known = {
        v for v in (*in_flight.get(), *configured_secrets()) if len(v) >= MIN_LENGTH
    }
    text = hide(text, [*known, *map(quote_plus, known)])
    text = CREDENTIALS.sub("…", USER_INFO.sub("…@", text))
    return QUERY.sub("?…", text)


def configured_secrets() -> Iterator[str]:
    """Yield the secrets of the settings."""
    yield from (settings.SECRET_KEY, *settings.ENCRYPTION_KEYS.values())
    yield from (settings.RINGCENTRAL_CLIENT_SECRET, settings.METRICS_TOKEN)
    for client in settings.CRM_OAUTH_CLIENTS.values():
        yield client.partition(":")[2]
    yield settings.EMAIL_HOST_PASSWORD or ""
    yield str(settings.DATABASES["default"].get("PASSWORD") or "")
    yield urlsplit(settings.QUEUE_URL).password or ""
