"""The README stays true: what can be set, and what can happen to a call, is in it."""

import re

import pytest

from appconnect.calls.models.choices import AttentionReason, FailureReason, SkipReason
from appconnect.calls.models.timing import LOG_DELAYS
from connector.base import Connector
from tests.support.helpers import ROOT

README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "appconnect/settings.py").read_text()
VARIABLES = sorted(set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS)))


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_is_in_the_readme(variable):
    assert f"`{variable}`" in README


@pytest.mark.parametrize(
    "variable", [v for v in VARIABLES if v not in ("ENV_FILE", "SANDBOX")]
)
def test_every_setting_is_in_the_example(variable):
    assert variable in (ROOT / ".env.example").read_text()


@pytest.mark.parametrize("reason", [*SkipReason, *AttentionReason, *FailureReason])
def test_every_reason_is_in_the_readme(reason):
    assert reason.value in README


@pytest.mark.parametrize(
    "method",
    [
        m
        for m in vars(Connector)
        if m.startswith(("get_", "find_contact", "create_", "update_"))
    ],
)
def test_every_interface_is_in_the_table(method):
    assert f"Connector.{method}`" in README


def test_the_delays_are_as_it_says():
    def written(seconds: float) -> str:
        for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
            if seconds >= size:
                return f"{seconds / size:g} {unit}"
        raise ValueError(seconds)

    delays = [written(delay.total_seconds()) for delay in LOG_DELAYS]
    text = " ".join(README.split())
    assert f"{', '.join(delays[:-1])} and {delays[-1]}" in text


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_leads_somewhere(target):
    assert (ROOT / target).exists()


@pytest.mark.parametrize(
    "path", re.findall(r"`((?:tests|appconnect|connector)/[\w/.]+)`", README)
)
def test_every_path_is_there(path):
    assert (ROOT / path).exists()
