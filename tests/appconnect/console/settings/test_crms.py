"""The page on which a CRM is chosen."""

import pytest

from appconnect.console.settings.connections.crms import CrmCard
from connector.registry import CONNECTORS, get_platform
from tests.support.helpers import text_of

PATH = "/connections/crms/"
UNDOUBTED = {
    *("odoo", "tryton", "bottlecrm"),
    *("pipedrive", "hubspot", "outreach", "clio", "close", "zoho"),
}


def test_each_crm_has_its_name_its_needs_its_record_and_a_link(console, organization):
    page = console.get(PATH)

    html, shown = page.content.decode(), text_of(page)
    for platform in CONNECTORS:
        if not platform.startswith("sandbox"):
            declared = get_platform(platform)
            for words in (declared.guide.needs, declared.guide.record[1:]):
                assert words
                assert words in shown
            assert f'href="{declared.guide.url}"' in html.replace("&amp;", "&")
            assert f"Choose {declared.display_name}" in shown


def test_what_the_marker_promises_is_said(console, organization):
    shown = text_of(console.get(PATH))

    assert "NetSuite refuses a second record of it." in shown
    assert "HubSpot finds a new record after up to 120 seconds" in shown
    assert "If Redtail doesn't answer, you decide" in shown


def test_a_crm_without_its_makers_description_says_so(console, organization):
    doubted = {
        platform
        for platform in CONNECTORS
        if not platform.startswith("sandbox") and CrmCard.of(platform).doubt
    }
    assert doubted == set(CONNECTORS) - UNDOUBTED - {
        platform for platform in CONNECTORS if platform.startswith("sandbox")
    }
    doubt = "Not checked against Redtail's own API description"
    assert doubt in text_of(console.get(PATH))
    organization.platform = "redtail"
    organization.save()

    assert doubt in text_of(console.get("/connections/"))


@pytest.mark.parametrize(
    ("query", "found", "missing"),
    [
        ("HUB", "Choose HubSpot", "Choose Odoo"),
        ("certificate", "Choose NetSuite", "Choose HubSpot"),
        ("acme", "No CRM matches “acme”.", "Choose HubSpot"),
    ],
)
def test_the_list_is_searched(console, organization, query, found, missing):
    shown = text_of(console.get(PATH, {"q": query}))

    assert found in shown
    assert missing not in shown
    assert "Don't see your CRM?" in shown


@pytest.mark.parametrize("runs", [True, False])
def test_the_sandbox_is_offered_where_it_runs(console, organization, settings, runs):
    settings.SANDBOX = runs
    organization.platform = "odoo"
    organization.save()

    assert ("Sandbox CRM" in text_of(console.get(PATH))) is runs
    assert ("Sandbox CRM" in text_of(console.get("/connections/"))) is runs


def test_a_card_leads_to_the_connections_with_the_crm_chosen(console, organization):
    assert 'href="/connections/?crm=hubspot#crm"' in console.get(PATH).content.decode()

    page = console.get("/connections/?crm=hubspot").content.decode()

    assert 'value="hubspot" selected' in page
    organization.refresh_from_db()
    assert organization.platform == "sandbox"
