"""A CRM user is switched off between two refreshes, and the CRM refuses their records."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason
from appconnect.organizations.models import Organization
from appconnect.worker import directory_refresh, queue
from tests.support.organization import map_by_hand

Status = CallSession.Status


@pytest.fixture(autouse=True)
def _empty_queue():
    cache.clear()
    queue.engine.flush()
    yield
    queue.engine.flush()


def work() -> list[str]:
    """Run what waits; return the names of the tasks."""
    names = []
    while task := queue.engine.dequeue():
        names.append(task.name)
        if task.name in ("send_due", "process_call", "refresh_directory"):
            queue.engine.execute(task)
    return names


def reasons() -> set[str]:
    return set(CallSession.objects.values_list("reason", flat=True))


def test_refused_calls_of_an_inactive_owner_are_logged_once_the_mapping_is_fixed(
    connected, make_call, sandbox
):
    sandbox.switch(crmInactive=["u2"])
    calls = [make_call(extension="102") for _ in range(3)]
    for call in calls:
        queue.dispatch(call)

    work()

    assert "refresh_directory" not in work()
    assert sandbox.call_logs() == []
    assert reasons() == {AttentionReason.INACTIVE_CRM_USER}
    [step] = calls[0].timeline.filter(step="TRIED_AGAIN")
    assert "is no longer active in the CRM" in step.text
    assert len(sandbox.asked("/crm/api/users?page")) == 2, "one list of two pages"

    mapping = connected.user_mappings.get(extension__extension_number="102")
    map_by_hand(mapping, connected.crm_users.get(crm_user_id="u3"))
    queue.send_due()
    work()

    assert [r["ownerId"] for r in sandbox.call_logs()] == ["u3"] * 3
    assert set(CallSession.objects.values_list("status", flat=True)) == {Status.LOGGED}


def test_mapping_that_was_fixed_first_counts_at_the_refresh(
    connected, make_call, sandbox
):
    sandbox.switch(crmInactive=["u2"])
    call = make_call(extension="102")
    queue.process_call.call_local(str(call.pk))
    assert reasons() == {AttentionReason.REFUSED_BY_CRM}
    mapping = connected.user_mappings.get(extension__extension_number="102")
    map_by_hand(mapping, connected.crm_users.get(crm_user_id="u3"))

    queue.refresh_directory.call_local(str(connected.pk))
    work()

    assert [r["ownerId"] for r in sandbox.call_logs()] == ["u3"]


def test_refusal_for_another_reason_stays_and_is_not_asked_about_again_and_again(
    connected, make_call, sandbox, now
):
    sandbox.switch(crmIsReadOnly=True)
    for _ in range(3):
        queue.dispatch(make_call(extension="102"))

    names = work()

    assert names.count("refresh_directory") <= 3
    assert len(sandbox.asked("/crm/api/users?page")) == 2
    assert reasons() == {AttentionReason.REFUSED_BY_CRM}
    call = CallSession.objects.first()
    Organization.objects.update(directory_refreshed_at=now)
    delay = directory_refresh.delay_after_refusal(call, now=now)
    assert delay == directory_refresh.MIN_INTERVAL
    assert directory_refresh.delay_after_refusal(
        call, now=now + timedelta(hours=1)
    ) == timedelta(0)


def test_calls_refused_together_have_the_directory_read_once(
    connected, monkeypatch, now
):
    asked = str(connected.pk), None, now.isoformat()
    reads = []

    def read_while_another_worker_asks(*args, **options) -> int:
        reads.append(options)
        if len(reads) < 5:
            queue.refresh_directory.call_local(*asked)
        return 0

    monkeypatch.setattr(
        directory_refresh, "refresh_directory", read_while_another_worker_asks
    )

    queue.refresh_directory.call_local(*asked)

    assert len(reads) == 1


def test_call_that_is_logged_has_nothing_refreshed(connected, make_call, sandbox):
    call = make_call(extension="102")

    queue.process_call.call_local(str(call.pk))

    assert len(sandbox.call_logs()) == 1
    assert queue.engine.pending_count() == 0
