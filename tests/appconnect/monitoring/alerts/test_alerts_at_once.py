"""Several worker processes find the same problem at the same moment."""

import pytest

from tests.support.helpers import ROOT
from tests.support.processes import PROCESSES, run_once_then_at_once

PROGRAMS = ROOT / "tests/support/programs"


@pytest.mark.processes
def test_one_of_many_workers_notifies_the_admins(sandbox, tmp_path):
    outputs = run_once_then_at_once(
        (PROGRAMS / "lose_connection.py").read_text(),
        (PROGRAMS / "look_for_problems.py").read_text(),
        sandbox=sandbox,
        folder=tmp_path,
    )

    output = "".join(outputs)
    assert len(outputs) == PROCESSES
    assert output.count("Subject: [O] RingCentral disconnected") == 1
    assert output.count("To: ada@example.com, ben@example.com") == 1
