"""Your sessions in real Chromium: signed in twice, and once again."""

from playwright.sync_api import Browser, expect

from tests.support.accessibility import faults
from tests.support.program import AdminsBrowser


def test_a_lost_laptop_is_signed_out(signed_in: AdminsBrowser, browser: Browser):
    page = signed_in.page
    context = browser.new_context()
    laptop = AdminsBrowser(context.new_page(), signed_in.program)
    laptop.sign_in()

    signed_in.text("/sessions/")
    sessions = page.get_by_role("main").get_by_role("row")
    expect(sessions).to_have_count(3)
    expect(sessions.nth(1)).to_contain_text("This browser")
    assert faults(page) == []
    sessions.nth(2).get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("You are signed out in 1 other browser.")).to_be_visible()
    expect(page.get_by_text("This is your only session.")).to_be_visible()
    assert faults(page) == []
    laptop.open("Calls")
    expect(laptop.page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()
