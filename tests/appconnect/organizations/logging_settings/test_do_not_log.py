import pytest

from appconnect.organizations.logging_settings.do_not_log import (
    get_do_not_log_numbers,
    is_listed,
    read_entries,
    set_do_not_log_numbers,
)


def parse(text, organization):
    """Return the numbers of a list, and a sentence for each wrong entry."""
    entries = read_entries(text, organization)
    numbers = dict.fromkeys(entry.number for entry in entries if entry.number)
    faults = [f"{entry.typed}: {entry.fault}" for entry in entries if entry.fault]
    return list(numbers), faults


def test_typed_list_is_parsed(organization):
    text = " +1 650-555-0123 , (415) 555-0101;\n101\n\n,101"

    understood, faults = parse(text, organization)

    assert understood == ["+16505550123", "+14155550101", "101"]
    assert faults == []


def test_asterisk_matches_numbers_by_their_beginning(organization):
    understood, faults = parse("+1 (650) 555-*", organization)
    set_do_not_log_numbers(organization, understood)

    assert (understood, faults) == (["+1650555*"], [])
    assert is_listed(organization, ["+16505550123"])
    assert is_listed(organization, ["+1650555"])
    assert not is_listed(organization, ["+16505560123", "101", "+165"])


@pytest.mark.parametrize(
    "entry", ["+16505*", "650555*", "*", "+1650555*0", "+0650555*"]
)
def test_too_short_prefix_is_refused_with_the_remedy(organization, entry):
    understood, [fault] = parse(f"101, {entry}", organization)

    assert understood == ["101"]
    assert fault.startswith(f"{entry}: ")


@pytest.mark.parametrize("entry", ["abc", "999", "555-0100", "+1855201XXXX"])
def test_each_wrong_entry_is_named(organization, entry):
    understood, [fault] = parse(f"101, {entry}", organization)

    assert understood == ["101"]
    assert fault.startswith(f"{entry}: ")


@pytest.mark.parametrize(
    ("region", "entry", "fault"),
    [
        ("AT", "0664 1234567 (Ana)", "contains more than a phone number."),
        ("DE", "030 123456 Buero", "contains more than a phone number."),
        ("DE", "+49 30 123456 Eva", "contains more than a phone number."),
        ("US", "+431 58858 Eva", "contains more than a phone number."),
        ("AT", "01 58858 / 01 58859", "looks like several phone numbers."),
    ],
)
def test_entry_with_more_than_a_number_never_becomes_another_number(
    organization, region, entry, fault
):
    organization.region = region

    numbers, [message] = parse(entry, organization)

    assert numbers == []
    assert message.startswith(f"{entry}: {fault}")


@pytest.mark.parametrize(
    ("entry", "number"),
    [
        ("+5215512345678", "+5215512345678"),
        ("+52 1 55 1234 5678", "+525512345678"),
        ("+52 55 1234 5678", "+5215512345678"),
        ("+521551*", "+525512345678"),
        ("+54 11 2345 6789", "+5491123456789"),
        ("+1 861 234 5678", "+18612345678"),
        ("+1 650 555 0100;ext=12", "+16505550100"),
    ],
)
def test_listed_number_is_excluded_in_every_way_it_is_dialed(
    organization, entry, number
):
    understood, faults = parse(entry, organization)
    set_do_not_log_numbers(organization, understood)

    assert faults == []
    assert is_listed(organization, [number])
    assert not is_listed(organization, ["+16505550199"])


def test_listed_extension_that_was_deleted_may_stay(organization):
    set_do_not_log_numbers(organization, ["999"])

    assert parse("101, 999", organization) == (["101", "999"], [])


def test_list_is_replaced(organization):
    set_do_not_log_numbers(organization, ["+16505550123"])
    set_do_not_log_numbers(organization, ["+14155550101", "101"])

    assert get_do_not_log_numbers(organization) == ["+14155550101", "101"]
    assert is_listed(organization, ["+14155550101"])
    assert not is_listed(organization, ["+16505550123", ""])


def test_numbers_are_stored_sealed(organization):
    set_do_not_log_numbers(organization, ["+14155550101"])

    row = organization.do_not_log_numbers.values().get()
    assert "4155550101" not in str(row)


def test_list_of_another_organization_does_not_apply(organization, stranger):
    set_do_not_log_numbers(stranger.organization, ["+14155550101"])

    assert not is_listed(organization, ["+14155550101"])
