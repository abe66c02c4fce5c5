"""Alerts from begin to end: recipients, times and reminders."""

import re
from datetime import datetime, time, timedelta
from smtplib import SMTPServerDisconnected
from zoneinfo import ZoneInfo

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from appconnect.calls.models import CallLogSync, CallSession, CrmCircuit
from appconnect.calls.models.choices import AttentionReason, SkipReason
from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.monitoring.models import (
    Alert,
    AlertChannel,
    AlertMessage,
    AlertSettings,
)
from appconnect.monitoring.models.problems import ProblemKind
from appconnect.organizations.connections.ringcentral_connection import (
    lose,
    mark_connected,
)
from appconnect.organizations.models import LoggingSubscription
from appconnect.worker import queue, sweep
from appconnect.worker.due import find_due
from appconnect.worker.heartbeat import beat
from tests.support.helpers import text_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def healthy(organization, logging_settings, member, now):
    """An organization whose logging has worked for years, with an admin."""
    beat()
    ever = now + timedelta(days=1000)
    since = organization.server_logging_settings.get().logging_since
    CallLogSync.objects.create(
        organization=organization, since=since, complete_until=ever
    )
    LoggingSubscription.objects.create(
        organization=organization, status="ACTIVE", expires_at=ever
    )
    return organization


def break_connection(organization, now) -> None:
    lose(organization.ringcentral_connection, "The sign-in ended.", now)


def repair_connection(organization, now) -> None:
    mark_connected(organization.ringcentral_connection, now)
    organization.ringcentral_connection.save()


def subjects(mailoutbox) -> list[str]:
    return [mail.subject.partition("] ")[2] for mail in mailoutbox]


def test_a_problem_is_told_once_and_its_end_too(healthy, now, mailoutbox):
    break_connection(healthy, now)
    for minutes in range(10):
        check_alerts(healthy, now=now + minutes * MINUTE)
    repair_connection(healthy, now)
    for minutes in range(10, 20):
        check_alerts(healthy, now=now + minutes * MINUTE)

    what = "RingCentral disconnected"
    assert subjects(mailoutbox) == [what, f"Resolved: {what}"]
    first, last = mailoutbox
    assert first.to == last.to == ["ada@example.com"]
    assert "The sign-in ended. Calls are waiting and none are lost." in first.body
    assert "/connections/" in first.body
    assert "Resolved at" in last.body
    alert = Alert.objects.get()
    assert (alert.opened_at, alert.resolved_at) == (now, now + 15 * MINUTE)


def test_that_nothing_is_logged_is_told_by_mail_and_on_every_page(
    healthy, make_call, console, now, mailoutbox
):
    for minutes in range(50):
        event = make_call(started_at=now - minutes * MINUTE)
        event.mark_skipped(SkipReason.NO_CONTACT, now=now)
    check_alerts(healthy, now=now)

    assert subjects(mailoutbox) == ["Calls arrive, none are logged"]
    assert "check the country and the number formats" in mailoutbox[0].body
    told = "The last 50 calls were skipped and none were logged."
    for path in ("/calls/", "/overview/", "/settings/"):
        assert told in text_of(console.get(path)), path
    make_call(started_at=now).mark_logged(now=now)
    check_alerts(healthy, now=now)
    assert told not in text_of(console.get("/calls/"))


def test_a_thousand_failures_of_one_cause_are_one_alert_with_a_count(
    healthy, make_call, now, mailoutbox
):
    event = make_call()
    event.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)
    check_alerts(healthy, now=now)
    CallSession.objects.bulk_create(
        CallSession(
            organization=healthy,
            telephony_session_id=f"s-{n}",
            status=CallSession.Status.NEEDS_ATTENTION,
            reason=AttentionReason.UNMAPPED_EXTENSION,
            started_at=now,
            last_event_at=now,
            received_at=now,
        )
        for n in range(999)
    )
    check_alerts(healthy, now=now + MINUTE)

    assert subjects(mailoutbox) == ["Calls need attention"]
    assert Alert.objects.get().count == 1000
    check_alerts(healthy, now=now + 25 * HOUR)
    assert "1,000 calls need a decision" in mailoutbox[-1].body


def test_reminders_come_after_one_three_and_seven_days(healthy, now, mailoutbox):
    break_connection(healthy, now)
    for hours in range(24 * 10):
        check_alerts(healthy, now=now + hours * HOUR)

    what = "RingCentral disconnected"
    assert subjects(mailoutbox) == [what, *[f"Reminder: {what}"] * 3]
    reminders = AlertMessage.objects.filter(event=AlertMessage.Event.REMINDER)
    sent = reminders.order_by("pk").values_list("sent_at", flat=True)
    assert [at - now for at in sent] == [1 * DAY, 3 * DAY, 7 * DAY]


