"""A foreign connector: its manifest's texts are shown and never executed."""

import json
import re

import pytest

from appconnect.checks import check_connectors
from appconnect.organizations.connections.connectors import get_settings
from connector.crms.sandbox import Sandbox
from connector.registry import get_platform
from tests.support.helpers import ROOT, text_of

PATH, SAVE = "/connections/", "/connections/account/"
SCRIPT = "<script>alert(1)</script>"
HARMLESS = {"const": "plain", "title": "Plain", "type": "inputField"}


@pytest.fixture
def install(connected, tmp_path, monkeypatch):
    """Return a function: additional fields → the organization, whose CRM declares them."""
    connected.server_logging_settings.update(logging_level="Disable")

    def install(fields):
        manifest = json.loads((ROOT / "connector/crms/sandbox.json").read_text())
        logging = manifest["platforms"]["sandbox"]["serverSideLogging"]
        logging["additionalFields"] = fields
        path = tmp_path / "sandbox.json"
        path.write_text(json.dumps(manifest))
        monkeypatch.setattr(Sandbox, "manifest_path", classmethod(lambda _: path))
        get_platform.cache_clear()
        return connected

    yield install
    get_platform.cache_clear()


@pytest.mark.parametrize(
    "field",
    [
        {"const": "a", "title": SCRIPT, "description": SCRIPT, "type": "inputField"},
        {"const": SCRIPT, "title": "A", "type": "inputField", "placeholder": SCRIPT},
        {"const": "a", "title": "A", "defaultValue": f'"><{SCRIPT}'},
        {"const": "a", "title": "A", "type": SCRIPT},
        {
            "const": "a",
            "title": SCRIPT,
            "type": "warning",
            "description": f"{SCRIPT} [help](javascript:alert(1)) <img src=x>",
            "uiSchema": {"ui:field": "admonition", "ui:severity": f'"{SCRIPT}'},
        },
        {
            "const": "a",
            "title": "A",
            "type": "selection",
            "options": [{"const": SCRIPT, "title": SCRIPT}],
        },
        {"const": "a", "title": "Press", "uiSchema": {"ui:field": "button"}},
    ],
    ids=["title", "const", "default", "type", "admonition", "option", "button"],
)
def test_hostile_words_are_words(console, install, field):
    install([field, HARMLESS])

    page = console.get(PATH)

    html = page.content.decode()
    assert "Plain" in text_of(page)
    assert "alert(1)</script>" not in html
    assert "<img" not in html
    assert not re.search(r'href="\s*javascript', html, re.IGNORECASE)


def test_a_name_that_javascript_reserves_is_a_name(console, install):
    organization = install(
        [{"const": name, "title": name} for name in ("__proto__", "constructor")]
    )

    values = {"additional-__proto__": "x", "additional-constructor": "y"}
    console.post(SAVE, values | {"draft": ""})

    stored = get_settings(organization).additional_field_values
    assert stored == {"__proto__": "x", "constructor": "y"}
    assert 'name="additional-__proto__" value="x"' in console.get(PATH).content.decode()


def test_a_title_is_not_turned_around(console, install):
    install([{"const": "a", "title": "Host \u202eelpmaxe.live"}])

    assert "\u202e" not in console.get(PATH).content.decode()


def test_a_field_of_an_unknown_type_is_told_and_the_others_work(console, install):
    organization = install(
        [{"const": "a", "title": "Volume", "type": "slider"}, HARMLESS]
    )

    shown = text_of(console.get(PATH))
    console.post(SAVE, {"additional-plain": "x", "additional-a": "9", "draft": ""})

    assert (
        "Volume can't be changed here: fields of the type “slider” aren't supported."
        in shown
    )
    assert get_settings(organization).additional_field_values == {"plain": "x"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([{"const": f"f{n}"} for n in range(10_000)], "at most 100 are allowed"),
        ([{"const": "a", "defaultValue": "x" * 1_000_000}], "longer than 262144 bytes"),
        ([{"const": "a", "defaultValue": "x" * 100_000}], "longer than 4000"),
    ],
    ids=["10,000 fields", "1 MB default", "100 kB default"],
)
def test_a_manifest_without_measure_is_named_before_the_server_starts(
    install, fields, said
):
    install(fields)

    faults = {
        warning.msg.split()[-1]: warning.hint for warning in check_connectors(None)
    }
    assert said in faults["connector.crms.sandbox.Sandbox"]
