import pytest
from django.db import IntegrityError, transaction

from appconnect.organizations.logging_settings.server_logging import choose_crm
from appconnect.organizations.mapping.directory import store_crm_users, store_extensions
from appconnect.organizations.mapping.user_mapping import auto_match, refresh_directory
from appconnect.organizations.models import (
    CrmChanged,
    CrmUser,
    Organization,
    UserMapping,
)
from connector import types
from tests.support.organization import ADA, map_by_hand

Match = UserMapping.Match


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


def test_manual_mapping_stays(organization):
    map_by_hand(mapping_of(organization, "102"), crm_user(organization, "u7"))
    map_by_hand(mapping_of(organization, "103"), None)

    auto_match(organization)

    assert mapping_of(organization, "102").crm_user.crm_user_id == "u7"
    assert mapping_of(organization, "103").crm_user is None


def test_several_extensions_may_have_one_crm_user(organization):
    for number in ("107", "108"):
        map_by_hand(mapping_of(organization, number), crm_user(organization, "u7"))

    assert crm_user(organization, "u7").user_mappings.count() == 2


def test_extension_has_at_most_one_crm_user(organization):
    mapping = mapping_of(organization, "102")
    twice = UserMapping(
        organization=organization,
        platform="sandbox",
        extension=mapping.extension,
        crm_user=crm_user(organization, "u7"),
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        twice.save()


def test_only_a_changed_mapping_is_a_new_configuration(organization):
    before = organization.configuration_version

    auto_match(organization)
    assert organization.configuration_version == before

    map_by_hand(mapping_of(organization, "108"), crm_user(organization, "u8"))
    organization.refresh_from_db()
    assert organization.configuration_version == before + 1


def test_an_empty_user_list_changes_nothing(organization):
    store_crm_users(organization, [])

    assert organization.crm_users.filter(is_active=True).count() == 8


def test_deleted_crm_user_stays_stored_and_inactive(organization):
    store_crm_users(organization, [types.CrmUser(id="u2", name="Ben", email="b@x")])

    assert not crm_user(organization, "u1").is_active
    assert crm_user(organization, "u2").email == "b@x"
    assert mapping_of(organization, "101").crm_user == crm_user(organization, "u1")


def test_deleted_extension_stays_stored_and_disabled(organization):
    store_extensions(organization, [])

    assert not organization.extensions.filter(is_enabled=True).exists()


def test_refresh_reads_ringcentral_and_the_crm(connected, now):
    organization = connected
    organization.extensions.all().delete()
    organization.crm_users.all().delete()

    refresh_directory(organization, now=now)

    assert organization.directory_failure == ""
    assert organization.extensions.count() == 12
    assert organization.crm_users.count() == 8
    assert organization.user_mappings.mapped().count() == 6


def test_mappings_of_a_refresh_are_in_the_audit_log(connected, now):
    connected.user_mappings.filter(extension__extension_number="102").delete()

    refresh_directory(connected, actor=ADA, now=now)
    refresh_directory(connected, now=now)

    [entry] = connected.audit_entries.filter(action="MAPPING_CHANGED")
    assert (entry.actor, entry.subject) == ("ada", "Extensions: 1 (Email)")
    [change] = entry.changes
    assert (change["field"], change["after"]) == ("102", "Ben Baker")


def test_failed_refresh_is_reported_and_changes_nothing(connected, sandbox, now):
    sandbox.switch(crmFailsWith=503)

    refresh_directory(connected, now=now)

    connected.refresh_from_db()
    assert "503" in connected.directory_failure
    assert connected.user_mappings.mapped().count() == 6


def test_likely_match_is_left_to_a_person(organization):
    user = crm_user(organization, "u6")
    user.email = "f.fox@example.com"
    user.save()
    organization.user_mappings.all().delete()

    auto_match(organization)

    assert mapping_of(organization, "106").crm_user is None
    assert mapping_of(organization, "106").match == Match.NONE


@pytest.mark.parametrize("match", [Match.NAME, Match.MANUAL, Match.CSV])
def test_rematching_keeps_other_mappings(organization, match):
    organization.user_mappings.filter(extension__extension_number="102").update(
        crm_user=crm_user(organization, "u7"), match=match
    )

    auto_match(organization)

    mapping = mapping_of(organization, "102")
    assert (mapping.crm_user.crm_user_id, mapping.match) == ("u7", match)


def test_users_of_a_replaced_crm_are_not_stored(organization, now):
    asked = Organization.objects.get(pk=organization.pk)
    users = [types.CrmUser(id="old", name="Old", email="ben.baker@example.com")]
    choose_crm(
        organization, platform="sandbox", hostname="new.example", actor=ADA, now=now
    )

    with pytest.raises(CrmChanged, match="Another CRM was chosen"):
        store_crm_users(asked, users)
    with pytest.raises(CrmChanged):
        auto_match(asked)

    assert not organization.crm_users.exists()
    assert not organization.user_mappings.exists()
