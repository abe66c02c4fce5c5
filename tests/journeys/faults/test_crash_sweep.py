"""Whoever sends to the CRM dies at every step there is: see `tests/journeys/faults/sweep.py`."""

import json
import subprocess
import sys

import pytest

from tests.support.helpers import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.long]


MIN_STEPS = {"worker": 40, "contact": 40, "client": 8, "client, worker": 8}
"""A sender that takes fewer is not watched."""


def test_whenever_a_sender_dies_its_call_is_logged_once():
    command = [sys.executable, "-m", "tests.long_runs.crash_sweep", "--sample"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600
    )

    assert done.returncode == 0, done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    assert {figure["sender"] for figure in figures} == MIN_STEPS.keys()
    for figure in figures:
        assert figure["runs"] > MIN_STEPS[figure["sender"]]
        if figure["marker_support"] != "none":
            assert figure["LOGGED"] == figure["runs"]
