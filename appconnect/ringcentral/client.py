"""HTTP to RingCentral: its requests, and the class of each error."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import requests

from appconnect.ringcentral.errors import (
    RateLimited,
    Refused,
    RingCentralError,
    TokenRejected,
    Unavailable,
)
from connector.http.exchange import FAULTS, LimitedResponse, open_response
from connector.http.retry_after import retry_after_from
from connector.http.session import open_session

MAX_REPLY_BYTES = 16 * 1024 * 1024
"""1,000 extensions, or 250 detailed call-log records, are more than a CRM's reply may be."""
PENALTY_SECONDS = 60
"""How long a rate limit lasts whose reply has no ``Retry-After``."""

logger = logging.getLogger(__name__)


class RingCentral:
    """RingCentral's REST API, as one access token sees it. Used in a ``with`` block.

    Paths begin with ``/restapi``. Every method raises `Unavailable`, `TokenRejected`
    or `Refused`. `before_request` is called before each request, which is not sent if it
    raises.
    """

    def __init__(
        self,
        *,
        server: str,
        access_token: str,
        before_request: Callable[[], None] = lambda: None,
    ):
        self.server = server
        self._before_request = before_request
        self._session = open_session_to(server)
        self._access_token = access_token

    def __enter__(self) -> "RingCentral":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._session.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._request("GET", path, params=params)

    def post(self, path: str, json: object = None) -> Any:
        return self._request("POST", path, json=json)

    def delete(self, path: str) -> None:
        self._request("DELETE", path)

    def _request(self, method: str, path: str, **kwargs: Any) -> Any:
        token = self._access_token
        if not (token.isascii() and token.isprintable()):  # no header can carry it
            raise TokenRejected("This is no access token of RingCentral.")
        self._before_request()
        url = self.server + path
        headers = {"Authorization": f"Bearer {token}"}
        return send(self._session, method, url, headers=headers, **kwargs)


def open_session_to(server: str) -> requests.Session:
    """Open a session that reaches RingCentral's server, which the operator chooses."""
    return open_session(private_hosts=[urlsplit(server).netloc])


def send(session: requests.Session, method: str, url: str, **options: Any) -> Any:
    """Send one request and return the reply's JSON; None when the reply is empty."""
    try:
        with open_response(
            session, method, url, max_bytes=MAX_REPLY_BYTES, **options
        ) as opened:
            response = opened.response
            if response.status_code < 300:
                return opened.read_json()
            code = inner_code(opened)
    except FAULTS as fault:
        name = type(fault).__name__
        raise Unavailable(f"RingCentral gave no usable answer ({name}).") from fault
    error = error_from(response, code)
    request_id = response.headers.get("RCRequestId", "-")
    logger.warning("RingCentral said %s (RCRequestId %s)", error, request_id)
    raise error


def error_from(response: requests.Response, code: str) -> RingCentralError:
    """Return the error a reply stands for: by status and inner code, never by text."""
    message = f"RingCentral answered HTTP {response.status_code} {code}".strip()
    match response.status_code:
        case 429:
            seconds = retry_after_from(response)
            return RateLimited(
                f"{message}: too many requests.",
                retry_after=PENALTY_SECONDS if seconds is None else seconds,
            )
        case status if status >= 500 or status == 408:
            return Unavailable(f"{message}.", retry_after=retry_after_from(response))
        case 401:
            return TokenRejected(f"{message}.")
        case status:
            return Refused(f"{message}.", status=status, code=code)


def inner_code(opened: LimitedResponse) -> str:
    """Return the first inner error code of an error body, or an empty string."""
    with suppress(*FAULTS, KeyError, IndexError, TypeError):
        return str(opened.read_json()["errors"][0]["errorCode"])
    return ""
