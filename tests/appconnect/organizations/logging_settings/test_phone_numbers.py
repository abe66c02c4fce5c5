import pytest

from appconnect.organizations.logging_settings.phone_numbers import (
    mask,
    to_e164,
    write_as,
)


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
