"""Reading a reply by a mapping's paths."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connector.declarative.expressions.filters import FAULTS, at
from connector.declarative.expressions.path import UNDEFINED, look_up, text_of
from connector.declarative.expressions.template import (
    evaluate,
    is_template,
    parse_expression,
)


def text_at(mapping: Mapping[str, Any], member: str, default: str, scope: Any) -> str:
    """Return the value at the mapping's path as text; empty where there is no path."""
    path = mapping.get(member, default)
    return text_of(evaluate(path, scope)) if path else ""


def has_parent(path: str, scope: Any) -> bool:
    """Return whether there is what the member at the end of a path would be in.

    A CRM may leave out a member without value, but not the record around it.
    """
    if is_template(path):
        return True
    steps = parse_expression(path).path
    return look_up(scope, steps[:-1]) not in (None, UNDEFINED)


def time_at(mapping: Mapping[str, Any], name: str, item: Any) -> datetime | None:
    """Return the time at the mapping's path in UTC; None where it cannot be parsed."""
    value = evaluate(mapping.get(f"{name}Path", name), item)
    try:
        return at(value).astimezone(UTC)
    except FAULTS:
        return None
