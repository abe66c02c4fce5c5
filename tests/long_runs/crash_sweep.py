"""Kill whoever sends to the CRM at the n-th step, for all n, and check the CRM in the end.

    uv run python -m tests.long_runs.crash_sweep [--sample]

`--sample` runs the few variants that CI runs. Prints a line of figures for each variant; ends with an error where a call is lost, is
logged twice, or is not in front of a person although nobody else can tell.
`tests/journeys/faults/sweep.py` says how.
"""

import argparse
import json
import logging
import os

import django


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.journeys.faults.sweep import SAMPLE, VARIANTS, sweep

    logging.disable()
    for figures in sweep(SAMPLE if options.sample else VARIANTS):
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
