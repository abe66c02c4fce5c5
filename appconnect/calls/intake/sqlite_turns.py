"""The order of writers, where the database has one at a time.

Threads that wait for SQLite's write lock sleep, for longer each time, and any newcomer
overtakes them: with forty threads some wait for seconds. Here the threads of a process
queue up before they ask, so that each process has one waiter. PostgreSQL needs none of it.
"""

from contextlib import AbstractContextManager, nullcontext
from threading import RLock

from django.db import connection

taking_turns: AbstractContextManager = (
    RLock() if connection.vendor == "sqlite" else nullcontext()
)
