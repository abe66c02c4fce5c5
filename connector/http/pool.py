"""Connections that are kept for the next request: which are reused, and for how long.

A server may close a kept connection at the very moment at which a request is sent. Such a
request is sent once more, on a new connection; one that must not be repeated goes over a
connection that was in use a moment ago, or over a new one.
"""

from __future__ import annotations

import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from connector.http.time_limit import (
    LimitedConnection,
    LimitedTlsConnection,
    current,
    release_socket,
)

MAX_HOSTS = 100
MAX_CONNECTIONS_PER_HOST = 128
"""Of those that are kept. More than a worker has threads."""
MAX_IDLE_SECONDS = 50
"""Many load balancers close a connection that was idle for 60 seconds."""
MAX_IDLE_SECONDS_UNREPEATABLE = 1
"""For a request that must not be repeated: few servers close one so early."""


class Kept:
    """A mixin for a pool: its connections are not reused when they were idle too long."""

    pool: Any

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        is_repeatable = may_be_repeated()
        max_idle = MAX_IDLE_SECONDS if is_repeatable else MAX_IDLE_SECONDS_UNREPEATABLE
        if connection.idle_since < time.monotonic() - max_idle:
            connection.close()  # it connects anew by itself
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            connection.idle_since = time.monotonic()
        release_socket()
        super()._put_conn(connection)  # type: ignore[misc]

    def _make_request(self, conn: Any, *args: Any, **kwargs: Any) -> Any:
        is_reused = not conn.is_closed
        try:
            return super()._make_request(conn, *args, **kwargs)  # type: ignore[misc]
        except ConnectionResetError:  # http.client's RemoteDisconnected is one
            if not (is_reused and may_be_repeated()):
                raise
        conn.close()
        return super()._make_request(conn, *args, **kwargs)  # type: ignore[misc]

    def close_idle(self) -> None:
        """Close the connections that are not reused any more."""
        if self.pool is None:
            return
        with self.pool.mutex:
            for connection in self.pool.queue:
                if connection and connection.idle_since < (
                    time.monotonic() - MAX_IDLE_SECONDS
                ):
                    connection.close()


class KeptPool(Kept, HTTPConnectionPool):
    ConnectionCls = LimitedConnection


class KeptTlsPool(Kept, HTTPSConnectionPool):
    ConnectionCls = LimitedTlsConnection


def may_be_repeated() -> bool:
    """Return whether the request of this thread may be sent twice."""
    limit = getattr(current, "limit", None)
    return limit is not None and limit.is_repeatable


def keep_connections(adapter: HTTPAdapter) -> None:
    """Give the adapter new pools, without connections; they obey `limited_time` too."""
    adapter.init_poolmanager(MAX_HOSTS, MAX_CONNECTIONS_PER_HOST)
    pools = {"http": KeptPool, "https": KeptTlsPool}
    adapter.poolmanager.pool_classes_by_scheme = pools


def close_idle_connections(adapter: HTTPAdapter) -> None:
    pools = adapter.poolmanager.pools
    for key in pools.keys():  # noqa: SIM118  it cannot be iterated
        if pool := pools.get(key):
            pool.close_idle()
