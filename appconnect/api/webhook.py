"""Where RingCentral delivers. Stores, answers, and leaves the work to the worker."""

import json
import logging
import re

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from appconnect.api.docs.schema import ANYTHING, TEXT, content, operation, shape
from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.intake.sqlite_turns import taking_turns
from appconnect.organizations.connections.subscription import may_own
from appconnect.organizations.models import LoggingSubscription
from appconnect.ringcentral.notifications import InvalidNotification, parse_notification
from appconnect.worker import queue

MAX_BODY_BYTES = 256 * 1024
HANDSHAKE_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")

NOTIFICATION = shape(
    {"event": TEXT, "subscriptionId": TEXT, "ownerId": TEXT, "body": ANYTHING},
    needs="event subscriptionId",
    example={
        "uuid": "5d1c0c5a-6f9e-4b7a-8a53-3b5d1f6f8f10",
        "event": "/restapi/v1.0/account/800100200/telephony/sessions",
        "timestamp": "2026-11-02T09:30:00.000Z",
        "subscriptionId": "7e0b8f0e-1b44-4c5a-9a3a-7c9f1d2e3a4b",
        "ownerId": "800100101",
        "body": {
            "sequence": 3,
            "telephonySessionId": "s-a1b2c3",
            "eventTime": "2026-11-02T09:29:59.900Z",
            "parties": [
                {
                    "id": "p-a1b2c3-1",
                    "extensionId": "800100102",
                    "direction": "Inbound",
                    "status": {"code": "Disconnected"},
                }
            ],
        },
    },
)

logger = logging.getLogger(__name__)


@operation(
    "Take a notification of RingCentral",
    {status: {} for status in (200, 400, 403, 404, 413, 415, 503)},
    method="post",
    parameters=[
        {
            "name": "subscription_key",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        },
        *(
            {"name": name, "in": "header", "description": why, "schema": TEXT}
            for name, why in (
                ("Verification-Token", "What the subscription was made with."),
                ("Validation-Token", "The handshake: the answer carries it back."),
            )
        ),
    ],
    requestBody={"content": content(NOTIFICATION)},
)
@csrf_exempt
@require_POST
def webhook(request: HttpRequest, subscription_key) -> HttpResponse:
    """Take one delivery of the subscription whose secret address this is.

    Answers 200 once everything is stored; 404 for an address nobody knows, 403 for a
    wrong token or another subscription's notification, 413, 415 and 400 for a body that
    is none; 503 when it cannot be stored. RingCentral wants its answer within 3 seconds
    and 1,024 bytes. Nothing limits the rate: who has the token is RingCentral, and for
    notifications that are refused it ends the subscription.
    """
    subscriptions = LoggingSubscription.objects.select_related(
        "organization__ringcentral_connection"
    )
    try:
        subscription = subscriptions.filter(pk=subscription_key).first()
    except DatabaseError:
        logger.exception("A subscription could not be looked up")
        return reply(503)
    if subscription is None:
        return reply(404)
    # The handshake: RingCentral tries the address before it confirms the subscription,
    # and may again whenever it renews it or takes it up again: that is documented
    # nowhere. So it is answered at any time; nothing is stored, and no call comes of it.
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    token = request.headers.get("Verification-Token", "")
    handshake = request.headers.get("Validation-Token")
    if handshake and not (length and token):
        return shake_hands(handshake)
    if not subscription.verifies(token):
        return refuse(403, subscription, "wrong verification token")
    if length > MAX_BODY_BYTES:
        return refuse(413, subscription, "body too long")
    if request.content_type != "application/json":
        return refuse(415, subscription, "not JSON")
    try:
        notification = parse_notification(json.loads(request.body))
    except (ValueError, RecursionError, InvalidNotification) as fault:
        return refuse(400, subscription, f"not a notification: {type(fault).__name__}")
    known = subscription.subscription_id
    if known and notification.subscription_id != known:
        return refuse(403, subscription, "another subscription's notification")
    owner_id = notification.owner_id
    if owner_id and not may_own(subscription.organization, owner_id):
        return refuse(403, subscription, "another account's notification")
    try:
        with taking_turns:
            calls = record_notification(
                subscription.organization, notification, received_at=timezone.now()
            )
    except DatabaseError:
        logger.exception("A notification could not be stored")
        return reply(503)  # what is not on the disk is not acknowledged
    try:
        for call in calls:
            queue.dispatch(call)
        if notification.is_reminder:
            queue.keep_logging_subscription(str(subscription.organization_id))
    except Exception:  # the rows are stored: the sweep finds them
        logger.exception("The queue did not take a message")
    return reply(200)


def shake_hands(token: str) -> HttpResponse:
    if not HANDSHAKE_TOKEN.fullmatch(token):
        return reply(400)
    response = reply(200)
    response["Validation-Token"] = token
    return response


def refuse(status: int, subscription: LoggingSubscription, why: str) -> HttpResponse:
    logger.warning("Delivery to subscription %s refused: %s", subscription.pk, why)
    return reply(status)


def reply(status: int) -> HttpResponse:
    # RingCentral refuses an answer without a content type, even an empty one.
    return HttpResponse(status=status, content_type="application/json")
