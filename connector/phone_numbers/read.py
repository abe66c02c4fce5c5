"""Reading one phone number from a text.

RingCentral may leave out the plus, and people write numbers in any spelling. Here each
becomes E.164: a plus and 7 to 15 digits. The library does not know every number that
rings, so one with a plus need not be valid for it.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException, ValidationResult

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
LONG_DIGITS = 11
"""As many digits are more than a national number, except in a few countries."""
WITHHELD = {
    "+2562533": "BLOCKED",
    "+266696687": "ANONYMOUS",
    "+7378742833": "RESTRICTED",
    "+8656696": "UNKNOWN",
    "+86282452253": "UNAVAILABLE",
}
"""What carriers send for a withheld number: a word, typed on a phone's keys."""

EXTENSION = re.compile(
    r"(?<=[0-9)])(?:;ext=|\s*+,,[\s,-]*+"
    r"|[\s,]*+(?:ext(?:ensi[oó]n|n)?|xtn?|x|int|anexo|доб|#|~)[:.]?[\s,-]*+)"
    r"[0-9]{1,7}#?(?![0-9]|-[0-9])",
    re.IGNORECASE,
)
MAX_TEXT_LENGTH = 250
DIGITS = re.compile(r"[1-9][0-9]{6,14}")
NUMBER = re.compile(r"[0-9+\s().\[\]/-]+")
RUN = re.compile(r"[(\[]*+\+?[(\[ ]*+[0-9][0-9 \t().\[\]/-]*")
"""A stretch of one line without letters, commas and the like, and with one plus at most."""
PLUS = re.compile(r"[(\[ ]*\+")
SEPARATOR = re.compile(r"[^0-9+]+")
DIALED_MAX_DIGITS = 18
"""Of E.164 there are 15, after 011."""
SHORT_TAIL = 4
"""Digits after a slash that end a second number: 030 123456/57."""
DASHES = {0x2212: "-", 0x30FC: "-"}


class Fault(StrEnum):
    """Why a text is not a phone number."""

    INCOMPLETE = "incomplete"
    MORE_THAN_A_NUMBER = "more than a number"
    SEVERAL_NUMBERS = "several numbers"
    TWO_COUNTRIES = "two countries"
    """Without a plus it is a number here, and one of another country."""


class NotANumber(ValueError):
    """A text is not one phone number, for the reason in `fault`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def read_number(text: str, *, region: str) -> str:
    """Return the one number that a person wrote in E.164. Raises `NotANumber`.

    `region` is the ISO 3166 country that national numbers belong to. An extension after
    the number is left out. A number that parses is not yet a number: ``911`` and ``101``
    parse, and are refused; so is a text with a name, whose letters would be read as keys.
    """
    number = read_text(text, region)
    plain = without_extension(text)
    if "+" not in plain:
        national = parse_valid(digits_of(plain), region)
        if national not in (None, number):
            raise NotANumber(Fault.TWO_COUNTRIES)
    return number


def to_e164(text: str, *, region: str) -> str | None:
    """Return a number as RingCentral gives it in E.164, or None where it is no number.

    Without a plus it is a national number of `region`, or has its country code. Where it
    is valid as both it has the code, if the country writes a zero that is not there.
    """
    try:
        return read_text(text, region)
    except NotANumber:
        return parse_valid(f"+{text}") if DIGITS.fullmatch(text) else None


def read_text(text: str, region: str) -> str:
    if is_e164(text) and text not in WITHHELD:
        return parse_valid(text) or text
    if len(text) > MAX_TEXT_LENGTH:
        raise NotANumber(Fault.MORE_THAN_A_NUMBER)
    plain = without_extension(text)
    if not any(character.isdigit() for character in plain):
        raise NotANumber(Fault.INCOMPLETE)
    if not NUMBER.fullmatch(plain):
        raise NotANumber(Fault.MORE_THAN_A_NUMBER)
    numbers = [
        number for run in RUN.findall(plain) for number in split_run(run, region)
    ]
    if len(numbers) > 1:
        raise NotANumber(Fault.SEVERAL_NUMBERS)
    is_shifted = "+" in plain and not PLUS.match(plain)
    number = None if is_shifted else read_digits(plain, region)
    if number is None or number in WITHHELD:
        raise NotANumber(Fault.INCOMPLETE)
    return number


def without_extension(text: str) -> str:
    """Return a text, simplified, without the extension at its end."""
    plain = simplify(text).removeprefix("tel:")
    found = EXTENSION.search(plain)
    return plain[: found.start()] if found and found.end() == len(plain) else plain


def is_e164(number: str) -> bool:
    """Return whether this is a number as `read_number` returns it."""
    return E164.fullmatch(number) is not None


def read_digits(text: str, region: str) -> str | None:
    """Return a text without letters as E.164, None where it is no complete number."""
    digits = digits_of(text)
    if "+" in text:
        return parse_valid(f"+{digits}") or _shaped(digits)
    number = parse_valid(digits, region)
    if number and not lacks_zero(digits, number):
        return number
    if digits.startswith("00"):
        return parse_valid(f"+{digits[2:]}") or _shaped(digits[2:])
    if digits.startswith("011"):
        return parse_valid(f"+{digits[3:]}")
    # 491701234567 is also a number of the area 0491, but nobody leaves out its zero.
    if digits == text.strip() and (number or _is_long(digits, region)):
        return (
            parse_valid(f"+{digits}")
            or number
            or (_shaped(digits) if _has_country(digits, region) else None)
        )
    return number


def lacks_zero(digits: str, number: str) -> bool:
    """Return whether a national number was written without its country's leading zero."""
    return (
        parse_valid(number) is not None
        and national_spelling(phonenumbers.parse(number)) == f"0{digits}"
    )


