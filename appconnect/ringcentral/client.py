"""HTTP to RingCentral: time-outs, error classes, tokens."""

import logging
from collections.abc import Mapping
from typing import Any

import requests

from appconnect.ringcentral.errors import (
    Refused,
    RingCentralError,
    SignInRefused,
    TokenRejected,
    Unavailable,
)

TIMEOUT_SECONDS = (5, 20)
PENALTY_SECONDS = 60
"""How long RingCentral refuses after a rate limit that names no ``Retry-After``."""
TOKEN_PATH = "/restapi/oauth/token"  # noqa: S105  a path
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

logger = logging.getLogger(__name__)


class RingCentral:
    """RingCentral's REST API, as one access token sees it. Used in a ``with`` block.

    Paths begin with ``/restapi``. Every method raises `Unavailable`, `TokenRejected`
    or `Refused`.
    """

    def __init__(self, *, server: str, access_token: str):
        self.server = server
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
        return send(self._session, method, self.server + path, **kwargs)


def sign_in_with_jwt(
    *, server: str, client_id: str, client_secret: str, jwt: str
) -> tuple[str, int]:
    """Exchange a JWT credential for an access token; return it and its lifetime in seconds.

    The JWT is made in RingCentral's Developer Console and is opaque to us. Raises
    `SignInRefused` when it is not accepted, `Unavailable` when the answer is open.
    """
    with requests.Session() as session:
        try:
            reply = send(
                session,
                "POST",
                server + TOKEN_PATH,
                data={"grant_type": JWT_GRANT, "assertion": jwt},
                auth=(client_id, client_secret),
            )
        except (Refused, TokenRejected) as error:
            raise SignInRefused(f"RingCentral refused to sign in: {error}") from error
    return reply["access_token"], int(reply["expires_in"])


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
            return Unavailable(
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
    return int(value) if value.isdigit() else None
