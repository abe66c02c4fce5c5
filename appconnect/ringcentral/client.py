"""HTTP to RingCentral: time-outs and error classes."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import requests

from appconnect.ringcentral.errors import (
    RateLimited,
    Refused,
    RingCentralError,
    TokenRejected,
    Unavailable,
)

TIMEOUT_SECONDS = (5, 20)
PENALTY_SECONDS = 60
"""How long RingCentral refuses after a rate limit that names no ``Retry-After``."""

logger = logging.getLogger(__name__)


class RingCentral:
    """RingCentral's REST API, as one access token sees it. Used in a ``with`` block.

    Paths begin with ``/restapi``. Every method raises `Unavailable`, `TokenRejected`
    or `Refused`. `before_request` is called before each request; what it raises keeps
    the request from being sent.
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
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {access_token}"

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
        self._before_request()
        return send(self._session, method, self.server + path, **kwargs)


def send(session: requests.Session, method: str, url: str, **kwargs: Any) -> Any:
    """Send one request and return the reply's JSON; None when the reply is empty."""
    try:
        response = session.request(
            method, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, **kwargs
        )
        if response.status_code < 300:
            return response.json() if response.content else None
    except (requests.RequestException, ValueError) as fault:
        name = type(fault).__name__
        raise Unavailable(f"RingCentral gave no usable answer ({name}).") from fault
    error = error_from(response)
    request_id = response.headers.get("RCRequestId", "-")
    logger.warning("RingCentral said %s (RCRequestId %s)", error, request_id)
    raise error


def error_from(response: requests.Response) -> RingCentralError:
    """Return the error a reply stands for: by status and inner code, never by text."""
    code = inner_code(response)
    said = f"RingCentral answered HTTP {response.status_code} {code}".strip()
    match response.status_code:
        case 429:
            seconds = retry_after(response)
            return RateLimited(
                f"{said}: too many requests.",
                retry_after=PENALTY_SECONDS if seconds is None else seconds,
            )
        case status if status >= 500 or status == 408:
            return Unavailable(f"{said}.", retry_after=retry_after(response))
        case 401:
            return TokenRejected(f"{said}.")
        case status:
            return Refused(f"{said}.", status=status, code=code)


def inner_code(response: requests.Response) -> str:
    """Return the first inner error code of an error body, or an empty string."""
    try:
        body = response.json()
        return str(body["errors"][0]["errorCode"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ""


def retry_after(response: requests.Response) -> int | None:
    value = response.headers.get("Retry-After", "")
    return int(value) if value.isdecimal() and len(value) < 6 else None
