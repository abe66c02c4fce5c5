"""Phone numbers: from what people and RingCentral write to E.164."""

import re

import phonenumbers

EXTENSION_MAX_DIGITS = 6
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


def mask(number: str) -> str:
    """Return what a page may show of a number: its last four digits."""
    return f"••• {number[-4:]}" if len(number) > EXTENSION_MAX_DIGITS else number
