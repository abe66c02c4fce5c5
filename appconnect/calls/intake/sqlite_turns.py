"""Who writes next, where the database has one writer at a time.

Those who wait for SQLite's write lock sleep, for longer each time, and whoever comes in
between gets it: with forty threads some wait for seconds. Threads that take turns before
they ask leave it one waiter for each process. PostgreSQL needs none of this.
"""

from contextlib import AbstractContextManager, nullcontext
from threading import RLock

from django.db import connection

taking_turns: AbstractContextManager = (
    RLock() if connection.vendor == "sqlite" else nullcontext()
)
