"""Your sessions in real Chromium: signed in twice, and once again."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.program import AdminsBrowser

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def faults(page: Page) -> list[str]:
    """Return what axe finds in light and dark, and whether 320 px are too few."""
    found = []
    options = {"runOnly": {"type": "tag", "values": WCAG}}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for one in Axe().run(page, options=options).response["violations"]:
            found.append(f"{scheme}: {one['id']}: {one['nodes'][0]['html']}")
    page.set_viewport_size({"width": 320, "height": 640})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    page.set_viewport_size({"width": 1280, "height": 720})
    return found


def test_a_lost_laptop_is_signed_out(signed_in: AdminsBrowser, browser: Browser):
    page = signed_in.page
    context = browser.new_context()
    laptop = AdminsBrowser(context.new_page(), signed_in.program)
    laptop.sign_in()

    signed_in.open("Your sessions")
    sessions = page.get_by_role("main").get_by_role("row")
    expect(sessions).to_have_count(3)
    expect(sessions.nth(1)).to_contain_text("this browser")
    assert faults(page) == []
    sessions.nth(2).get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("You are signed out in 1 other browser.")).to_be_visible()
    expect(page.get_by_text("You are signed in nowhere else.")).to_be_visible()
    assert faults(page) == []
    laptop.open("Calls")
    expect(laptop.page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()
