"""How a contact is found by a phone number, with the fields that an Odoo has."""

from collections.abc import Collection, Mapping
from typing import Any

from connector.phone_numbers import is_same_number

COMPUTED = ("phone_sanitized", "phone_mobile_search")
TYPED = ("phone", "mobile")
MIN_SEARCH_DIGITS = 3
SEARCH_DIGITS = 7


def phone_domain(number: str, fields: Collection[str]) -> list[Any]:
    """Return the condition for contacts with this number, in Odoo's prefix notation.

    `phone_sanitized` is E.164; `phone_mobile_search` ignores how a number is written.
    Where neither exists, an E.164 number's last digits are searched in what people typed,
    and `has_number` says which of the found contacts have the number.
    """
    terms: list[Any] = [
        [field, "=", number]
        for field in fields
        if field != "phone_mobile_search" or len(number) >= MIN_SEARCH_DIGITS
    ]
    if is_compared_here(number, fields):
        last_digits = "%".join(number[-SEARCH_DIGITS:])
        terms += [[field, "like", f"%{last_digits}"] for field in fields]
    return [*["|"] * (len(terms) - 1), *terms]


def has_number(
    contact: Mapping[str, Any], number: str, fields: Collection[str]
) -> bool:
    """Return whether a found contact has the number."""
    if not is_compared_here(number, fields):
        return True
    return any(is_same_number(number, contact[field] or "") for field in fields)


def is_compared_here(number: str, fields: Collection[str]) -> bool:
    return number.startswith("+") and not any(field in fields for field in COMPUTED)
