"""The threads of a worker process, with a queue in memory."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from huey import MemoryHuey

from appconnect.worker.engine import Consumer
from tests.support.helpers import wait_for

THREADS = 8


@pytest.fixture
def engine():
    return MemoryHuey(results=False)


@contextmanager
def running(engine: MemoryHuey) -> Iterator[None]:
    consumer = Consumer(engine, workers=THREADS, max_delay=0.5, periodic=False)
    consumer.start()
    try:
        yield
    finally:
        consumer.stop(graceful=True)


def test_all_threads_work_at_once(engine):
    together = threading.Barrier(THREADS + 1)

    @engine.task()
    def meet() -> None:
        together.wait(60)

    with running(engine):
        for _round in "ab":
            for _task in range(THREADS):
                meet()
            together.wait(60)  # fails where one thread is not woken


def test_one_thread_asks_an_empty_queue_for_all(engine, monkeypatch):
    asked_at: list[float] = []
    dequeue = engine.storage.dequeue

    def counted() -> bytes | None:
        asked_at.append(time.monotonic())
        return dequeue()

    monkeypatch.setattr(engine.storage, "dequeue", counted)
    with running(engine):
        wait_for(lambda: len(asked_at) >= THREADS + 5)

    # Each asks when it starts. Then there are a tenth of a second and more between.
    assert asked_at[THREADS + 4] - asked_at[THREADS] >= 0.3
