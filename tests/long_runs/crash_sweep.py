"""Kill the worker at its n-th step, for all n, and see what is in the CRM in the end.

    uv run python -m tests.long_runs.crash_sweep

Prints a line of figures for each variant; ends with an error where a call is lost, is
logged twice, or is not in front of a person although nobody else can tell.
`tests/journeys/faults/sweep.py` says how.
"""

import json
import logging
import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.journeys.faults.sweep import VARIANTS, sweep

    logging.disable()
    for figures in sweep(VARIANTS):
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
