"""Who may import whom (design.md 3): down only, and never the sandbox."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

FLOORS = {
    "connector": set(),
    "appconnect.ringcentral": {"connector"},
    "appconnect.organizations": {"appconnect.ringcentral", "connector"},
    "appconnect.calls": {
        "appconnect.organizations",
        "appconnect.ringcentral",
        "connector",
    },
    "appconnect.console": {
        "appconnect.calls",
        "appconnect.organizations",
        "appconnect.ringcentral",
        "connector",
    },
    "appconnect.api": {
        "appconnect.calls",
        "appconnect.organizations",
        "appconnect.ringcentral",
        "connector",
    },
    "appconnect.sandbox": set(),
}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield f"{node.module}."
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


@pytest.mark.parametrize("package", FLOORS)
def test_a_package_imports_only_from_the_floors_below(package):
    allowed = {package, *FLOORS[package]}
    wrong = [
        f"{path.relative_to(ROOT)} imports {module.rstrip('.')}"
        for path in (ROOT / package.replace(".", "/")).rglob("*.py")
        for module in imports_of(path)
        for floor in FLOORS
        if is_in(module, floor) and floor not in allowed
    ]

    assert wrong == []


def test_connectors_know_no_django():
    wrong = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "connector").rglob("*.py")
        for module in imports_of(path)
        if is_in(module, "django")
    ]

    assert wrong == []


def test_only_one_module_names_the_task_engine():
    named = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "appconnect").rglob("*.py")
        for module in imports_of(path)
        if is_in(module.rstrip("."), "huey")
    }

    assert named == {"appconnect/calls/engine.py"}


def test_nobody_but_the_settings_reads_the_environment():
    wrong = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "appconnect").rglob("*.py")
        if "environ.get(" in path.read_text() or "getenv(" in path.read_text()
    ]

    assert wrong == []
