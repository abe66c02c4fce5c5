"""The shape of the house: who may import whom, and how much stands in one folder."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.helpers import ROOT

PACKAGES = {
    "connector": "",
    "appconnect.ringcentral": "connector",
    "appconnect.organizations": "connector ringcentral",
    "appconnect.calls": "connector ringcentral organizations",
    "appconnect.monitoring": "connector ringcentral organizations calls",
    "appconnect.worker": "connector ringcentral organizations calls monitoring",
    "appconnect.console": "connector ringcentral organizations calls monitoring worker",
    "appconnect.api": "connector ringcentral organizations calls monitoring worker",
    "appconnect.sandbox": "",
}
"""Each package, and those it may import. The console and the API never import each other."""

FOLDERS = {
    "connector": {
        "types": "",
        "errors": "",
        "base": "manifest types errors",
        "phone_numbers": "",
        "assertion": "errors",
        "http": "base types errors",
        "manifest": "types",
        "crms": "http base types errors phone_numbers assertion",
        "declarative": "http manifest base types errors phone_numbers assertion",
        "registry": "declarative manifest base errors",
        "testing": "registry manifest http base types errors",
    },
    "connector.declarative": {
        "expressions": "",
        "documents": "expressions",
        "operations": "documents expressions",
        "connector": "operations documents expressions",
        "classes": "connector documents",
        "trial": "connector operations documents expressions",
    },
    "appconnect.organizations": {
        "models": "",
        "security": "models",
        "connections": "models security",
        "logging_settings": "models security connections",
        "mapping": "models security connections",
        "people": "models security connections mapping",
        "client": "models security connections logging_settings mapping",
        "apps": "security",
    },
    "appconnect.calls": {
        "models": "",
        "text": "models",
        "decision": "models",
        "intake": "models decision",
        "crm": "models text decision",
        "client": "models text decision crm",
        "actions": "models text decision intake crm client",
        "pipeline": "models decision intake crm",
    },
    "appconnect.monitoring": {
        "models": "",
        "needs_attention": "models",
        "health": "models needs_attention",
        "alerts": "models health",
        "status": "models needs_attention health",
        "setup": "models status",
    },
    "appconnect.console": {
        "shell": "",
        "sign_in": "shell",
        "attention": "shell",
        "calls": "shell attention",
        "mapping": "shell",
        "settings": "shell sign_in",
        "admin": "shell settings calls",
        "urls": "shell sign_in attention calls mapping settings admin",
    },
    "appconnect.api": {
        "base": "",
        "docs": "base",
        "calls": "base docs",
        "session": "base docs",
        "settings": "base docs calls",
        "service": "base docs",
        "operation": "base docs",
        "webhook": "docs",
        "urls": "base docs calls session settings service operation webhook",
    },
    "appconnect.sandbox": {
        "ringcentral": "",
        "scripts": "ringcentral",
        "crm": "ringcentral",
        "planned": "",
        "state": "ringcentral crm planned scripts",
        "views": "ringcentral crm planned state scripts",
        "urls": "views",
        "settings": "",
        "wsgi": "",
    },
}
"""Each folder or module of a package, and those beside it that it may import."""

MAX_THINGS = 9
CROWDED = {
    "appconnect": "the Django project: its packages, and what Django looks for here",
    "connector": "the contract and its parts, each under the name that authors import",
    "connector/crms": "one CRM is a class or a document, and its manifest",
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


def modules_of(name: str) -> list[Path]:
    """Return the modules of a package, or the one module of that name."""
    path = ROOT / name.replace(".", "/")
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def wrong_imports(importer: str, forbidden: list[str]) -> list[str]:
    return sorted(
        {
            f"{path.relative_to(ROOT)} imports {module.rstrip('.')}"
            for path in modules_of(importer)
            for module in imports_of(path)
            for name in forbidden
            if is_in(module, name)
        }
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_package_imports_only_from_packages_below(package):
    allowed = {package, *PACKAGES[package].split()}
    forbidden = [name for name in PACKAGES if not {name, name.split(".")[-1]} & allowed]

    assert wrong_imports(package, forbidden) == []


@pytest.mark.parametrize(
    ("package", "folder"), [(p, f) for p in FOLDERS for f in FOLDERS[p]]
)
def test_folder_imports_only_from_folders_below(package, folder):
    allowed = {folder, *FOLDERS[package][folder].split()}
    forbidden = [
        f"{package}.{name}" for name in FOLDERS[package] if name not in allowed
    ]

    assert wrong_imports(f"{package}.{folder}", forbidden) == []


@pytest.mark.parametrize("package", FOLDERS)
def test_folder_table_is_complete_and_without_circles(package):
    there = {
        path.stem
        for path in (ROOT / package.replace(".", "/")).iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    }
    table = FOLDERS[package]

    assert there - {"__init__", "migrations", "management"} == set(table)
    done: set[str] = set()
    while left := set(table) - done:
        free = {name for name in left if set(table[name].split()) <= done}
        assert free, f"a circle among {sorted(left)}"
        done |= free


def test_folder_holds_at_most_nine_things():
    folders = [
        folder
        for top in ("appconnect", "connector")
        for folder in (ROOT / top, *(ROOT / top).rglob("*"))
        if folder.is_dir() and folder.name not in ("__pycache__", "migrations")
    ]
    too_full = {
        name: things
        for folder in folders
        if (name := str(folder.relative_to(ROOT))) not in CROWDED
        and "static" not in name
        and len(
            things := sorted(
                path.name
                for path in folder.iterdir()
                if path.name not in ("__init__.py", "__pycache__", "README.md")
            )
        )
        > MAX_THINGS
    }

    assert too_full == {}


def test_connectors_know_no_django():
    assert wrong_imports("connector", ["django"]) == []


def test_only_one_module_names_the_task_engine():
    importers = {
        str(path.relative_to(ROOT))
        for path in modules_of("appconnect")
        for module in imports_of(path)
        if is_in(module.rstrip("."), "huey")
    }

    assert importers == {"appconnect/worker/engine.py"}


def test_only_the_settings_read_the_environment():
    readers = [
        str(path.relative_to(ROOT))
        for path in modules_of("appconnect")
        if "environ.get(" in path.read_text() or "getenv(" in path.read_text()
    ]

    assert readers == []
