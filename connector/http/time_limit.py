"""A limit on a request as a whole.

A read timeout starts anew with every byte: a server that sends one now and then, in its
headers too, could block a worker for hours. Here the connection is shut when time is up.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError

TOTAL_TIMEOUT_SECONDS = 30
CHECK_INTERVAL_SECONDS = 0.1

current = threading.local()


class TimeLimit:
    """The limit of one request."""

    def __init__(self, *, is_repeatable: bool) -> None:
        self.is_repeatable = is_repeatable
        """Whether the request may be sent again if a kept connection was closed."""
        self.ends_at = time.monotonic() + TOTAL_TIMEOUT_SECONDS
        self.is_over = False
        self.socket: socket.socket | None = None

    def end(self) -> None:
        self.is_over = True
        if self.socket is not None:
            with suppress(OSError):
                # Past the TLS layer, which the reading thread is using.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class Watch:
    """One thread that ends all requests of the process whose time is over."""

    def __init__(self) -> None:
        self._limits: set[TimeLimit] = set()
        self._is_needed = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, limit: TimeLimit) -> None:
        with self._lock:
            self._limits.add(limit)
            if self._thread is None or not self._thread.is_alive():  # after a fork too
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        self._is_needed.set()

    def remove(self, limit: TimeLimit) -> None:
        with self._lock:
            self._limits.discard(limit)

    def release(self, limit: TimeLimit) -> None:
        """Leave the socket open from now on: the next request may be using it."""
        with self._lock:
            limit.socket = None

    def _run(self) -> None:
        while True:
            self._is_needed.wait()
            with self._lock:
                if not self._limits:
                    self._is_needed.clear()
                now = time.monotonic()
                for limit in self._limits:
                    if limit.ends_at <= now:
                        limit.end()
            time.sleep(CHECK_INTERVAL_SECONDS)


watch = Watch()


@contextmanager
def limited_time(*, is_repeatable: bool) -> Iterator[TimeLimit]:
    """Shut the connection that this thread uses in the block once the time is over."""
    limit = current.limit = TimeLimit(is_repeatable=is_repeatable)
    watch.add(limit)
    try:
        yield limit
    finally:
        watch.remove(limit)
        current.limit = None


def release_socket() -> None:
    """Leave this thread's connection open whatever becomes of its request."""
    if limit := getattr(current, "limit", None):
        watch.release(limit)


class Limited:
    """A mixin for a connection: gives its socket to the limit of the thread."""

    sock: Any
    idle_since = math.inf
    """When its last request ended, in seconds of `time.monotonic`."""

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._pass_socket()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._pass_socket()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def _pass_socket(self) -> None:
        if limit := getattr(current, "limit", None):
            limit.socket = self.sock
            if limit.is_over:  # the name took too long to resolve
                raise ConnectTimeoutError(self, "no time is left to send the request")


class LimitedConnection(Limited, HTTPConnection):
    pass


class LimitedTlsConnection(Limited, HTTPSConnection):
    pass
