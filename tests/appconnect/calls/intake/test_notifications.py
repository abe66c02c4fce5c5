"""Notifications: whatever their order and however often they come, the same rows result."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.intake.settle import has_ended, settle
from appconnect.calls.models import CallSession
from appconnect.calls.models.timing import LOST_END
from appconnect.ringcentral.notifications import Notification, PartyChange

STARTED = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
IVR, ANN, OUTSIDE = "800100300", "800100102", ""


def change(sequence: int, party: str, status: str, extension: str, reason: str = ""):
    return PartyChange(
        telephony_session_id="s-1",
        party_id=party,
        extension_id=extension,
        sequence=sequence,
        status=status,
        reason=reason,
        event_time=STARTED + timedelta(seconds=sequence),
    )


SIMPLE = (
    change(2, "p1", "setup", OUTSIDE),
    change(3, "p2", "setup", ANN),
    change(4, "p2", "answered", ANN),
    change(5, "p2", "disconnected", ANN),
    change(6, "p1", "disconnected", OUTSIDE),
)
THROUGH_THE_MENU = (
    change(2, "p1", "setup", OUTSIDE),
    change(3, "p2", "setup", IVR),
    change(5, "p2", "disconnected", IVR, "CallerInputRedirect"),
    change(6, "p3", "setup", ANN),
    change(8, "p3", "answered", ANN),
    change(11, "p3", "disconnected", ANN),
)


def receive(organization, *changes: PartyChange, at: datetime) -> list[CallSession]:
    notification = Notification(subscription_id="x", changes=changes)
    return record_notification(organization, notification, received_at=at)


def final_rows(call: CallSession) -> tuple:
    parties = call.parties.order_by("party_id").values_list(
        "party_id", "status", "reason", "has_ended", "was_answered"
    )
    return call.status, call.started_at, call.last_event_at, list(parties)


@pytest.fixture
def now() -> datetime:
    return STARTED + timedelta(minutes=1)


def test_notification_older_than_a_week_is_ignored(organization, now, caplog):
    assert not receive(organization, *SIMPLE, at=now + timedelta(days=7))

    assert not organization.calls.exists()
    assert "5 changes of parties were too old" in caplog.text


def test_notification_that_is_days_late_is_stored(organization, now):
    assert receive(organization, *SIMPLE, at=now + timedelta(days=6))


@pytest.mark.parametrize("script", [SIMPLE, THROUGH_THE_MENU])
def test_every_order_of_notifications_gives_the_same_rows(organization, now, script):
    results = []
    for order in itertools.islice(itertools.permutations(script), 0, 720, 3):
        for one in order:
            receive(organization, one, at=now)
        call = organization.calls.get()
        results.append((final_rows(call), has_ended(call.parties.all())))
        call.delete()

    assert all(result == results[0] for result in results)
    assert results[0][1]


def test_repeated_notification_changes_nothing(organization, now):
    receive(organization, *SIMPLE, at=now)
    before = organization.calls.values().get()

    heard = receive(organization, *SIMPLE, at=now + timedelta(minutes=5))

    assert heard == []
    assert organization.calls.values().get() == before


def test_ended_call_is_due_after_the_settle_time(organization, settings, now):
    receive(organization, *SIMPLE[:2], at=now)
    assert organization.calls.get().next_attempt_at == now + LOST_END

    receive(organization, *SIMPLE[3:], at=now)
    settles_at = now + timedelta(seconds=settings.CALL_SETTLE_SECONDS)
    assert organization.calls.get().next_attempt_at == settles_at


def test_late_notification_does_not_delay_an_ended_call(organization, settings, now):
    late_answer = change(4, "p2", "answered", ANN)
    late_outsider = change(3, "p1", "proceeding", OUTSIDE)
    for one in (SIMPLE[1], SIMPLE[3], late_answer, late_outsider):
        receive(organization, one, at=now)

    settles_at = now + timedelta(seconds=settings.CALL_SETTLE_SECONDS)
    assert organization.calls.get().next_attempt_at == settles_at


def test_end_of_one_party_is_not_the_end_of_the_call(organization, now):
    [*_, call] = receive(organization, *THROUGH_THE_MENU[:4], at=now)

    settle(call, now=STARTED + timedelta(minutes=1))

    call.refresh_from_db()
    assert call.status == CallSession.Status.CALLING


def test_end_of_the_outside_party_is_not_awaited(organization, now):
    [*_, call] = receive(organization, *SIMPLE[:4], at=now)

    settle(call, now=now)

    call.refresh_from_db()
    assert call.status == CallSession.Status.WAITING_FOR_RECORD


def test_call_with_a_lost_end_counts_as_ended_after_hours(organization):
    [*_, call] = receive(organization, *SIMPLE[:3], at=STARTED)

    settle(call, now=STARTED + LOST_END + timedelta(minutes=1))

    call.refresh_from_db()
    assert call.status == CallSession.Status.WAITING_FOR_RECORD


def test_party_that_comes_back_puts_the_call_back_on_the_phone(organization, now):
    [*_, call] = receive(organization, *SIMPLE, at=now)
    settle(call, now=now)

    receive(organization, change(9, "p3", "setup", ANN), at=now)

    assert organization.calls.get().status == CallSession.Status.CALLING


def test_notification_after_the_end_does_not_reopen_a_call(
    organization, make_call, now
):
    call = make_call(telephony_session_id="s-1", status=CallSession.Status.LOGGED)

    receive(organization, *SIMPLE, at=now)

    call.refresh_from_db()
    assert call.status == CallSession.Status.LOGGED


def test_same_session_of_two_organizations_is_two_calls(organization, stranger, now):
    receive(organization, *SIMPLE, at=now)
    receive(stranger.organization, *SIMPLE, at=now)

    assert CallSession.objects.count() == 2


def test_no_number_is_stored_at_intake(organization, now):
    receive(organization, *SIMPLE, at=now)

    assert organization.calls.get().details is None
