"""Django's SQLite backend, whose writers take turns.

SQLite has one writer at a time. Who waits for it sleeps, for longer each time, and any
newcomer overtakes: of a worker's 32 threads, most slept while nobody wrote. Here the
threads of a process queue up first, so that one of each process asks SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import Any

from django.db.backends.sqlite3 import base

WRITES = ("INSERT", "UPDATE", "DELETE")
TIMEOUT_SECONDS = 20
"""As long as SQLite itself waits, see `settings.py`."""

_turn = Lock()


def take_turn() -> None:
    """Wait for the process's other writers. Raises what SQLite raises for those of others."""
    if not _turn.acquire(timeout=TIMEOUT_SECONDS):
        raise base.Database.OperationalError("database is locked")


@contextmanager
def writing() -> Iterator[None]:
    take_turn()
    try:
        yield
    finally:
        _turn.release()


class DatabaseWrapper(base.DatabaseWrapper):
    """Has its thread's turn during each transaction, all of which can write."""

    has_turn = False

    def create_cursor(self, name: str | None = None) -> "Cursor":
        return self.connection.cursor(factory=Cursor)

    def _start_transaction_under_autocommit(self) -> None:
        with self.wrap_database_errors:
            take_turn()
        self.has_turn = True
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self.has_turn:
            self.has_turn = False
            _turn.release()


class Cursor(base.SQLiteCursorWrapper):
    """Takes a turn for a statement that writes outside a transaction."""

    returned: Iterator[Any] | None = None

    def execute(self, query: str, params: Any = None) -> "Cursor":
        self.returned = None
        if self.connection.in_transaction or not query.lstrip().startswith(WRITES):
            return super().execute(query, params)
        with writing():
            super().execute(query, params)
            # The statement ends, and is committed, with the last row that it returns.
            self.returned = iter(super().fetchall())
        return self

    def __next__(self) -> Any:
        return super().__next__() if self.returned is None else next(self.returned)

    def fetchone(self) -> Any:
        return next(self, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        return list(islice(self, size))

    def fetchall(self) -> list[Any]:
        return super().fetchall() if self.returned is None else list(self.returned)