def test_held_call_does_not_hide_later_ones(healthy, make_call, now, mailoutbox):
    def hold(count: int) -> None:
        for _ in range(count):
            make_call().mark_needs_attention("REFUSED_BY_CRM", now=now)

    hold(1)
    check_alerts(healthy, now=now)
    hold(5)
    for minutes in (1, 2, 59, 61, 62):
        check_alerts(healthy, now=now + minutes * MINUTE)

    what = "Calls need attention"
    assert subjects(mailoutbox) == [what, f"Reminder: {what}"]
    assert "6 calls" in mailoutbox[1].body


def test_calls_that_were_dealt_with_do_not_hide_new_ones(
    healthy, make_call, now, mailoutbox
):
    def hold() -> CallSession:
        event = make_call()
        event.mark_needs_attention("REFUSED_BY_CRM", now=now)
        return event

    events = [hold() for _ in range(8)]
    check_alerts(healthy, now=now)
    for event in events[1:]:
        event.delete()
    check_alerts(healthy, now=now + HOUR)
    for _ in range(4):
        hold()
    check_alerts(healthy, now=now + 2 * HOUR)

    assert "5 calls" in mailoutbox[-1].body
    assert len(mailoutbox) == 2


def test_after_quiet_hours_one_message_says_how_it_is(
    healthy, make_call, now, mailoutbox
):
    quiet = AlertSettings.of(healthy)
    local = timezone.localtime(now, ZoneInfo(healthy.time_zone))
    quiet.quiet_from, quiet.quiet_until = (
        (local - HOUR).time(),
        (local + 8 * HOUR).time(),
    )
    quiet.save()
    for hours in range(6):
        for _ in range(2**hours):
            make_call().mark_needs_attention("REFUSED_BY_CRM", now=now)
        check_alerts(healthy, now=now + hours * HOUR)
    assert mailoutbox == []

    check_alerts(healthy, now=now + 9 * HOUR)

    assert len(mailoutbox) == 1


def test_intermittent_problem_is_one_alert(healthy, now, mailoutbox):
    for minutes in range(0, 40, 2):
        break_connection(healthy, now)
        check_alerts(healthy, now=now + minutes * MINUTE)
        repair_connection(healthy, now)
        check_alerts(healthy, now=now + (minutes + 1) * MINUTE)

    assert len(mailoutbox) == 1
    assert Alert.objects.get().resolved_at is None


def test_returning_problem_is_another_alert(healthy, now, mailoutbox):
    for start in (now, now + DAY):
        break_connection(healthy, start)
        check_alerts(healthy, now=start)
        repair_connection(healthy, start)
        check_alerts(healthy, now=start + MINUTE)
        check_alerts(healthy, now=start + 7 * MINUTE)

    assert len(mailoutbox) == 4
    assert Alert.objects.count() == 2


LOS_ANGELES = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("quiet", "at", "told_at"),
    [
        ((time(22), time(7)), "23:00", "07:00"),
        ((time(22), time(7)), "06:59", "07:00"),
        ((time(22), time(7)), "07:00", "07:00"),
        ((time(22), time(7)), "21:59", "21:59"),
        ((time(12), time(13)), "12:30", "13:00"),
        ((time(12), time(12)), "12:30", "12:30"),
        ((None, None), "03:00", "03:00"),
    ],
)
def test_quiet_hours_delay_only_degraded_alerts(
    healthy, make_call, mailoutbox, now, quiet, at, told_at
):
    quiet_from, quiet_until = quiet
    AlertSettings.objects.create(
        organization=healthy, quiet_from=quiet_from, quiet_until=quiet_until
    )
    hour, minute = map(int, at.split(":"))
    start = now.astimezone(LOS_ANGELES).replace(
        hour=hour, minute=minute, second=0, microsecond=0
    )
    event = make_call()
    event.mark_needs_attention(AttentionReason.REFUSED_BY_CRM, now=start)
    for quarters in range(4 * 24):
        check_alerts(healthy, now=start + quarters * timedelta(minutes=15))
        if mailoutbox:
            break

    sent_at = AlertMessage.objects.get().sent_at.astimezone(LOS_ANGELES)
    expected = datetime.strptime(told_at, "%H:%M").replace(tzinfo=LOS_ANGELES)
    late = timedelta(
        hours=sent_at.hour - expected.hour, minutes=sent_at.minute - expected.minute
    )
    assert timedelta(0) <= late < timedelta(minutes=15)


def test_quiet_hours_delay_nothing_that_stops_the_logging(healthy, now, mailoutbox):
    AlertSettings.objects.create(
        organization=healthy, quiet_from=time(0, 0), quiet_until=time(23, 59)
    )
    break_connection(healthy, now)

    check_alerts(healthy, now=now)

    assert len(mailoutbox) == 1


def test_end_is_announced_only_where_the_begin_was(healthy, make_call, now, mailoutbox):
    local = now.astimezone(LOS_ANGELES)
    AlertSettings.objects.create(
        organization=healthy,
        quiet_from=(local - HOUR).time(),
        quiet_until=(local + HOUR).time(),
    )
    event = make_call()
    event.mark_needs_attention(AttentionReason.REFUSED_BY_CRM, now=now)
    check_alerts(healthy, now=now)
    event.delete()
    for minutes in (1, 7, 120):
        check_alerts(healthy, now=now + minutes * MINUTE)

    assert mailoutbox == []
    assert Alert.objects.get().resolved_at


