"""Django's SQLite backend, whose writers take turns.

SQLite has one writer at a time. Whoever waits for it sleeps, for longer each time: most of a
worker's 32 threads slept while nobody wrote, and beside a busy worker the web server did not
wake between two writes for up to a second. Here the threads of a process wait for each other
on a lock, and processes on a locked file: both wake a waiter at once.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from threading import Lock
from typing import Any

from django.db.backends.sqlite3 import base
from django.utils.functional import cached_property

WRITES = ("INSERT", "UPDATE", "DELETE")

turn = Lock()
"""Held by the process's thread that writes."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Has the turn during each transaction, as all of them can write."""

    has_turn = False
    turn_file: int | None = None
    """The write-ahead log, locked during the turn. SQLite itself locks other files.

    The settings' `init_command` opens it with each connection, so nobody deletes it.
    """

    def create_cursor(self, name: str | None = None) -> "Cursor":
        cursor = self.connection.cursor(factory=Cursor)
        cursor.wrapper = self
        return cursor

    @cached_property
    def write_ahead_log(self) -> str:
        return f"{os.path.realpath(self.settings_dict['NAME'])}-wal"

    def take_turn(self) -> None:
        """Wait until no other thread of this process, and then no other process, writes.

        Raises SQLite's error if no other thread of this process ends its turn within
        SQLite's timeout. The wait for other processes is unlimited: while one hangs in its
        turn, one thread waits here, and the others get that error.
        """
        if not turn.acquire(timeout=self.settings_dict["OPTIONS"]["timeout"]):
            raise base.Database.OperationalError("database is locked")
        self.has_turn = True
        with suppress(OSError):  # not there, as in memory: SQLite decides alone
            self.turn_file = os.open(self.write_ahead_log, os.O_RDONLY)
            fcntl.flock(self.turn_file, fcntl.LOCK_EX)

    def end_turn(self) -> None:
        if self.has_turn:
            self.has_turn, file, self.turn_file = False, self.turn_file, None
            try:
                if file is not None:
                    os.close(file)
            finally:
                turn.release()

    def _start_transaction_under_autocommit(self) -> None:
        try:
            with self.wrap_database_errors:
                self.take_turn()
            super()._start_transaction_under_autocommit()
        except BaseException:
            self.end_turn()
            raise

    def _set_autocommit(self, autocommit: bool) -> None:
        try:
            super()._set_autocommit(autocommit)
        finally:
            if autocommit:  # a transaction has ended, in whatever way
                self.end_turn()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self.end_turn()


class Cursor(base.SQLiteCursorWrapper):
    """Takes a turn for a statement that writes outside a transaction."""

    wrapper: DatabaseWrapper
    returned: Iterator[Any] | None = None
    """The rows of such a statement: it ends, and is committed, with the last of them."""

    def execute(self, query: str, params: Any = None) -> "Cursor":
        self.returned = None
        if self.wrapper.has_turn or not query.lstrip().startswith(WRITES):
            return super().execute(query, params)
        try:
            self.wrapper.take_turn()
            super().execute(query, params)
            self.returned = iter(super().fetchall())
        finally:
            self.wrapper.end_turn()
        return self

    def __iter__(self) -> Iterator[Any]:
        return super().__iter__() if self.returned is None else self.returned

    def fetchone(self) -> Any:
        if self.returned is None:
            return super().fetchone()
        return next(self.returned, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        if self.returned is None:
            return super().fetchmany(size)
        return list(islice(self.returned, size))

    def fetchall(self) -> list[Any]:
        return super().fetchall() if self.returned is None else list(self.returned)
