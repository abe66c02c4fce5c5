"""Proof that whoever was sending a record is dead, and not merely slow.

A lease that ran out proves nothing: its owner may be stopped, and send a minute later.
These locks are let go of by the operating system, or by PostgreSQL, when their holder
dies, and not before.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from django.conf import settings
from django.db import DatabaseError, connection, transaction

BUCKETS = 1024
"""Lock files; several locks share one."""
NAMESPACE = 0x5E4D
"""Keeps these advisory locks apart from anybody else's in the same database."""


@contextmanager
def being_sent(lock_id: int) -> Iterator[None]:
    """Say, for as long as the block runs and this process lives, that it sends the record.

    `lock_id` has 31 bits; records that share one are taken for being sent a little longer.
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
    """Be the only one who sends or changes the record, for the block.

    Where somebody else is about it, wait; or raise `BlockingIOError` at once.
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
    """Tell whether a living process is in `being_sent` with the record."""
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
    """Open a file of its own: of one that is shared every thread would have the lock."""
    directory = settings.DATA_DIR / "sending"
    directory.mkdir(exist_ok=True)
    return (directory / str(lock_id % BUCKETS)).open("ab")