class BrokenMail(BaseEmailBackend):
    def send_messages(self, messages):
        raise SMTPServerDisconnected("+14155550101 is unknown here")


def test_an_alert_that_mail_cannot_bring_is_kept_and_told_otherwise(
    healthy, now, mailoutbox, settings
):
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.BrokenMail"
    break_connection(healthy, now)
    check_alerts(healthy, now=now)
    check_alerts(healthy, now=now + MINUTE)

    channel = healthy.alert_channels.get()
    assert channel.failing_since == now
    assert channel.last_result == (
        "The mail server didn't accept the message (SMTPServerDisconnected)."
    )
    assert Alert.objects.filter(kind=ProblemKind.ALERT_NOT_DELIVERED).exists()

    settings.EMAIL_BACKEND = backend
    for minutes in range(2, 14):
        check_alerts(healthy, now=now + minutes * MINUTE)

    assert subjects(mailoutbox) == ["RingCentral disconnected"]
    channel.refresh_from_db()
    assert (channel.failing_since, channel.last_result) == (None, "Delivered.")
    kinds = Alert.objects.unresolved().values_list("kind", flat=True)
    assert list(kinds) == [ProblemKind.RINGCENTRAL_DISCONNECTED]


def test_a_channel_that_never_answers_is_tried_five_times(healthy, now, settings):
    settings.EMAIL_BACKEND = f"{__name__}.BrokenMail"
    break_connection(healthy, now)
    for minutes in range(0, 20 * 60, 10):
        check_alerts(healthy, now=now + minutes * MINUTE)

    message = AlertMessage.objects.get()
    assert (message.attempts, message.sent_at, message.due_at) == (5, None, None)


def test_a_worker_that_died_while_sending_left_the_message_to_the_next(
    healthy, now, mailoutbox
):
    AlertChannel.objects.create(
        organization=healthy, kind="EMAIL", address="ops@example.com", created_at=now
    )
    alert = Alert.objects.create(
        organization=healthy,
        kind=ProblemKind.RINGCENTRAL_DISCONNECTED,
        severity="STOPPED",
        page="console:connections",
        opened_at=now,
        last_seen_at=now,
    )
    channel = healthy.alert_channels.get()
    message = AlertMessage.objects.create(
        alert=alert, channel=channel, event="OPENED", due_at=now
    )
    break_connection(healthy, now)
    assert message.claim(now), "by the one that dies"

    check_alerts(healthy, now=now + MINUTE)
    assert mailoutbox == []
    check_alerts(healthy, now=now + AlertMessage.LEASE)

    assert [mail.to for mail in mailoutbox] == [["ops@example.com"]]


def test_a_message_is_claimed_by_one(healthy, now, mailoutbox):
    break_connection(healthy, now)
    check_alerts(healthy, now=now)
    AlertMessage.objects.update(sent_at=None, due_at=now)
    mine, others = AlertMessage.objects.get(), AlertMessage.objects.get()

    assert mine.claim(now)
    assert not others.claim(now)


def test_a_channel_that_is_switched_off_is_told_nothing(healthy, now, mailoutbox):
    for address, is_enabled in (("on@example.com", True), ("off@example.com", False)):
        AlertChannel.objects.create(
            organization=healthy,
            kind="EMAIL",
            address=address,
            is_enabled=is_enabled,
            created_at=now,
        )
    break_connection(healthy, now)

    check_alerts(healthy, now=now)

    assert [mail.to for mail in mailoutbox] == [["on@example.com"]]


def test_another_organization_is_told_nothing(healthy, stranger, now, mailoutbox):
    break_connection(healthy, now)

    check_alerts(stranger.organization, now=now)

    assert mailoutbox == []
    assert not stranger.organization.alerts.exists()


def test_no_alert_has_a_phone_number_in_it(healthy, make_call, now, mailoutbox):
    """Whatever another system said when it failed."""
    said = "No record for (415) 555-0101, +49 30 901820 or 14155550101."
    event = make_call(next_attempt_at=now - HOUR)
    CrmCircuit.objects.at(healthy).reject(said, now=now, version=1)
    LoggingSubscription.objects.update(status="FAILED", failure=said)
    held = make_call()
    held.mark_needs_attention(AttentionReason.REFUSED_BY_CRM, now=now)
    check_alerts(healthy, now=now)
    lose(healthy.ringcentral_connection, said, now)
    check_alerts(healthy, now=now)

    assert len(mailoutbox) == 5
    for mail in mailoutbox:
        text = re.sub(r"http\S+", "", mail.subject + mail.body)
        assert not re.search(r"\d{7}", re.sub(r"[\s().+-]", "", text)), text
        assert event.telephony_session_id not in text


def test_a_worker_checks_each_minute(healthy, now, mailoutbox):
    break_connection(healthy, now)
    queue.engine.flush()
    sweep.look_after.call_local(list(find_due(now).items()))

    assert subjects(mailoutbox) == ["RingCentral disconnected"]
