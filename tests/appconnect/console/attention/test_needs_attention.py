"""Held calls by cause: once it is fixed, all its calls continue."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import AttentionReason, FailureReason, SkipReason
from appconnect.organizations.models import AuditEntry, Member
from appconnect.worker import queue
from tests.support.helpers import text_of

PATH = "/needs-attention/"
Reason = AttentionReason
Status = CallSession.Status


@pytest.fixture(autouse=True)
def _empty_queue():
    queue.engine.flush()
    yield
    queue.engine.flush()


@pytest.fixture
def hold(make_call, now):
    """Return a function that makes calls which are held for a reason."""

    def hold(reason, *, count=1, extension="102", **fields) -> list[CallSession]:
        calls = [make_call(extension=extension, **fields) for _ in range(count)]
        for call in calls:
            if reason in FailureReason:
                call.mark_failed(reason, now=now)
            else:
                call.mark_needs_attention(reason, now=now)
        return calls

    return hold


def causes_on(page) -> dict[str, int]:
    groups = page.context["groups"]
    return {cause.key: cause.count for group in groups for cause in group.causes}


def badge_on(page) -> int:
    shown = re.search(r"Needs attention (\d+) calls?", text_of(page))
    return int(shown[1]) if shown else 0


def work() -> None:
    """Run the queued tasks, without those that only the sweep would queue."""
    while task := queue.engine.dequeue():
        if task.name in ("send_due", "process_call"):
            queue.engine.execute(task)


def test_with_nothing_held_the_page_says_so_and_when_it_looked(console):
    page = console.get(PATH)

    assert "Nothing needs attention" in text_of(page)
    assert badge_on(page) == 0


def test_calls_are_grouped_by_their_cause_the_largest_first(console, hold, now):
    hold(Reason.UNMAPPED_EXTENSION, count=3, extension="108")
    hold(Reason.UNMAPPED_EXTENSION, count=1, extension="107")
    hold(Reason.REFUSED_BY_CRM, extension="101")
    hold(Reason.REFUSED_BY_CRM, extension="102")
    hold(FailureReason.GAVE_UP)

    page = console.get(PATH)

    groups = [(g.reason, g.count) for g in page.context["groups"]]
    assert groups == [
        (Reason.UNMAPPED_EXTENSION, 4),
        (Reason.REFUSED_BY_CRM, 2),
        (FailureReason.GAVE_UP, 1),
    ]
    assert list(causes_on(page).values()) == [3, 1, 2, 1]
    shown = text_of(page)
    assert "7 calls in 3 groups. None are lost" in shown
    assert "Unmapped extensions 4 calls Choose who owns these calls" in shown
    assert "Gus Grey Ext. 108 · 3 calls since" in shown
    assert shown.index("Gus Grey") < shown.index("Sam Lee")
    assert "Rejected by Sandbox CRM 2 calls" in shown
    assert "0101" not in shown


def test_who_fits_an_unmapped_extension_is_suggested(console, hold, organization):
    organization.user_mappings.update(crm_user=None, match="NONE")
    hold(Reason.UNMAPPED_EXTENSION, extension="102")
    hold(Reason.UNMAPPED_EXTENSION, extension="108")

    [group] = console.get(PATH).context["groups"]

    suggested = {row.cause.extension.name: row.suggestion for row in group.rows}
    assert str(suggested["Ben Baker"]) == "Ben Baker"
    assert suggested["Gus Grey"] is None


def test_the_badge_is_the_lists_count_on_every_page(console, hold):
    hold(Reason.UNMAPPED_EXTENSION, count=3, extension="108")
    hold(FailureReason.NO_RECORD, count=2)

    page = console.get(PATH)

    assert badge_on(page) == page.context["count"] == 5
    assert badge_on(console.get("/calls/")) == 5
    assert "Needs attention 5 calls" in text_of(console.get("/settings/"))


def test_logged_and_waiting_calls_are_not_listed(console, make_call, now):
    make_call()
    make_call().mark_skipped(SkipReason.NO_CONTACT, now=now)

    page = console.get(PATH)

    assert causes_on(page) == {}
    assert badge_on(page) == 0


def test_the_number_of_queries_does_not_grow_with_the_calls(
    console, hold, make_call, now, django_assert_num_queries
):
    make_call().mark_logged(now=now)  # else the menu has the progress of the set-up
    hold(Reason.UNMAPPED_EXTENSION, extension="108")
    hold(Reason.UNDECIDED)
    hold(Reason.SEVERAL_CONTACTS)
    with django_assert_num_queries(16):
        console.get(PATH)
    for number in ("101", "103", "107"):
        hold(Reason.UNMAPPED_EXTENSION, extension=number, count=3)
    hold(Reason.UNDECIDED, count=12)
    hold(Reason.SEVERAL_CONTACTS, count=3)

    with django_assert_num_queries(16):
        console.get(PATH)


def test_muted_causes_cost_no_second_matching(
    console, hold, make_call, now, django_assert_num_queries
):
    make_call().mark_logged(now=now)  # else the menu has the progress of the set-up
    hold(Reason.UNMAPPED_EXTENSION, extension="108")
    console.post(f"{PATH}acknowledge/", {"reason": "UNMAPPED_EXTENSION"})
    with CaptureQueriesContext(connection) as muted_alone:
        console.get(PATH)
    hold(Reason.UNMAPPED_EXTENSION, extension="107")

    with django_assert_num_queries(len(muted_alone)):
        page = console.get(PATH)

    assert len(page.context["groups"]) == len(page.context["muted"]) == 1


def test_mapping_the_extension_logs_all_its_calls_once_and_at_once(
    console, connected, sandbox, make_call, log, now
):
    for _ in range(5):
        call = log(make_call(extension="108"), at=now)
        assert call.reason == Reason.UNMAPPED_EXTENSION
    [group] = console.get(PATH).context["groups"]
    assert group.count == 5
    mapping = group.causes[0].mapping
    path, chosen = (
        f"/user-mapping/{mapping.pk}/",
        {"crm_user": "u8", "version": mapping.version},
    )

    page = console.post(path, {**chosen, "next": PATH}, follow=True)

    assert page.redirect_chain[-1][0] == PATH
    assert "5 held calls are being logged." in text_of(page)
    assert (causes_on(page), badge_on(page)) == ({}, 0), "before the worker has come"
    work()
    work()

    records = sandbox.call_logs()
    assert len(records) == 5
    assert {record["owner"]["id"] for record in records} == {"u8"}
    assert causes_on(console.get(PATH)) == {}
    assert badge_on(console.get(PATH)) == 0


def test_all_calls_of_a_cause_are_tried_again_and_no_others(
    console, connected, sandbox, hold
):
    hold(FailureReason.GAVE_UP, count=3)
    hold(Reason.REFUSED_BY_CRM)

    page = console.post(f"{PATH}try-again/", {"reason": "GAVE_UP"}, follow=True)
    work()

    assert "Retrying 3 calls." in text_of(page)
    assert len(sandbox.call_logs()) == 3
    assert AuditEntry.objects.get().action == "CALLS_TRIED_AGAIN"


def test_a_reason_of_many_extensions_is_one_retry(console, connected, hold):
    """Django refuses a form of a thousand fields."""
    for number in ("101", "102", "103", "107"):
        hold(Reason.UNLICENSED_OWNER, extension=number)
    shown = console.get(PATH).content.decode()
    assert "Retry 4 calls" in shown
    fields = re.findall('name="(?:reason|cause)" value="([^"]*)"', shown)
    assert set(fields) == {"UNLICENSED_OWNER"}

    page = console.post(
        f"{PATH}try-again/", {"reason": "UNLICENSED_OWNER"}, follow=True
    )

    assert "Retrying 4 calls." in text_of(page)
    assert causes_on(page) == {}
    assert connected.retry_batches.count() == 1
    assert AuditEntry.objects.get().subject == "4 calls"


def test_all_calls_with_one_reason_are_dismissed_and_no_others(console, hold):
    hold(Reason.UNMAPPED_EXTENSION, extension="108", count=3)
    hold(Reason.UNMAPPED_EXTENSION, extension="107")
    hold(FailureReason.GAVE_UP)

    page = console.post(f"{PATH}leave/", {"reason": "UNMAPPED_EXTENSION"}, follow=True)

    assert "4 calls dismissed." in text_of(page)
    left = CallSession.objects.filter(reason=SkipReason.LEFT_BY_ADMIN)
    assert left.filter(status=Status.SKIPPED).count() == 4
    assert left.first().timeline.last().text == SkipReason.LEFT_BY_ADMIN.label
    assert causes_on(page) == {"GAVE_UP:": 1}
    assert AuditEntry.objects.get().subject == "4 calls"


def test_muted_causes_of_a_reason_are_a_group_of_their_own(console, hold):
    hold(Reason.UNLICENSED_OWNER, extension="108", count=2)
    console.post(f"{PATH}acknowledge/", {"reason": "UNLICENSED_OWNER"})
    hold(Reason.UNLICENSED_OWNER, extension="107")

    page = console.post(f"{PATH}leave/", {"reason": "UNLICENSED_OWNER"}, follow=True)

    assert "1 call dismissed." in text_of(page)
    assert causes_on(page) == {}
    muted = {"reason": "UNLICENSED_OWNER", "muted": ""}
    page = console.post(f"{PATH}leave/", muted, follow=True)
    assert "2 calls dismissed." in text_of(page)


def test_an_acknowledged_cause_is_muted_until_it_holds_back_another_call(
    console, hold, now
):
    hold(Reason.REFUSED_BY_CRM, count=2)
    hold(FailureReason.GAVE_UP)

    page = console.post(
        f"{PATH}acknowledge/", {"reason": "REFUSED_BY_CRM"}, follow=True
    )

    assert causes_on(page) == {"GAVE_UP:": 1}
    assert badge_on(page) == 1
    assert "Muted causes (1)" in text_of(page)
    assert "Muted by ada, " in text_of(page)
    muted = AuditEntry.objects.get(action="CAUSE_ACKNOWLEDGED")
    assert muted.subject == Reason.REFUSED_BY_CRM.label

    [call] = hold(Reason.REFUSED_BY_CRM)  # it ended long ago, and is held only now
    call.mark_needs_attention(Reason.REFUSED_BY_CRM, now=now + timedelta(minutes=5))
    page = console.get(PATH)
    assert causes_on(page) == {"REFUSED_BY_CRM:": 3, "GAVE_UP:": 1}
    assert badge_on(page) == 4


def test_a_record_of_unknown_outcome_is_decided_here(console, hold, organization):
    [call] = hold(Reason.UNDECIDED)
    organization.crm_records.create(
        platform="sandbox",
        telephony_session_id=call.telephony_session_id,
        extension_id=call.extension_id,
        call=call,
        status="UNKNOWN",
    )
    assert "Not there, log it" in text_of(console.get(PATH))

    path = f"{call.get_absolute_url()}decide/"
    page = console.post(path, {"verdict": "THERE", "next": PATH}, follow=True)

    assert page.redirect_chain[-1][0] == PATH
    assert "Marked as logged." in text_of(page)
    assert causes_on(page) == {}
    assert AuditEntry.objects.get().action == "OUTCOME_DECIDED"


@pytest.mark.parametrize(
    ("rejected", "said"),
    [
        (True, "Sandbox CRM rejected the password"),
        (False, "Sandbox CRM isn't responding"),
    ],
)
def test_calls_that_wait_for_the_crm_come_first(
    console, organization, make_call, hold, now, rejected, said
):
    make_call()
    make_call()
    hold(FailureReason.GAVE_UP)
    CrmCircuit.objects.create(
        organization=organization,
        platform="sandbox",
        open_until=now + timedelta(minutes=1),
        rejected_at=now if rejected else None,
        failure="sandbox answered HTTP 503.",
    )

    page = console.get(PATH)

    shown = text_of(page)
    assert 0 < shown.index(f"{said} 2") < shown.index("All attempts failed")
    assert ("Reconnect Sandbox CRM" in shown) == rejected
    assert badge_on(page) == page.context["count"] == 1, "these are in progress"


def test_waiting_or_held_a_call_counts_once(
    console, organization, make_call, hold, now
):
    make_call()
    make_call(status=Status.CALLING)
    hold(FailureReason.GAVE_UP)
    hold(Reason.REFUSED_BY_CRM, count=2)
    CrmCircuit.objects.create(
        organization=organization,
        platform="sandbox",
        open_until=now + timedelta(minutes=1),
        rejected_at=now,
    )

    page = console.get("/overview/")

    open_now = page.context["counts"].open_now
    assert (open_now.in_progress, page.context["attention"]) == (2, 3)
    assert open_now.in_progress + page.context["attention"] == open_now.total == 5
    assert re.search(r"Needs attention 3 .*In progress 2 ", text_of(page))


def test_held_since_survives_a_change_of_settings(
    console, connected, hold, log, now, monkeypatch
):
    monkeypatch.setattr(queue.timezone, "now", lambda: now)
    held_at = now - timedelta(days=2)
    [call] = hold(Reason.UNMAPPED_EXTENSION, extension="108", next_attempt_at=held_at)
    call.mark_needs_attention(Reason.UNMAPPED_EXTENSION, now=held_at)
    CallSession.objects.update(held_since=held_at, ended_at=held_at)

    connected.configuration_changed()
    queue.send_due.call_local()
    assert log(call, at=now).ended_at > held_at

    [group] = console.get(PATH).context["groups"]
    assert (group.since, group.count) == (held_at, 1)
    assert "Held since" in text_of(console.get(call.get_absolute_url()))
    assert group.causes[0].latest_at > held_at


def test_held_since_of_a_call_of_an_earlier_release_survives_too(hold, now):
    [call] = hold(Reason.UNMAPPED_EXTENSION)
    CallSession.objects.update(held_since=None)

    CallSession.objects.held().make_due(now=now)
    call.refresh_from_db()
    assert (call.held_since, call.ended_at) == (now, None)

    call.mark_skipped(SkipReason.FAX, now=now)
    call.refresh_from_db()
    assert call.held_since is None


def test_each_reason_has_advice(console, hold):
    reasons = [*AttentionReason, *FailureReason]
    for reason in reasons:
        hold(reason)

    page = console.get(PATH)

    assert len(page.context["groups"]) == len(reasons)
    assert all(group.words.advice for group in page.context["groups"])


def test_the_calls_of_a_cause_are_one_link_away(console, hold):
    hold(Reason.UNMAPPED_EXTENSION, extension="108")

    [group] = console.get(PATH).context["groups"]

    query = "state=needs-attention&reason=UNMAPPED_EXTENSION"
    assert group.calls_address == f"/calls/?{query}"


@pytest.mark.parametrize("action", ["try-again", "leave", "acknowledge"])
@pytest.mark.parametrize("reason", ["", "GAVE_UP", "NONSENSE", "\0", "x" * 500])
def test_unknown_reason_changes_nothing(console, hold, action, reason):
    hold(Reason.UNDECIDED)

    page = console.post(f"{PATH}{action}/", {"reason": reason}, follow=True)

    assert "Already fixed: no calls are held for this." in text_of(page)
    assert causes_on(page) == {"UNDECIDED:": 1}
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("action", ["try-again", "leave", "acknowledge"])
def test_a_viewer_may_only_look(console, member, hold, action):
    member.role = Member.Role.VIEWER
    member.save()
    hold(FailureReason.GAVE_UP)

    shown = text_of(console.get(PATH))

    assert "To fix them you need the Operator role." in shown
    assert "Retry 1 call" not in shown
    reply = console.post(f"{PATH}{action}/", {"reason": "GAVE_UP"})
    assert reply.status_code == 403


def test_another_organizations_calls_are_neither_shown_nor_changed(
    client, stranger, hold
):
    [call] = hold(FailureReason.GAVE_UP)
    client.force_login(stranger.user)

    page = client.get(PATH)
    client.post(f"{PATH}leave/", {"reason": "GAVE_UP"})

    assert causes_on(page) == {}
    assert badge_on(page) == 0
    call.refresh_from_db()
    assert call.status == Status.FAILED
