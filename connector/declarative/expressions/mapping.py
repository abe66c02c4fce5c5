"""Reading a reply by a mapping's paths."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connector.declarative.expressions.filters import FAULTS, at
from connector.declarative.expressions.path import text_of
from connector.declarative.expressions.template import evaluate


def text_at(mapping: Mapping[str, Any], member: str, default: str, scope: Any) -> str:
    """Return the value at the mapping's path as text; empty where there is no path."""
    path = mapping.get(member, default)
    return text_of(evaluate(path, scope)) if path else ""


def time_at(mapping: Mapping[str, Any], name: str, item: Any) -> datetime | None:
    """Return the time at the mapping's path in UTC; None where it cannot be parsed."""
    value = evaluate(mapping.get(f"{name}Path", name), item)
    try:
        return at(value).astimezone(UTC)
    except FAULTS:
        return None
