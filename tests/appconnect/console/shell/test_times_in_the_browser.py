"""Times in real Chromium: they are the account's, wherever the browser believes to be."""

from playwright.sync_api import Browser

from tests.support.program import AdminsBrowser


def test_the_zone_of_the_browser_changes_no_time(
    browser: Browser, signed_in: AdminsBrowser
):
    session = signed_in.page.context.storage_state()
    signed_in.text("/audit/")
    address = signed_in.page.url
    told = set()

    for zone in ("America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"):
        with browser.new_context(timezone_id=zone, storage_state=session) as context:
            page = context.new_page()
            page.goto(address)
            oldest = page.locator("tbody time").last
            told.add((oldest.get_attribute("datetime"), oldest.get_attribute("title")))

    [(machine, title)] = told
    assert machine.endswith("Z")
    assert title.endswith((" PST", " PDT"))
