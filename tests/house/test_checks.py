"""System checks: mistakes in connectors and settings are reported before the start."""

import pytest

from appconnect.checks import check_connectors, check_interop_code_exchange
from connector import registry


def test_shipped_connectors_pass():
    assert check_connectors(None) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("no_such_package.crm:Acme", "No module named 'no_such_package'"),
        ("connector.crms.sandbox.Nobody", "has no attribute 'Nobody'"),
        ("connector.crms.sandbox.Sandbox", "platforms.acme: is missing"),
        ("/nowhere/acme.declarative.json", "acme.declarative.json: cannot be read"),
    ],
)
def test_connector_that_cannot_be_loaded_is_reported(monkeypatch, source, fault):
    monkeypatch.setitem(registry.CONNECTORS, "acme", source)

    [error] = check_connectors(None)

    assert error.msg.startswith("The connector acme cannot be used: ")
    assert fault in error.msg
    assert source in error.hint


def test_missing_interop_code_exchange_is_reported(settings):
    assert check_interop_code_exchange(None) == []

    settings.INTEROP_CODE_EXCHANGE = "no_such_package.redeem"
    [error] = check_interop_code_exchange(None)

    assert error.msg.startswith("INTEROP_CODE_EXCHANGE cannot be used: ")
