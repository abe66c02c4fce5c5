"""Workers are stopped and started while they log calls."""

import os
import subprocess
import sys

import pytest

from tests.support.helpers import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.long]


def test_deployment_leaves_no_record_of_unknown_outcome():
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.long_runs.random_kills"),
            *("--gracefully", "--runs", "4"),
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "QUEUE_URL"},
        capture_output=True,
        text=True,
        timeout=800,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "{'LOGGED': 40}; looked for: 0" in done.stdout
