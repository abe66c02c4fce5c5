import pytest
from django.db import IntegrityError, transaction

from appconnect.organizations.directory import store_crm_users, store_extensions
from appconnect.organizations.models import CrmUser, Extension, UserMapping
from appconnect.organizations.user_mapping import (
    auto_match,
    match_users,
    refresh_directory,
)
from connector import types
from tests.organization import map_by_hand

Match = UserMapping.Match


def extension(pk: int = 1, name: str = "", email: str = "", type: str = "User"):
    return Extension(pk=pk, extension_id=str(pk), name=name, email=email, type=type)


def user(pk: int = 1, name: str = "", email: str = "", is_active: bool = True):
    return CrmUser(
        pk=pk, crm_user_id=f"u{pk}", name=name, email=email, is_active=is_active
    )


def matched(extensions, users) -> list[tuple[str | None, str]]:
    found = match_users(extensions, users)
    return [
        (user.crm_user_id if user else None, match)
        for user, match in (found[extension] for extension in extensions)
    ]


@pytest.mark.parametrize(
    ("extensions", "users", "result"),
    [
        # empty never equals empty
        ([extension()], [user()], [(None, Match.NONE)]),
        ([extension(email=" ")], [user(email="")], [(None, Match.NONE)]),
        # the spelling of an address does not matter
        (
            [extension(email="Ana@X.com")],
            [user(email="ana@x.com ")],
            [("u1", Match.EMAIL)],
        ),
        # an address on two extensions, or on two users, decides nothing
        (
            [extension(1, email="a@x"), extension(2, email="a@x")],
            [user(email="a@x")],
            [(None, Match.AMBIGUOUS), (None, Match.AMBIGUOUS)],
        ),
        (
            [extension(email="a@x")],
            [user(1, email="a@x"), user(2, email="a@x")],
            [(None, Match.AMBIGUOUS)],
        ),
        # a name counts where the address says nothing, however it is written
        (
            [extension(name="José  Ñ")],
            [user(name="JOSE\u0301 N\u0303")],
            [("u1", Match.NAME)],
        ),
        # the address counts before the name, whatever the order
        (
            [extension(name="John Smith", email="john@x")],
            [user(1, name="John Smith"), user(2, name="J", email="john@x")],
            [("u2", Match.EMAIL)],
        ),
        # whom an address has found is no candidate for a name
        (
            [extension(1, name="A B", email="a@x"), extension(2, name="A B")],
            [user(1, name="A B", email="a@x")],
            [("u1", Match.EMAIL), (None, Match.NONE)],
        ),
        (
            [extension(name="Sam Lee")],
            [user(1, name="Sam Lee"), user(2, name="Sam Lee")],
            [(None, Match.AMBIGUOUS)],
        ),
        (
            [extension(email="a@x")],
            [user(email="a@x", is_active=False)],
            [(None, Match.NONE)],
        ),
    ],
)
def test_matching(extensions, users, result):
    assert matched(extensions, users) == result


def test_a_queue_is_never_matched():
    queue = extension(name="Sales", email="s@x", type="Department")

    assert match_users([queue], [user(name="Sales", email="s@x")]) == {}


def test_the_sandbox_is_mapped_as_its_description_says(organization):
    mappings = organization.user_mappings.select_related("extension", "crm_user")
    by_number = {m.extension.extension_number: m for m in mappings}

    assert mappings.mapped().count() == 6
    assert by_number["104"].crm_user.name == "Daniel Diaz"
    assert by_number["107"].match == Match.AMBIGUOUS
    assert by_number["108"].match == Match.NONE
    assert by_number["200"].match == Match.NONE
    assert "300" not in by_number


def mapping_of(organization, number: str) -> UserMapping:
    return organization.user_mappings.get(extension__extension_number=number)


def crm_user(organization, crm_user_id: str) -> CrmUser:
    return organization.crm_users.get(crm_user_id=crm_user_id)


def test_what_was_mapped_by_hand_stays(organization):
    map_by_hand(mapping_of(organization, "102"), crm_user(organization, "u7"))
    map_by_hand(mapping_of(organization, "103"), None)

    auto_match(organization)

    assert mapping_of(organization, "102").crm_user.crm_user_id == "u7"
    assert mapping_of(organization, "103").crm_user is None


def test_several_extensions_may_have_one_crm_user(organization):
    for number in ("107", "108"):
        map_by_hand(mapping_of(organization, number), crm_user(organization, "u7"))

    assert crm_user(organization, "u7").user_mappings.count() == 2


def test_one_extension_never_has_two_crm_users(organization):
    mapping = mapping_of(organization, "102")
    twice = UserMapping(
        organization=organization,
        platform="sandbox",
        extension=mapping.extension,
        crm_user=crm_user(organization, "u7"),
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        twice.save()


def test_a_change_counts_as_a_new_configuration_and_a_repetition_does_not(organization):
    before = organization.configuration_version

    auto_match(organization)
    assert organization.configuration_version == before

    map_by_hand(mapping_of(organization, "108"), crm_user(organization, "u8"))
    organization.refresh_from_db()
    assert organization.configuration_version == before + 1


def test_an_empty_user_list_changes_nothing(organization):
    store_crm_users(organization, [])

    assert organization.crm_users.filter(is_active=True).count() == 8


def test_a_user_who_is_gone_stays_known_and_inactive(organization):
    store_crm_users(organization, [types.CrmUser(id="u2", name="Ben", email="b@x")])

    assert not crm_user(organization, "u1").is_active
    assert crm_user(organization, "u2").email == "b@x"
    assert mapping_of(organization, "101").crm_user == crm_user(organization, "u1")


def test_an_extension_that_is_gone_stays_known_and_disabled(organization):
    store_extensions(organization, [])

    assert not organization.extensions.filter(is_enabled=True).exists()


def test_refreshing_reads_both_sides_over_the_wire(connected, now):
    organization = connected
    organization.extensions.all().delete()
    organization.crm_users.all().delete()

    refresh_directory(organization, now=now)

    assert organization.directory_failure == ""
    assert organization.extensions.count() == 10
    assert organization.crm_users.count() == 8
    assert organization.user_mappings.mapped().count() == 6


def test_a_refresh_that_fails_says_so_and_changes_nothing(connected, sandbox, now):
    sandbox.switch(crmFailsWith=503)

    refresh_directory(connected, now=now)

    connected.refresh_from_db()
    assert "503" in connected.directory_failure
    assert connected.user_mappings.mapped().count() == 6
