"""The filters of expressions: a fixed set, without side effects."""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.declarative.expressions.path import UNDEFINED, text_of

MILLISECONDS_FROM = 100_000_000_000
"""A number as large as this is an epoch in milliseconds or a smaller unit; in seconds it
is the year 5138."""


def at(value: Any) -> datetime:
    """Parse a time: ISO 8601, or an epoch in seconds or a smaller unit; UTC by default."""
    if isinstance(value, bool):
        raise ValueError("no time")
    if isinstance(value, str) and not re.fullmatch(r"\d+(\.\d+)?", value):
        time = datetime.fromisoformat(value)
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    seconds = float(value)
    while MILLISECONDS_FROM <= seconds < math.inf:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def date(value: Any, form: str, zone: str = "UTC") -> str:
    return at(value).astimezone(ZoneInfo(zone or "UTC")).strftime(form)


def duration(value: Any, form: str) -> str:
    """Format seconds, as in ``%H:%M:%S``. The largest unit of the form is the whole of it."""
    left, parts = round(float(value)), {}
    for unit, seconds in (("%H", 3600), ("%M", 60), ("%S", 1)):
        if unit in form:
            parts[unit], left = divmod(left, seconds)
    return re.sub("%[HMS]", lambda found: f"{parts[found[0]]:02}", form)


def minutes(value: Any, rounding: str = "") -> int:
    if rounding not in ("", "up"):
        raise ValueError("minutes are rounded, or rounded up")
    in_minutes = float(value) / 60
    return math.ceil(in_minutes) if rounding else math.floor(in_minutes + 0.5)


def contains(value: Any, *parts: str) -> bool:
    """Return whether a text has one of the parts in it, or a list has one as an item."""
    if isinstance(value, list | tuple):
        return any(text_of(item) in parts for item in value)
    return any(part and part in text_of(value) for part in parts)


def number(value: Any) -> int | float:
    text = text_of(value)
    if re.fullmatch(r"[+-]?\d{1,18}", text):
        return int(text)
    if not math.isfinite(parsed := float(text)):
        raise ValueError("no number in JSON")
    return parsed


def plus(value: Any, seconds: str) -> str:
    return (at(value) + timedelta(seconds=int(seconds))).isoformat()


def starts_with(value: Any, *starts: str) -> bool:
    return any(start and text_of(value).startswith(start) for start in starts)


def mapped(value: Any, *pairs: str) -> Any:
    values = dict(pair.split("=", 1) for pair in pairs)
    return values.get(text_of(value), UNDEFINED)


def query(value: Any, name: str) -> Any:
    """Return one value of the query of a URL, such as a redirect's ``code``."""
    return parse_qs(urlsplit(text_of(value)).query).get(name, [UNDEFINED])[0]


Filter = Callable[..., Any]

FILTERS: dict[str, tuple[Filter, int, int]] = {
    # name: (function, min_arguments, max_arguments)
    "after": (lambda v, mark: text_of(v).rpartition(mark)[2], 1, 1),
    "base64": (lambda v: base64.b64encode(text_of(v).encode()).decode(), 0, 0),
    "before": (lambda v, mark: text_of(v).partition(mark)[0], 1, 1),
    "contains": (contains, 1, 20),
    "cut": (lambda v, length: text_of(v)[: int(length)], 1, 1),
    "date": (date, 1, 2),
    "default": (lambda v, other: other if v in (None, UNDEFINED, "") else v, 1, 1),
    "digits": (lambda v: re.sub(r"[^0-9]", "", text_of(v)), 0, 0),
    "duration": (duration, 1, 1),
    "epoch": (lambda v: int(at(v).timestamp()), 0, 0),
    "epochMs": (lambda v: int(at(v).timestamp() * 1000), 0, 0),
    "html": (lambda v: html.escape(text_of(v)), 0, 0),
    "is": (lambda v, *choices: text_of(v) in choices, 1, 20),
    "json": (lambda v: json.dumps(None if v is UNDEFINED else v), 0, 0),
    "lower": (lambda v: text_of(v).lower(), 0, 0),
    "map": (mapped, 1, 50),
    "minutes": (minutes, 0, 1),
    "not": (lambda v: not v, 0, 0),
    "number": (number, 0, 0),
    "plus": (plus, 1, 1),
    "query": (query, 1, 1),
    "replace": (lambda v, old, new: text_of(v).replace(old, new), 2, 2),
    "spread": (lambda v, mark: mark.join(text_of(v)), 1, 1),
    "startsWith": (starts_with, 1, 20),
    "text": (text_of, 0, 0),
    "upper": (lambda v: text_of(v).upper(), 0, 0),
}
APPLY_TO_MISSING = {"contains", "default", "is", "json", "not", "startsWith", "text"}
"""Filters that apply to a missing value too; the others leave it missing."""
FAULTS = (ValueError, TypeError, OverflowError, OSError, ZoneInfoNotFoundError)
"""What a filter raises for a value that it does not apply to."""
