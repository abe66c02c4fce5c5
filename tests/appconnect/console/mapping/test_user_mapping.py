from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from appconnect.organizations.models import Extension, UserMapping
from appconnect.sandbox.ringcentral import seed
from appconnect.worker import queue
from tests.support.helpers import text_of

PATH = "/user-mapping/"


def mapping_of(organization, number: str) -> UserMapping:
    return organization.user_mappings.get(extension__extension_number=number)


def numbers_on(page) -> list[str]:
    return [m.extension.extension_number for m in page.context["page"]]


def test_table_shows_crm_user_and_kind_of_match(console):
    shown = text_of(console.get(reverse("console:user-mapping")))

    assert "6 mapped, 5 unmapped, 1 with several candidates; 0 mapped" in shown
    assert "104 Dan Diaz user dan.diaz@example.com Daniel Diaz by e-mail" in shown
    assert (
        "106 Finn Fox Not activated user finn.fox@example.com Finn Fox by e-mail"
        in shown
    )
    assert "107 Sam Lee user sam.lee@example.com – several candidates" in shown
    assert "200 Sales queue queue – – no match" in shown
    assert "400 After hours message-only – – no match" in shown
    assert "500 AI receptionist AI receptionist or app – – no match" in shown


@pytest.mark.parametrize(
    "chosen",
    [{"logged_extensions": [seed.extension_id("102")]}, {"logging_level": "User"}],
)
def test_extensions_excluded_by_settings_are_marked(console, logging_settings, chosen):
    for name, value in chosen.items():
        setattr(logging_settings, name, value)
    logging_settings.save()

    shown = text_of(console.get(PATH))

    assert ("Ben Baker Not logged" in shown) == ("logging_level" in chosen)
    assert ("Ada Admin Not logged" in shown) == ("logged_extensions" in chosen)
    assert "Cleo Carter Not logged" in shown


def test_missing_extension_and_crm_user_are_marked_in_words(console, organization):
    organization.crm_users.filter(crm_user_id="u2").update(is_active=False)
    organization.extensions.filter(extension_number="103").update(is_enabled=False)
    organization.extensions.filter(extension_number="104").update(is_logged=False)

    shown = text_of(console.get(PATH))

    assert "1 mapped to somebody who is no longer active in Sandbox CRM." in shown
    assert "Ben Baker No longer in Sandbox CRM by e-mail" in shown
    assert "Cleo Carter No longer in RingCentral user" in shown
    assert "Dan Diaz Not logged user" in shown


def test_the_last_call_of_each_extension_is_shown(console, make_call, now):
    for minutes in (50, 10, 30):
        call = make_call(extension="102")
        call.started_at = now - timedelta(minutes=minutes)
        call.save()

    page = console.get(PATH)

    last = {m.extension.extension_number: m.last_call_at for m in page.context["page"]}
    assert last["102"] == now - timedelta(minutes=10)
    assert last["103"] is None
    zone = ZoneInfo("America/Los_Angeles")
    assert last["102"].astimezone(zone).strftime("%H:%M:%S P") in text_of(page)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"show": "mapped"}, ["101", "102", "103", "104", "105", "106"]),
        ({"show": "unmapped"}, ["107", "108", "200", "400", "500"]),
        ({"show": "ambiguous"}, ["107"]),
        ({"show": "inactive"}, []),
        ({"show": "shared"}, ["200", "400", "500"]),
        ({"show": "nonsense", "q": "BEN"}, ["102"]),
        ({"q": "daniel"}, ["104"]),
        ({"q": "103"}, ["103"]),
        ({"q": "eva.evans@"}, ["105"]),
        ({"q": "fox", "show": "mapped"}, ["106"]),
        ({"q": "nobody at all"}, []),
        ({"q": "be\0n"}, ["102"]),
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
    assert numbers_on(console.get(PATH, {"page": "x"}))[0] == "101"
    shown = console.get(PATH, {"show": "unmapped", "q": "9"}).content.decode()
    assert 'href="?show=unmapped&amp;q=9&amp;page=2"' in shown


def test_the_number_of_queries_does_not_grow_with_the_table(
    console, django_assert_max_num_queries
):
    with django_assert_max_num_queries(13):
        console.get(PATH)


def test_a_get_changes_nothing(console, organization):
    before = list(organization.user_mappings.values())

    console.get(PATH)
    console.get(f"{PATH}{mapping_of(organization, '108').pk}/")

    assert list(organization.user_mappings.values()) == before


def test_refreshing_is_left_to_the_worker(console, organization):
    page = console.post(f"{PATH}refresh/", follow=True)

    assert "are being read" in text_of(page)


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

    assert "The last refresh failed: sandbox answered HTTP 503." in shown


def test_without_user_mapping_there_is_no_page(console, organization):
    organization.platform = "sandboxWithoutMapping"
    organization.save()

    assert console.get(PATH).status_code == 404


def test_a_search_may_be_as_long_as_it_likes(console, organization):
    assert console.get("/user-mapping/", {"q": "x" * 100_000}).status_code == 200
