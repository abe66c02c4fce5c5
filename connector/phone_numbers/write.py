"""Writing phone numbers: for a CRM's search, in a format, on a page."""

import re
from collections.abc import Iterable, Iterator

import phonenumbers
from phonenumbers import NumberParseException

from connector.phone_numbers.compare import same_numbers
from connector.phone_numbers.read import digits_of, is_e164

EXTENSION_MAX_DIGITS = 6
WILDCARDS = "*#"
"""Either stands for a digit in a number format, as in App Connect's settings."""
FORMAT = re.compile(r"[*#0-9 +\-.()/]{5,40}")


def national_digits(number: str) -> str:
    """Return the digits of an E.164 number without its country code.

    Of anything else, an extension or another format, all digits.
    """
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except NumberParseException:
        return digits_of(number)


def search_text(number: str) -> str:
    """Return what to search in a CRM that finds a part of what people typed.

    The national digits of an E.164 number; another format as it is written; an empty
    string for what has no digits.
    """
    if is_e164(number):
        return national_digits(number)
    return number.strip() if digits_of(number) else ""


def is_format(text: str) -> bool:
    """Return whether `text` is a format that a whole number can be written in."""
    return FORMAT.fullmatch(text) is not None and 5 <= _count_wildcards(text) <= 15


def write_as(format_mask: str, number: str, *, region: str) -> str | None:
    """Return an E.164 number with its national digits in place of the format's wildcards.

    None for a number of another country than `region`, which would look like a number
    of `region`, and where the format has another number of wildcards.
    """
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return None
    if parsed.country_code != phonenumbers.country_code_for_region(region):
        return None
    digits = phonenumbers.national_significant_number(parsed)
    if _count_wildcards(format_mask) != len(digits):
        return None
    filling = iter(digits)
    return "".join(next(filling) if c in WILDCARDS else c for c in format_mask)


def ways_to_write(
    number: str, format_masks: Iterable[str], *, region: str
) -> Iterator[str]:
    """Yield an E.164 number as it may stand in a CRM: as it is dialed, then in formats."""
    same = same_numbers(number)
    yield from same
    for format_mask in format_masks:
        for one in same:
            if written := write_as(format_mask, one, region=region):
                yield written


def mask(number: str) -> str:
    """Return a number as a page may show it: its last four digits."""
    return f"••• {number[-4:]}" if len(number) > EXTENSION_MAX_DIGITS else number


def _count_wildcards(text: str) -> int:
    return sum(text.count(wildcard) for wildcard in WILDCARDS)
