import time

import pytest

from connector.phone_numbers import (
    Fault,
    NotANumber,
    is_same_number,
    mask,
    national_digits,
    read_number,
    same_numbers,
    search_text,
    to_e164,
    write_as,
)


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+15105550100", "5105550100"),
        ("+442079460018", "2079460018"),
        ("+390612345678", "0612345678"),
        ("(510) 555-0100", "5105550100"),
        ("101", "101"),
        ("anonymous", ""),
    ],
)
def test_a_number_is_searched_without_its_country(number, digits):
    assert national_digits(number) == digits


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("+15105550100", "+15105550100"),
        ("+15105550100", "(510) 555-0100"),
        ("+15105550100", "510.555.0100 x12"),
        ("+442079460018", "020 7946 0018"),
        ("+442079460018", "+44 (0)20 7946 0018"),
        ("+442079460018", "0044 20 79460018"),
        ("+390612345678", "06 12345678"),
        ("+49301234567", "0049 (0)30 / 1234-567"),
        ("101", "101"),
    ],
)
def test_same_number_in_two_spellings_matches(number, stored):
    assert is_same_number(number, stored)


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("+15105550100", "+445105550100"),
        ("+15105550100", "5105550101"),
        ("+15105550100", "555-0100"),
        ("+15105550100", ""),
        ("anonymous", ""),
        ("+4930123456", "040 30123456"),
        ("+3545551234", "(415) 555-1234"),
        ("+33142685300", "49142685300"),
        ("101", "5105550101"),
    ],
)
def test_different_numbers_do_not_match(number, stored):
    assert not is_same_number(number, stored)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("(650) 555-0100", "US", "+16505550100"),
        ("+44 20 7946 0018", "US", "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("+44 20 7946 0018", "", "+442079460018"),
        ("(650) 555-0100", "", None),
        ("(866)123-4567", "US", None),
        ("020 7946 0018", "US", None),
        ("101", "US", None),
        ("911", "US", None),
        ("*67 6505550100", "US", None),
        ("+1855201XXXX", "US", None),
        ("anonymous", "US", None),
        ("", "US", None),
    ],
)
def test_complete_number_becomes_e164(text, region, number):
    assert to_e164(text, region=region) == number


@pytest.mark.parametrize(
    ("number", "shown"), [("+14155550101", "••• 0101"), ("101", "101"), ("", "")]
)
def test_a_page_shows_the_last_four_digits(number, shown):
    assert mask(number) == shown


@pytest.mark.parametrize(
    ("format_mask", "number", "region", "written"),
    [
        ("(***) ***-****", "+12125550147", "US", "(212) 555-0147"),
        ("1**********", "+12125550147", "CA", "12125550147"),
        ("0** ********", "+493090182000", "DE", "030 90182000"),
        ("***-****", "+12125550147", "US", None),
        ("***-***-****-*", "+12125550147", "US", None),
        ("***-***-****", "+442079460018", "US", None),
    ],
)
def test_format_needs_the_digits_of_a_national_number(
    format_mask, number, region, written
):
    assert write_as(format_mask, number, region=region) == written


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+5215512345678", "US", "+5215512345678"),
        ("+52 1 55 1234 5678", "US", "+5215512345678"),
        ("0052 1 55 1234 5678", "DE", "+5215512345678"),
        ("+18612345678", "US", "+18612345678"),
        ("+22507123456", "US", "+22507123456"),
        ("+999123456789", "US", "+999123456789"),
        ("+1 861 234 5678", "TK", "+18612345678"),
        ("+52/1/55/1234/5678", "US", "+5215512345678"),
    ],
)
def test_number_that_the_library_does_not_know_stays_as_it_is(text, region, number):
    assert read_number(text, region=region) == number


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("16505550100", "GB", "+16505550100"),
        ("16505550100", "DE", "+16505550100"),
        ("16505550100", "", "+16505550100"),
        ("16505550100", "US", "+16505550100"),
        ("18612345678", "US", "+18612345678"),
        ("442079460018", "US", "+442079460018"),
        ("4520123456", "US", "+4520123456"),
        ("493012345678", "US", "+493012345678"),
        ("491701234567", "DE", "+491701234567"),
        ("97122345678", "DE", "+97122345678"),
        ("4315885800", "AT", "+4315885800"),
        ("51987654321", "BR", "+5551987654321"),
    ],
)
def test_number_without_plus_is_read_with_its_country_code(text, region, number):
    assert to_e164(text, region=region) == number


