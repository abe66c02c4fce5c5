"""Delivery of a notice: by email, or to a webhook with a signature."""

import base64
import hmac
import json
from datetime import datetime
from hashlib import sha256
from smtplib import SMTPException

import requests
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from requests_hardened.ip_filter import InvalidIPAddress

from appconnect.monitoring.alerts.notice import Notice
from appconnect.monitoring.models import AlertChannel
from connector.http.exchange import FAULTS, open_response
from connector.http.session import open_session


class NotDelivered(Exception):
    """The notice probably did not arrive; the message explains why to people."""


def deliver(channel: AlertChannel, notice: Notice, *, id: str, now: datetime) -> None:
    """Send a notice. Raises `NotDelivered`.

    A webhook recognizes a message that is sent twice by its `id`.
    """
    if channel.is_webhook:
        post(channel, notice, id=id, now=now)
    else:
        send_email(channel, notice)


def send_email(channel: AlertChannel, notice: Notice) -> None:
    recipients = recipients_of(channel)
    if not recipients:
        raise NotDelivered(_("No admin has an email address."))
    subject = " ".join(notice.subject.split())
    try:
        EmailMessage(subject, notice.text, to=recipients).send()
    except (SMTPException, OSError) as error:
        raise NotDelivered(
            _("The mail server didn't accept the message (%(error)s).")
            % {"error": type(error).__name__}
        ) from error


def recipients_of(channel: AlertChannel) -> list[str]:
    if channel.kind == AlertChannel.Kind.EMAIL:
        return [channel.address]
    admins = channel.organization.members.admins().exclude(user__email="")
    return list(admins.order_by("pk").values_list("user__email", flat=True))


def post(channel: AlertChannel, notice: Notice, *, id: str, now: datetime) -> None:
    """Post a notice as JSON, signed as the Standard Webhooks specification says.

    Slack, and services compatible with it, show `text` and ignore the rest.
    """
    body = json.dumps(
        {"text": f"{notice.subject}\n{notice.text}", "alert": notice.data}
    )
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Webhook-Id": id,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": " ".join(
            sign(secret, id, timestamp, body) for secret in channel.signing_secrets
        ),
    }
    try:
        with (
            open_session(private_hosts=settings.ALERT_PRIVATE_HOSTS) as session,
            open_response(
                session, "POST", channel.address, data=body.encode(), headers=headers
            ) as opened,
        ):
            status = opened.response.status_code
    except (requests.exceptions.InvalidURL, InvalidIPAddress) as error:
        raise NotDelivered(_("The webhook's address isn't allowed.")) from error
    except FAULTS as error:
        raise NotDelivered(_("The webhook couldn't be reached.")) from error
    if not 200 <= status < 300:
        raise NotDelivered(_("The webhook answered HTTP %d.") % status)


def sign(secret: str, id: str, timestamp: str, body: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{id}.{timestamp}.{body}".encode()
    return f"v1,{base64.b64encode(hmac.digest(key, content, sha256)).decode()}"
