"""connector/README.md: its walk-through, file by file, and the lines that it counts."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.helpers import ROOT

GUIDE = (ROOT / "connector/README.md").read_text()
CRMS = ROOT / "connector/crms"
SAMPLES = ROOT / "tests/support/data/declarative"
NAMED_BLOCK = r"^\*\*`([\w./]+)`\*\*.*?^```\w+\n(.*?)^```$"
FILES = dict(re.findall(NAMED_BLOCK, GUIDE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def follow(tmp_path):
    """A function: files → the result of pytest in their folder, without Django."""

    def follow(files: dict[str, str]) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        install(tmp_path)
        (tmp_path / "django.py").write_text("raise ImportError('no Django here')\n")
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q"],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": f"{tmp_path}:{ROOT}",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return follow


def install(folder: Path) -> None:
    """Install like ``pip install -e``, without a build backend from an index."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    installed = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    points = project["entry-points"]["appconnect.connectors"]
    (installed / "entry_points.txt").write_text(
        "[appconnect.connectors]\n"
        + "".join(f"{platform} = {source}\n" for platform, source in points.items())
    )


def test_the_walk_through_passes_the_kit_without_django(follow):
    result = follow(FILES)

    assert re.search(r"^44 passed in", result.stdout, re.MULTILINE), result
    assert "Forty-four tests pass" in GUIDE


@pytest.mark.parametrize(
    ("file", "line", "instead", "test", "message"),
    [
        pytest.param(
            "acme_connector/acme.py",
            'body["ownerId"] = int(owner.id)',
            "pass",
            "test_the_owner_reaches_the_crm",
            "assert '4711' in '{",
            id="no owner",
        ),
        pytest.param(
            "acme_connector/acme.py",
            "if composed_log_details is not None:",
            "if True:",
            "test_an_update_can_leave_the_text_as_it_is",
            "assert 'text' not in '{",
            id="text overwritten",
        ),
        pytest.param(
            "acme_connector/acme.py",
            "body = call.changed(changing_fields)",
            "body = changing_fields(call)",
            "test_an_update_sends_nothing_where_nothing_changed",
            "people may have changed the fields",
            id="fields set back",
        ),
        pytest.param(
            "pyproject.toml",
            'acme = "acme_connector.acme:Acme"',
            "",
            "test_it_is_registered_under_its_own_platform",
            "add 'acme' to connector/registry.py",
            id="no entry point",
        ),
    ],
)
def test_mistake_in_the_walk_through_fails_its_test(
    follow, file, line, instead, test, message
):
    assert line in FILES[file]

    output = follow({**FILES, file: FILES[file].replace(line, instead)}).stdout

    assert f"FAILED test_acme.py::TestAcme::{test}" in output
    assert message in output
    # A text that is always sent is also sent where nothing has changed.
    assert ("\n2 failed, " if instead == "if True:" else "\n1 failed, ") in output


def lines(*texts: str) -> str:
    return str(sum(bool(line.strip()) for t in texts for line in t.splitlines()) or "–")


@pytest.mark.parametrize(
    "manifest",
    [path for path in CRMS.glob("*.json") if path.suffixes == [".json"]]
    + [SAMPLES / "sample.json", SAMPLES / "birch.json"],
    ids=lambda path: path.stem,
)
def test_readme_counts_the_lines_of_every_crm(manifest):
    crm, folder = manifest.stem, manifest.parent
    patterns = (f"{crm}*.py", f"{crm}.declarative.json", f"{crm}.json")

    [row] = re.findall(rf"^\| `{crm}` \| (.*) \|$", GUIDE, re.MULTILINE)
    for pattern, documented in zip(patterns, row.split(" | "), strict=True):
        counted = lines(*(path.read_text() for path in folder.glob(pattern)))
        assert (documented == "–") == (counted == "–")
        if counted != "–":
            assert int(documented) == pytest.approx(int(counted), rel=0.1)


def test_readme_counts_the_lines_of_the_walk_through():
    code, manifest = (FILES[f"acme_connector/acme.{end}"] for end in ("py", "json"))

    assert f"| `acme`, as above | {lines(code)} | – | {lines(manifest)} |" in GUIDE
