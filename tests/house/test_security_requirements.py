"""The table of ASVS 5.0: each requirement of levels 1 and 2 in one row, each row with a test."""

import re
from collections.abc import Iterator

import pytest

from tests.support.helpers import ROOT

TEXT = (ROOT / "appconnect/security-requirements.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("|---|---|---|\n")[2].partition("\n\n")[0].splitlines()
]
NUMBER = re.compile(r"\d+\.\d+\.\d+")
LEVELS_1_AND_2 = {
    **{"1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2"},
    **{"2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1"},
    **{"3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2"},
    **{"4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4"},
    **{"5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3"},
    **{"6.1": "1-3", "6.2": "1-12", "6.3": "1-4", "6.4": "1-4"},
    **{"6.5": "1-5", "6.6": "1-3", "6.8": "1-4"},
    **{"7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5"},
    **{"7.5": "1-2", "7.6": "1-2"},
    **{"8.1": "1-2", "8.2": "1-3", "8.3": "1", "8.4": "1"},
    **{"9.1": "1-3", "9.2": "1-4"},
    **{"10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11"},
    **{"10.5": "1-5", "10.6": "1-2", "10.7": "1-3"},
    **{"11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4"},
    **{"11.5": "1", "11.6": "1"},
    **{"12.1": "1-3", "12.2": "1-2", "12.3": "1-4"},
    **{"13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5"},
    **{"14.1": "1-2", "14.2": "1-4", "14.3": "1-3"},
    **{"15.1": "1-3", "15.2": "1-3", "15.3": "1-7"},
    **{"16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3"},
    **{"17.1": "1", "17.2": "1-4", "17.3": "1-2"},
}
"""The numbers in each section; in all of them level 3 stands at the end."""


def numbers_of(cell: str) -> Iterator[str]:
    """Yield the requirements that a cell names, one by one or as a range."""
    for part in re.sub(r"\*\*.*?\*\*", "", cell).split(","):
        first, *last = NUMBER.findall(part)
        section, _, number = first.rpartition(".")
        end = int(last[0].rpartition(".")[2]) if last else int(number)
        yield from (f"{section}.{n}" for n in range(int(number), end + 1))


def test_each_requirement_is_in_one_row():
    named = [number for row in ROWS for number in numbers_of(row[0])]
    expected = {
        f"{section}.{n}"
        for section, numbers in LEVELS_1_AND_2.items()
        for n in range(1, int(numbers.rpartition("-")[2]) + 1)
    }

    assert len(expected) == 253
    assert sorted(named) == sorted(expected)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_row_has_a_test_that_exists_or_says_why_it_does_not_apply(row):
    _numbers, how, tests = row
    paths = re.findall(r"`((?:tests/|\.ci/)[\w/.]+)`", tests)

    assert all((ROOT / path).exists() for path in paths)
    assert bool(paths) != bool(re.match(r"Do(es)? not apply: ", how))
