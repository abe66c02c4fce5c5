"""Before a CRM is chosen every page leads to where that is done."""

import pytest

PAGES = ("/settings/", "/user-mapping/", "/calls/")
ACTIONS = ("/settings/", "/pause/", "/resume/", "/user-mapping/refresh/")


@pytest.fixture(autouse=True)
def _no_crm(organization):
    organization.platform = ""
    organization.save()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_leads_to_the_connections(console, path):
    assert console.get(path).url == "/connections/"


@pytest.mark.parametrize("path", ACTIONS)
def test_nothing_can_be_done_yet(console, path):
    assert console.post(path).url == "/connections/"


def test_signing_in_to_a_crm_needs_one(console):
    page = console.post("/connections/", {"sign_in": "", "auth-apiKey": "x"})

    assert page.status_code == 200
    assert "CRM: This field is required." in page.content.decode()
