import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appconnect.calls.models.choices import AttentionReason
from appconnect.organizations.models import Extension, UserMapping
from appconnect.sandbox.ringcentral import seed
from appconnect.worker import queue
from tests.support.helpers import text_of
from tests.support.organization import map_by_hand

PATH = "/user-mapping/"


def mapping_of(organization, number: str) -> UserMapping:
    return organization.user_mappings.get(extension__extension_number=number)


def numbers_on(page) -> list[str]:
    return [row.extension.extension_number for row in page.context["rows"]]


def test_table_opens_on_what_is_to_do(console):
    page = console.get(reverse("console:user-mapping"))

    assert numbers_on(page) == ["107", "108", "200", "400", "500"]
    shown = text_of(page)
    assert "6 of 11 extensions mapped" in shown
    assert "5 to do: 4 unmapped, 1 conflict, 0 inactive" in shown
    assert "Sam Lee 107 · sam.lee@example.com 2 possible users" in shown
    assert "Sales queue 200 · Queue" in shown
    assert "After hours 400 · Message-only" in shown
    assert "AI receptionist 500 · AI receptionist or app" in shown


def test_table_shows_crm_user_and_kind_of_match(console):
    shown = text_of(console.get(PATH, {"show": "all"}))

    assert re.search(
        r"Dan Diaz 104 · dan\.diaz@example\.com Daniel Diaz .* Email", shown
    )
    assert "Finn Fox 106 · finn.fox@example.com · Not activated" in shown


def test_counts_add_up_and_match_the_rows_of_their_tabs(console, organization):
    organization.crm_users.filter(crm_user_id="u2").update(is_active=False)
    organization.extensions.filter(extension_number="108").update(is_logged=False)
    map_by_hand(mapping_of(organization, "103"), None)

    page = console.get(PATH)

    counts = page.context["counts"]
    kinds = ("unmapped", "conflicts", "inactive")
    assert [counts[kind] for kind in kinds] == [4, 1, 1]
    assert counts["to_do"] == sum(counts[kind] for kind in kinds)
    assert counts["all"] == counts["to_do"] + counts["mapped"] + counts["not_logged"]
    assert "User mapping 6 to do" in text_of(page)
    for tab, count in counts.items():
        assert len(numbers_on(console.get(PATH, {"show": tab}))) == count


@pytest.mark.parametrize(
    "chosen",
    [{"logged_extensions": [seed.extension_id("102")]}, {"logging_level": "User"}],
)
def test_extensions_excluded_by_settings_are_marked(console, logging_settings, chosen):
    for name, value in chosen.items():
        setattr(logging_settings, name, value)
    logging_settings.save()

    page = console.get(PATH, {"show": "all"})

    outside = {
        row.extension.name for row in page.context["rows"] if not row.is_in_scope
    }
    assert ("Ben Baker" in outside) == ("logging_level" in chosen)
    assert ("Ada Admin" in outside) == ("logged_extensions" in chosen)
    assert "Cleo Carter 103 · cleo.carter@example.com · Outside scope" in text_of(page)


def test_missing_extension_and_crm_user_are_marked_in_words(console, organization):
    organization.crm_users.filter(crm_user_id="u2").update(is_active=False)
    organization.extensions.filter(extension_number="103").update(is_enabled=False)
    organization.extensions.filter(extension_number="104").update(is_logged=False)

    shown = text_of(console.get(PATH, {"show": "all"}))

    assert "1 conflict, 1 inactive" in shown
    assert "Ben Baker No longer active in Sandbox CRM Replace…" in shown
    assert "103 · cleo.carter@example.com · Removed from RingCentral" in shown
    page = console.get(PATH, {"show": "not_logged"})
    assert numbers_on(page) == ["104"]
    assert page.context["rows"][0].badge.label == "Not logged"


def test_one_who_fits_is_suggested(console, organization):
    organization.user_mappings.update(crm_user=None, match="NONE")
    organization.crm_users.filter(crm_user_id="u6").update(email="f.fox@example.com")

    page = console.get(PATH)

    rows = {row.extension.extension_number: row for row in page.context["rows"]}
    assert rows["106"].badge[:2] == ("info", "Likely")
    assert "Finn Fox f.fox@example.com Accept" in text_of(page)
    assert "Likely Same name" in text_of(page)
    assert rows["102"].badge.label == "Exact"
    assert "Review 6 suggestions" in text_of(page)


def test_extensions_with_most_held_calls_come_first(console, make_call, now):
    for number, count in (("108", 1), ("200", 2)):
        for _ in range(count):
            call = make_call(extension=number)
            call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)

    page = console.get(PATH)

    assert numbers_on(page) == ["200", "108", "107", "400", "500"]
    assert "Unmapped 2 calls held" in text_of(page)
    by_name = numbers_on(console.get(PATH, {"sort": "name"}))
    assert by_name == ["500", "400", "108", "200", "107"]


def test_page_says_what_was_read(console, organization, now):
    organization.directory_refreshed_at = now
    organization.save()
    assert "users refreshed" in text_of(console.get(PATH))

    organization.crm_users.all().delete()

    shown = text_of(console.get(PATH))
    assert "users refreshed" not in shown
    assert "no Sandbox CRM users read yet" in shown


