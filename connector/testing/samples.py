"""Samples for the kit's tests, and a transport that answers from a list."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from connector.base import Connector
from connector.types import Call, Contact, CrmUser, Direction, Party

SECRET = "kit-secret-5e1f"  # noqa: S105  the canary that may appear nowhere
SAMPLE_CONTACT = Contact(id="77", name="Ada Example", phone_number="+15105550100")
SAMPLE_OWNER = CrmUser(id="4711", name="Ann Agent", email="ann@example.com")
SAMPLE_CALL = Call(
    telephony_session_id="s-0123456789abcdef0123456789abcdef",
    session_id="429180487016",
    direction=Direction.INBOUND,
    caller=Party(phone_number="+15105550100", name="ADA EXAMPLE"),
    callee=Party(phone_number="+15105550199", extension_id="111", name="Ann Agent"),
    started_at=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
    duration_seconds=65,
    result="Accepted",
    marker="rc:sample",
)


class CannedReplies(BaseAdapter):
    """A transport that answers from a list, and keeps the requests.

    A reply is ``(status, body)`` or ``(status, body, headers)`` with a JSON value or a
    text as its body, or an exception to raise. The last one repeats.
    """

    def __init__(self, *replies: Any) -> None:
        super().__init__()
        self.replies = list(replies)
        self.requests: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        self.requests.append(request)
        self.timeouts.append(kwargs.get("timeout"))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        status, body, *headers = reply
        text = body if isinstance(body, str) else json.dumps(body)
        response = requests.Response()
        response.status_code = status
        response.headers.update(*headers)
        response.request = request
        response.url = request.url or ""
        response.raw = HTTPResponse(
            body=BytesIO(text.encode()),
            headers=response.headers,
            preload_content=False,
        )
        return response

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    @property
    def last_body(self) -> str:
        """The body of the last request, as text."""
        return text_of(self.requests[-1].body)

    @property
    def bodies(self) -> str:
        """The bodies of all requests, as text."""
        return "".join(text_of(request.body) for request in self.requests)


def text_of(body: str | bytes | None) -> str:
    return body.decode() if isinstance(body, bytes) else body or ""


def create_call_log(
    connector: Connector, *, owner: CrmUser | None, contact: Contact = SAMPLE_CONTACT
) -> str:
    """Log the kit's sample call."""
    return connector.create_call_log(
        SAMPLE_CALL,
        contact=contact,
        owner=owner,
        composed_log_details="- Duration: 1 minute, 5 seconds\n",
    )
