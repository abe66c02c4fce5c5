import shutil
import subprocess
import sys

import pytest

from connector import registry
from connector.registry import (
    CONNECTORS,
    UnknownPlatform,
    UnusableConnector,
    add_documents,
    find_faults,
    get_connector_class,
    get_platform,
    is_usable,
)
from tests.support.helpers import ROOT


@pytest.mark.parametrize("platform", CONNECTORS)
def test_every_registered_connector_loads_with_its_manifest(platform):
    assert get_connector_class(platform).platform == platform
    assert get_platform(platform).name == platform


@pytest.mark.parametrize("find", [get_connector_class, get_platform])
def test_unknown_platform_is_named(find):
    with pytest.raises(
        UnknownPlatform, match="Connector not found for platform: unknown"
    ):
        find("unknown")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the documents of an operator; nothing of it stays registered."""
    monkeypatch.setattr(registry, "CONNECTORS", dict(CONNECTORS))
    monkeypatch.setattr(registry, "refused_documents", {})
    for name in ("sample.json", "sample.declarative.json"):
        shutil.copy(ROOT / "tests/support/data/declarative" / name, tmp_path)
    yield tmp_path
    get_platform.cache_clear()


def test_documents_of_a_folder_are_registered(folder):
    add_documents(folder)

    assert get_platform("sample").display_name == "Sample CRM"
    assert list(find_faults()) == []


def test_faulty_document_stops_no_other_and_works_once_corrected(folder):
    faulty = folder / "broken.declarative.json"
    faulty.write_text('{"meta": ')
    add_documents(folder)

    assert [(path, "not JSON" in fault) for path, fault in find_faults()] == [
        (str(faulty), True)
    ]
    assert is_usable("sample")
    assert not is_usable("broken")
    with pytest.raises(UnusableConnector, match="The connector for broken"):
        get_platform("broken")

    document = (folder / "sample.declarative.json").read_text()
    faulty.write_text(document.replace('"sample"', '"broken"'))
    manifest = (folder / "sample.json").read_text()
    (folder / "broken.json").write_text(manifest.replace('"sample"', '"broken"'))
    assert get_platform("broken").name == "broken"
    assert list(find_faults()) == []


def test_document_replaces_no_connector_of_that_name(folder):
    shutil.copy(folder / "sample.declarative.json", folder / "odoo.declarative.json")

    add_documents(folder)
    add_documents(folder)

    assert get_connector_class("odoo").__name__ == "Odoo"
    [(source, fault)] = find_faults()
    assert source == str(folder / "odoo.declarative.json")
    assert "already is a connector named odoo" in fault


def test_installed_package_registers_a_connector_but_replaces_none():
    folder = ROOT / "tests/support/data/acme_package"

    result = subprocess.run(
        [
            *(sys.executable, "tests/support/programs/print_connectors.py"),
            *("acme", "sandbox"),
        ],
        cwd=ROOT,
        env={"PYTHONPATH": f"{folder}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.stdout == "acme Acme acme\nsandbox Sandbox sandbox\n", result.stderr
