"""The workers' queue in Redis, which may lose every message and be away for a while."""

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured

from appconnect.worker.engine import make_engine
from tests.support.helpers import ROOT
from tests.support.redis import PASSWORD, RedisServer, find_redis, running_redis


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


def test_messages_are_ordered_by_priority_then_age(redis_server):
    engine = make_engine(redis_server.url)
    task = engine.task()(print)
    for name, priority in [("third", -2), ("second", -1), ("fourth", -2), ("first", 1)]:
        task(name, priority=priority)

    order = [message.args[0] for message in iter(engine.dequeue, None)]

    assert order == ["first", "second", "third", "fourth"]


def test_sender_does_not_fail_while_redis_is_down(redis_server, caplog):
    engine = make_engine(redis_server.url)
    task = engine.task()(print)
    task("lost")
    redis_server.kill()

    task("refused")

    assert "The queue refused a message" in caplog.text
    assert PASSWORD not in caplog.text + repr(engine.storage.conn)
    redis_server.start()
    task("sent")
    assert [message.args[0] for message in engine.pending()] == ["sent"]


def test_reader_logs_once_that_redis_is_away_and_once_that_it_is_back(
    redis_server, caplog, monkeypatch
):
    monkeypatch.setattr("appconnect.worker.engine.AWAY_SECONDS", 0)
    engine = make_engine(redis_server.url)
    engine.storage.read_timeout = 0.01
    redis_server.kill()

    for _poll in range(3):
        assert engine.dequeue() is None
        assert engine.read_schedule() == []
    redis_server.start()
    assert engine.dequeue() is None

    [away, back] = caplog.records
    assert "The queue is away" in away.getMessage()
    assert away.exc_info is None
    assert back.getMessage() == "The queue is back"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://user:{PASSWORD}@host/db",
        f"redis//:{PASSWORD}@host",
        f"redis://:unencoded/{PASSWORD}@host",
        f"postgresql://user:unencoded/{PASSWORD}@host/db",
    ],
)
def test_wrong_queue_url_is_named_but_not_quoted(url):
    with pytest.raises(ImproperlyConfigured, match="QUEUE_URL") as raised:
        make_engine(url)

    assert PASSWORD not in "".join(traceback.format_exception(raised.value))


def test_missing_redis_extra_is_named(monkeypatch):
    monkeypatch.setattr("appconnect.worker.engine.ConnectionPool", None)

    with pytest.raises(ImproperlyConfigured, match=r"QUEUE_URL.*extra `redis`"):
        make_engine("rediss://127.0.0.1")


@pytest.mark.redis
@pytest.mark.processes
@pytest.mark.long
def test_flush_and_kills_lose_no_call_and_double_none():
    """Four workers; Redis is flushed, then killed, then the workers are."""
    find_redis()
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.programs.redis_faults"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=800,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "lost messages: True" in run.stdout
    assert "{'LOGGED': 90}" in run.stdout
    assert "lost: 0; logged twice: 0; ids that differ: 0" in run.stdout
    assert PASSWORD not in run.stdout + run.stderr
