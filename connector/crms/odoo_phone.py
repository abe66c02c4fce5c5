"""How a contact is found by a phone number, with the fields that an Odoo has."""

from collections.abc import Collection, Mapping
from typing import Any

from connector.phone_numbers import is_e164, is_same_number
from connector.types import Contact

SANITIZED = "phone_sanitized"
COMPUTED = (SANITIZED, "phone_mobile_search")
TYPED = ("phone", "mobile")
MIN_SEARCH_DIGITS = 3
SEARCH_DIGITS = 7


def phone_domain(number: str, fields: Collection[str]) -> list[Any]:
    """Return the condition for contacts that may have this number, in prefix notation.

    `phone_sanitized` is E.164, but up to Odoo 18 only of a contact's first number, and
    `phone_mobile_search` compares what was typed. So an E.164 number's last digits are
    also searched in what people typed; `has_number` says which contacts have the number.
    """
    terms: list[Any] = [
        [field, "=", number]
        for field in fields
        if field != "phone_mobile_search" or len(number) >= MIN_SEARCH_DIGITS
    ]
    if is_e164(number):
        last_digits = "%".join(number[-SEARCH_DIGITS:])
        terms += [
            [field, "like", f"%{last_digits}"] for field in fields if field in TYPED
        ]
    return [*["|"] * (len(terms) - 1), *terms]


def has_number(contact: Mapping[str, Any], number: str, *, region: str) -> bool:
    """Return whether a found contact has the number."""
    if not is_e164(number) or contact.get(SANITIZED) == number:
        return True
    return any(
        is_same_number(number, contact.get(field) or "", region=region)
        for field in TYPED
    )


def contact_from(reply: Mapping[str, Any]) -> Contact:
    return Contact(
        id=str(reply["id"]),
        name=reply["name"] or reply["display_name"],
        phone_number=reply["phone"] or "",
    )
