"""A connector with an error stops its own organization's logging, and no page."""

import pytest

from appconnect.calls.models import CrmCircuit
from connector import registry
from tests.support.helpers import text_of


@pytest.fixture
def unusable(organization, tmp_path, monkeypatch):
    """The organization, whose CRM's document is not JSON."""
    document = tmp_path / "acme.declarative.json"
    document.write_text('{"meta": ')
    monkeypatch.setitem(registry.CONNECTORS, "acme", str(document))
    organization.platform = "acme"
    organization.save()
    return organization


def test_system_status_names_the_file_and_the_error(console, unusable, tmp_path):
    shown = text_of(console.get("/system-status/"))

    assert str(tmp_path / "acme.declarative.json") in shown
    assert "not JSON at line 1" in shown


def test_other_crms_can_be_chosen_instead(console, unusable):
    html = console.get("/connections/").content.decode()

    assert "The connector for acme has an error" in html
    assert '<option value="acme" selected>acme</option>' in html
    assert '<option value="odoo">' in html


@pytest.mark.parametrize(
    "path",
    ["/setup/", "/team/", "/audit/", "/privacy/", "/system-status/", "/connections/"],
)
def test_pages_that_need_no_crm_are_shown(console, unusable, path):
    assert console.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/overview/", "/settings/", "/calls/"])
def test_pages_that_need_a_crm_lead_to_the_connections(console, unusable, path):
    assert console.get(path).url == "/connections/"


def test_calls_are_held_and_none_is_lost(
    connected, logging_settings, unusable, make_call, log, now
):
    logging_settings.platform = "acme"
    logging_settings.save()
    call = make_call()

    log(call, at=now)

    assert call.status == call.Status.WAITING_TO_LOG
    assert call.next_attempt_at > now
    circuit = CrmCircuit.objects.get(organization=unusable)
    assert circuit.failures == 1
    assert "The connector for acme has an error" in circuit.failure
