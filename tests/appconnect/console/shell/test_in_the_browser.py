"""The pages in real Chromium: WCAG by axe in light and dark, reflow, keyboard, policy.

And in Firefox, with CSS anchor positioning and, like browsers before 2026, without.
"""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from appconnect.console.shell.navigation import MENU
from tests.support.accessibility import faults
from tests.support.firefox import Firefox, running_firefox
from tests.support.program import AdminsBrowser, Program

PAGES = (
    *(reverse(f"console:{page.name}") for _group, pages in MENU for page in pages),
    "/setup/",
    "/dry-run/",
    "/sessions/",
    "/calls/?state=failed",
    "/user-mapping/?show=conflicts",
    "/user-mapping/2/",
    "/user-mapping/match/",
    "/user-mapping/import/",
    "/nowhere/",
)
OPEN_MENU = """
    const [button, menu] = [...document.querySelectorAll("[popovertarget]")]
        .map((button) => [button, document.getElementById(button.getAttribute("popovertarget"))])
        .find(([button, menu]) => menu.matches(SELECTOR) && button.checkVisibility());
    button.click();
    const [at, from] = [menu.getBoundingClientRect(), button.getBoundingClientRect()];
    return {
        open: menu.matches(":popover-open"),
        inside: at.left >= 0 && at.right <= innerWidth && at.top >= 0 && at.width > 0,
        below: at.top >= from.top,
    };
"""


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin, with a call in the list."""
    signed_in.save_settings(password="sandbox")
    signed_in.wait_for_text("Active", "/connections/")
    signed_in.wait_for_text("users refreshed", "/user-mapping/")
    if "••• " not in signed_in.text("/calls/"):
        signed_in.program.sandbox.make_call("inbound_answered")
        signed_in.wait_for_text("••• ", "/calls/")
    return signed_in


def test_every_page_is_accessible(admin: AdminsBrowser):
    page, found = admin.page, {}
    admin.text("/calls/")
    call = page.locator("tbody a").first.get_attribute("href")
    for path in (*PAGES, call):
        admin.text(path)
        found[path] = faults(page, on_phone=True)
        assert page.locator("h1").count() == 1, path
        assert page.title().endswith("Call Logging"), path
    admin.save_account("wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    found["the connections with an error"] = faults(page, on_phone=True)
    page.context.clear_cookies()
    admin.text("/accounts/login/")
    found["sign-in"] = faults(page, on_phone=True)
    admin.text("/ringcentral/callback/")
    found["not signed in"] = faults(page, on_phone=True)

    assert {path: what for path, what in found.items() if what} == {}


def test_the_sandboxs_pages_are_accessible(browser, program: Program):
    with browser.new_context() as context:
        page, found = context.new_page(), {}
        for path in ("/", "/crm/", "/crm/users/", "/crm/contacts/c1/"):
            page.goto(program.sandbox.url + path)
            found[path] = faults(page, on_phone=True)
        page.goto(program.url + "/ringcentral/sign-in/")
        found["RingCentral's sign-in"] = faults(page, on_phone=True)

    assert {path: what for path, what in found.items() if what} == {}


def test_the_browser_has_nothing_to_object_to(admin: AdminsBrowser):
    said, asked = [], []
    admin.page.on("console", lambda message: said.append((message.type, message.text)))
    admin.page.on("request", lambda request: asked.append(request.url))
    for path in PAGES[:-1]:
        admin.text(path)

    assert [text for kind, text in said if kind in ("error", "warning")] == []
    assert [
        url for url in asked if not url.startswith((admin.program.url, "data:"))
    ] == []


def test_the_first_tab_skips_to_the_content(admin: AdminsBrowser):
    admin.text("/settings/")

    admin.page.keyboard.press("Tab")
    admin.page.keyboard.press("Enter")

    assert admin.page.evaluate("document.activeElement.id") == "main"


def test_after_an_error_the_summary_has_the_focus_and_leads_to_the_field(
    admin: AdminsBrowser,
):
    page = admin.page
    admin.open("Settings")
    page.get_by_label("Extra number formats").fill("nonsense")
    admin.save_changes()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    assert page.title().startswith("Error:")

    alert.get_by_role("link").click()

    expect(page.get_by_label("Extra number formats")).to_be_focused()


def test_every_control_can_be_reached_and_seen_with_the_keyboard(admin: AdminsBrowser):
    page = admin.page
    admin.text("/settings/")
    reached = {}
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body"):
        name, is_seen = page.evaluate(
            """() => {
                const e = document.activeElement;
                const ring = e.closest(".choice") ?? e;
                const isRinged = getComputedStyle(ring).outlineStyle !== "none";
                return [e.name || e.textContent.trim(), isRinged];
            }"""
        )
        reached[name] = is_seen
        page.keyboard.press("Tab")

    assert [name for name, is_seen in reached.items() if not is_seen] == []
    assert {"phone_number_formats", "Save changes"} <= set(reached)


@pytest.fixture(params=[True, False], ids=["anchors", "no anchors"])
def firefox(request, admin: AdminsBrowser, tmp_path) -> Iterator[Firefox]:
    """The signed-in admin's Firefox, with CSS anchor positioning and without."""
    with running_firefox(
        tmp_path, **{"layout.css.anchor-positioning.enabled": request.param}
    ) as firefox:
        firefox.resize(1280, 800)
        firefox.open(f"{admin.program.url}/accounts/login/")
        for cookie in admin.page.context.cookies():
            firefox.set_cookie(cookie["name"], cookie["value"])
        yield firefox


def test_menus_open_at_their_buttons_in_firefox(firefox: Firefox, admin: AdminsBrowser):
    program = admin.program
    admin.text("/calls/")
    call = admin.page.locator("tbody a").first.get_attribute("href")
    opened = {"open": True, "inside": True, "below": True}

    firefox.open(f"{program.url}/overview/")
    assert firefox.run(OPEN_MENU.replace("SELECTOR", "'#user-menu'")) == opened
    firefox.open(program.url + call)
    assert firefox.run(OPEN_MENU.replace("SELECTOR", "'.menu.anchored'")) == opened


@pytest.mark.parametrize("firefox", [True], indirect=True, ids=["anchors"])
def test_no_page_scrolls_sideways_in_firefox(firefox: Firefox, admin: AdminsBrowser):
    wide = []
    for width in (1280, 500):  # its narrowest window
        firefox.resize(width, 800)
        for path in PAGES:
            firefox.open(admin.program.url + path)
            if firefox.run("return document.documentElement.scrollWidth > innerWidth"):
                wide.append((width, path))

    assert wide == []
