from datetime import timedelta

import pytest

from appconnect.organizations.mapping.mapping_changes import (
    CannotUndo,
    ChangedMeanwhile,
    MappingChange,
    apply_changes,
    find_undoable,
    map_extension,
    undo,
)
from appconnect.organizations.mapping.user_mapping import auto_match
from appconnect.organizations.models import (
    AuditEntry,
    CrmUser,
    MappingBatch,
    UserMapping,
)
from tests.support.organization import ADA, map_by_hand

Match = UserMapping.Match
Source = MappingBatch.Source


def mapping_of(organization, number: str) -> UserMapping:
    return organization.user_mappings.get(extension__extension_number=number)


def crm_user(organization, crm_user_id: str) -> CrmUser:
    return organization.crm_users.get(crm_user_id=crm_user_id)


def change(organization, number: str, user_id: str | None) -> MappingChange:
    user = crm_user(organization, user_id) if user_id else None
    return MappingChange(mapping_of(organization, number), user, Match.CSV)


@pytest.fixture
def apply(organization, now):
    """Give a function that applies changes, written as extension=crm_user_id."""

    def apply(*changes: MappingChange, at=now) -> MappingBatch | None:
        return apply_changes(
            organization, changes, source=Source.CSV, actor=ADA, now=at
        )

    return apply


def owners(organization) -> dict[str, str | None]:
    rows = organization.user_mappings.values_list(
        "extension__extension_number", "crm_user__crm_user_id"
    )
    return dict(rows)


def test_several_mappings_change_at_once_and_are_undone(organization, apply, now):
    before = owners(organization)
    version = organization.configuration_version

    batch = apply(
        change(organization, "102", "u7"),
        change(organization, "103", None),
        change(organization, "107", "u7"),
    )

    changed = {"102": "u7", "103": None, "107": "u7"}
    assert owners(organization) == before | changed
    assert mapping_of(organization, "107").match == Match.CSV
    assert organization.configuration_version == version + 1

    assert undo(batch, actor=ADA, now=now) == (3, 0)
    assert owners(organization) == before
    assert mapping_of(organization, "107").match == Match.AMBIGUOUS
    organization.refresh_from_db()
    assert organization.configuration_version == version + 2


def test_the_audit_log_names_the_rows(organization, apply, now):
    batch = apply(change(organization, "102", "u7"), change(organization, "103", None))
    undo(batch, actor=ADA, now=now)

    undone, changed = AuditEntry.objects.all()
    assert (changed.action, changed.subject) == (
        "MAPPING_CHANGED",
        "Extensions: 2 (a CSV file)",
    )
    assert changed.changes == [
        {"field": "102", "before": "Ben Baker", "after": "Sam Lee"},
        {"field": "103", "before": "Cleo Carter", "after": None},
    ]
    assert undone.action == "MAPPING_UNDONE"
    assert undone.changes[0] == {
        "field": "102",
        "before": "Sam Lee",
        "after": "Ben Baker",
    }


def test_unchanged_mappings_are_not_written(organization, apply):
    batch = apply(change(organization, "102", "u2"), change(organization, "108", None))

    assert batch is None
    assert mapping_of(organization, "102").match == Match.EMAIL
    assert not AuditEntry.objects.exists()


def test_mapping_to_no_owner_is_a_change(organization, apply):
    nobody = MappingChange(mapping_of(organization, "108"), None, Match.MANUAL)

    assert apply(nobody)
    assert (
        apply(MappingChange(mapping_of(organization, "108"), None, Match.MANUAL))
        is None
    )


def test_stale_mapping_is_named_and_no_change_is_written(organization, apply):
    changes = [change(organization, "102", "u7"), change(organization, "108", "u8")]
    map_by_hand(mapping_of(organization, "102"), None)

    with pytest.raises(ChangedMeanwhile, match=r"Ben Baker \(102\)") as caught:
        apply(*changes)

    assert [m.pk for m in caught.value.mappings] == [changes[0].mapping.pk]
    assert owners(organization)["102"] is None
    assert owners(organization)["108"] is None


def test_another_organizations_row_is_never_written(organization, stranger, now):
    changes = [change(organization, "102", "u7")]

    with pytest.raises(ChangedMeanwhile):
        apply_changes(
            stranger.organization, changes, source=Source.BULK, actor=ADA, now=now
        )

    assert owners(organization)["102"] == "u2"


def test_undo_keeps_later_changes(organization, apply, now):
    batch = apply(change(organization, "102", "u7"), change(organization, "108", "u8"))
    map_by_hand(mapping_of(organization, "108"), crm_user(organization, "u7"))

    assert undo(batch, actor=ADA, now=now) == (1, 1)
    assert owners(organization)["102"] == "u2"
    assert owners(organization)["108"] == "u7"


def test_only_the_last_batch_is_undone_and_each_once(organization, apply, now):
    first = apply(change(organization, "102", "u7"))
    second = apply(change(organization, "108", "u8"))

    with pytest.raises(CannotUndo, match="Only the last"):
        undo(first, actor=ADA, now=now)
    undo(second, actor=ADA, now=now)
    with pytest.raises(CannotUndo, match="already"):
        undo(second, actor=ADA, now=now)
    assert find_undoable(organization, now=now) == first
    assert undo(first, actor=ADA, now=now) == (1, 0)


def test_change_cannot_be_undone_after_a_day(organization, apply, now):
    batch = apply(change(organization, "102", "u7"))
    later = now + timedelta(hours=24, seconds=1)

    assert find_undoable(organization, now=later) is None
    with pytest.raises(CannotUndo, match="24 hours"):
        undo(batch, actor=ADA, now=later)
    assert owners(organization)["102"] == "u7"


def test_editing_a_stale_mapping_is_refused(organization, now):
    mapping = mapping_of(organization, "102")
    map_by_hand(mapping_of(organization, "102"), None)

    with pytest.raises(ChangedMeanwhile):
        map_extension(
            mapping,
            crm_user(organization, "u7"),
            expected_version=mapping.version,
            actor=ADA,
            now=now,
        )

    assert owners(organization)["102"] is None
    assert mapping_of(organization, "102").version == mapping.version + 1


def test_undone_match_is_not_matched_again(organization, now):
    mapping = mapping_of(organization, "102")
    UserMapping.objects.filter(pk=mapping.pk).update(crm_user=None, match=Match.NONE)
    mapping.refresh_from_db()
    found = MappingChange(mapping, crm_user(organization, "u2"), Match.EMAIL)
    same = {"actor": ADA, "now": now}
    batch = apply_changes(organization, [found], source=Source.MATCH, **same)
    undo(batch, **same)

    auto_match(organization)

    mapping.refresh_from_db()
    assert (mapping.crm_user, mapping.match) == (None, Match.MANUAL)
