from importlib import import_module

import pytest

from tests.long_runs.benchmarks.__main__ import NAMES
from tests.long_runs.benchmarks.million_calls import addresses, fill, measure

CALLS = 300


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_is_there(name):
    assert import_module(f"tests.long_runs.benchmarks.{name}").run


def test_filled_database_fits_the_models_and_the_calls_pages(organization, console):
    fill(organization, CALLS)

    logged = organization.calls.filter(status="LOGGED")
    records = organization.crm_records.values_list("call_id", "session_id")
    assert organization.calls.count() == CALLS
    assert sorted(records) == sorted(logged.values_list("pk", "session_id"))
    for name, address in addresses(organization, CALLS):
        assert measure(console, name, address, times=1)["KB"] >= 0
