import re

import pytest

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason
from appconnect.organizations.mapping.mapping_changes import (
    MappingChange,
    apply_changes,
    map_extension,
)
from appconnect.organizations.models import MappingBatch, UserMapping
from appconnect.organizations.security.audit import Actor
from appconnect.worker import queue
from tests.support.helpers import text_of
from tests.support.organization import map_by_hand

BEN = Actor(name="ben")
OPTIONS = "/user-mapping/crm-users/"
ODD_IDS = [
    "8d2c-11-ee",
    "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    "900719925474099312345",
    " two  words ",
    "Ünï/çø∂é?&=%2F",
    "\"'<b>`",
    "=1+1",
]


def mapping_of(organization, number: str) -> UserMapping:
    return organization.user_mappings.get(extension__extension_number=number)


def path_of(mapping: UserMapping) -> str:
    return f"/user-mapping/{mapping.pk}/"


def choose(console, mapping: UserMapping, crm_user: str, **more):
    """Save the edit page as it was loaded with `mapping`."""
    form = {"crm_user": crm_user, "version": mapping.version, **more}
    return console.post(path_of(mapping), form, follow=True)


def test_an_extension_is_mapped_by_hand(console, organization):
    mapping = mapping_of(organization, "108")

    page = choose(console, mapping, "u8")

    assert "Gus Grey (108) is mapped to Sam Lee." in text_of(page)
    mapping.refresh_from_db()
    assert mapping.crm_user.crm_user_id == "u8"
    assert mapping.match == UserMapping.Match.MANUAL


def test_a_mapping_is_cleared(console, organization):
    mapping = mapping_of(organization, "102")

    page = choose(console, mapping, "")

    assert "Ben Baker (102) is unmapped." in text_of(page)
    mapping.refresh_from_db()
    assert mapping.crm_user is None


@pytest.mark.parametrize("crm_user_id", ODD_IDS)
def test_an_id_may_look_like_anything(console, organization, crm_user_id):
    organization.crm_users.create(
        platform="sandbox", crm_user_id=crm_user_id, name="Odd Id"
    )
    mapping = mapping_of(organization, "108")

    page = console.get(path_of(mapping), {"q": "Odd"})
    options = console.get(OPTIONS, {"q": "Odd"})
    offered = [user.crm_user_id for user in page.context["candidates"]]
    choose(console, mapping, offered[0])

    assert [user.crm_user_id for user in options.context["candidates"]] == offered
    mapping.refresh_from_db()
    assert mapping.crm_user.crm_user_id == crm_user_id


def test_second_admin_sees_both_choices(console, organization, now):
    mapping = mapping_of(organization, "107")
    map_extension(
        mapping_of(organization, "107"),
        organization.crm_users.get(crm_user_id="u7"),
        expected_version=mapping.version,
        actor=BEN,
        now=now,
    )

    page = choose(console, mapping, "u1")

    assert page.status_code == 409
    shown = text_of(page)
    assert shown.startswith("Error: Map Sam Lee (107)")
    assert "ben changed this while you had it open" in shown
    theirs, yours = shown.split("ben, ")[1].split(" You: ")
    assert theirs.endswith(": Sam Lee.")
    assert yours.startswith("Ada Admin. Your choice isn't saved yet. Use mine Keep")
    assert mapping_of(organization, "107").crm_user.crm_user_id == "u7"

    choose(console, mapping_of(organization, "107"), "u1")

    assert mapping_of(organization, "107").crm_user.crm_user_id == "u1"


def test_a_change_of_many_is_named_in_the_conflict_too(console, organization, now):
    mapping = mapping_of(organization, "102")
    apply_changes(
        organization,
        [MappingChange(mapping, None, UserMapping.Match.MANUAL)],
        source=MappingBatch.Source.BULK,
        actor=BEN,
        now=now,
    )

    shown = text_of(choose(console, mapping, "u1"))

    assert ": Unmapped. You: Ada Admin." in shown.split("ben, ")[1]


def test_pressed_twice_it_is_one_change(console, organization):
    mapping = mapping_of(organization, "107")

    for _ in range(2):
        page = choose(console, mapping, "u7")
        assert "Sam Lee (107) is mapped to Sam Lee." in text_of(page)

    assert organization.audit_entries.count() == 1


