"""What all templates keep to: short lines, one formatting, and a use for each."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import django_htmx
import pytest
from django.template import engines

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MAX_LINE_LENGTH = 120
MAX_COMPRESSED_BYTES = 60_000
COMPONENTS = "console/components"
USED_BY_DJANGO = {
    "403.html",
    "403_csrf.html",
    "404.html",
    "405.html",
    "500.html",
    "django/forms/field.html",
    "django/forms/widgets/select.html",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "templates").as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_has_no_long_line(path):
    lines = path.read_text().splitlines()

    assert [line for line in lines if len(line) > MAX_LINE_LENGTH] == []


def test_formatter_changes_no_template():
    djade = Path(sys.executable).with_name("djade")
    command = [djade, "--check", "--target-version", "5.2", *TEMPLATES]

    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


def test_every_template_is_used():
    sources = [*(ROOT / "appconnect").rglob("*.py"), *TEMPLATES]
    text = "\n".join(path.read_text() for path in sources)
    names = {name_of(path) for path in TEMPLATES} - USED_BY_DJANGO
    names = {name for name in names if not name.startswith(f"{COMPONENTS}/")}

    assert [name for name in sorted(names) if f'"{name}"' not in text] == []


def test_template_loads_only_what_it_uses():
    libraries = engines["django"].engine.template_libraries
    unused = []
    for path in TEMPLATES:
        text = path.read_text()
        for name in " ".join(re.findall(r"{% load ([^%]+) %}", text)).split():
            tags, filters = libraries[name].tags, libraries[name].filters
            uses = [rf"{{% {tag}\b" for tag in tags] + [
                rf"\|{one}\b" for one in filters
            ]
            if not re.search("|".join(uses), text):
                unused.append(f"{name_of(path)}: {name}")

    assert unused == []


def test_catalog_of_the_components_is_complete():
    folder = ROOT / "templates" / COMPONENTS
    described = re.findall(r"^## `(\w+)`", (folder / "README.md").read_text(), re.M)

    assert described == sorted(path.stem for path in folder.glob("*.html"))


def test_every_class_has_a_style():
    styles = ROOT / "appconnect/console/shell/static/console.css"
    styled = set(re.findall(r"\.([a-z][\w-]*)", styles.read_text()))
    attributes = re.findall(
        r'class="([^"]*)"', "\n".join(path.read_text() for path in TEMPLATES)
    )

    fixed = " ".join(re.sub(r"\S*{{.*?}}|{%.*?%}", " ", each) for each in attributes)

    assert set(fixed.split()) - styled == set()


def test_styles_and_scripts_of_all_pages_are_light():
    ours = (ROOT / "appconnect").rglob("static/**/*.[cj]s*")
    htmx = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"

    weight = sum(len(gzip.compress(path.read_bytes())) for path in (*ours, htmx))

    assert weight < MAX_COMPRESSED_BYTES
