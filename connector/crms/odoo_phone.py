"""How a contact is found by a phone number, with the fields that an Odoo has."""

from collections.abc import Collection, Mapping
from typing import Any

from connector.crms.phone_numbers import is_same_number

COMPUTED = ("phone_sanitized", "phone_mobile_search")
TYPED = ("phone", "mobile")
SHORTEST_SEARCH = 3
DIGITS_TO_SEARCH = 7


def phone_domain(number: str, fields: Collection[str]) -> list[Any]:
    """Return the condition for contacts with this number, in Odoo's prefix notation.

    `phone_sanitized` is E.164; `phone_mobile_search` overlooks how a number is written.
    Where neither is there, an E.164 number's last digits are looked for in what people
    typed, and `has_number` tells which of the contacts found have the number.
    """
    terms: list[Any] = [
        [field, "=", number]
        for field in fields
        if field != "phone_mobile_search" or len(number) >= SHORTEST_SEARCH
    ]
    if is_compared_here(number, fields):
        last_digits = "%".join(number[-DIGITS_TO_SEARCH:])
        terms += [[field, "like", f"%{last_digits}"] for field in fields]
    return [*["|"] * (len(terms) - 1), *terms]


def has_number(
    contact: Mapping[str, Any], number: str, fields: Collection[str]
) -> bool:
    """Tell whether a contact that was found has the number."""
    if not is_compared_here(number, fields):
        return True
    return any(is_same_number(number, contact[field] or "") for field in fields)


def is_compared_here(number: str, fields: Collection[str]) -> bool:
    return number.startswith("+") and not any(field in fields for field in COMPUTED)