def test_two_rows_do_not_disturb_each_other(console, organization):
    first, second = mapping_of(organization, "107"), mapping_of(organization, "108")

    choose(console, first, "u7")
    choose(console, second, "u8")

    assert mapping_of(organization, "107").crm_user.crm_user_id == "u7"
    assert mapping_of(organization, "108").crm_user.crm_user_id == "u8"


@pytest.mark.parametrize("version", ["", "x", "-1", "²"])
def test_a_form_without_its_version_is_refused(console, organization, version):
    mapping = mapping_of(organization, "107")

    assert choose(console, mapping, "u7", version=version).status_code == 400
    assert mapping_of(organization, "107").crm_user is None


def test_a_held_call_goes_on_as_soon_as_its_extension_is_mapped(
    console, organization, make_call, now
):
    queue.engine.flush()
    call = make_call(extension="108")
    call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)

    page = choose(console, mapping_of(organization, "108"), "u8")

    assert "is mapped to Sam Lee. 1 held call is being logged." in text_of(page)
    assert queue.engine.dequeue().name == "send_due"
    call.refresh_from_db()
    assert call.status == CallSession.Status.WAITING_TO_LOG
    queue.engine.flush()


def test_the_candidates_are_found_by_name_or_address(console, organization):
    path = path_of(mapping_of(organization, "107"))

    assert text_of(console.get(path, {"q": "sam"})).count("sam.lee@") == 2
    assert "Ada Admin" in text_of(console.get(path, {"q": "ada.admin@example"}))
    assert "No CRM user matches." in text_of(console.get(path, {"q": "zzz"}))


def test_the_options_are_twenty_active_users_at_most(console, organization):
    for n in range(30):
        organization.crm_users.create(
            platform="sandbox", crm_user_id=f"n{n}", name=f"Newcomer {n}"
        )
    organization.crm_users.filter(crm_user_id="n0").update(is_active=False)

    many = text_of(console.get(OPTIONS, {"q": "newcomer"}))
    few = text_of(console.get(OPTIONS, {"q": "newcomer 0"}))

    assert "20 CRM users. Keep typing to narrow the list." in many
    assert few == "No CRM user matches."


@pytest.mark.parametrize("chosen", ["u9", "x", "x" * 1000, "x\0"])
def test_unknown_crm_user_is_not_found(console, organization, chosen):
    page = choose(console, mapping_of(organization, "107"), chosen)

    assert page.status_code == 404


def test_another_organizations_user_cannot_be_chosen(console, organization, stranger):
    stranger.organization.crm_users.create(
        platform="sandbox", crm_user_id="theirs", name="Theirs"
    )
    page = choose(console, mapping_of(organization, "107"), "theirs")

    assert page.status_code == 404
    assert "Theirs" not in text_of(console.get(OPTIONS))


def test_the_way_back_survives_a_conflict(console, organization):
    mapping = mapping_of(organization, "107")
    stale = UserMapping(pk=mapping.pk, version=mapping.version + 7)

    page = choose(console, stale, "u1", next="/needs-attention/").content.decode()

    assert 'name="next" value="/needs-attention/"' in page
    assert 'href="/needs-attention/">Keep theirs' in page


@pytest.mark.parametrize("is_theirs_already", [True, False])
def test_inactive_crm_user_cannot_be_chosen(console, organization, is_theirs_already):
    left = organization.crm_users.get(crm_user_id="u8")
    mapping = mapping_of(organization, "108")
    if is_theirs_already:
        map_by_hand(mapping, left)
    organization.crm_users.filter(crm_user_id="u8").update(is_active=False)

    page = choose(console, mapping, "u8", next="/needs-attention/")

    assert "Nothing was saved" in text_of(page)
    assert "Sam Lee is no longer active in Sandbox CRM" in text_of(page)
    shown = page.content.decode()
    assert re.search(r"<title>\s*Error:", shown)
    assert 'value="Sam Lee"' in shown
    assert re.search(r'name="crm_user"\s+value="u8"', shown)
    assert 'name="next" value="/needs-attention/"' in shown
    after = mapping_of(organization, "108")
    assert (after.version, after.crm_user) == (
        mapping.version,
        left if is_theirs_already else None,
    )


def test_a_crm_user_that_there_is_not_cannot_be_chosen(console, organization):
    assert choose(console, mapping_of(organization, "108"), "nobody").status_code == 404
