"""How long an organization's calls take while another's burst is being logged."""

import time

from appconnect.calls.models import CallSession
from appconnect.organizations.models import Organization
from tests.long_runs.benchmarks.figures import Sizes, milliseconds, send, waits
from tests.support.helpers import SandboxControl, wait_for
from tests.support.workers import (
    add_calls,
    add_organization,
    prepare,
    running_workers,
)

BURST = 3000
QUIET_CALLS = 60
INTERVAL_SECONDS = 0.25


def run(sandbox: SandboxControl, sizes: Sizes) -> list[dict]:
    sandbox.switch(crmDelaySeconds=0.1)
    noisy = prepare(sandbox)
    quiet = add_organization(sandbox, rc_account_id="another")
    burst, quiet_calls = sizes.of(BURST), sizes.of(QUIET_CALLS)
    rows = []
    with running_workers(1):
        send(add_calls(quiet, 50))
        wait_for(lambda: all_logged(quiet))
        rows.append({"neighbor": "silent", **figures(quiet, quiet_calls)})
        send(add_calls(noisy, burst))
        rows.append({"neighbor": f"{burst} at once", **figures(quiet, quiet_calls)})
        left = noisy.calls.exclude(status=CallSession.Status.LOGGED).count()
    assert left, "the burst was over before the quiet calls were"
    sandbox.switch(crmDelaySeconds=0)
    return rows


def figures(organization: Organization, count: int) -> dict:
    """Log a call now and then; return how long that took."""
    calls = []
    for _ in range(count):
        added = add_calls(organization, 1)
        send(added)
        calls += added
        time.sleep(INTERVAL_SECONDS)
    wait_for(lambda: all_logged(organization))
    took = waits(calls)
    return {"p50 ms": milliseconds(took, 50), "p95 ms": milliseconds(took, 95)}


def all_logged(organization: Organization) -> bool:
    waiting = organization.calls.exclude(status=CallSession.Status.LOGGED)
    return not waiting.exists()
