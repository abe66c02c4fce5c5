"""Phone numbers: from the spellings of people and RingCentral to E.164."""

import re

import phonenumbers

EXTENSION_MAX_DIGITS = 6
STAR = "*"
"""Stands for a digit in a number format, as in App Connect's settings."""
FORMAT = re.compile(r"[*0-9 +\-.()/]{5,40}")
# RingCentral hides digits for privacy: +1855201XXXX. To the library X is the key 9.
MASKED = re.compile("x{2}", re.IGNORECASE)


def to_e164(text: str, *, region: str) -> str | None:
    """Return `text` in E.164, or None when it is no complete phone number.

    `region` is the ISO 3166 country that national numbers belong to. A number that
    parses is not yet a number: ``911`` and ``101`` parse, and are refused here.
    """
    if MASKED.search(text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_format(text: str) -> bool:
    """Return whether `text` is a format that a whole number can be written in."""
    return FORMAT.fullmatch(text) is not None and 5 <= text.count(STAR) <= 15


def write_as(format_mask: str, number: str, *, region: str) -> str | None:
    """Return an E.164 number with its national digits in place of the format's stars.

    None for a number of another country than `region`, which would look like a number
    of `region`, and where the format has another number of stars.
    """
    parsed = phonenumbers.parse(number)
    if parsed.country_code != phonenumbers.country_code_for_region(region):
        return None
    digits = phonenumbers.national_significant_number(parsed)
    if format_mask.count(STAR) != len(digits):
        return None
    filling = iter(digits)
    return "".join(next(filling) if c == STAR else c for c in format_mask)


def mask(number: str) -> str:
    """Return a number as a page may show it: its last four digits."""
    return f"••• {number[-4:]}" if len(number) > EXTENSION_MAX_DIGITS else number
