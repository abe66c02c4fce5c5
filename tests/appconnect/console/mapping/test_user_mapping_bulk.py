import pytest

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason, SkipReason
from appconnect.organizations.mapping.mapping_changes import find_undoable, undo
from appconnect.organizations.models import AuditEntry
from tests.support.helpers import text_of
from tests.support.organization import ADA, map_by_hand

PATH = "/user-mapping/bulk/"


@pytest.fixture
def bulk(console, organization):
    """Return a function that does something to the extensions with these numbers."""

    def bulk(action: str, *numbers: str, **more):
        rows = organization.user_mappings.filter(
            extension__extension_number__in=numbers
        )
        form = {"action": action, "mapping": as_shown(rows), **more}
        return console.post(PATH, form, follow=True)

    return bulk


def as_shown(mappings) -> list[str]:
    """Return what the page's form sends of each row."""
    return [f"{mapping.pk}:{mapping.version}" for mapping in mappings]


def mapped(organization) -> set[str]:
    return set(
        organization.user_mappings.mapped().values_list(
            "extension__extension_number", flat=True
        )
    )


def test_several_mappings_are_removed_and_restored(bulk, organization, now):
    here = "/user-mapping/?show=mapped&q=a"
    page = bulk("clear", "101", "102", "107", next=here)

    assert "3 mappings cleared." in text_of(page)
    assert page.request["QUERY_STRING"] == "show=mapped&q=a"
    assert mapped(organization) == {"103", "104", "105", "106"}
    entry = organization.audit_entries.get()
    assert (entry.action, entry.actor) == (AuditEntry.Action.MAPPING_CHANGED, "ada")

    undo(find_undoable(organization, now=now), actor=ADA, now=now)

    assert mapped(organization) == {"101", "102", "103", "104", "105", "106"}


def test_mapping_changed_by_other_admin_keeps_its_owner(bulk, console, organization):
    shown = as_shown(organization.user_mappings.order_by("pk"))
    mapping = organization.user_mappings.get(extension__extension_number="102")
    map_by_hand(mapping, organization.crm_users.get(crm_user_id="u8"))

    page = console.post(PATH, {"action": "clear", "mapping": shown}, follow=True)

    assert "someone else edited them: Ben Baker (102)." in text_of(page)
    assert mapped(organization) == {"102"}
    mapping.refresh_from_db()
    assert mapping.crm_user.crm_user_id == "u8"


def test_the_calls_of_some_extensions_are_not_logged_until_they_are_again(
    bulk, connected, make_call, log, now
):
    page = bulk("ignore", "102", "103", next="/user-mapping/?show=all")
    assert "Calls of 2 extensions are no longer logged." in text_of(page)
    assert text_of(page).count("Not logged") == 3, "the tab and two rows"

    call = log(make_call(extension="102"), at=now)
    assert (call.status, call.reason) == (
        CallSession.Status.SKIPPED,
        SkipReason.OUT_OF_SCOPE,
    )

    page = bulk("log", "102", "104")
    assert "Calls of 1 extension are logged again." in text_of(page)

    call = log(make_call(extension="102"), at=now)
    assert call.status == CallSession.Status.LOGGED
    before, after = AuditEntry.objects.filter(
        action=AuditEntry.Action.LOGGED_EXTENSIONS_CHANGED
    ).order_by("pk")
    assert [change["field"] for change in before.changes] == [
        "Ben Baker (102)",
        "Cleo Carter (103)",
    ]
    assert after.changes == [
        {"field": "Ben Baker (102)", "before": False, "after": True}
    ]


def test_several_extensions_get_one_crm_user_and_their_calls_go_on(
    bulk, organization, make_call, now
):
    call = make_call(extension="108")
    call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)

    page = bulk("map", "108", "200", crm_user="u8")

    assert "2 extensions mapped. 1 held call is being logged." in text_of(page)
    assert {"108", "200"} <= mapped(organization)
    call.refresh_from_db()
    assert call.status == CallSession.Status.WAITING_TO_LOG


@pytest.mark.parametrize("crm_user", ["", "nobody", "u8", "x\0"])
def test_nobody_is_mapped_to_an_unknown_or_inactive_user(bulk, organization, crm_user):
    organization.crm_users.filter(crm_user_id="u8").update(is_active=False)

    page = bulk("map", "108", crm_user=crm_user)

    assert "Choose an active CRM user from the list." in text_of(page)
    assert len(mapped(organization)) == 6


def suggested(organization, console) -> list[str]:
    """Unmap all, and return what the rows of the table then send."""
    organization.user_mappings.update(crm_user=None, match="NONE")
    page = console.get("/user-mapping/", {"type": "users"})
    return [row.value for row in page.context["rows"]]


def test_suggestions_of_the_selected_rows_are_accepted(console, organization):
    rows = suggested(organization, console)
    last = organization.user_mappings.get(extension__extension_number="102")
    map_by_hand(last, None)

    page = console.post(PATH, {"action": "accept", "mapping": rows}, follow=True)

    assert "5 extensions mapped." in text_of(page)
    assert "someone else edited them: Ben Baker (102)." in text_of(page)
    assert mapped(organization) == {"101", "103", "104", "105", "106"}
    assert "Undo" in text_of(page)


def test_one_suggestion_is_accepted(console, organization):
    rows = suggested(organization, console)

    page = console.post(PATH, {"only": rows[0], "mapping": rows}, follow=True)

    assert "1 extension mapped." in text_of(page)
    assert mapped(organization) == {"101"}


def test_without_a_suggestion_there_is_nothing_to_accept(bulk, organization):
    page = bulk("accept", "108", "101")

    assert "no selected row has a suggestion" in text_of(page)
    assert not organization.audit_entries.exists()


@pytest.mark.parametrize(
    ("action", "chosen"),
    [
        ("clear", []),
        ("clear", ["1", "1:", ":1", "1:x", "1:99999999999999999999"]),
        ("log", ["x", "99999999999999999999:0", "0:0"]),
        ("nonsense", ["1:0"]),
    ],
)
def test_nothing_chosen_changes_nothing(console, organization, action, chosen):
    page = console.post(PATH, {"action": action, "mapping": chosen}, follow=True)

    assert page.status_code == 200
    assert not organization.audit_entries.exists()


def test_another_organizations_extensions_are_left_alone(
    client, stranger, organization
):
    client.force_login(stranger.user)
    theirs = as_shown(organization.user_mappings.all())

    page = client.post(PATH, {"action": "clear", "mapping": theirs}, follow=True)

    assert "Select at least one extension." in text_of(page)
    assert len(mapped(organization)) == 6


@pytest.mark.parametrize("path", ["bulk/", "import/", "refresh/", "{pk}/"])
def test_viewer_cannot_change_mappings(console, member, organization, path):
    member.role = member.Role.VIEWER
    member.save()
    mapping = organization.user_mappings.first()

    reply = console.post(f"/user-mapping/{path.format(pk=mapping.pk)}")

    assert reply.status_code == 403
    assert "You need the Operator role." in text_of(reply)
