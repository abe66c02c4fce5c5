import subprocess
import sys

import pytest

from connector.registry import (
    CONNECTORS,
    UnknownPlatform,
    get_connector_class,
    get_platform,
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
