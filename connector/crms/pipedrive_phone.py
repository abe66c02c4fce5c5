"""How a person is found by a phone number."""

from __future__ import annotations

from typing import Any

from connector.crms.members import get_id
from connector.phone_numbers import is_same_number, same_numbers, search_text


def search_terms(number: str) -> list[str]:
    """Return what to search for: parts of each spelling of the number, as few as will do.

    Pipedrive refuses to search for less than two characters.
    """
    terms: list[str] = []
    for term in sorted((search_text(n) for n in same_numbers(number)), key=len):
        if len(term) > 1 and not any(part in term for part in terms):
            terms.append(term)
    return terms


def has_number(person: Any, number: str, *, region: str) -> bool:
    """Return whether a person of the search has this number."""
    phones = person.get("phones") if get_id(person) else None
    return isinstance(phones, list) and any(
        is_same_number(number, phone, region=region)
        for phone in phones
        if isinstance(phone, str)
    )
