"""Django's PostgreSQL backend, for connections that stay open as long as their thread."""

import select
import time

from django.db.backends.postgresql import base

MAX_REST_SECONDS = 60
"""A connection that was unused for longer is checked: firewalls forget it without a word."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a connection, which is a round trip, only where it may have been lost.

    Django calls `close_if_unusable_or_obsolete` before and after each request, the worker
    before and after each task.
    """

    last_loss = float("-inf")
    """When any thread closed its connection, in seconds of `time.monotonic`."""
    used_at = 0.0

    def connect(self) -> None:
        super().connect()
        self.used_at = time.monotonic()

    def close_if_unusable_or_obsolete(self) -> None:
        if self.connection is not None and self.may_be_lost():
            self.errors_occurred = True  # Django then checks it
        super().close_if_unusable_or_obsolete()
        self.used_at = time.monotonic()

    def may_be_lost(self) -> bool:
        """Return whether the server, the network or another thread gave reason to doubt.

        A server that stops says so to each connection, or closes it: there is something to
        read, although nothing was asked.
        """
        return (
            self.used_at < DatabaseWrapper.last_loss
            or self.used_at < time.monotonic() - MAX_REST_SECONDS
            or self.connection.closed
            or has_unread_data(self.connection.fileno())
        )

    def close(self) -> None:
        """Close the connection; the other threads check theirs before their next use."""
        if self.connection is not None:
            DatabaseWrapper.last_loss = time.monotonic()
        super().close()


def has_unread_data(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
