import re

import pytest

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason
from appconnect.organizations.models import (
    AuditEntry,
    CrmUser,
    Extension,
    MappingBatch,
    UserMapping,
)
from appconnect.worker import queue
from tests.support.helpers import text_of
from tests.support.organization import map_by_hand

PATH = "/user-mapping/match/"
Match = UserMapping.Match


@pytest.fixture
def unmapped(organization):
    """The organization before anything is mapped; Finn's CRM address is another."""
    organization.user_mappings.update(crm_user=None, match=Match.NONE)
    organization.crm_users.filter(crm_user_id="u6").update(email="f.fox@example.com")
    return organization


def owners(organization) -> dict[str, str | None]:
    rows = organization.user_mappings.values_list(
        "extension__extension_number", "crm_user__crm_user_id"
    )
    return {number: owner for number, owner in rows if owner}


def value_of(
    organization, number: str, crm_user_id: str, why: str = "SAME_EMAIL"
) -> str:
    mapping = organization.user_mappings.get(extension__extension_number=number)
    user = organization.crm_users.get(crm_user_id=crm_user_id)
    return f"{mapping.pk}:{mapping.version}:{user.pk}:{why}"


def ticked(page) -> list[str]:
    return re.findall(r'name="row"\s+value="([^"]+)"\s+checked', page.content.decode())


def test_a_preview_shows_the_groups_and_writes_nothing(console, unmapped):
    version = unmapped.configuration_version

    page = console.get(PATH)

    shown = text_of(page)
    for heading in ("Exact (5)", "Likely (1)", "Conflict (1)", "No match (4)"):
        assert heading in shown
    assert "Dan Diaz (104) → Daniel Diaz" in shown
    assert (
        "Finn Fox (106) → Finn Fox finn.fox@example.com → f.fox@example.com. "
        "Same name at the same domain." in shown
    )
    assert "Sam Lee, sam.lee@north.example.com" in shown
    assert "Sales queue (200) Queues and shared lines aren't matched." in shown
    assert "Map extensions 5" in shown
    numbers = ["101", "102", "103", "104", "105"]
    assert ticked(page) == [
        value_of(unmapped, number, f"u{n}") for n, number in enumerate(numbers, 1)
    ]
    unmapped.refresh_from_db()
    assert (owners(unmapped), unmapped.configuration_version) == ({}, version)


def test_ticked_proposals_are_mapped_and_can_be_undone(console, unmapped):
    rows = [
        value_of(unmapped, "102", "u2"),
        value_of(unmapped, "106", "u6", "SAME_NAME"),
        value_of(unmapped, "107", "u8", "SEVERAL"),
        "",
    ]

    page = console.post(PATH, {"row": rows}, follow=True)

    assert "3 extensions mapped." in text_of(page)
    assert owners(unmapped) == {"102": "u2", "106": "u6", "107": "u8"}
    matches = dict(
        unmapped.user_mappings.mapped().values_list(
            "extension__extension_number", "match"
        )
    )
    assert matches == {"102": Match.EMAIL, "106": Match.NAME, "107": Match.MANUAL}
    assert AuditEntry.objects.get().subject == "Extensions: 3 (matching)"

    assert "ada changed 3 mappings" in text_of(console.get("/user-mapping/"))
    batch = MappingBatch.objects.get()
    page = console.post(f"/user-mapping/undo/{batch.pk}/", follow=True)

    assert "3 mappings restored." in text_of(page)
    assert "changed 3 mappings" not in text_of(page)
    assert owners(unmapped) == {}


def test_applied_twice_it_says_that_all_is_as_wanted(console, unmapped):
    rows = [
        value_of(unmapped, "102", "u2"),
        value_of(unmapped, "106", "u6", "SAME_NAME"),
    ]
    console.post(PATH, {"row": rows})

    shown = text_of(console.post(PATH, {"row": rows}, follow=True))

    assert "someone else" not in shown
    assert "no new suggestion is selected" in shown
    assert owners(unmapped) == {"102": "u2", "106": "u6"}
    assert MappingBatch.objects.count() == 1


def test_a_row_that_changed_meanwhile_is_named_and_the_others_are_mapped(
    console, unmapped
):
    rows = ticked(console.get(PATH))
    mapping = unmapped.user_mappings.get(extension__extension_number="102")
    map_by_hand(mapping, None)
    unmapped.crm_users.filter(crm_user_id="u3").update(email="cleo@example.com")

    page = console.post(PATH, {"row": rows}, follow=True)

    shown = text_of(page)
    assert "3 extensions mapped." in shown
    assert "someone else edited them: Ben Baker (102), Cleo Carter (103)." in shown
    assert sorted(owners(unmapped)) == ["101", "104", "105"]


