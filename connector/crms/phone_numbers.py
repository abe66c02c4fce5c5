"""Phone numbers as CRMs store and search them: without their country, in any spelling."""

import re

import phonenumbers
from phonenumbers import MatchType, NumberParseException


def national_digits(number: str) -> str:
    """Return the digits of an E.164 number without its country code.

    Of anything else, an extension or another format, all digits.
    """
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except NumberParseException:
        return _digits(number)


def is_same_number(number: str, stored: str) -> bool:
    """Return whether `stored`, in any spelling, is the E.164 number `number`.

    The stored number may lack the country, which then is the same, and may have an
    extension. A `number` that is not E.164 must have exactly the same digits.
    """
    if not number.startswith("+"):
        return _digits(number) == _digits(stored) != ""
    try:
        parsed = phonenumbers.parse(number)
        region = phonenumbers.region_code_for_number(parsed)
        other = phonenumbers.parse(stored, region)
    except NumberParseException:
        return False
    other.extension = None
    return phonenumbers.is_number_match(parsed, other) == MatchType.EXACT_MATCH


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
