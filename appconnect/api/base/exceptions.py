"""One handler gives every failure the envelope that App Connect's client knows."""

import logging
import uuid

from django.core.exceptions import TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from appconnect.organizations.client.client_rules import RefusedSetting
from appconnect.organizations.connections.connectors import NoCredentials
from appconnect.ringcentral.errors import RingCentralError, Unavailable
from connector.errors import ConnectorError
from connector.registry import UnknownPlatform

PLAIN = "text/html; charset=utf-8"
"""The type of a bare string, as App Connect sends it."""
RETRY_AFTER_SECONDS = 5
AUTHORIZE = "Please go to Settings and authorize CRM platform"
INVALID_JWT = "Invalid JWT token"

logger = logging.getLogger(__name__)


class PlainText(Exception):
    """The answer is a bare text: the client compares and prints it as a string."""

    def __init__(self, text: str, *, status: int = 400):
        super().__init__(text)
        self.text = text
        self.status = status


class Refusal(Exception):
    """The answer says `successful: false`, with HTTP 200 unless it has another status."""

    def __init__(
        self, message: str, *, details: str = "", status: int = 200, ttl: int = 5000
    ):
        super().__init__(message)
        self.message = message
        self.details = details
        self.status = status
        self.ttl = ttl


class SessionRevoked(Exception):
    """The client drops its CRM sign-in: nothing but a new one helps."""

    def __init__(self, **members: bool):
        super().__init__("The CRM session has ended.")
        self.members = members


def return_message(
    message: str, *, message_type: str, ttl: int = 5000, details: str = ""
) -> dict:
    """Return App Connect's `returnMessage`; `ttl` is in milliseconds."""
    members = {"message": message, "messageType": message_type, "ttl": ttl}
    if details:
        item = {"id": "1", "type": "text", "text": details}
        members["details"] = [{"title": "Details", "items": [item]}]
    return members


def first_fault(detail: dict | list | str) -> str:
    """Return the first sentence of a serializer's faults."""
    while not isinstance(detail, str):
        faults = detail.values() if isinstance(detail, dict) else detail
        detail = next(iter(faults))
    return detail


def exception_handler(error: Exception, context: dict):
    match error:
        case PlainText():
            return HttpResponse(error.text, status=error.status, content_type=PLAIN)
        case Refusal():
            message = return_message(
                error.message,
                message_type="warning",
                ttl=error.ttl,
                details=error.details,
            )
            body = {"successful": False, "returnMessage": message}
            return Response(body, status=error.status)
        case SessionRevoked():
            message = return_message(
                "User session expired. Please connect again.", message_type="warning"
            )
            body = {
                "successful": False,
                "returnMessage": message,
                "errorCode": "CRM_SESSION_REVOKED",
                **error.members,
            }
            return Response(body, status=401)
        case ValidationError():
            return Response({"error": first_fault(error.detail)}, status=400)
        case APIException():
            status = 400 if error.status_code == 415 else error.status_code
            return Response({"error": str(error.detail)}, status=status)
        case Unavailable():
            return unavailable(str(error), retry_after=error.retry_after)
        case TooManyFieldsSent():
            return Response({"error": "The request has too many fields."}, status=400)
        case (
            ConnectorError()
            | NoCredentials()
            | RefusedSetting()
            | RingCentralError()
            | UnknownPlatform()
        ):
            return Response({"error": str(error)}, status=400)
        case OperationalError() | InterfaceError():
            logger.error("The database does not answer", exc_info=error)
            return unavailable("The database does not answer. Try again in a moment.")
    reference = uuid.uuid4().hex[:8]
    logger.error("Unexpected error (%s)", reference, exc_info=error)
    text = f"An unexpected error; the server's log has it as {reference}."
    return Response({"error": text}, status=400)


def unavailable(detail: str, *, retry_after: int | None = None) -> Response:
    """Answer that trying again helps; `retry_after` is in seconds."""
    seconds = RETRY_AFTER_SECONDS if retry_after is None else retry_after
    return Response(
        {"error": "Service unavailable", "detail": detail},
        status=503,
        headers={"Retry-After": str(seconds)},
    )
