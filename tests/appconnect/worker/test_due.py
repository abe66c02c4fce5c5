"""A sweep touches the organizations that have something to do, and no other."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appconnect.calls.models import CallLogSync, CallSession, CrmCircuit
from appconnect.calls.models.choices import AttentionReason
from appconnect.monitoring.models import Alert, AlertChannel, PeriodicJob
from appconnect.organizations.models import (
    Extension,
    LoggingSubscription,
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
)
from appconnect.ringcentral.subscriptions import ACCOUNT_FILTER
from appconnect.worker import queue
from appconnect.worker import sweep as every_minute
from appconnect.worker.due import find_due

Level = ServerLoggingSettings.LoggingLevel
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _empty_queue():
    queue.engine.flush()
    yield
    queue.engine.flush()


def make_idle(count: int) -> list[Organization]:
    """Make organizations for which everything was done just now."""
    now = timezone.now()
    made = Organization.objects.bulk_create(
        Organization(
            name=f"Idle {number}",
            rc_account_id=f"idle-{number}",
            platform="sandbox",
            directory_refreshed_at=now,
        )
        for number in range(count)
    )
    RingCentralConnection.objects.bulk_create(
        RingCentralConnection(organization=one, extension_id="1", checked_at=now)
        for one in made
    )
    ServerLoggingSettings.objects.bulk_create(
        ServerLoggingSettings(
            organization=one, platform="sandbox", logging_level=Level.ACCOUNT
        )
        for one in made
    )
    CallLogSync.objects.bulk_create(
        CallLogSync(organization=one, read_at=now) for one in made
    )
    LoggingSubscription.objects.bulk_create(
        LoggingSubscription(
            organization=one,
            event_filter=ACCOUNT_FILTER,
            status=LoggingSubscription.Status.ACTIVE,
            polled_at=now,
        )
        for one in made
    )
    Extension.objects.bulk_create(
        Extension(
            organization=one, extension_id="1", type="User", time_zone_read_at=now
        )
        for one in made
    )
    return made


def sweep() -> int:
    """Sweep as a minute later; return the number of statements."""
    PeriodicJob.objects.filter(name="sweep").delete()
    with CaptureQueriesContext(connection) as queries:
        every_minute.sweep.call_local()
    return len(queries)


def test_idle_organizations_cost_a_sweep_nothing(db):
    sweep()
    alone = sweep()
    queue.engine.flush()
    make_idle(200)

    assert sweep() == alone <= 15
    assert queue.engine.pending() == []


def test_due_organizations_are_spread_over_the_minute(db):
    sweep()
    queue.engine.flush()
    make_idle(4)
    CallLogSync.objects.update(read_at=None)

    sweep()

    messages = queue.engine.pending()
    first, *later = sorted(message.eta for message in messages if message.eta)
    assert [message.name for message in messages] == ["look_after"] * 4
    assert [round((at - first).total_seconds()) for at in later] == [15, 30]


@pytest.mark.parametrize(
    ("max_share", "sizes"), [(10, [2] * 30 + [3] * 30), (2, [2] * 75)]
)
def test_many_due_organizations_share_messages(db, monkeypatch, max_share, sizes):
    monkeypatch.setattr(every_minute, "MAX_SHARE", max_share)
    organizations = make_idle(150)
    CallLogSync.objects.update(read_at=None)

    sweep()

    sent = [m for m in queue.engine.pending() if m.name == "look_after"]
    shares = [message.args[0] for message in sent]
    assert sorted(map(len, shares)) == sizes
    due = {key for share in shares for key, _tasks in share}
    assert due == {str(organization.pk) for organization in organizations}


def test_problems_of_an_idle_organization_are_looked_for_with_its_connection(db, now):
    [organization] = make_idle(1)

    age_admin_check(organization, now)

    only = ["check_ringcentral"]
    assert find_due(now) == {str(organization.pk): only}, (
        "which looks for problems, too"
    )


def test_organization_is_looked_after_by_one_message(db, now):
    [organization] = make_idle(1)
    age_sync(organization, now)
    age_subscription(organization, now)

    sweep()

    sent = [m for m in queue.engine.pending() if m.name == "look_after"]
    tasks = ["keep_logging_subscription", "sync_call_log"]
    assert [message.args for message in sent] == [[[[str(organization.pk), tasks]]]]


def test_failed_task_does_not_keep_the_next_one_from_being_done(
    db, now, monkeypatch, caplog
):
    done = []
    monkeypatch.setattr(queue.check_ringcentral, "call_local", lambda key: 1 / 0)
    monkeypatch.setattr(queue.sync_call_log, "call_local", done.append)

    tasks = ["check_ringcentral", "sync_call_log"]
    every_minute.look_after.call_local([("one", tasks), ("other", tasks)])

    assert done == ["one", "other"]
    assert "check_ringcentral of one failed unexpectedly" in caplog.text


def stop_logging(organization, now):
    organization.server_logging_settings.update(logging_level=Level.DISABLE)


def choose_trial_mode(organization, now):
    organization.server_logging_settings.update(logging_level=Level.USER)


def lose_connection(organization, now):
    RingCentralConnection.objects.update(status="RECONNECT_NEEDED")


def age_admin_check(organization, now):
    RingCentralConnection.objects.update(checked_at=now - 2 * HOUR)


def age_directory(organization, now):
    Organization.objects.update(directory_refreshed_at=now - 7 * HOUR)


def add_person(organization, now):
    organization.extensions.create(extension_id="2", type="User")


def age_sync(organization, now):
    CallLogSync.objects.update(read_at=now - HOUR)


def never_sync(organization, now):
    CallLogSync.objects.all().delete()


def age_subscription(organization, now):
    LoggingSubscription.objects.update(polled_at=now - HOUR)


def fail_subscription(organization, now):
    LoggingSubscription.objects.update(status="FAILED")


def open_circuit(organization, now):
    CrmCircuit.objects.at(organization).hold(now + HOUR, failure="", now=now)


def open_alert(organization, now):
    Alert.objects.create(
        organization=organization, kind="SILENCE", opened_at=now, last_seen_at=now
    )


def break_channel(organization, now):
    AlertChannel.objects.create(
        organization=organization, kind="ADMINS", created_at=now, failing_since=now
    )


def add_call(organization, now, **state) -> CallSession:
    times = dict.fromkeys(("started_at", "last_event_at", "received_at"), now)
    return organization.calls.create(telephony_session_id="s-1", **times, **state)


def delay_call(organization, now):
    add_call(organization, now, next_attempt_at=now - HOUR)


def hold_call(organization, now):
    call = add_call(organization, now)
    call.mark_needs_attention(AttentionReason.UNDECIDED, now=now)


@pytest.mark.parametrize(
    "happen",
    [
        stop_logging,
        choose_trial_mode,
        lose_connection,
        age_admin_check,
        age_directory,
        add_person,
        age_sync,
        never_sync,
        age_subscription,
        fail_subscription,
        open_circuit,
        open_alert,
        break_channel,
        delay_call,
        hold_call,
    ],
)
def test_organization_with_something_to_do_is_found(db, now, happen):
    [organization] = make_idle(1)
    assert find_due(now) == {}

    happen(organization, now)

    assert list(find_due(now)) == [str(organization.pk)]
