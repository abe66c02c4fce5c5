"""What admins configure about alerts: channels, quiet hours, reminders, and test messages."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.monitoring.alerts.delivery import NotDelivered, deliver
from appconnect.monitoring.alerts.notice import compose_test
from appconnect.monitoring.models import AlertChannel, AlertSettings
from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor

Action = AuditEntry.Action
Kind = AlertChannel.Kind


class NotAllowed(Exception):
    """A rule forbids the change; the message explains it to people."""


def check_webhook_address(url: str) -> None:
    """Raise `NotAllowed` unless the URL is https, on the usual port.

    Whether the host is a public one is checked whenever a message is sent.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed(_("This isn't a URL.")) from None
    if parts.username or parts.password or parts.fragment or not parts.hostname:
        raise NotAllowed(_("The URL needs a host, and no user name or fragment."))
    if (
        parts.scheme in ("http", "https")
        and parts.netloc in settings.ALERT_PRIVATE_HOSTS
    ):
        return
    if parts.scheme != "https" or port not in (None, 443):
        raise NotAllowed(_("The URL must start with https:// and have no port."))


@transaction.atomic
def add_channel(
    organization: Organization,
    *,
    id: uuid.UUID,
    kind: AlertChannel.Kind,
    address: str,
    actor: Actor,
    now: datetime,
) -> str | None:
    """Add a channel; return a webhook's signing secret, which is shown only once.

    Adding the same `id` again, as by a form sent twice, changes nothing and returns
    None. Raises `NotAllowed`.
    """
    organization = organization.lock()
    if AlertChannel.objects.filter(pk=id).exists():
        return None
    if organization.alert_channels.count() >= AlertChannel.MAX_CHANNELS:
        raise NotAllowed(
            _("There are already %d channels. Remove one first.")
            % AlertChannel.MAX_CHANNELS
        )
    channel = AlertChannel.objects.create(
        pk=id, organization=organization, kind=kind, address=address, created_at=now
    )
    log_audit(channel, Action.ALERT_CHANNEL_ADDED, actor=actor, now=now)
    return channel.change_secret() if channel.is_webhook else None


@transaction.atomic
def change_secret(channel: AlertChannel, *, actor: Actor, now: datetime) -> str:
    """Add a signing secret and return it; messages are signed with the old one too."""
    secret = channel.change_secret()
    replaced = {
        "field": "signing_secret",
        "before": audit.REPLACED,
        "after": audit.REPLACED,
    }
    action = Action.ALERT_CHANNEL_CHANGED
    log_audit(channel, action, actor=actor, changes=[replaced], now=now)
    return secret


@transaction.atomic
def switch_channel(
    channel: AlertChannel, *, is_enabled: bool, actor: Actor, now: datetime
) -> None:
    """Switch a channel on or off; messages that were due meanwhile are not sent later."""
    if channel.is_enabled == is_enabled:
        return
    changes = audit.differences(
        {"is_enabled": channel.is_enabled}, {"is_enabled": is_enabled}
    )
    channel.is_enabled = is_enabled
    channel.save(update_fields=["is_enabled"])
    if not is_enabled:
        channel.messages.filter(sent_at=None).update(due_at=None)
    action = Action.ALERT_CHANNEL_CHANGED
    log_audit(channel, action, actor=actor, changes=changes, now=now)


@transaction.atomic
def remove_channel(channel: AlertChannel, *, actor: Actor, now: datetime) -> None:
    log_audit(channel, Action.ALERT_CHANNEL_REMOVED, actor=actor, now=now)
    channel.delete()


def send_test(channel: AlertChannel, *, actor: Actor, now: datetime) -> None:
    """Send a test message and store the result. Raises `NotAllowed` or `NotDelivered`."""
    with transaction.atomic():
        if not channel.claim_test(now):
            raise NotAllowed(
                _("Wait %d s between tests.") % channel.TEST_INTERVAL.total_seconds()
            )
        log_audit(channel, Action.ALERT_TEST_SENT, actor=actor, now=now)
    try:
        notice = compose_test(channel.organization)
        deliver(channel, notice, id=f"test_{uuid.uuid4()}", now=now)
    except NotDelivered as failure:
        channel.mark_failed(str(failure), now)
        raise
    channel.mark_delivered(now)


@transaction.atomic
def change_alert_settings(
    organization: Organization,
    *,
    quiet_from: time | None,
    quiet_until: time | None,
    reminder_days: Sequence[int],
    actor: Actor,
    now: datetime,
) -> None:
    stored = AlertSettings.of(organization)
    new = {
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "reminder_days": list(reminder_days),
    }
    changes = audit.differences({name: getattr(stored, name) for name in new}, new)
    if not changes:
        return
    AlertSettings.objects.update_or_create(organization=organization, defaults=new)
    audit.log(
        organization,
        Action.ALERT_SETTINGS_CHANGED,
        actor=actor,
        changes=changes,
        now=now,
    )


def log_audit(
    channel: AlertChannel,
    action: AuditEntry.Action,
    *,
    actor: Actor,
    changes: Sequence[dict] = (),
    now: datetime,
) -> None:
    audit.log(
        channel.organization,
        action,
        actor=actor,
        subject=str(channel),
        changes=changes,
        now=now,
    )
