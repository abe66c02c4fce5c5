import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appconnect.organizations.logging_settings.do_not_log import (
    get_do_not_log_numbers,
    is_listed,
    set_do_not_log_numbers,
)
from tests.support.helpers import text_of

PATH = "/do-not-log/"
REMOVE = "/do-not-log/remove/"


def test_empty_list_explains_its_purpose(console, organization):
    assert "No numbers yet" in text_of(console.get(PATH))


def test_added_numbers_show_author_and_label(console, organization, now):
    typed = {"numbers": "(415) 555-0101\n101", "label": "Works council"}

    page = text_of(console.post(PATH, typed, follow=True))

    assert "2 numbers added to the list." in page
    assert "+14155550101 Works council" in page
    assert "by ada" in page
    assert is_listed(organization, ["101"])


def test_invalid_entries_of_pasted_list_stay_in_the_field(console, organization):
    good = [f"+1415555{n:04}" for n in range(100, 298)]
    pasted = "\r\n".join([*good[:100], "999", *good[100:], "abc", good[0]])

    page = console.post(PATH, {"numbers": pasted, "label": ""})

    shown = text_of(page)
    assert "198 numbers added to the list." in shown
    assert "999: there is no such extension." in shown
    assert "abc: not a complete phone number." in shown
    assert ">\n999\nabc</textarea>" in page.content.decode()
    assert len(get_do_not_log_numbers(organization)) == 198


def test_one_that_is_there_already_is_not_added_twice(console, organization):
    set_do_not_log_numbers(organization, ["+14155550101"])

    page = console.post(PATH, {"numbers": "4155550101, 101"}, follow=True)

    assert "1 number added to the list. 1 was on it already." in text_of(page)


def test_taking_off_is_confirmed_first(console, organization):
    set_do_not_log_numbers(organization, ["101"])

    assert "Remove the selected numbers?" in text_of(console.get(PATH))


def test_several_are_taken_off(console, organization):
    set_do_not_log_numbers(organization, ["+14155550101", "+14155550102", "101"])
    rows = [r for r in organization.do_not_log_numbers.all() if r.number != "101"]

    chosen = {"number": [str(row.pk) for row in rows]}
    page = console.post(REMOVE, chosen, follow=True)

    assert "2 numbers removed." in text_of(page)
    assert get_do_not_log_numbers(organization) == ["101"]


def test_the_audit_log_has_counts_and_no_number(console, organization):
    console.post(PATH, {"numbers": "(415) 555-0101, 101", "label": "secret label"})
    [row, _other] = organization.do_not_log_numbers.all()
    console.post(REMOVE, {"number": str(row.pk)})

    entries = list(organization.audit_entries.all())
    assert [e.get_action_display() for e in entries] == [
        "changed the do-not-log list"
    ] * 2
    told = str([entry.changes for entry in entries])
    assert "2 added, 0 removed" in told
    assert "0 added, 1 removed" in told
    assert "555" not in told


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("", "This field is required."),
        (" , ", "Enter at least one number."),
        ("101," * 25_001, "at most 100000 characters"),
    ],
)
def test_nothing_or_too_much_is_refused(console, organization, numbers, said):
    page = console.post(PATH, {"numbers": numbers})

    assert said in text_of(page)
    assert "added to the list" not in text_of(page)
    assert get_do_not_log_numbers(organization) == []


@pytest.mark.parametrize("chosen", [[], ["nonsense"], ["0" * 32]])
def test_a_row_that_there_is_not_is_left_alone(console, organization, chosen):
    set_do_not_log_numbers(organization, ["101"])

    page = console.post(REMOVE, {"number": chosen}, follow=True)

    assert "Select at least one number that is still on the list." in text_of(page)
    assert get_do_not_log_numbers(organization) == ["101"]
    assert not organization.audit_entries.exists()


def test_another_organizations_row_stays(console, organization, stranger):
    set_do_not_log_numbers(stranger.organization, ["+14155550101"])
    row = stranger.organization.do_not_log_numbers.get()

    console.post(REMOVE, {"number": str(row.pk)})

    assert stranger.organization.do_not_log_numbers.count() == 1
    assert "+14155550101" not in text_of(console.get(PATH))


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_only_admins_see_the_numbers(console, organization, member, role):
    member.role = role
    member.save()

    assert console.get(PATH).status_code == 403
    assert console.post(PATH, {"numbers": "101"}).status_code == 403
    assert "Do not log" not in text_of(console.get("/calls/"))


def test_author_of_number_stays_when_the_list_is_replaced(console, connected):
    console.post(PATH, {"numbers": "(415) 555-0101", "label": "Doctor"})

    set_do_not_log_numbers(connected, ["+14155550101", "101"], added_by="ben")

    kept = {r.number: (r.label, r.added_by) for r in connected.do_not_log_numbers.all()}
    assert kept == {"+14155550101": ("Doctor", "ada"), "101": ("", "ben")}


def test_a_long_list_takes_no_more_queries(console, organization):
    numbers = [f"+1415555{n:04}" for n in range(100, 250)]
    set_do_not_log_numbers(organization, numbers[:1])
    with CaptureQueriesContext(connection) as for_one:
        console.get(PATH)

    set_do_not_log_numbers(organization, numbers)
    with CaptureQueriesContext(connection) as for_many:
        page = console.get(PATH)

    assert len(for_many) == len(for_one)
    assert "Page 1 of 2" in text_of(page)


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_the_settings_page_links_to_the_list_and_shows_no_number(
    console, connected, member, role
):
    set_do_not_log_numbers(connected, ["+14155550101"])
    shown = console.get("/settings/").content.decode()
    assert 'href="/do-not-log/"' in shown
    assert "4155550101" not in shown

    member.role = role
    member.save()

    page = console.get("/settings/")
    assert "4155550101" not in page.content.decode()
    assert "Do not log: 1 number. Only admins can see it." in text_of(page)
