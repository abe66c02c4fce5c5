"""The numbers on the pages: each is that of the rows behind it, and they add up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason, FailureReason, SkipReason
from appconnect.monitoring.needs_attention import acknowledge, find_causes
from tests.support.organization import ADA, map_by_hand

Status = CallSession.Status


@pytest.fixture
def calls(connected, make_call):
    """Calls of every status, some of them of a muted cause."""
    now = timezone.now()
    for _ in range(2):
        make_call().mark_logged(now=now)
        make_call().mark_skipped(SkipReason.NO_CONTACT, now=now)
        make_call().mark_needs_attention(AttentionReason.REFUSED_BY_CRM, now=now)
        make_call(extension="108").mark_needs_attention(
            AttentionReason.UNMAPPED_EXTENSION, now=now
        )
    make_call().mark_failed(FailureReason.GAVE_UP, now=now)
    make_call(status=Status.CALLING)
    make_call(status=Status.WAITING_FOR_RECORD)
    make_call()
    causes = find_causes(connected).open
    refused = [cause for cause in causes if cause.key == "REFUSED_BY_CRM:"]
    acknowledge(connected, refused, actor=ADA, now=now + timedelta(seconds=1))
    return CallSession.objects.all()


def rows_at(console, address: str) -> int:
    return len(console.get(address).context["calls"])


def tabs_of(console) -> dict[str, int]:
    """Return how many calls each tab of the calls page has; its number is the same."""
    rows = {}
    for tab in console.get("/calls/").context["states"]:
        count = rows_at(console, f"/calls/?{tab.query}")
        assert tab.count in (None, count), tab.label
        rows[str(tab.label)] = count
    return rows


def test_tabs_of_the_calls_page_have_every_call_once(console, calls):
    rows = tabs_of(console)

    assert rows.pop("All") == sum(rows.values()) == calls.count()


def test_needs_attention_has_all_held_calls_and_the_menu_all_but_the_muted(
    console, calls
):
    held = tabs_of(console)
    page = console.get("/needs-attention/").context

    shown = sum(group.count for group in page["groups"])
    muted = sum(group.count for group in page["muted"])

    assert (shown, muted) == (3, 2)
    assert shown + muted == held["Needs attention"] + held["Failed"]
    assert page["count"] == shown
    for group in [*page["groups"], *page["muted"]]:
        assert rows_at(console, group.calls_address) == group.count


def test_overview_has_the_numbers_of_the_other_pages(console, calls):
    rows = tabs_of(console)
    page = console.get("/overview/").context
    stats = {stat["id"]: stat for stat in page["stats"]}

    assert stats["logged"]["value"] == rows["Logged"]
    assert stats["skipped"]["value"] == rows["Skipped"]
    assert stats["in-progress"]["value"] == rows["In progress"]
    for name in ("logged", "skipped", "in-progress"):
        assert rows_at(console, stats[name]["address"]) == stats[name]["value"]
    attention = console.get(stats["attention"]["address"]).context
    assert stats["attention"]["value"] == attention["count"]
    assert sum(skip["count"] for skip in page["skips"]) == rows["Skipped"]
    assert sum(day["ends"].total for day in page["days"]) == rows["All"]


def test_mapping_tabs_add_up_and_have_as_many_rows(console, connected):
    mapped = connected.user_mappings.get(extension__extension_number="104")
    map_by_hand(mapped, connected.crm_users.get(crm_user_id="u8"))
    connected.crm_users.filter(crm_user_id="u8").update(is_active=False)
    connected.extensions.filter(extension_number="105").update(is_logged=False)
    page = console.get("/user-mapping/").context
    counts = page["counts"]

    assert counts["inactive"] == counts["not_logged"] == 1
    parts = counts["unmapped"] + counts["conflicts"] + counts["inactive"]
    assert counts["to_do"] == parts
    assert counts["mapped"] + counts["to_do"] == page["logged"]
    assert page["logged"] + counts["not_logged"] == counts["all"]
    for label, query, count, _is_chosen in page["tabs"]:
        tab = console.get(f"/user-mapping/?{query}").context
        assert tab["page"].paginator.count == count, label
