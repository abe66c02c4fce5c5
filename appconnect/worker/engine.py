"""The task engine, huey: how its messages are stored, serialized and ordered."""

import json
import threading
import time
import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from django.conf import settings
from huey import Huey, MemoryHuey, PostgresHuey, SqliteHuey, crontab
from huey.api import TaskWrapper
from huey.consumer import Scheduler
from huey.registry import Message
from huey.serializer import Serializer

from appconnect.calls.models.timing import SWEEP_INTERVAL

__all__ = ["TaskWrapper", "Turns", "crontab", "engine"]

Scheduler.periodic_task_seconds = SWEEP_INTERVAL.total_seconds()


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


def make_engine(url: str) -> Huey:
    """Return the engine with its queue at `url`."""
    options = {"results": False, "serializer": JSONSerializer()}
    scheme, _, path = url.partition("://")
    match scheme:
        case "sqlite":
            # Its own file, without fsync: messages can be lost, rows cannot.
            path = path.removeprefix("/")
            return SqliteHuey(filename=path, fsync=False, timeout=20, **options)
        case "memory":
            return MemoryHuey(**options)
        case _:
            # Polling: the alternative is a LISTEN connection for each thread.
            return PostgresHuey(dsn=url, blocking=False, **options)


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
