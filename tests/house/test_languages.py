"""Each language's catalog has every text for people, as the program now words it.

After a text has changed: `manage.py makemessages --all --no-location --no-obsolete -i tests`,
translate what is new, then `manage.py compilemessages`. Both need GNU gettext.
"""

import gettext
import os
import shutil
import subprocess
import sys

import pytest

from tests.support.helpers import ROOT
from tests.support.program import missing

pytestmark = pytest.mark.processes
LOCALE = "appconnect/locale"
LANGUAGES = ("de", "es")


def complaints(tool, *arguments):
    """Return what a tool of GNU gettext objects to."""
    path = shutil.which(tool)
    if not path:
        missing("GNU gettext is not installed: apt-get install gettext")
    return subprocess.run([path, *arguments], capture_output=True, text=True).stderr


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """The file of all texts, as GNU gettext finds them in a copy of the program."""
    copy = tmp_path_factory.mktemp("program")
    for name in ("appconnect", "connector", "templates"):
        unread = shutil.ignore_patterns("__pycache__", "static", "LC_MESSAGES")
        shutil.copytree(ROOT / name, copy / name, ignore=unread)
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    command = [sys.executable, "manage.py", "makemessages", "--locale=de"]
    subprocess.run(
        [*command, "--no-location", "--keep-pot"],
        cwd=copy,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "appconnect.settings",
            "DATA_DIR": str(copy / "data"),
        },
        check=True,
        capture_output=True,
    )
    return copy / LOCALE / "django.pot"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(texts, language):
    catalog = ROOT / LOCALE / language / "LC_MESSAGES" / "django.po"
    assert complaints("msgcmp", catalog, texts) == ""
    assert complaints("msgfmt", "--check-format", "-o", os.devnull, catalog) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalog_is_the_written_one(tmp_path, language):
    folder = ROOT / LOCALE / language / "LC_MESSAGES"
    compiled = tmp_path / "django.mo"
    assert complaints("msgfmt", "-o", compiled, folder / "django.po") == ""

    def read(path):
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)._catalog

    shipped, written = read(folder / "django.mo"), read(compiled)
    assert shipped == written
