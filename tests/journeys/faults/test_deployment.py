"""K-8: workers are stopped and started while they log calls."""

import os
import subprocess
import sys

import pytest

from tests.support.helpers import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.long]


def test_k_8_a_deployment_leaves_nothing_to_be_looked_for():
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.long_runs.random_kills"),
            *("--gracefully", "--runs", "4"),
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "QUEUE_URL"},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "{'LOGGED': 40}; looked for: 0" in done.stdout
