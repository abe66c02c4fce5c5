"""System checks: mistakes in connectors and settings are reported before the start."""

import pytest
from django.core.checks import ERROR
from django.core.checks.registry import registry as all_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from appconnect.checks import (
    check_connectors,
    check_connectors_dir,
    check_interop_code_exchange,
    check_trusted_proxies,
)
from appconnect.worker.management.commands.run_worker import Command as RunWorker
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
def test_connector_that_cannot_be_loaded_is_a_warning(monkeypatch, source, fault):
    monkeypatch.setitem(registry.CONNECTORS, "acme", source)

    [warning] = check_connectors(None)

    assert not warning.is_serious(ERROR)
    assert source in warning.msg
    assert fault in warning.hint


def test_missing_connectors_dir_is_an_error(settings, tmp_path):
    assert check_connectors_dir(None) == []

    settings.CONNECTORS_DIR = str(tmp_path / "nowhere")
    [error] = check_connectors_dir(None)

    assert error.is_serious(ERROR)
    assert "there is no folder" in error.msg


def test_missing_interop_code_exchange_is_reported(settings):
    assert check_interop_code_exchange(None) == []

    settings.INTEROP_CODE_EXCHANGE = "no_such_package.redeem"
    [error] = check_interop_code_exchange(None)

    assert error.msg.startswith("INTEROP_CODE_EXCHANGE cannot be used: ")


@pytest.mark.parametrize("proxy", ["proxy.example.com", "10.0.0.1/8", "10.0.0.256"])
def test_a_trusted_proxy_that_is_no_network_is_reported(settings, proxy):
    assert check_trusted_proxies(None) == []

    settings.TRUSTED_PROXIES = ["10.0.0.0/8", proxy]
    [error] = check_trusted_proxies(None)

    assert error.msg.startswith("TRUSTED_PROXIES: ")
    assert proxy in error.msg


@pytest.mark.parametrize(
    ("setting", "value"), [("LOG_FORMAT", "xml"), ("LANGUAGE_CODE", "tlh")]
)
def test_a_worker_does_not_start_with_a_wrong_setting(
    db, settings, monkeypatch, setting, value
):
    monkeypatch.setattr(RunWorker, "handle", lambda *args, **options: None)
    setattr(settings, setting, value)

    with pytest.raises(SystemCheckError, match=setting):
        call_command("run_worker", skip_checks=False)


def test_a_worker_runs_all_of_the_programs_own_checks():
    ours = [
        check
        for check in all_checks.get_checks()
        if check.__module__ == "appconnect.checks"
    ]
    tags = set(RunWorker.requires_system_checks)

    assert len(ours) == 8
    assert all(tags.intersection(check.tags) for check in ours)
