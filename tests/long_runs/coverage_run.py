"""Does every call end up where it should, whatever RingCentral does? A table, and a verdict.

    uv run python -m tests.long_runs.coverage_run [--calls 1000]

Real processes, as a user starts them. Calls of every script are made; five notifications
in a hundred are dropped, others doubled and scattered; for two hours of the sandbox's
clock none arrives; tokens run out; the subscription is blacklisted; a rate limit strikes.
At the end each call's state and owner are as its script says, and the CRM has no record twice.
"""

import argparse
import itertools
import sqlite3
import sys
import tempfile
from collections import Counter
from pathlib import Path

from appconnect.sandbox.scripts import SCRIPTS
from tests.support.helpers import SandboxControl, wait_for
from tests.support.outcomes import OWNERS, owner_of, state_of
from tests.support.program import AdminsBrowser, running_browser, running_program

Made = dict[str, tuple[str, str]]
"""Of each call: its session, and its script and extension."""
LIMIT = {"path": "/call-log", "status": 429, "code": "CMN-301", "retryAfter": "5"}
STATES = ("LOGGED", "SKIPPED", "NEEDS_ATTENTION", "FAILED")
SETTLED_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=1000)
    calls = parser.parse_args().calls
    folder = Path(tempfile.mkdtemp(prefix="coverage-run-"))
    with running_program(folder) as program, running_browser() as browser:
        admin = AdminsBrowser(browser.new_context().new_page(), program)
        set_up(admin)
        made = make_calls(admin, calls)
        wait_for(lambda: all_known(folder, made), seconds=SETTLED_SECONDS)
        wait_for(admin.sees_no_call_in_progress, seconds=SETTLED_SECONDS)
        faults = report(folder, made, program.sandbox)
    for fault in faults:
        print("FAULT:", fault)
    print("Every call is where it should be." if not faults else "Not as it should be.")
    return bool(faults)


def set_up(admin: AdminsBrowser) -> None:
    admin.sign_in()
    admin.save_settings(password="sandbox")
    admin.connect_ringcentral()
    admin.wait_for_text("Active", "/connections/")
    admin.wait_for_text("users refreshed", "/user-mapping/")


def make_calls(admin: AdminsBrowser, count: int) -> Made:
    """Make the calls while things go wrong."""
    sandbox = admin.program.sandbox
    scripts, extensions = itertools.cycle(SCRIPTS), itertools.cycle(OWNERS)
    made: Made = {}

    def make(share: float) -> None:
        for _ in range(round(count * share)):
            script, extension = next(scripts), next(extensions)
            session = sandbox.make_call(script, extension=extension)
            made[session] = script, extension

    sandbox.switch(dropRate=0.05, duplicates=1, scatterSeconds=0.5)
    make(0.3)
    sandbox.switch(expireTokens=True)
    make(0.1)
    sandbox.switch(dropRate=1)  # two hours without a word
    for _ in range(8):
        make(0.025)
        sandbox.advance(900)
    sandbox.switch(dropRate=0.05, replies=[LIMIT])
    make(0.1)
    sandbox.switch(subscriptions="blacklist")
    make(0.1)
    sandbox.advance(60)
    admin.check_now()
    sandbox.switch(expireTokens=True)
    make(0.2)
    sandbox.switch(dropRate=0, duplicates=0, scatterSeconds=0)
    return made


def all_known(folder: Path, made: Made) -> bool:
    """Return whether every call that is to have a row has it."""
    expected = {session for session, (script, _) in made.items() if state_of(script)}
    return expected <= {row[0] for row in rows(folder)}


def rows(folder: Path) -> list[tuple]:
    """Return session, status, reason, recovered and the record's owner, of every call."""
    database = sqlite3.connect(next(folder.rglob("app.sqlite3")))
    try:
        return database.execute(
            "SELECT e.telephony_session_id, e.status, e.reason, e.was_recovered,"
            " l.owner_id FROM calls_callsession e"
            " LEFT JOIN calls_crmrecord l ON l.call_id = e.id"
        ).fetchall()
    finally:
        database.close()


def report(folder: Path, made: Made, sandbox: SandboxControl) -> list[str]:
    """Print the table; return what is not as it should be."""
    found = {row[0]: row[1:] for row in rows(folder)}
    by_script: dict[str, Counter] = {script: Counter() for script in SCRIPTS}
    faults = []
    for session, (script, extension) in made.items():
        status, reason, was_recovered, owner = found.get(session, ("", "", 0, None))
        by_script[script].update({"made": 1, status: 1, "recovered": was_recovered})
        expected = state_of(script), owner_of(script, extension)
        if (status, owner or None) != expected:
            faults.append(
                f"{script} {session}: {status} {reason} {owner}, not {expected}"
            )
    print(
        f"{'script':24}{'made':>6}", *(f"{state:>16}" for state in STATES), "recovered"
    )
    for script, counts in by_script.items():
        states = (f"{counts[state]:>16}" for state in STATES)
        print(f"{script:24}{counts['made']:>6}", *states, f"{counts['recovered']:>9}")
    markers = Counter(record["externalId"] for record in sandbox.call_logs())
    faults += [f"{marker}: {n} records" for marker, n in markers.items() if n > 1]
    conduct = sandbox.conduct()
    heavy = len(sandbox.asked("/restapi/v1.0/account/~/call-log"))
    print(f"CRM records: {len(markers)}; call-log requests: {heavy};", conduct)
    if conduct["inPenalty"]:
        faults.append("a request was sent inside a penalty")
    if conduct["signInsAtOnce"] > 1:
        faults.append("two sign-ins were under way at once")
    return faults


if __name__ == "__main__":
    sys.exit(main())
