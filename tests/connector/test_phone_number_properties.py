"""In every country of the library: a number is found again, and is never another one."""

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis.strategies import composite, sampled_from, text
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from connector.phone_numbers import (
    NotANumber,
    is_same_number,
    read_number,
    same_numbers,
    to_e164,
)

E164 = PhoneNumberFormat.E164
NATIONAL = PhoneNumberFormat.NATIONAL
FORMATS = (
    E164,
    NATIONAL,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.RFC3966,
)
KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE)
TAIL_DIGITS = 4
EXAMPLES = [
    (region, number)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in KINDS
    if (number := phonenumbers.example_number_for_type(region, kind))
    and phonenumbers.is_valid_number(number)
]
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
write = phonenumbers.format_number


@composite
def numbers(draw):
    """Draw a region and one of its valid numbers: an example with other last digits."""
    region, example = draw(sampled_from(EXAMPLES))
    tail = draw(text("0123456789", min_size=TAIL_DIGITS, max_size=TAIL_DIGITS))
    number = phonenumbers.parse(f"{write(example, E164)[:-TAIL_DIGITS]}{tail}")
    assume(phonenumbers.is_valid_number_for_region(number, region))
    return region, number


def test_number_is_read_and_found_in_each_of_its_formats():
    wrong = [
        (region, spelling)
        for region, number in EXAMPLES
        for spelling in (write(number, form) for form in FORMATS)
        if read_number(spelling, region=region) != write(number, E164)
        or not is_same_number(write(number, E164), spelling, region=region)
    ]

    assert wrong == []


@given(numbers(), sampled_from(["US", "DE", "GB", "AU", "JP"]))
def test_number_is_found_as_another_country_dials_it(example, home):
    _region, number = example
    dialed = phonenumbers.format_out_of_country_calling_number(number, home)

    assert to_e164(dialed, region=home) == write(number, E164)
    assert is_same_number(write(number, E164), dialed, region=home)


@given(numbers(), sampled_from(CODES))
def test_national_number_is_not_that_of_another_country(example, code):
    region, number = example
    digits = phonenumbers.national_significant_number(number)
    stranger = to_e164(f"+{code}{digits}", region=region)
    assume(stranger and stranger not in same_numbers(write(number, E164)))

    for form in FORMATS:
        assert not is_same_number(stranger, write(number, form), region=region)


@given(numbers(), numbers())
def test_numbers_of_two_telephones_are_not_the_same(one, other):
    numbers = {write(number, E164) for _region, number in (one, other)}
    assume(len(numbers) == 2)
    region, number = one
    stranger = write(other[1], E164)
    assume(stranger not in same_numbers(write(number, E164)))

    for form in FORMATS:
        assert not is_same_number(stranger, write(number, form), region=region)


@given(numbers())
def test_number_with_other_digits_is_another(example):
    region, number = example
    e164 = write(number, E164)
    last = (int(e164[-1]) + 1) % 10

    for stranger in (f"{e164[:-1]}{last}", f"{e164}1", e164[:-1]):
        assert not is_same_number(stranger, write(number, NATIONAL), region=region)
    international = write(number, PhoneNumberFormat.INTERNATIONAL)
    assert not is_same_number(e164, f"{international} 9", region=region)


@given(numbers(), sampled_from(["{} (Ana)", "Bob: {}", "{} - Bob"]))
def test_number_beside_a_name_is_found_and_never_read(example, words):
    region, number = example
    field = words.format(write(number, NATIONAL))

    assert is_same_number(write(number, E164), field, region=region)
    with pytest.raises(NotANumber):
        read_number(field, region=region)


@given(numbers(), sampled_from([" / ", "; ", ", ", " or ", "\n"]))
def test_two_numbers_in_a_field_are_found_and_never_read_as_one(example, separator):
    region, number = example
    second = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    assume(second and write(second, E164) != write(number, E164))
    field = separator.join(write(one, NATIONAL) for one in (number, second))

    assert is_same_number(write(number, E164), field, region=region)
    assert is_same_number(write(second, E164), field, region=region)
    with pytest.raises(NotANumber):
        read_number(field, region=region)


@given(numbers(), sampled_from([" x12", " ext. 12", ";ext=12"]))
def test_extension_belongs_to_its_number(example, extension):
    region, number = example
    field = f"{write(number, NATIONAL)}{extension}"

    assert read_number(field, region=region) == write(number, E164)
    assert is_same_number(write(number, E164), field, region=region)
