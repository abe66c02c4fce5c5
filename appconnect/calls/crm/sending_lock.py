"""Locks that prove that the sender of a record is dead, and not merely slow.

A lease that ran out proves nothing: its owner may be stopped, and send a minute later.
The operating system, or PostgreSQL, frees these locks when their holder dies, and not
before.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from django.conf import settings
from django.db import DatabaseError, connection, transaction

BUCKETS = 1024
"""The number of lock files; several locks share one."""
NAMESPACE = 0x5E4D
"""Keeps these advisory locks apart from other programs' in the same database."""


@contextmanager
def being_sent(lock_id: int) -> Iterator[None]:
    """Hold the sender's lock for the block: until it ends, or this process dies.

    `lock_id` has 31 bits. Of records that share one, each counts as being sent while
    another is.
    """
    if connection.vendor == "postgresql":
        # A lock of the session: a pooler in transaction mode would lose it.
        lock = (NAMESPACE, lock_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", lock)
        try:
            yield
        finally:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_shared(%s, %s)", lock)
    else:
        with open_bucket(lock_id) as bucket:
            fcntl.flock(bucket, fcntl.LOCK_SH)
            yield


@contextmanager
def changing(lock_id: int, *, waits: bool) -> Iterator[None]:
    """Hold the record's lock alone for the block: no other sends or changes it.

    While another has the lock, wait, or raise `BlockingIOError` at once.
    """
    if connection.vendor == "postgresql":
        lock = (NAMESPACE, lock_id)
        with connection.cursor() as cursor:
            if waits:
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", lock)
            else:
                cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", lock)
                if not cursor.fetchone()[0]:
                    raise BlockingIOError
        try:
            yield
        finally:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)
    else:
        with open_bucket(lock_id) as bucket:
            fcntl.flock(bucket, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            yield


def is_being_sent(lock_id: int) -> bool:
    """Return whether a living process is sending the record."""
    if connection.vendor == "postgresql":
        lock = (NAMESPACE, lock_id)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", lock)
            return not cursor.fetchone()[0]
    with open_bucket(lock_id) as bucket:
        try:
            fcntl.flock(bucket, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def open_bucket(lock_id: int) -> IO[bytes]:
    """Open the lock file anew: threads that share an open file share its lock."""
    directory = settings.DATA_DIR / "sending"
    directory.mkdir(exist_ok=True)
    return (directory / str(lock_id % BUCKETS)).open("ab")