@pytest.mark.parametrize(
    ("text", "region", "fault"),
    [
        ("0664 1234567 (Ana)", "AT", Fault.MORE_THAN_A_NUMBER),
        ("030 123456 Buero", "DE", Fault.MORE_THAN_A_NUMBER),
        ("+49 30 123456 Eva", "DE", Fault.MORE_THAN_A_NUMBER),
        ("+431 58858 Eva", "US", Fault.MORE_THAN_A_NUMBER),
        ("1-800-FLOWERS", "US", Fault.MORE_THAN_A_NUMBER),
        ("*67 6505550100", "US", Fault.MORE_THAN_A_NUMBER),
        ("01 58858 / 01 58859", "AT", Fault.SEVERAL_NUMBERS),
        ("01 58858 01 58859", "AT", Fault.SEVERAL_NUMBERS),
        ("030 123456/57", "DE", Fault.SEVERAL_NUMBERS),
        ("+1 650 555 0100 +1 650 555 0101", "US", Fault.SEVERAL_NUMBERS),
        ("(861) 234-5678", "US", Fault.INCOMPLETE),
        ("16012345678", "DE", Fault.TWO_COUNTRIES),
        ("4520123456", "US", Fault.INCOMPLETE),
        ("491701234567", "DE", Fault.TWO_COUNTRIES),
        ("20 12 34 21 12 34", "FO", Fault.SEVERAL_NUMBERS),
        ("3101 / 7290", "TK", Fault.SEVERAL_NUMBERS),
        ("911", "US", Fault.INCOMPLETE),
        ("+911", "US", Fault.INCOMPLETE),
        ("+266696687", "US", Fault.INCOMPLETE),
        ("anonymous", "US", Fault.INCOMPLETE),
        ("", "US", Fault.INCOMPLETE),
    ],
)
def test_text_that_is_not_one_number_is_refused_with_its_fault(text, region, fault):
    with pytest.raises(NotANumber) as error:
        read_number(text, region=region)

    assert error.value.fault == fault


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+1 650 555 0100 ext. 12", "US", "+16505550100"),
        ("(650) 555-0100 x12", "US", "+16505550100"),
        ("tel:+1-650-555-0100;ext=12", "DE", "+16505550100"),
        ("(+49) 30 901820", "US", "+4930901820"),
        ("030/901820", "DE", "+4930901820"),
        ("+43 664 1234 567890", "AT", "+436641234567890"),
        ("+49 177 99 0805066", "US", "+49177990805066"),
        ("\u202a+49\u00a030\u00a0901820\u202c", "US", "+4930901820"),
        ("１６５０５５５０１００", "US", "+16505550100"),
        ("٠٣٠ ٩٠١٨٢٠", "DE", "+4930901820"),
    ],
)
def test_spelling_of_one_number_is_read(text, region, number):
    assert read_number(text, region=region) == number


@pytest.mark.parametrize(
    ("number", "twin"),
    [
        ("+5215512345678", "+525512345678"),
        ("+5491123456789", "+541123456789"),
        ("+5511987654321", "+551187654321"),
        ("+390612345678", "+39612345678"),
    ],
)
def test_numbers_of_one_telephone_are_each_other(number, twin):
    assert same_numbers(number) == (number, twin)
    assert same_numbers(twin) == (twin, number)


@pytest.mark.parametrize(
    "number", ["+16505550100", "+390331123456", "+39331123456", "+551132345678"]
)
def test_number_of_another_telephone_is_not_the_same(number):
    assert same_numbers(number) == (number,)


