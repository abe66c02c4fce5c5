"""Four workers with their queue in Redis, which is flushed and killed, as they are.

Each fault comes while some calls are being logged and others wait in the queue. Prints
whether each lost messages, and what became of the calls.
"""

from datetime import timedelta

from tests.long_runs.random_kills import is_settled, report
from tests.support.helpers import SandboxControl, wait_for
from tests.support.program import running_sandbox
from tests.support.redis import RedisServer, running_redis
from tests.support.workers import (
    Workers,
    add_calls,
    choose_environment,
    prepare,
    running_workers,
)

CALLS_PER_FAULT = 30
SWEEPS_SECONDS = 30
"""Several sweeps, three seconds apart, and the work on a busy machine."""
SEARCH_SECONDS = 150
"""A kill just before a request leaves a record that is searched for two minutes."""


def main() -> None:
    with running_redis() as redis, running_sandbox(threads=16) as sandbox:
        choose_environment(
            sandbox, WORKER_THREADS="2", TIME_SCALE="0.05", QUEUE_URL=redis.url
        )
        import django

        django.setup()
        organization = prepare(sandbox)
        sandbox.switch(crmDelaySeconds=0.2)
        lost_messages = []
        with running_workers(4) as workers:
            for fault, timeout in (
                (flush, SWEEPS_SECONDS),
                (restart_redis, SWEEPS_SECONDS),
                (kill_workers, SEARCH_SECONDS),
            ):
                send_calls(organization, sandbox)
                lost_messages.append(fault(redis, workers))
                wait_for(is_settled, seconds=timeout)
        print("lost messages:", all(lost_messages))
        report(3 * CALLS_PER_FAULT, sandbox.call_logs())


def send_calls(organization, sandbox: SandboxControl) -> None:
    """Add calls with a message for each, and wait until the first ones are logged."""
    from appconnect.worker import queue

    logged = len(sandbox.call_logs())
    for call in add_calls(organization, CALLS_PER_FAULT):
        queue.dispatch(call)
    wait_for(lambda: len(sandbox.call_logs()) > logged)


def flush(redis: RedisServer, workers: Workers) -> int:
    """Delete all messages; return how many waited."""
    from appconnect.worker.engine import engine

    waiting = engine.pending_count()
    redis.client.flushall()
    return waiting


def restart_redis(redis: RedisServer, workers: Workers) -> int:
    """Kill Redis, which keeps nothing on disk; return how many messages waited."""
    from appconnect.worker.engine import engine

    waiting = engine.pending_count()
    redis.kill()
    redis.start()
    return waiting


def kill_workers(redis: RedisServer, workers: Workers) -> int:
    """Kill all workers and start others; return how many calls were in progress."""
    from django.utils import timezone

    from appconnect.calls.models import CallSession
    from appconnect.calls.models.choices import IN_PROGRESS

    workers.kill()
    now = timezone.now()
    claimed = CallSession.objects.filter(
        status__in=IN_PROGRESS, next_attempt_at__gt=now + timedelta(minutes=1)
    )
    count = claimed.update(next_attempt_at=now)  # as when their leases have ended
    workers.start()
    return count


if __name__ == "__main__":
    main()
