"""connector/README.md stays true: its walk-through, word for word, and what it says CRMs cost."""

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
    """Give a function: files → what pytest says in their folder, where there is no Django."""

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
    """Do what ``pip install -e`` does, without asking an index for the build backend."""
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
    told = follow(FILES)

    assert re.search(r"^42 passed in", told.stdout, re.MULTILINE), told
    assert "Forty-two tests pass" in GUIDE


@pytest.mark.parametrize(
    ("file", "line", "instead", "test", "said"),
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
            "pyproject.toml",
            'acme = "acme_connector.acme:Acme"',
            "",
            "test_it_is_registered_under_its_own_platform",
            "add 'acme' to connector/registry.py",
            id="no entry point",
        ),
    ],
)
def test_a_mistake_in_the_walk_through_is_named(
    follow, file, line, instead, test, said
):
    assert line in FILES[file]

    told = follow({**FILES, file: FILES[file].replace(line, instead)}).stdout

    assert f"FAILED test_acme.py::TestAcme::{test}" in told
    assert said in told
    assert "\n1 failed, " in told


def lines(*texts: str) -> str:
    return str(sum(bool(line.strip()) for t in texts for line in t.splitlines()) or "–")


@pytest.mark.parametrize(
    "manifest",
    [path for path in CRMS.glob("*.json") if path.suffixes == [".json"]]
    + [SAMPLES / "sample.json"],
    ids=lambda path: path.stem,
)
def test_the_lines_of_every_crm_are_counted(manifest):
    crm, folder = manifest.stem, manifest.parent
    patterns = (f"{crm}*.py", f"{crm}.declarative.json", f"{crm}.json")

    [row] = re.findall(rf"^\| `{crm}` \| (.*) \|$", GUIDE, re.MULTILINE)
    for pattern, told in zip(patterns, row.split(" | "), strict=True):
        counted = lines(*(path.read_text() for path in folder.glob(pattern)))
        assert (told == "–") == (counted == "–")
        if counted != "–":
            assert int(told) == pytest.approx(int(counted), rel=0.1)


def test_the_lines_of_the_walk_through_are_counted():
    code, manifest = (FILES[f"acme_connector/acme.{end}"] for end in ("py", "json"))

    assert f"| `acme`, as above | {lines(code)} | – | {lines(manifest)} |" in GUIDE
