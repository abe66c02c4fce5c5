"""The README.md files match the program: links, paths, settings, commands, tables."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from appconnect.calls.models.choices import AttentionReason, FailureReason, SkipReason
from appconnect.calls.models.timing import LOG_DELAYS
from appconnect.sandbox.ringcentral.faults import ALTERATIONS
from appconnect.sandbox.scripts import SCRIPTS
from appconnect.sandbox.urls import urlpatterns
from appconnect.sandbox.views.control import immediate_faults, lasting_faults
from connector.base import Connector
from tests.support.helpers import ROOT

READMES = {
    str(path.relative_to(ROOT)): path.read_text()
    for top in ("appconnect", "connector", "tests")
    for path in (ROOT / top).rglob("*.md")
} | {"README.md": (ROOT / "README.md").read_text()}
EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = (ROOT / "appconnect/settings.py").read_text()
VARIABLES = sorted(set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS)))
COMMANDS = sorted(
    path.stem
    for path in ROOT.glob("appconnect/**/management/commands/*.py")
    if path.stem != "__init__"
)
MAX_LINES = 150
MAX_PICTURE_BYTES = 200_000

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
LINKS = [
    (name, target, anchor)
    for name, text in READMES.items()
    for target, anchor in LINK.findall(text)
]
PICTURE = re.compile(r'srcset="([^"]+)"><img alt="([^"]*)" src="([^"]+)">')
PICTURES = [
    (name, *picture)
    for name, text in READMES.items()
    for picture in PICTURE.findall(text)
]
PATH = re.compile(r"`((?:tests|appconnect|connector|templates)/[\w/.-]+)`")
PATHS = [(name, path) for name, text in READMES.items() for path in PATH.findall(text)]


def section_of(readme: str, heading: str) -> str:
    """Return the text of a section, up to the next heading of its level."""
    return READMES[readme].partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def anchors_of(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def test_readme_has_at_most_150_lines():
    assert len(READMES["README.md"].splitlines()) <= MAX_LINES


def test_readme_shows_a_picture():
    assert [name for name, *_ in PICTURES if name == "README.md"]


@pytest.mark.parametrize(("name", "dark", "alt", "light"), PICTURES)
def test_picture_is_there_light_and_dark_and_small(name, dark, alt, light):
    assert alt
    assert dark == light.replace("-light.", "-dark.")
    for path in (light, dark):
        assert ((ROOT / name).parent / path).stat().st_size <= MAX_PICTURE_BYTES


@pytest.mark.parametrize("name", READMES)
def test_readme_links_every_other_one_that_stands_beside_a_package(name):
    if name == "README.md" or name.startswith("tests/support/"):
        return
    assert f"]({name})" in READMES["README.md"]


@pytest.mark.parametrize(("name", "target", "anchor"), LINKS)
def test_link_leads_to_a_file_and_a_heading(name, target, anchor):
    path = (ROOT / name).parent / target if target else ROOT / name

    assert path.exists()
    assert not anchor or anchor in anchors_of(path)


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_path_in_a_readme_exists(name, path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("variable", VARIABLES)
def test_setting_is_described(variable):
    assert f"`{variable}`" in section_of("appconnect/README.md", "Settings")


@pytest.mark.parametrize(
    "variable", [v for v in VARIABLES if v not in ("ENV_FILE", "SANDBOX")]
)
def test_setting_is_in_the_example(variable):
    assert re.search(rf"^(# )?{variable}=", EXAMPLE, re.MULTILINE)


def test_described_settings_exist():
    table = section_of("appconnect/README.md", "Settings")
    first_cells = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    described = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    in_example = set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE, re.MULTILINE))

    assert described == {*VARIABLES, "SANDBOX_DIR"}
    assert in_example <= set(VARIABLES)


def test_example_names_the_default_code_exchange():
    default = re.search(r'"(appconnect\.[\w.]+\.redeem)"', SETTINGS)[1]

    assert f"INTEROP_CODE_EXCHANGE={default}\n" in EXAMPLE


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_described(command):
    commands = section_of("appconnect/README.md", "Commands")

    assert f"| `manage.py {command}" in commands


def test_described_commands_exist():
    named = {
        command
        for text in READMES.values()
        for command in re.findall(r"manage\.py ([a-z]\w+)", text)
    }

    assert named <= get_commands().keys()


@pytest.mark.parametrize("reason", [*SkipReason, *AttentionReason, *FailureReason])
def test_reason_is_described(reason):
    assert reason.value in READMES["appconnect/calls/README.md"]


def test_retry_delays_are_the_described_ones():
    def written(seconds: float) -> str:
        for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
            if seconds >= size:
                return f"{seconds / size:g} {unit}"
        raise ValueError(seconds)

    delays = [written(delay.total_seconds()) for delay in LOG_DELAYS]
    text = " ".join(READMES["appconnect/calls/README.md"].split())

    assert f"{', '.join(delays[:-1])} and {delays[-1]}" in text


@pytest.mark.parametrize(
    "method",
    [
        name
        for name in vars(Connector)
        if name.startswith(("get_", "find_contact", "create_", "update_"))
    ],
)
def test_interface_is_in_the_table(method):
    assert any(f"| `Connector.{method}`" in text for text in READMES.values())


@pytest.mark.parametrize(
    "name", [*SCRIPTS, *ALTERATIONS, *lasting_faults(), *immediate_faults()]
)
def test_sandbox_script_and_fault_is_described(name):
    assert f"`{name}`" in READMES["appconnect/sandbox/README.md"]


def test_control_api_is_described():
    text = section_of("appconnect/sandbox/README.md", "Control API")
    routes = [str(entry.pattern) for entry in urlpatterns]
    control = [re.sub("<.+?>", "<id>", r) for r in routes if r.startswith("__sim/")]

    assert [route for route in control if f"/{route}" not in text] == []
