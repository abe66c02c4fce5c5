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
    """Tell whether `stored`, in whatever spelling, is `number`, in E.164.

    The stored number may lack the country, and may have an extension. What is not in
    E.164 must have the very same digits.
    """
    if not number.startswith("+"):
        return _digits(number) == _digits(stored)
    is_contained = national_digits(number) in _digits(stored)
    return is_contained and phonenumbers.is_number_match(number, stored) in (
        MatchType.EXACT_MATCH,
        MatchType.NSN_MATCH,
        MatchType.SHORT_NSN_MATCH,
    )


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
