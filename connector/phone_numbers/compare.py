"""Comparing phone numbers: with each other, and with what a CRM's field has."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException

from connector.phone_numbers.read import (
    EXTENSION,
    MAX_TEXT_LENGTH,
    RUN,
    NotANumber,
    digits_of,
    lacks_zero,
    national_spelling,
    parse_valid,
    read_digits,
    read_text,
    simplify,
    split_run,
)

LOCAL_MAX_DIGITS = 8
"""555-1234 is a number of one's own town, and not one of Iceland's."""
VANITY = re.compile(r"[+0-9\s().-]*[0-9][\s.-]*[a-z]{4,}", re.IGNORECASE)
"""1-800-FLOWERS: letters that stand for keys, where nothing follows them."""

MEXICAN = r"([2-9][0-9]{9})"
ARGENTINE = r"([1-8][0-9]{9})"
TWINS = [
    (re.compile(pattern), twin)
    for pattern, twin in (
        (rf"\+52{MEXICAN}", r"+521\1"),
        (rf"\+521{MEXICAN}", r"+52\1"),
        (rf"\+54{ARGENTINE}", r"+549\1"),
        (rf"\+549{ARGENTINE}", r"+54\1"),
        (r"\+55([1-9]{2})9([6-9][0-9]{7})", r"+55\1\2"),
        (r"\+55([1-9]{2})([6-9][0-9]{7})", r"+55\g<1>9\2"),
    )
]
"""Mexico's 1, Argentina's 9 and Brazil's ninth digit: with and without, one telephone."""
ITALIAN = re.compile(r"\+39(0?)([124-9][0-9]{4,9})")
"""A line in Italy: its zero belongs to the number, and people leave it out."""


def same_numbers(number: str) -> tuple[str, ...]:
    """Return every E.164 number that reaches the same telephone; `number` is the first."""
    twins = [
        pattern.sub(twin, number)
        for pattern, twin in TWINS
        if pattern.fullmatch(number)
    ]
    if italian := ITALIAN.fullmatch(number):
        without, with_zero = f"+39{italian[2]}", f"+390{italian[2]}"
        # A mobile's or a free number without zero is valid, and is somebody else's.
        if not parse_valid(without) and parse_valid(with_zero):
            twins.append(without if italian[1] else with_zero)
    return (number, *twins)


def is_same_number(number: str, stored: str, *, region: str = "") -> bool:
    """Return whether a CRM's field, in any spelling, has `number`.

    The field may have words and several numbers. One without its country is of `region`,
    the organization's country; where it cannot be, it is of the country of `number`. A
    `number` that is no phone number, such as an extension's, must have the same digits.
    """
    try:
        e164 = read_text(number, region)
    except NotANumber:
        return digits_of(number) == digits_of(stored) != ""
    text = simplify(stored[:MAX_TEXT_LENGTH])
    if e164[-4:] not in digits_of(text) and not VANITY.fullmatch(text):
        return False  # at once: a search may find hundreds
    numbers = same_numbers(e164)
    return any(reading in numbers for reading in _readings(text, e164, region))


def _readings(text: str, number: str, region: str) -> Iterator[str]:
    """Yield in E.164 what a CRM's field may mean to someone who looks for `number`."""
    home = _country_of(number)
    region = region or home
    is_foreign = phonenumbers.country_code_for_region(
        region
    ) != phonenumbers.country_code_for_region(home)
    for run in RUN.findall(EXTENSION.sub(" | ", text)):
        for piece in split_run(run, region, home):
            digits = digits_of(piece)
            national = None if "+" in piece else parse_valid(digits, region)
            yield from filter(None, [read_digits(piece, region), national])
            if "+" in piece or (national and not lacks_zero(digits, national)):
                continue
            is_local = digits[0] != "0" and len(digits) <= LOCAL_MAX_DIGITS
            if not (is_foreign and is_local):
                yield read_digits(piece, home) or _complete(digits, home)
                yield f"+{digits}"
    if number.startswith("+1") and VANITY.fullmatch(text):
        yield from filter(None, [parse_valid(text, "US")])


def _complete(digits: str, region: str) -> str:
    """Return a national number with its country, although the library does not know it."""
    example = phonenumbers.example_number(region)
    if example and national_spelling(example).startswith("0"):
        if not digits.startswith("0"):
            return ""
        digits = digits[1:]
    return f"+{phonenumbers.country_code_for_region(region)}{digits}"


def _country_of(number: str) -> str:
    """Return the main country of an E.164 number's country code, ZZ for none."""
    try:
        country_code = phonenumbers.parse(number).country_code or 0
    except NumberParseException:
        return "ZZ"
    return phonenumbers.region_code_for_country_code(country_code)
