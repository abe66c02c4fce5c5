"""Log records as single lines, safe from line breaks and escapes in logged values."""

import json
import logging
import re
from datetime import UTC, datetime

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Line breaks, terminal escapes, marks that change the direction of text, lone surrogates."""


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
            "message": message_of(record),
        }
        if record.exc_info and record.exc_info[0]:
            fields["error"] = self.formatException(record.exc_info)
        if self.is_json:
            return json.dumps(fields)
        line = "{time} {level} {logger}: {message}".format(**fields)
        # Each line of an error is indented, so that none looks like a record.
        error = [f"    {line}" for line in fields.get("error", "").splitlines()]
        return "\n".join(escape(line) for line in (line, *error))


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
