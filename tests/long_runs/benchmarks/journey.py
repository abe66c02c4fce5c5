"""From the end of a call at RingCentral to its record in the CRM, everything started as a user does.

Most of it is waiting by design: until the call has been quiet (`CALL_SETTLE_SECONDS`), and
until RingCentral's call log has it.
"""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from tests.long_runs.benchmarks.figures import Sizes, milliseconds
from tests.long_runs.coverage_run import set_up
from tests.long_runs.soak import EXTENSIONS
from tests.support.helpers import SandboxControl, wait_for
from tests.support.program import AdminsBrowser, running_browser, running_program

CALLS = 24
LATENCIES = (0, 100, 300)
AS_MEASURED = {"CALL_LOG_READS_PER_MINUTE": "6"}
"""Other than the tests, so that new figures can be compared with earlier ones."""


def run(_sandbox: SandboxControl, sizes: Sizes) -> list[dict]:
    folder = Path(tempfile.mkdtemp(prefix="journey-"))
    with (
        running_program(folder, **AS_MEASURED) as program,
        running_browser() as browser,
    ):
        set_up(AdminsBrowser(browser.new_context().new_page(), program))
        return [
            measure(program.sandbox, latency, calls=sizes.of(CALLS))
            for latency in LATENCIES
        ]


def measure(sandbox: SandboxControl, latency: int, *, calls: int) -> dict:
    sandbox.switch(crmDelaySeconds=latency / 1000)
    before = len(sandbox.call_logs())
    for number in range(calls):
        extension = EXTENSIONS[number % len(EXTENSIONS)]
        sandbox.make_call("inbound_answered", extension=extension)
    wait_for(lambda: len(sandbox.call_logs()) == before + calls, seconds=120)
    took = [seconds_of(record) for record in sandbox.call_logs()[before:]]
    return {
        "CRM ms": latency,
        "calls": calls,
        "p50 ms": milliseconds(took, 50),
        "p95 ms": milliseconds(took, 95),
    }


def seconds_of(record: dict) -> float:
    """Return the seconds from the call's end to the record."""
    started_at = datetime.fromisoformat(record["startedAt"])
    ended_at = started_at + timedelta(seconds=record["durationSeconds"])
    return (datetime.fromisoformat(record["createdAt"]) - ended_at).total_seconds()