@pytest.mark.parametrize(
    "row", ["", "x", "1:2:3", "1:2:x:SEVERAL", f"{10**30}:0:1:SEVERAL", "1:0:1:x:y"]
)
def test_forged_form_maps_no_extension(console, unmapped, row):
    page = console.post(PATH, {"row": row}, follow=True)

    assert "no new suggestion is selected" in text_of(page)
    assert owners(unmapped) == {}


def test_crm_user_outside_the_proposals_is_refused(console, unmapped, stranger):
    rows = [value_of(unmapped, "102", "u7"), value_of(unmapped, "200", "u2")]

    page = console.post(PATH, {"row": rows}, follow=True)

    assert "someone else edited them" in text_of(page)
    assert owners(unmapped) == {}


def add_people(organization, count: int) -> None:
    for n in range(count):
        email = f"person{n}@example.com"
        extension = Extension.objects.create(
            organization=organization,
            extension_id=f"9{n}",
            extension_number=f"9{n:03}",
            name=f"Person {n}",
            email=email,
            type="User",
        )
        CrmUser.objects.create(
            organization=organization,
            platform="sandbox",
            crm_user_id=f"p{n}",
            name=f"Person {n}",
            email=email,
        )
        UserMapping.objects.create(
            organization=organization, platform="sandbox", extension=extension
        )


def test_all_that_is_certain_is_applied_with_one_button(
    console, unmapped, django_assert_max_num_queries
):
    add_people(unmapped, 60)
    with django_assert_max_num_queries(20):
        page = console.get(PATH)
    assert "Map all 65 exact matches" in text_of(page)
    assert len(ticked(page)) == 50
    assert len(ticked(console.get(PATH, {"page": 2}))) == 15
    digest = page.context["certain_digest"]

    page = console.post(PATH, {"certain": digest}, follow=True)

    assert "65 extensions mapped." in text_of(page)
    page = console.post(PATH, {"certain": digest}, follow=True)
    assert "the exact matches have changed" in text_of(page)
    assert len(owners(unmapped)) == 65


@pytest.mark.django_db(transaction=True)  # a task closes its connection
def test_calls_that_waited_for_an_owner_go_on_at_once(
    console, connected, make_call, now
):
    connected.user_mappings.update(crm_user=None, match=Match.NONE)
    call = make_call(extension="102")
    call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)
    queue.engine.flush()

    console.post(PATH, {"row": value_of(connected, "102", "u2")})

    while task := queue.engine.dequeue():
        if task.name in ("send_due", "process_call"):
            queue.engine.execute(task)
    call.refresh_from_db()
    assert call.status == CallSession.Status.LOGGED


def test_another_organizations_change_is_not_found(client, console, unmapped, stranger):
    console.post(PATH, {"row": value_of(unmapped, "102", "u2")})
    batch = MappingBatch.objects.get()

    client.force_login(stranger.user)

    assert client.post(f"/user-mapping/undo/{batch.pk}/").status_code == 404
    assert owners(unmapped) == {"102": "u2"}


def test_expired_undo_is_refused_with_reason(console, unmapped):
    console.post(PATH, {"row": value_of(unmapped, "102", "u2")})
    batch = MappingBatch.objects.get()
    console.post(f"/user-mapping/undo/{batch.pk}/")

    page = console.post(f"/user-mapping/undo/{batch.pk}/", follow=True)

    assert "This change was already undone." in text_of(page)


def test_viewer_cannot_apply_or_undo(console, member, unmapped):
    console.post(PATH, {"row": value_of(unmapped, "102", "u2")})
    member.role = "VIEWER"
    member.save()

    row = value_of(unmapped, "103", "u3")
    batch = MappingBatch.objects.get()
    assert console.post(PATH, {"row": row}).status_code == 403
    assert console.post(f"/user-mapping/undo/{batch.pk}/").status_code == 403
    assert owners(unmapped) == {"102": "u2"}


def test_when_nothing_is_left_the_page_says_so(console, organization):
    for mapping in organization.user_mappings.filter(crm_user=None):
        map_by_hand(mapping, None)

    assert "Every extension is mapped or set aside" in text_of(console.get(PATH))


def test_without_user_mapping_there_is_nothing_to_match(console, organization):
    organization.platform = "sandboxWithoutMapping"
    organization.save()

    assert console.get(PATH).status_code == 404
    assert console.post(PATH).status_code == 404
