"""Which tests run: those that need nothing but Python, unless more is asked for.

A test is marked by what it needs: by the fixtures that it uses, or by hand. A run of whole
folders leaves out what needs something, and says so in its last line; `--everything` runs
all, `-m browser` what needs a browser, and a file that is named runs whole.
"""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import settings

from tests.support.helpers import ROOT

NEEDS = {
    "browser": "Chromium, or Firefox",
    "processes": "the whole program, or workers, as processes of their own",
    "live_crm": "a real BottleCRM, Odoo or Tryton",
    "postgresql": "a PostgreSQL server",
    "redis": "a Redis server",
    "long": "more than ten seconds",
}
FIXTURE_NEEDS = {
    "bottlecrm": "live_crm",
    "browser": "browser",
    "program": "processes",
    "odoo": "live_crm",
    "tryton": "live_crm",
    "postgres_server": "postgresql",
    "redis_server": "redis",
}
"""The marker of whatever uses a fixture."""
LEFT_OUT = pytest.StashKey[Counter[str]]()

settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("everything", deadline=None, max_examples=100)


def pytest_addoption(parser) -> None:
    help_text = "run also what needs a browser, servers, processes or minutes"
    parser.addoption("--everything", action="store_true", help=help_text)


def pytest_configure(config) -> None:
    # Otherwise each of hundreds of processes compiles all that it imports.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name, need in NEEDS.items():
        config.addinivalue_line("markers", f"{name}: needs {need}")
    config.addinivalue_line(
        "markers", "on_sqlite: only where that is the tests' database"
    )
    config.addinivalue_line(
        "markers",
        "on_postgresql: only where the tests' own database is PostgreSQL; "
        "tests/journeys/test_postgres.py runs these",
    )
    config.stash[LEFT_OUT] = Counter()
    settings.load_profile("everything" if config.option.everything else "quick")


def runs_folders(config) -> bool:
    """Return whether at least one whole folder was asked for."""
    return any(os.path.isdir(argument) for argument in config.args)


def pytest_xdist_auto_num_workers(config) -> int | None:
    """Use all processors for the whole suite; for less, starting them takes longer."""
    whole = {ROOT, ROOT / "tests"}
    is_whole = whole & {Path(argument).resolve() for argument in config.args}
    return None if is_whole else 0


def needs_of(item) -> set[str]:
    return {name for name in NEEDS if item.get_closest_marker(name)}


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(config, items):
    for item in items:
        for fixture in FIXTURE_NEEDS.keys() & set(item.fixturenames):
            item.add_marker(FIXTURE_NEEDS[fixture])
    is_quick = not (
        config.option.everything or config.option.markexpr or not runs_folders(config)
    )
    chosen, left_out = [], []
    for item in items:
        needs = needs_of(item)
        if is_quick and needs:
            left_out.append(item)
            config.stash[LEFT_OUT].update(needs)
            config.stash[LEFT_OUT]["all"] += 1
        elif not fits_database(item):
            left_out.append(item)
        else:
            chosen.append(item)
    items[:] = chosen
    config.hook.pytest_deselected(items=left_out)
    result = yield
    # The longest files first, or one of them ends the run alone. pytest-django has
    # sorted the tests by their use of the database: those of whole programs came last.
    items.sort(key=lambda item: (not needs_of(item), "journeys" not in item.path.parts))
    return result


def fits_database(item) -> bool:
    vendors = {
        v for v in ("postgresql", "sqlite") if item.get_closest_marker(f"on_{v}")
    }
    return not vendors or connection.vendor in vendors


def pytest_sessionfinish(session) -> None:
    """Send what was left out from a process of xdist's to the one that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
    """Take it from one of them: all have collected the same."""
    if output := getattr(node, "workeroutput", None):
        node.config.stash[LEFT_OUT] = Counter(output["left_out"])


def pytest_unconfigure(config) -> None:
    """Say at the very end what was left out."""
    counts = dict(config.stash.get(LEFT_OUT, {}))
    total = counts.pop("all", 0)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not total or hasattr(config, "workeroutput"):
        return
    parts = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    reporter.write_line(
        f"Left out {total} tests by what they need ({parts}); "
        "they run with: uv run pytest --everything",
        yellow=True,
    )
