"""The page about the REST API, Swagger UI, in real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import violations
from tests.support.program import Program

SWAGGER_UI_FAULTS = {
    *("heading-order", "landmark-unique", "nested-interactive"),
    *("region", "select-name", "target-size"),
}
"""Rules that the markup of Swagger UI itself breaks."""


@pytest.fixture
def page(browser: Browser, program: Program) -> Iterator[Page]:
    """The page in the browser of a visitor without an account."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_integrator_reads_how_a_call_is_logged(page: Page, program: Program):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{program.url}/api/docs/")

    page.get_by_role("button", name="POST /callLog Log a call", exact=True).click()
    operation = page.locator(".opblock", has_text="/callLogLog a call")

    expect(operation.get_by_text('"contactId": "c1"')).to_be_visible()
    expect(operation.get_by_text("Unauthorized")).to_be_visible()
    operation.get_by_text("Schema", exact=True).first.click()
    expect(operation.get_by_text("CallToLog")).to_be_visible()
    assert complaints == []
    found = {violation.partition(":")[0] for violation in violations(page)}
    assert found <= SWAGGER_UI_FAULTS
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
