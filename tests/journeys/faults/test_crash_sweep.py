"""K-2, K-3, K-4: the worker dies at every step there is, by `tests/journeys/faults/sweep.py`."""

import json
import subprocess
import sys

import pytest

from tests.support.helpers import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.long]


def test_k_2_k_3_k_4_whenever_a_worker_dies_the_call_is_logged_once():
    done = subprocess.run(
        [sys.executable, "-m", "tests.long_runs.crash_sweep"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert done.returncode == 0, done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(figures) == 8
    for figure in figures:
        assert figure["killed"] >= 40, "so many steps there are at least"
        if figure["marker_support"] != "none":
            assert figure["LOGGED"] == figure["killed"]
