"""Reading a contact from a reply, if it has the number that was searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connector.declarative.expressions.mapping import text_at, time_at
from connector.declarative.expressions.path import TemplateError, text_of
from connector.declarative.expressions.template import evaluate
from connector.phone_numbers import is_same_number
from connector.types import Contact


def read_contact(
    mapping: Mapping[str, Any],
    item: Any,
    phone_number: str,
    *,
    contact_id: str,
    region: str,
) -> Contact | None:
    """Return the contact; None where its numbers are known and all are others.

    A CRM's search may be fuzzy, and find a part of a number or any text. An empty
    `phone_number` was not searched, and is not compared.
    """
    numbers = list(numbers_of(mapping, item))
    same = [n for n in numbers if is_same_number(phone_number, n, region=region)]
    if phone_number and numbers and not same:
        return None
    kind = mapping.get("type") or text_at(mapping, "typePath", "type", item)
    return Contact(
        id=contact_id,
        name=text_at(mapping, "namePath", "name", item).strip(),
        type=kind or "Contact",
        phone_number=same[0] if same else phone_number,
        created_at=time_at(mapping, "createdDate", item),
        most_recent_activity_at=time_at(mapping, "mostRecentActivityDate", item),
    )


def numbers_of(mapping: Mapping[str, Any], item: Any) -> Iterator[str]:
    """Yield each phone number. Raises `TemplateError` where a named path has none."""
    paths = mapping.get("phonePath", "phone")
    for path in [paths] if isinstance(paths, str) else paths:
        value = evaluate(path, item) if path else None
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, dict | list):
                if "phonePath" in mapping:
                    raise TemplateError(
                        f"phonePath {path} leads to an object, not a number"
                    )
            elif text_of(text).strip():
                yield text_of(text)
