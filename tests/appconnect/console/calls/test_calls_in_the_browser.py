"""The calls page and the privacy page in real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.accessibility import violations
from tests.support.program import AdminsBrowser

STATES = ("/calls/?direction=Inbound", "/calls/?direction=x", "/privacy/")


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin, with a call in the list."""
    signed_in.save_settings(password="sandbox")
    signed_in.wait_for_text("Active", "/connections/")
    if "••• " not in signed_in.text("/calls/"):
        signed_in.program.sandbox.make_call("inbound_answered")
        signed_in.wait_for_text("••• ", "/calls/")
    return signed_in


def test_a_number_is_found_and_erased(admin: AdminsBrowser):
    page = admin.page
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 640})
    for path in STATES:
        admin.text(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    admin.text("/calls/")
    name = page.locator("tbody .strong-link").first
    name.evaluate("name => name.prepend('A very long name '.repeat(5))")
    table = page.get_by_role("region", name="Call list")
    assert table.evaluate("table => table.scrollWidth <= table.clientWidth")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1200, "height": 800})
    for path in STATES:
        admin.text(path)
        assert violations(page) == [], path
    expect(page.get_by_role("heading", name="Data about one number")).to_be_visible()

    admin.text("/calls/")
    page.get_by_text("More filters", exact=True).click()
    page.get_by_label("Phone number").fill("(415) 555-0101")
    page.get_by_role("button", name="Find by number").click()
    expect(page.get_by_text("Filtered by number")).to_be_visible()
    assert "5550101" not in page.url
    assert page.locator("tbody tr").count() >= 1
    address = page.url
    admin.text("/privacy/")
    page.get_by_label("Phone number").fill("+14155550101")
    page.get_by_role("button", name="Erase…").click()
    page.get_by_role("button", name=re.compile(r"^Erase \d+ call")).click()
    expect(page.get_by_text("CRM records stay.")).to_be_visible()

    page.goto(address)
    expect(page.get_by_text("No calls match these filters.")).to_be_visible()


def test_new_calls_are_announced_and_leave_the_page_alone(admin: AdminsBrowser):
    page = admin.page
    admin.text("/calls/")
    rows = page.locator("tbody tr").count()
    announced = page.get_by_role("status").filter(has_text="new call")

    admin.program.sandbox.make_call("inbound_answered")

    expect(announced).to_be_visible(timeout=60_000)
    assert page.locator("tbody tr").count() == rows
    announced.get_by_role("link", name="Show").click()
    expect(page.locator("tbody tr")).not_to_have_count(rows)
    expect(announced).to_have_count(0)


def test_page_of_a_call_tells_the_settings_once_and_its_story_in_three_phases(
    admin: AdminsBrowser,
):
    page = admin.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.wait_for_text("Logged", "/calls/?state=logged")
    page.locator("tbody a").first.click()
    main, timeline = (
        page.get_by_role("main"),
        page.get_by_role("region", name="Timeline"),
    )

    expect(main.get_by_text("Settings version")).to_have_count(1)
    phases = timeline.locator(".phase").all_inner_texts()
    assert phases == ["Call", "Decision", "CRM record"]
    expect(timeline).to_contain_text("Sent, attempt 1")
    expect(page.get_by_role("heading", name="Logged to Sandbox CRM as")).to_be_visible()
    page.get_by_role("button", name="Copy call ID").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") in page.url
    assert violations(page) == []
