import pytest
from django.urls import reverse

from appconnect.organizations.models import Extension, UserMapping
from tests.support import text_of

PATH = "/user-mapping/"


def mapping_of(organization, number: str) -> UserMapping:
    return organization.user_mappings.get(extension__extension_number=number)


def numbers_on(page) -> list[str]:
    return [m.extension.extension_number for m in page.context["page"]]


def test_the_table_shows_who_is_mapped_and_how(console):
    shown = text_of(console.get(reverse("console:user-mapping")))

    assert "6 mapped, 3 unmapped; 1 of them with several candidates." in shown
    assert "104 Dan Diaz dan.diaz@example.com Daniel Diaz by e-mail" in shown
    assert "107 Sam Lee sam.lee@example.com – several candidates" in shown
    assert "200 Sales queue queue – – no match" in shown


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"show": "mapped"}, ["101", "102", "103", "104", "105", "106"]),
        ({"show": "unmapped"}, ["107", "108", "200"]),
        ({"show": "ambiguous"}, ["107"]),
        ({"show": "nonsense", "q": "BEN"}, ["102"]),
        ({"q": "daniel"}, ["104"]),
        ({"q": "103"}, ["103"]),
        ({"q": "eva.evans@"}, ["105"]),
        ({"q": "fox", "show": "mapped"}, ["106"]),
        ({"q": "nobody at all"}, []),
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


def test_the_number_of_queries_does_not_grow_with_the_table(
    console, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):
        console.get(PATH)


def test_a_get_changes_nothing(console, organization):
    before = list(organization.user_mappings.values())

    console.get(PATH)
    console.get(f"{PATH}{mapping_of(organization, '108').pk}/")

    assert list(organization.user_mappings.values()) == before


def test_an_extension_is_mapped_by_hand(console, organization):
    mapping = mapping_of(organization, "108")
    user = organization.crm_users.get(crm_user_id="u8")

    page = console.post(f"{PATH}{mapping.pk}/", {"crm_user": "u8"}, follow=True)

    assert "Gus Grey (108) is mapped to Sam Lee." in text_of(page)
    mapping.refresh_from_db()
    assert (mapping.crm_user, mapping.match) == (user, UserMapping.Match.MANUAL)


def test_a_mapping_is_cleared(console, organization):
    mapping = mapping_of(organization, "102")

    page = console.post(f"{PATH}{mapping.pk}/", {"crm_user": ""}, follow=True)

    assert "Ben Baker (102) is mapped to nobody." in text_of(page)
    mapping.refresh_from_db()
    assert mapping.crm_user is None


def test_the_candidates_are_found_by_name_or_address(console, organization):
    path = f"{PATH}{mapping_of(organization, '107').pk}/"

    assert text_of(console.get(path, {"q": "sam"})).count("sam.lee@") == 2
    assert "Ada Admin" in text_of(console.get(path, {"q": "ada.admin@example"}))
    assert "No CRM user matches." in text_of(console.get(path, {"q": "zzz"}))


@pytest.mark.parametrize("chosen", ["u9", "x", "x" * 1000])
def test_a_user_who_is_not_there_is_not_found(console, organization, chosen):
    path = f"{PATH}{mapping_of(organization, '107').pk}/"

    assert console.post(path, {"crm_user": chosen}).status_code == 404


def test_another_organizations_user_cannot_be_chosen(console, organization, stranger):
    theirs = stranger.organization.crm_users.create(
        platform="sandbox", crm_user_id="theirs", name="Theirs"
    )
    path = f"{PATH}{mapping_of(organization, '107').pk}/"

    assert console.post(path, {"crm_user": theirs.crm_user_id}).status_code == 404


def test_refreshing_is_left_to_the_worker(console, organization):
    page = console.post(f"{PATH}refresh/", follow=True)

    assert "are being read" in text_of(page)


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
