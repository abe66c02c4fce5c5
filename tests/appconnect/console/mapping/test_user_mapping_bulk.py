import pytest

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import SkipReason
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
    page = bulk("nobody", "101", "102", "107", here="show=mapped&q=a")

    assert "3 extensions are mapped to nobody." in text_of(page)
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

    page = console.post(PATH, {"action": "nobody", "mapping": shown}, follow=True)

    assert "left as they are: Ben Baker (102)." in text_of(page)
    assert mapped(organization) == {"102"}
    mapping.refresh_from_db()
    assert mapping.crm_user.crm_user_id == "u8"


def test_the_calls_of_some_extensions_are_not_logged_until_they_are_again(
    bulk, connected, make_call, log, now
):
    page = bulk("leave-out", "102", "103")
    assert "The calls of 2 extensions are no longer logged." in text_of(page)
    assert "Ben Baker Not logged" in text_of(page)

    call = log(make_call(extension="102"), at=now)
    assert (call.status, call.reason) == (
        CallSession.Status.SKIPPED,
        SkipReason.OUT_OF_SCOPE,
    )

    page = bulk("log", "102", "104")
    assert "The calls of 1 extension are logged again." in text_of(page)

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


@pytest.mark.parametrize(
    ("action", "chosen"),
    [
        ("nobody", []),
        ("nobody", ["1", "1:", ":1", "1:x", "1:99999999999999999999"]),
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

    page = client.post(PATH, {"action": "nobody", "mapping": theirs}, follow=True)

    assert "Choose extensions first." in text_of(page)
    assert len(mapped(organization)) == 6


@pytest.mark.parametrize("path", ["bulk/", "import/", "refresh/", "{pk}/"])
def test_viewer_cannot_change_mappings(console, member, organization, path):
    member.role = member.Role.VIEWER
    member.save()
    mapping = organization.user_mappings.first()

    reply = console.post(f"/user-mapping/{path.format(pk=mapping.pk)}")

    assert reply.status_code == 403
    assert "needs the role “Operator”" in text_of(reply)
