import pytest

from appconnect.calls.models import CallEvent
from appconnect.calls.reasons import SkipReason
from appconnect.organizations.mapping_changes import find_undoable, undo
from appconnect.organizations.models import AuditEntry
from tests.organization import ADA
from tests.support import text_of

PATH = "/user-mapping/bulk/"


@pytest.fixture
def bulk(console, organization):
    """Give a function that does something to the extensions with these numbers."""

    def bulk(action: str, *numbers: str, **more):
        rows = organization.user_mappings.filter(
            extension__extension_number__in=numbers
        )
        chosen = list(rows.values_list("pk", flat=True))
        form = {"action": action, "mapping": chosen, **more}
        return console.post(PATH, form, follow=True)

    return bulk


def mapped(organization) -> set[str]:
    return set(
        organization.user_mappings.mapped().values_list(
            "extension__extension_number", flat=True
        )
    )


def test_several_are_mapped_to_nobody_and_put_back(bulk, organization, now):
    page = bulk("nobody", "101", "102", "107", here="show=mapped&q=a")

    assert "3 extensions are mapped to nobody." in text_of(page)
    assert page.request["QUERY_STRING"] == "show=mapped&q=a"
    assert mapped(organization) == {"103", "104", "105", "106"}
    entry = organization.audit_entries.get()
    assert (entry.action, entry.actor) == (AuditEntry.Action.MAPPING_CHANGED, "ada")

    undo(find_undoable(organization, now=now), actor=ADA, now=now)

    assert mapped(organization) == {"101", "102", "103", "104", "105", "106"}


def test_the_calls_of_some_extensions_are_not_logged_until_they_are_again(
    bulk, connected, make_call_event, log, now
):
    page = bulk("leave-out", "102", "103")
    assert "The calls of 2 extensions are no longer logged." in text_of(page)
    assert "Ben Baker Not logged" in text_of(page)

    event = log(make_call_event(extension="102"), at=now)
    assert (event.status, event.reason) == (
        CallEvent.Status.SKIPPED,
        SkipReason.OUT_OF_SCOPE,
    )

    page = bulk("log", "102", "104")
    assert "The calls of 1 extension are logged again." in text_of(page)

    event = log(make_call_event(extension="102"), at=now)
    assert event.status == CallEvent.Status.LOGGED
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
    [("nobody", []), ("log", ["x", "99999999999999999999", "0"]), ("nonsense", ["1"])],
)
def test_nothing_chosen_changes_nothing(console, organization, action, chosen):
    page = console.post(PATH, {"action": action, "mapping": chosen}, follow=True)

    assert page.status_code == 200
    assert not organization.audit_entries.exists()


def test_another_organizations_extensions_are_left_alone(
    client, stranger, organization
):
    client.force_login(stranger.user)
    theirs = list(organization.user_mappings.values_list("pk", flat=True))

    page = client.post(PATH, {"action": "nobody", "mapping": theirs}, follow=True)

    assert "Choose extensions first." in text_of(page)
    assert len(mapped(organization)) == 6


@pytest.mark.parametrize("path", ["bulk/", "import/", "refresh/", "{pk}/"])
def test_who_may_only_look_changes_nothing(console, member, organization, path):
    member.role = member.Role.VIEWER
    member.save()
    mapping = organization.user_mappings.first()

    reply = console.post(f"/user-mapping/{path.format(pk=mapping.pk)}")

    assert reply.status_code == 403
    assert "needs the role “Operator”" in text_of(reply)
