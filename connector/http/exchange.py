"""One request and its response, within the limits that every request of this program has.

Connectors and framework alike open a session with `connector.http.session.open_session`,
which decides what may be reached, and send with `open_response`, which decides how long
a request may take and how much may come back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
from requests.cookies import extract_cookies_to_jar
from urllib3.exceptions import HTTPError

from connector.http.time_limit import TimeLimit, limited_time

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 20
"""Between two bytes. The request as a whole has `time_limit.TOTAL_TIMEOUT_SECONDS`."""
MAX_REPLY_BYTES = 2 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
IDEMPOTENT_METHODS = ("GET", "HEAD", "PUT", "DELETE")
FAULTS = (requests.RequestException, HTTPError, ValueError)
"""What `open_response` and `read_json` raise where no usable reply came."""


in_flight: ContextVar[tuple[str, ...]] = ContextVar("in_flight", default=())
"""The values of the request that this thread is making: libraries log some of them."""


counting: ContextVar[Callable[[], None] | None] = ContextVar("counting", default=None)
"""Is called before each request to a CRM that this thread makes, and may refuse it."""


class ReplyTooLong(requests.exceptions.ContentDecodingError):
    """The reply has more bytes than are read."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"the reply is longer than {max_bytes} bytes")
        self.max_bytes = max_bytes


class LimitedResponse:
    """A response whose body has not been read."""

    def __init__(
        self, response: requests.Response, limit: TimeLimit, max_bytes: int
    ) -> None:
        self.response = response
        self._limit = limit
        self._max_bytes = max_bytes

    def read_json(self) -> Any:
        """Return the body's JSON, None where it is empty. Raises one of `FAULTS`."""
        body = bytearray()
        # read1 returns what has arrived; read would wait for a whole chunk of a slow drip.
        while chunk := self.response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._max_bytes:
                raise ReplyTooLong(self._max_bytes)
        if self._limit.is_over:  # what looks like its end may not be
            raise requests.exceptions.ReadTimeout("the reply took too long")
        try:
            return json.loads(body) if body else None
        except RecursionError as error:
            raise ValueError("the reply is nested too deeply") from error


@contextmanager
def open_response(
    session: requests.Session,
    method: str,
    url: str,
    *,
    max_bytes: int = MAX_REPLY_BYTES,
    is_repeatable: bool | None = None,
    **options: Any,
) -> Iterator[LimitedResponse]:
    """Send one request and yield its response; a redirect is not followed.

    The connection is shut when the time is over, also in the block; it is kept for other
    requests where the body was read to its end. `is_repeatable` allows sending the request
    once more when a kept connection turns out to be closed; without it that depends on the
    method. Raises one of `FAULTS`.
    """
    if is_repeatable is None:
        is_repeatable = method in IDEMPOTENT_METHODS
    with (
        remembered(options),
        limited_time(is_repeatable=is_repeatable) as limit,
        send(session, method, url, **options) as response,
    ):
        yield LimitedResponse(response, limit, max_bytes)


def send(
    session: requests.Session,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    **options: Any,
) -> requests.Response:
    """Send `params`, `data` or `json`, and read no body of the response.

    Of the session count its adapters, headers, cookies and `auth`. `Session.request` merges
    more, which no request here needs, and that is a third of what a request costs.
    """
    request = requests.PreparedRequest()
    request.prepare(
        method=method,
        url=url,
        headers={**session.headers, **(headers or {})},
        auth=auth or session.auth,
        cookies=session.cookies,
        **options,
    )
    response = session.get_adapter(request.url or url).send(
        request,
        stream=True,
        timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
    )
    # `requests` gives the function no types.
    extract_cookies_to_jar(session.cookies, request, response.raw)  # type: ignore[no-untyped-call]
    return response


@contextmanager
def remembered(options: dict[str, Any]) -> Iterator[None]:
    """Remember in the block what a request says in `headers`, `params`, `data` and `json`."""
    headers = dict(options.get("headers") or {}).values()
    tokens = (str(value).rpartition(" ")[2] for value in headers)
    others = (options.get(name) for name in ("params", "data", "json"))
    before = in_flight.set((*tokens, *values_in(list(others))))
    try:
        yield
    finally:
        in_flight.reset(before)


def values_in(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from values_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from values_in(inner)


@contextmanager
def counted_by(count: Callable[[], None]) -> Iterator[None]:
    """Call `count` before each request to a CRM in the block: it may raise an error."""
    before = counting.set(count)
    try:
        yield
    finally:
        counting.reset(before)


def count_request() -> None:
    if (count := counting.get()) is not None:
        count()
