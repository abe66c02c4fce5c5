"""The task engine, huey: how its messages are stored, serialized, ordered and waited for."""

import json
import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from huey import Huey, MemoryHuey, PostgresHuey, SqliteHuey, consumer, crontab
from huey.api import TaskWrapper
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import PriorityRedisStorage

from appconnect.calls.models.timing import SWEEP_INTERVAL

try:
    from redis import ConnectionPool
    from redis.exceptions import RedisError
except ModuleNotFoundError:  # without the extra `redis`
    ConnectionPool = None

__all__ = ["Consumer", "TaskWrapper", "Turns", "crontab", "engine"]

MAX_OTHER_CONNECTIONS = 100
"""To Redis, beside those on which a worker's threads wait for messages."""

AWAY_SECONDS = 1
"""How long a worker's thread waits before it reads again from a queue that is away."""

logger = logging.getLogger(__name__)

consumer.Scheduler.periodic_task_seconds = SWEEP_INTERVAL.total_seconds()


class JSONSerializer(Serializer):
    """Messages as JSON: the engine's default, pickle, can execute what it loads."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(
            {
                key: value.isoformat() if isinstance(value, datetime) else value
                for key, value in data._asdict().items()
            }
        ).encode()

    def _deserialize(self, data: bytes) -> Message:
        fields = json.loads(data)
        if fields["eta"]:
            fields["eta"] = datetime.fromisoformat(fields["eta"])
        return Message(**fields)


class LossyRedisStorage(PriorityRedisStorage):
    """Redis, which can be down while the database is not.

    What is due is stored before its message is sent. A message that Redis does not accept
    is lost, like one that Redis forgets: the next sweep sends it again. All threads of a
    worker read; when Redis goes away or comes back, one of them logs it.
    """

    is_away = False
    _lock = threading.Lock()

    def dequeue(self) -> bytes | None:
        return self._read(super().dequeue)

    def read_schedule(self, ts: datetime) -> list[bytes]:
        return self._read(partial(super().read_schedule, ts)) or []

    def _read(self, read: Callable[[], Any]) -> Any:
        """Return what `read` returns; None after a pause where Redis is away."""
        try:
            found = read()
        except RedisError as error:
            if self._changes(is_away=True):
                logger.warning("The queue is away, calls are kept: %s", error)
            time.sleep(AWAY_SECONDS)
            return None
        if self.is_away and self._changes(is_away=False):
            logger.warning("The queue is back")
        return found

    def _changes(self, *, is_away: bool) -> bool:
        """Store whether Redis is away; return whether that is new."""
        with self._lock:
            was_away, self.is_away = self.is_away, is_away
        return was_away != is_away

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        try:
            super().enqueue(data, priority)
        except RedisError as error:
            logger.warning("The queue refused a message, the sweep resends: %s", error)


def make_engine(url: str) -> Huey:
    """Return the engine with its queue at `url`, which no error quotes: it has a password."""
    options = {"results": False, "serializer": JSONSerializer()}
    if not is_valid(url):
        message = "QUEUE_URL is not a valid URL. Is a special character not encoded?"
        raise ImproperlyConfigured(message)
    scheme, _, path = url.partition("://")
    match scheme:
        case "sqlite":
            # Its own file, without fsync: messages can be lost, rows cannot.
            path = path.removeprefix("/")
            return SqliteHuey(filename=path, fsync=False, timeout=20, **options)
        case "memory":
            return MemoryHuey(**options)
        case "postgres" | "postgresql":
            return make_postgres_engine(url, options)
        case "redis" | "rediss":
            if ConnectionPool is None:
                message = "QUEUE_URL is a Redis, which needs the extra `redis`."
                raise ImproperlyConfigured(message)
            limit = settings.WORKER_THREADS + MAX_OTHER_CONNECTIONS
            return Huey(
                "appconnect",  # other programs may use the same Redis
                storage_class=LossyRedisStorage,
                connection_pool=ConnectionPool.from_url(
                    url, max_connections=limit, socket_connect_timeout=2
                ),
                **options,
            )
        case _:
            schemes = "postgresql://, redis://, rediss:// or sqlite:///"
            raise ImproperlyConfigured(f"QUEUE_URL must start with {schemes}.")


def make_postgres_engine(url: str, options: dict[str, Any]) -> Huey:
    """Return the engine with its queue in PostgreSQL, whose tables are made if missing."""
    # There only with the extra `postgres`.
    from psycopg.errors import DuplicateObject, DuplicateTable, UniqueViolation

    # Polling, by one thread of each process: LISTEN takes a connection for each.
    make = partial(PostgresHuey, dsn=url, blocking=False, **options)
    try:
        return make()
    except (DuplicateObject, DuplicateTable, UniqueViolation):
        # Another process made the tables at the same moment, which `IF NOT EXISTS` does
        # not see before its commit.
        return make()


def is_queue_there() -> bool:
    """Return whether the queue answers."""
    try:
        engine.pending_count()
    except Exception:  # of Redis, PostgreSQL or SQLite
        logger.warning("The queue does not answer", exc_info=True)
        return False
    return True


def is_valid(url: str) -> bool:
    """Return whether the URL's parts are where they seem to be.

    An unencoded slash in a password ends the host, and drivers then quote the rest.
    """
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


engine = make_engine(settings.QUEUE_URL)


class Turns:
    """The order in which calls are processed, fair between organizations.

    Of the messages of some seconds, the n-th of one organization comes before the
    n+1-th of any other, so that a burst delays only itself. Each process counts the
    messages that it sends.
    """

    WINDOW_SECONDS = 3

    def __init__(self):
        self._lock = threading.Lock()
        self._sent: Counter[uuid.UUID] = Counter()
        self._ends_at = 0.0

    def next(self, organization_id: uuid.UUID) -> int:
        """Return the priority of the organization's next message: higher goes first."""
        with self._lock:
            now = time.monotonic()
            if now >= self._ends_at:
                self._sent.clear()
                self._ends_at = now + self.WINDOW_SECONDS
            self._sent[organization_id] += 1
            return -self._sent[organization_id]


_turn = threading.Lock()
_has_found = threading.Event()


class Worker(consumer.Worker):
    """A thread that executes tasks, of which one at a time asks while the queue is empty.

    Thirty-two that ask PostgreSQL twice a second each are a fifth of a core, and a
    quarter as much there. One asks for all of them, and who finds a task wakes the next.
    """

    def sleep(self) -> None:
        """Wait for the turn to ask, then until it is time to, or until a task was found."""
        while not _turn.acquire(timeout=1):
            if self.stop_flag.is_set():
                return
        try:
            self.delay = min(self.delay, self.max_delay)
            _has_found.wait(self.delay)
            _has_found.clear()
            self.delay *= self.backoff
        finally:
            _turn.release()


class Consumer(consumer.Consumer):
    """A worker process's threads."""

    worker_class = Worker

    def __init__(self, engine: Huey, **options: object):
        super().__init__(engine, **options)
        engine.pre_execute("wake_next")(wake_next)


def wake_next(_task: object) -> None:
    """Have the next thread ask at once: where there was one task there may be more."""
    _has_found.set()
