"""Log several calls from unknown numbers at once, and check the CRM in the end.

    uv run python -m tests.long_runs.unknown_callers [--database-url postgres://…]

Two worker processes log the calls; the CRM is slow, and its search does not show a new
contact for five minutes. Prints a line of figures; ends with an error unless each number has one
contact and each call one record.
"""

import argparse
import json
import os
import sys
from collections import Counter

from tests.long_runs.random_kills import is_settled
from tests.support.helpers import wait_for
from tests.support.program import running_sandbox
from tests.support.workers import (
    add_calls,
    choose_environment,
    prepare,
    running_workers,
)

NUMBERS = [f"+1212555014{digit}" for digit in range(6)]
CALLS_EACH = 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL", ""))
    options = parser.parse_args()
    chosen = {}
    if options.database_url:
        chosen = dict.fromkeys(("DATABASE_URL", "QUEUE_URL"), options.database_url)
    with running_sandbox(threads=32) as sandbox:
        choose_environment(sandbox, WORKER_THREADS="8", **chosen)

        import django

        django.setup()
        organization = prepare(sandbox)
        organization.server_logging_settings.update(
            no_contact="createNewPlaceholderContact"
        )
        for number in NUMBERS:
            add_calls(organization, CALLS_EACH, outside=number)
        sandbox.switch(crmDelaySeconds=0.3, crmSearchLagSeconds=300)
        with running_workers(2):
            wait_for(is_settled, seconds=120)
        return report(sandbox.contacts(), sandbox.call_logs())


def report(contacts: list[dict], records: list[dict]) -> int:
    """Print the figures; return 1 unless each number has one contact and each call one record."""
    from appconnect.calls.models import TimelineEntry

    waits = TimelineEntry.objects.filter(step="NOT_LOGGED_YET").count()
    per_number = Counter(c["phone"] for c in contacts if c["phone"] in NUMBERS)
    per_contact = Counter(r["contact"]["phone"] for r in records)
    figures = {
        "contacts": per_number.total(),
        "records": per_contact.total(),
        "waits": waits,
    }
    print(json.dumps(figures))
    expected = dict.fromkeys(NUMBERS, 1), dict.fromkeys(NUMBERS, CALLS_EACH)
    return int((per_number, per_contact) != expected)


if __name__ == "__main__":
    sys.exit(main())
