"""Where RingCentral delivers: notifications are stored for the worker."""

import json
import logging
import re

from django.db import DatabaseError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from appconnect.api.docs.openapi import operation
from appconnect.calls.intake.notifications import record_notification
from appconnect.organizations.connections.subscription import may_own, subscription_at
from appconnect.organizations.models import LoggingSubscription
from appconnect.ringcentral.notifications import Notification, parse_notification
from appconnect.worker import queue

MAX_BODY_BYTES = 256 * 1024
HANDSHAKE_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")

NOTIFICATION = {
    "type": "object",
    "properties": {
        "event": {"type": "string"},
        "subscriptionId": {"type": "string"},
        "ownerId": {"type": "string"},
        "body": {"type": "object"},
    },
    "required": ["event", "subscriptionId"],
    "examples": [
        {
            "event": "/restapi/v1.0/account/800100200/telephony/sessions",
            "subscriptionId": "7e0b8f0e-1b44-4c5a-9a3a-7c9f1d2e3a4b",
            "ownerId": "800100101",
            "body": {"sequence": 3, "telephonySessionId": "s-a1b2c3", "parties": []},
        }
    ],
}

logger = logging.getLogger(__name__)


@operation(
    "Take a notification of RingCentral",
    dict.fromkeys((200, 400, 403, 404, 503)),
    method="post",
    parameters=[
        {
            "name": "subscription_key",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        },
        *(
            {
                "name": name,
                "in": "header",
                "description": description,
                "schema": {"type": "string"},
            }
            for name, description in (
                ("Verification-Token", "The secret of the subscription."),
                ("Validation-Token", "The handshake: the answer carries it back."),
            )
        ),
    ],
    requestBody={"content": {"application/json": {"schema": NOTIFICATION}}},
)
@csrf_exempt
@require_POST
def webhook(request: HttpRequest, subscription_key) -> HttpResponse:
    """Take one delivery of the subscription whose secret address this is.

    Answers 200 once everything is stored; 404 for an unknown address, 403 for a wrong
    token or another subscription's notification, 400 for an odd handshake, 503 when it
    cannot be stored. RingCentral wants its answer within 3 seconds and 1,024 bytes. The
    rate is not limited, and a body that cannot be read is acknowledged: the token proves
    RingCentral, which ends a subscription whose notifications are refused, and its call
    log has the call.
    """
    try:
        subscription = subscription_at(subscription_key)
    except DatabaseError:
        logger.exception("A subscription could not be looked up")
        return reply(503)
    if subscription is None:
        return reply(404)
    # The handshake: RingCentral tries the address before it confirms the subscription,
    # and possibly (undocumented) when it renews or resumes it. So it is answered at any
    # time; nothing is stored.
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    token = request.headers.get("Verification-Token", "")
    handshake = request.headers.get("Validation-Token")
    if handshake and not (length and token):
        return shake_hands(handshake)
    if not subscription.verifies(token):
        return refuse(403, subscription, "wrong verification token")
    notification = read(request, length)
    expected = subscription.subscription_id
    subscription_id = notification.subscription_id
    if expected and subscription_id and subscription_id != expected:
        return refuse(403, subscription, "another subscription's notification")
    owner_id = notification.owner_id
    if owner_id and not may_own(subscription.organization, owner_id):
        return refuse(403, subscription, "another account's notification")
    try:
        calls = record_notification(
            subscription.organization, notification, received_at=timezone.now()
        )
        if notification.unreadable:
            count_unreadable(subscription, notification.unreadable)
    except DatabaseError:
        logger.exception("A notification could not be stored")
        return reply(503)  # only what is on the disk is acknowledged
    try:
        for call in calls:
            queue.dispatch(call)
        if notification.is_reminder:
            queue.keep_logging_subscription(str(subscription.organization_id))
    except Exception:  # the rows are stored: the sweep finds them
        logger.exception("The queue did not take a message")
    return reply(200)


def read(request: HttpRequest, length: int) -> Notification:
    """Return what a body of `length` bytes says, as far as it can be read."""
    if length > MAX_BODY_BYTES:
        return Notification(unreadable=f"more than {MAX_BODY_BYTES:,} bytes")
    try:
        return parse_notification(json.loads(request.body))
    except (ValueError, RecursionError):
        return Notification(unreadable="not JSON")


def count_unreadable(subscription: LoggingSubscription, reason: str) -> None:
    """Count a notification that could not be read, for the page System."""
    logger.warning("Notification to %s could not be read: %s", subscription.pk, reason)
    LoggingSubscription.objects.filter(pk=subscription.pk).update(
        unreadable=F("unreadable") + 1,
        unreadable_at=timezone.now(),
        unreadable_reason=reason,
    )


def shake_hands(token: str) -> HttpResponse:
    if not HANDSHAKE_TOKEN.fullmatch(token):
        return reply(400)
    response = reply(200)
    response["Validation-Token"] = token
    return response


def refuse(status: int, subscription: LoggingSubscription, reason: str) -> HttpResponse:
    logger.warning("Delivery to subscription %s refused: %s", subscription.pk, reason)
    return reply(status)


def reply(status: int) -> HttpResponse:
    # RingCentral refuses an answer without a content type, even an empty one.
    return HttpResponse(status=status, content_type="application/json")
