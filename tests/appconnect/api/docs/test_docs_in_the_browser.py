"""The page about the REST API in real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import violations
from tests.support.program import Program


@pytest.fixture
def page(browser: Browser, program: Program) -> Iterator[Page]:
    """The page, as somebody sees it who has no account."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_an_integrator_reads_how_a_call_is_logged(page: Page, program: Program):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{program.url}/api/docs/")

    page.get_by_text("App Connect's client", exact=True).first.click()
    page.get_by_role("link", name="POST /callLog", exact=True).click()
    operation = page.get_by_role("region", name="POST /callLog", exact=True)
    operation.get_by_text("Request body").click()

    expect(operation.get_by_text("logInfo.from.phoneNumber")).to_be_visible()
    expect(operation.get_by_text('number or "pending"')).to_be_visible()
    expect(operation.get_by_text('"contactId": "c1"')).to_be_visible()
    operation.get_by_text("401 Unauthorized").click()
    expect(operation.get_by_text("CRM_SESSION_REVOKED")).to_be_visible()
    assert complaints == []
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert violations(page) == [], scheme
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