def national_spelling(number: phonenumbers.PhoneNumber) -> str:
    """Return the digits of a number as its country writes them."""
    national = phonenumbers.PhoneNumberFormat.NATIONAL
    return digits_of(phonenumbers.format_number(number, national))


def _has_country(digits: str, region: str) -> bool:
    country_code = phonenumbers.country_code_for_region(region)
    return bool(country_code) and digits.startswith(str(country_code))


def parse_valid(text: str, region: str | None = None) -> str | None:
    """Return a number in E.164; None where it is not valid for the library.

    One with the international prefix of `region` has its country, and need not be valid.
    """
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.is_valid_number(number):
        return e164
    has_prefix = number.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD
    return e164 if has_prefix and E164.fullmatch(e164) else None


def _shaped(digits: str) -> str | None:
    return number if E164.fullmatch(number := f"+{digits}") else None


def _is_long(digits: str, region: str) -> bool:
    """Return whether these are more digits than a national number of `region` has."""
    if len(digits) >= LONG_DIGITS:
        return True
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException:
        return False
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason == ValidationResult.TOO_LONG


def split_run(run: str, *regions: str) -> list[str]:
    """Return the numbers of a run: several, where each is complete, else the run itself."""

    def is_number(text: str) -> bool:
        return any(read_digits(text, region) for region in regions)

    def is_valid(text: str) -> bool:
        return any(
            (number := read_digits(text, region)) and parse_valid(number)
            for region in regions
        )

    @cache
    def split(run: str) -> list[str]:
        separators = sorted(
            SEPARATOR.finditer(run), key=lambda found: "/" not in found[0]
        )
        for separator in separators:
            left, right = run[: separator.start()], run[separator.end() :]
            if not right or not is_short(left) or not is_number(left):
                continue
            has_slash = "/" in separator[0]
            if not is_valid(left) and (is_valid(run) or not has_slash):
                continue  # the beginning of a number has the shape of one, too
            # 0664 1234 567890 is one number, although either half could be one.
            if (
                has_slash
                or "(" in separator[0]
                or right[0] == "0"
                or not is_number(run)
            ):
                rest = split(right)
                if all(map(is_number, rest)):
                    return [*split(left), *rest]
            is_tail = right.isdecimal() and len(right) <= SHORT_TAIL
            if has_slash and is_tail and is_valid(left):
                return [left, run]
        return [run]

    return split(run)


def is_short(text: str) -> bool:
    """Return whether a text has some digits, and no more than a number, dialed, has."""
    return 0 < len(digits_of(text)) <= DIALED_MAX_DIGITS


def simplify(text: str) -> str:
    """Return a text with plain digits, blanks and dashes, without invisible characters."""
    plain = unicodedata.normalize("NFKC", text).translate(DASHES)
    return "".join(map(_simple, plain)).strip()


def _simple(character: str) -> str:
    match unicodedata.category(character):
        case "Nd":
            return str(unicodedata.digit(character))
        case "Pd":
            return "-"
        case "Cf":
            return ""
    return character


def digits_of(text: str) -> str:
    return re.sub("[^0-9]", "", text)
