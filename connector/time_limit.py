"""A limit on a request as a whole.

A read time-out starts anew with every byte: a server that sends one now and then, in its
headers too, could keep a worker for hours. Here the connection is shut when time is up.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError

TOTAL_TIMEOUT_SECONDS = 30

current = threading.local()


class TimeLimit:
    """The limit of one request."""

    def __init__(self) -> None:
        self.is_over = False
        self.socket: socket.socket | None = None

    def end(self) -> None:
        self.is_over = True
        if self.socket is not None:
            with suppress(OSError):
                # Past the TLS layer, which the reading thread is using.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


@contextmanager
def limited_time() -> Iterator[TimeLimit]:
    """Shut the connection that this thread uses in the block when the time is over."""
    limit = current.limit = TimeLimit()
    timer = threading.Timer(TOTAL_TIMEOUT_SECONDS, limit.end)
    timer.daemon = True
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()
        current.limit = None


class Limited:
    """A mixin for a connection: tells the thread's limit which socket it uses."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._tell()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._tell()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def _tell(self) -> None:
        if limit := getattr(current, "limit", None):
            limit.socket = self.sock
            if limit.is_over:  # the name took too long to resolve
                raise ConnectTimeoutError(self, "no time is left to send the request")


class LimitedConnection(Limited, HTTPConnection):
    pass


class LimitedTlsConnection(Limited, HTTPSConnection):
    pass


class LimitedPool(HTTPConnectionPool):
    ConnectionCls = LimitedConnection


class LimitedTlsPool(HTTPSConnectionPool):
    ConnectionCls = LimitedTlsConnection


def limit_time(adapter: HTTPAdapter) -> HTTPAdapter:
    """Have the adapter's connections obey `limited_time`."""
    pools = {"http": LimitedPool, "https": LimitedTlsPool}
    adapter.poolmanager.pool_classes_by_scheme = pools
    return adapter
