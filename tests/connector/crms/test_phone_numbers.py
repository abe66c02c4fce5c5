import pytest

from connector.crms.phone_numbers import is_same_number, national_digits


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
