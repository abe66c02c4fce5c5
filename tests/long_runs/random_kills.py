"""Kill worker processes at random, and check the CRM in the end.

    uv run python -m tests.long_runs.random_kills [--runs 200] [--database-url postgres://…]
                                        [--gracefully] [--restart "pg_ctl … restart"]

Two workers log calls while one or the other is killed, `--runs` times; the CRM also loses
the reply to one in twenty records that it has written. When every call has ended, our
rows are compared with the CRM's own list. Ends with an error where a call was lost or
logged twice. `--gracefully` stops the workers by SIGTERM, as a deployment does, and the
CRM loses no reply: then no record may have an unknown outcome either. `--restart` leaves
the workers alone and runs the command instead, which restarts the database.
"""

import argparse
import os
import random
import shlex
import subprocess
import sys
import time
from collections import Counter

from tests.support.helpers import wait_for
from tests.support.program import running_sandbox
from tests.support.workers import (
    add_calls,
    choose_environment,
    prepare,
    running_workers,
)

CALLS_PER_RUN = 10
LOST_REPLIES = 0.05
SETTLED_SECONDS = 1200


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL", ""))
    parser.add_argument("--gracefully", action="store_true")
    parser.add_argument("--restart", type=shlex.split, default=[])
    options = parser.parse_args()
    chosen = {}
    if options.database_url:
        chosen = dict.fromkeys(("DATABASE_URL", "QUEUE_URL"), options.database_url)
    with running_sandbox(threads=64) as sandbox:
        choose_environment(sandbox, WORKER_THREADS="8", TIME_SCALE="0.1", **chosen)

        import django

        django.setup()
        from django.db import connection

        organization = prepare(sandbox)
        loses = 0.0 if options.gracefully else LOST_REPLIES
        sandbox.switch(crmDelaySeconds=0.05, crmLosesReplies=loses)
        with running_workers(2) as workers:
            wait_for(have_begun, seconds=120)  # one that starts needs the database
            for run in range(options.runs):
                add_calls(organization, CALLS_PER_RUN)
                time.sleep(random.uniform(0.5, 2.5))  # noqa: S311
                if options.restart:
                    subprocess.run(options.restart, check=True, capture_output=True)
                    connection.close()
                else:
                    workers.replace_one(gracefully=options.gracefully)
                print(f"\rkilled {run + 1} times", end="", flush=True)
            print("; settling …", flush=True)
            wait_for(is_settled, seconds=SETTLED_SECONDS)
        faults = report(options.runs * CALLS_PER_RUN, sandbox.call_logs())
        return faults + (options.gracefully and looked_for())


def have_begun() -> bool:
    """Return whether both workers work."""
    from appconnect.monitoring.models import WorkerHeartbeat

    return WorkerHeartbeat.objects.count() >= 2


def is_settled() -> bool:
    """Return whether no call waits to be logged."""
    from appconnect.calls.models import CallSession
    from appconnect.calls.models.choices import IN_PROGRESS

    return not CallSession.objects.filter(status__in=IN_PROGRESS).exists()


def looked_for() -> int:
    """Return how many records had an unknown outcome, and were searched for in the CRM."""
    from appconnect.calls.models import TimelineEntry

    return TimelineEntry.objects.filter(step__in=("FOUND", "NOT_FOUND")).count()


def report(calls: int, records: list[dict]) -> int:
    """Print the figures; return the number of faults."""
    from appconnect.calls.models import CallSession, CrmRecord

    states = Counter(CallSession.objects.values_list("status", flat=True))
    markers = Counter(record["externalId"] for record in records)
    ours = set(CrmRecord.objects.exclude(record_id="").values_list("record_id"))
    twice = sum(count - 1 for count in markers.values())
    lost = calls - len(markers)
    unknown = len({(record["id"],) for record in records} ^ ours)
    print(f"calls: {calls}; {dict(states)}; looked for: {looked_for()}")
    print(f"lost: {lost}; logged twice: {twice}; ids that differ: {unknown}")
    return lost + twice + unknown


if __name__ == "__main__":
    sys.exit(main())
