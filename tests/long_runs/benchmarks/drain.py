"""How long a queue of 10,000 calls takes, as after a pause or an outage of the CRM."""

import time

from tests.long_runs.benchmarks.figures import Sizes, send, wait_until_logged
from tests.support.helpers import SandboxControl
from tests.support.workers import add_calls, prepare, running_workers

CALLS = 10_000
CRM_SECONDS = 0.1


def run(sandbox: SandboxControl, sizes: Sizes) -> list[dict]:
    sandbox.switch(crmDelaySeconds=CRM_SECONDS)
    calls = sizes.of(CALLS)
    rows = []
    for processes in (1, 2):
        organization = prepare(sandbox)
        send(add_calls(organization, calls))
        began = time.monotonic()
        with running_workers(processes) as workers:
            wait_until_logged(organization, calls)
            seconds = time.monotonic() - began
            rows.append(
                {
                    "calls": calls,
                    "workers": processes,
                    "seconds": round(seconds),
                    "calls/s": round(calls / seconds, 1),
                    "MB": max(workers.megabytes()),
                }
            )
    sandbox.switch(crmDelaySeconds=0)
    return rows