FIELDS = """\
650-555-0100 / 650-555-0101
650-555-0101 / 650-555-0100
650-555-0101 650-555-0100
650-555-0100 x12 / 650-555-0101
650-555-0100/01
650-555-0100; 650-555-0101
650-555-0100, 650-555-0101
650-555-0100 or 650-555-0101
650-555-0100 (home)
650-555-0100 cell
650 555 0100 (do not call)
650-555-0100 - Bob
c: 650-555-0100
Tel. 650-555-0100
650-555-0100 x12
650-555-0100 ext. 12
650-555-0100,,12#
650-555-0100;ext=12
001 650 555 0100
"""


@pytest.mark.parametrize("region", ["US", "DE", ""])
@pytest.mark.parametrize("stored", FIELDS.splitlines())
def test_number_is_found_in_a_field_with_more_than_it(stored, region):
    assert is_same_number("+16505550100", stored, region=region)


@pytest.mark.parametrize(
    ("number", "stored", "region"),
    [
        ("+4930123456", "030/123456 od. 0170/1234567", "DE"),
        ("+491701234567", "030/123456 od. 0170/1234567", "DE"),
        ("+491701234567", "0170/1234567 privat", "US"),
        ("+46701234567", "070 123 45 67 (Axel)", "SE"),
        ("+16505550100", "0016505550100", "DE"),
        ("+442079460018", "011 44 20 7946 0018", "US"),
        ("+442079460018", "011442079460018", "US"),
        ("+525512345678", "+52 1 55 1234 5678", "US"),
        ("+525512345678", "521 55 1234 5678", "MX"),
        ("+5215512345678", "55 1234 5678", "MX"),
        ("+5491123456789", "+54 11 2345 6789", "US"),
        ("+541123456789", "+54 9 11 2345 6789", "AR"),
        ("+541123456789", "011 15 2345 6789", "AR"),
        ("+5511987654321", "+55 11 8765-4321", "BR"),
        ("+5511987654321", "(11) 8765-4321", "BR"),
        ("+551187654321", "(11) 98765-4321", "BR"),
        ("+390612345678", "+39 6 12345678", "US"),
        ("+18612345678", "(861) 234-5678", "US"),
        ("+18003569377", "1-800-FLOWERS", "US"),
        ("(650) 555-0100", "+1 (650) 555-0100", "US"),
    ],
)
def test_number_is_found_as_the_crm_writes_it(number, stored, region):
    assert is_same_number(number, stored, region=region)


@pytest.mark.parametrize(
    ("number", "stored", "region"),
    [
        ("+16505550100", "+1 650 555 0100 9", "US"),
        ("+436641234567262", "0664 1234567 (Ana)", "AT"),
        ("+431588580158859", "01 58858 / 01 58859", "AT"),
        ("+492125550147", "212-555-0147", "US"),
        ("+3545551234", "555-1234", "US"),
        ("+3545551234", "555 1234", "DE"),
        ("+39331123456", "0331 123456", "IT"),
        ("+4930123456", "030 123456 78", "DE"),
    ],
)
def test_number_of_a_stranger_is_not_found(number, stored, region):
    assert not is_same_number(number, stored, region=region)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+16505550100", "6505550100"),
        ("(650) 555-0100", "(650) 555-0100"),
        ("101", "101"),
        ("anonymous", ""),
    ],
)
def test_crm_is_searched_for_digits_or_for_the_format_as_written(number, text):
    assert search_text(number) == text


@pytest.mark.parametrize(
    "text", ["6505550100+", "(650) 555-0100 +", "650 555x1 0100", "650 555 010x1 0"]
)
def test_sign_in_the_middle_of_a_number_is_not_dropped(text):
    with pytest.raises(NotANumber):
        read_number(text, region="US")


def test_plus_of_another_script_begins_a_number():
    assert read_number("＋49 170 1234567", region="DE") == "+491701234567"


@pytest.mark.parametrize(
    "text",
    [
        "1" + "," * 5000,
        "1+" + "(" * 5000,
        "/".join("0301234567" * 9) + "/" + "0" * 20 + " 3456",
        "030123456/" * 20 + "0" * 20 + " 3456",
        "030 " * 55 + "3456",
    ],
)
def test_text_of_separators_is_read_at_once(text):
    started_at = time.process_time()

    assert not is_same_number("+4930123456", text, region="DE")
    assert to_e164(text, region="DE") is None

    assert time.process_time() - started_at < 5, "it grows faster than the text"