def test_the_last_call_of_each_extension_is_shown(console, make_call, now):
    for minutes in (50, 10, 30):
        call = make_call(extension="102")
        call.started_at = now - timedelta(minutes=minutes)
        call.save()

    page = console.get(PATH, {"show": "all"})

    last = {
        row.extension.extension_number: row.last_call_at for row in page.context["rows"]
    }
    assert last["102"] == now - timedelta(minutes=10)
    assert last["103"] is None


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"show": "mapped"}, ["101", "102", "103", "104", "105", "106"]),
        ({"show": "unmapped"}, ["108", "200", "400", "500"]),
        ({"show": "conflicts"}, ["107"]),
        ({"show": "inactive"}, []),
        ({"type": "users"}, ["107", "108"]),
        ({"type": "queues"}, ["200"]),
        ({"type": "shared", "show": "all"}, ["400", "500"]),
        ({"show": "nonsense", "q": "GUS", "type": "x", "sort": "x"}, ["108"]),
        ({"q": "daniel", "show": "all"}, ["104"]),
        ({"q": "103", "show": "all"}, ["103"]),
        ({"q": "eva.evans@", "show": "all"}, ["105"]),
        ({"q": "fox", "show": "mapped"}, ["106"]),
        ({"q": "nobody at all"}, []),
        ({"q": "be\0n", "show": "all"}, ["102"]),
    ],
)
def test_search_and_filter(console, query, numbers):
    assert numbers_on(console.get(PATH, query)) == numbers


def test_paging(console, organization):
    for n in range(60):
        extension = Extension.objects.create(
            organization=organization,
            extension_id=f"9{n}",
            extension_number=f"9{n:03}",
            type="User",
        )
        UserMapping.objects.create(
            organization=organization, platform="sandbox", extension=extension
        )

    assert len(numbers_on(console.get(PATH))) == 50
    assert numbers_on(console.get(PATH, {"page": 2}))[-1] == "9059"
    assert numbers_on(console.get(PATH, {"page": "x"}))[0] == "107"
    page = console.get(PATH, {"show": "unmapped", "q": "9", "sort": "extension"})
    assert 'href="?q=9&amp;sort=extension&amp;show=unmapped&amp;page=2"' in (
        page.content.decode()
    )
    assert "1–50 of 60" in text_of(page)


def test_the_number_of_queries_does_not_grow_with_the_table(
    console, django_assert_max_num_queries
):
    with django_assert_max_num_queries(22):
        console.get(PATH)


def test_rows_without_a_suggestion_cost_no_matching(console):
    rows_alone = {"HX-Request": "true", "HX-Target": "mappings"}
    console.get(PATH)
    with CaptureQueriesContext(connection) as whole_page:
        console.get(PATH, {"show": "mapped"})
    with CaptureQueriesContext(connection) as rows:
        console.get(PATH, {"show": "mapped"}, headers=rows_alone)

    assert len(rows) == len(whole_page) - 3
    page = console.get(PATH, {"q": "sam"}, headers=rows_alone)
    assert "2 possible users" in text_of(page)


def test_rows_say_where_a_bulk_action_leads_back_to(console):
    """A search replaces the rows, not the bar of the bulk actions."""
    html = console.get(PATH, {"q": "sam", "show": "all"}).content.decode()

    _head, _id, rest = html.partition('id="mappings"')
    rows, _id, bar = rest.partition('id="bulk"')
    [back] = re.findall('form="bulk" name="next" value="([^"]*)"', rows)
    assert unescape(back) == f"{PATH}?q=sam&show=all"
    assert 'name="next"' not in bar


def test_a_get_changes_nothing(console, organization):
    before = list(organization.user_mappings.values())

    console.get(PATH)
    console.get(f"{PATH}{mapping_of(organization, '108').pk}/")

    assert list(organization.user_mappings.values()) == before


def test_refreshing_is_left_to_the_worker(console, organization):
    page = console.post(f"{PATH}refresh/", follow=True)

    assert "Reading extensions and CRM users." in text_of(page)


def test_refresh_credits_new_mappings_to_its_requester(console, connected, member):
    connected.user_mappings.filter(extension__extension_number="102").delete()
    console.post(f"{PATH}refresh/")

    while task := queue.engine.dequeue():
        if str(connected.pk) in task.args and task.name == "refresh_directory":
            queue.engine.execute(task)

    [entry] = connected.audit_entries.filter(action="MAPPING_CHANGED")
    assert entry.actor == str(member)


def test_a_failed_refresh_is_said_so(console, organization):
    organization.directory_failure = "sandbox answered HTTP 503."
    organization.save()

    shown = text_of(console.get(PATH))

    assert "Refresh failed: sandbox answered HTTP 503." in shown


def test_without_user_mapping_there_is_no_page(console, organization):
    organization.platform = "sandboxWithoutMapping"
    organization.save()

    assert console.get(PATH).status_code == 404


def test_a_search_may_be_as_long_as_it_likes(console, organization):
    assert console.get("/user-mapping/", {"q": "x" * 100_000}).status_code == 200
