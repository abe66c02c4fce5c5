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
def test_an_unknown_platform_is_named(find):
    with pytest.raises(
        UnknownPlatform, match="Connector not found for platform: nobody"
    ):
        find("nobody")


def test_a_connector_of_another_package_needs_no_line_here(tmp_path):
    (tmp_path / "acme_connector.py").write_text(
        "from connector.crms.sandbox import Sandbox\n"
        "class Acme(Sandbox):\n"
        "    platform = 'acme'\n"
    )
    manifest = (ROOT / "connector/crms/sandbox.json").read_text()
    (tmp_path / "acme_connector.json").write_text(
        manifest.replace('"sandbox"', '"acme"')
    )
    installed = tmp_path / "acme_connector-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: acme-connector\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "[appconnect.connectors]\nacme = acme_connector:Acme\n"
        "sandbox = acme_connector:Acme\n"
    )
    script = (
        "from connector.registry import get_connector_class, get_platform\n"
        "print(get_connector_class('acme').__name__, get_platform('acme').name,"
        " get_connector_class('sandbox').__name__)"
    )

    said = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.stdout == "Acme acme Sandbox\n", said.stderr
