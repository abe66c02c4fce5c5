"""Alerts about problems: opened once, repeated as reminders, resolved when the problem is gone."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from appconnect.calls.models.timing import running_from
from appconnect.monitoring.alerts.delivery import NotDelivered, deliver
from appconnect.monitoring.alerts.notice import compose
from appconnect.monitoring.health.health import find_problems
from appconnect.monitoring.models import (
    Alert,
    AlertChannel,
    AlertMessage,
    AlertSettings,
)
from appconnect.monitoring.models.problems import Problem, ProblemKind, Severity
from appconnect.organizations.models import Organization

Event = AlertMessage.Event
MAX_MESSAGES = 50


def check_alerts(organization: Organization, *, now: datetime) -> None:
    """Update the alerts from the present problems, and send the messages that are due.

    Workers run this, so it never reports that no worker is running: the pages and
    `/readyz` do.
    """
    problems = [
        problem
        for problem in find_problems(organization, now=now)
        if problem.kind != ProblemKind.WORKER_GONE
    ]
    update_alerts(organization, problems, now=now)
    send_due(organization, now=now)


@transaction.atomic
def update_alerts(
    organization: Organization, problems: Iterable[Problem], *, now: datetime
) -> None:
    """Open, update and resolve alerts, and store the messages for the channels."""
    # One worker at a time: a second one finds the alerts of the first.
    organization.lock()
    ensure_channel(organization, now=now)
    settings = AlertSettings.of(organization)
    alerts = {alert.kind: alert for alert in organization.alerts.unresolved()}
    for problem in problems:
        alert = alerts.pop(problem.kind, None)
        is_new = alert is None
        if alert is None:
            alert = Alert(organization=organization, kind=problem.kind, opened_at=now)
        alert.see(problem, now=now)
        is_due = not is_new and is_reminder_due(alert, settings, now)
        alert.reminders += is_due
        is_sent = is_new or is_due or alert.has_grown(now)
        if is_sent:
            alert.mark_announced(now)
        alert.save()
        if is_sent:
            event = Event.OPENED if is_new else Event.REMINDER
            announce(alert, event, channels_for(alert), settings, now=now)
    for alert in alerts.values():
        alert.miss(now)
        alert.save()
        if alert.resolved_at:
            announce_end(alert, settings, now=now)


def is_reminder_due(alert: Alert, settings: AlertSettings, now: datetime) -> bool:
    days = sorted(settings.reminder_days)[alert.reminders :]
    return bool(days) and now >= alert.opened_at + timedelta(days=days[0])


def ensure_channel(organization: Organization, *, now: datetime) -> None:
    """Add the channel "e-mail to every admin" where no channel was added."""
    if not organization.alert_channels.exists():
        organization.alert_channels.create(
            kind=AlertChannel.Kind.ADMINS, created_at=now
        )


def channels_for(alert: Alert) -> list[AlertChannel]:
    """Return the channels of an alert.

    A failing channel is left out of the alert that says that it fails.
    """
    channels = alert.organization.alert_channels.filter(is_enabled=True)
    if alert.kind == ProblemKind.ALERT_NOT_DELIVERED:
        channels = channels.filter(failing_since=None)
    return list(channels)


def announce(
    alert: Alert,
    event: AlertMessage.Event,
    channels: Iterable[AlertChannel],
    settings: AlertSettings,
    *,
    now: datetime,
) -> None:
    """Store a message for each channel, due at once or after the quiet hours.

    Quiet hours do not delay what stops the logging. A channel with an unsent message
    of this alert gets no reminder besides it.
    """
    if event == Event.REMINDER:
        unsent = alert.messages.filter(sent_at=None)
        waiting = set(unsent.values_list("channel", flat=True))
        channels = [c for c in channels if c.pk not in waiting]
    due_at = now
    if alert.severity != Severity.STOPPED:
        due_at = settings.find_end_of_quiet(now) or now
    AlertMessage.objects.bulk_create(
        AlertMessage(alert=alert, channel=channel, event=event, due_at=due_at)
        for channel in channels
    )


def announce_end(alert: Alert, settings: AlertSettings, *, now: datetime) -> None:
    """Store the message that the alert is over, for the channels that may know of it."""
    channels = AlertChannel.objects.filter(
        messages__alert=alert, messages__attempts__gt=0, is_enabled=True
    ).distinct()
    channels = list(channels)  # read before the unsent messages are withdrawn
    alert.messages.filter(sent_at=None).update(due_at=None)
    announce(alert, Event.RESOLVED, channels, settings, now=now)


def send_due(organization: Organization, *, now: datetime) -> None:
    """Send the messages that are due; a later check retries those that fail."""
    # Deliveries take time: each lease begins when its own delivery does.
    clock = running_from(now)
    due = AlertMessage.objects.due(now).filter(alert__organization=organization)
    for message in due.select_related("alert__organization", "channel").order_by("pk")[
        :MAX_MESSAGES
    ]:
        if message.claim(clock()):
            send(message, now=now)


def send(message: AlertMessage, *, now: datetime) -> None:
    try:
        deliver(message.channel, compose(message), id=f"msg_{message.pk}", now=now)
    except NotDelivered as failure:
        message.mark_failed(now)
        message.channel.mark_failed(str(failure), now)
    else:
        message.mark_sent(now)
        message.channel.mark_delivered(now)
