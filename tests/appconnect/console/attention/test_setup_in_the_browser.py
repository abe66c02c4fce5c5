"""From a fresh program to the first logged call by clicking, and what the overview then says."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import faults
from tests.support.program import AdminsBrowser, Program

REFRESH = """() => htmx.ajax("GET", location.pathname, {
    source: "#overview", target: "#overview", select: "#overview", swap: "outerHTML",
})"""


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    return signed_in


def step(page: Page, name: str):
    return page.get_by_role("listitem").filter(
        has=page.get_by_role("heading", name=name)
    )


def test_a_new_admin_comes_to_the_first_logged_call(
    admin: AdminsBrowser, program: Program
):
    page = admin.page
    expect(
        page.get_by_role("heading", name="Set up call logging", level=1)
    ).to_be_visible()
    expect(step(page, "Connect RingCentral")).to_contain_text("Done")
    expect(step(page, "Turn on logging")).to_contain_text(
        "Finish these first: Connect your CRM, Map users and Choose rules."
    )
    expect(page.get_by_role("button", name="Turn on logging")).to_have_count(0)
    assert faults(page) == []

    page.get_by_role("link", name="Connect your CRM").click()
    page.get_by_label("API user name").fill("service")
    page.get_by_label("API password").fill("sandbox")
    page.get_by_role("button", name="Save account").click()
    expect(page).to_have_url(f"{program.url}/setup/")
    expect(page.get_by_text("Saved. Sandbox CRM is connected.")).to_be_visible()
    expect(step(page, "Connect your CRM")).to_contain_text("Done")
    expect(step(page, "Choose rules")).to_contain_text("Done")
    users = step(page, "Map users")
    expect(users).to_contain_text("6 of 8 extensions are mapped.", timeout=60_000)
    expect(users).to_contain_text("Done")
    users.get_by_role("link", name="Map 2 more").click()
    expect(page.get_by_role("heading", name="User mapping", level=1)).to_be_visible()
    page.go_back()
    assert faults(page) == []
    expect(page.get_by_label("Only me (trial)")).to_be_checked()
    page.get_by_role("button", name="Turn on logging").click()
    expect(step(page, "Turn on logging")).to_contain_text("only calls of Ada Admin")
    call = step(page, "Make a test call")
    expect(call).to_contain_text("Call Ada Admin (101)", timeout=60_000)
    expect(call.get_by_role("link")).to_have_count(0)
    assert faults(page) == []

    phone = page.context.new_page()
    phone.goto(program.sandbox.url)
    phone.get_by_role("button", name="Make a call").click()
    expect(call).to_contain_text("Logged", timeout=60_000)
    expect(call).to_contain_text("owned by Ada Admin")
    expect(page.get_by_role("status").last).to_contain_text("Make a test call: Done.")
    expect(page.get_by_text("Finish setup")).to_have_count(0)
    assert faults(page) == []

    page.get_by_role("button", name="Turn on for everyone").click()
    expect(step(page, "Turn on logging")).to_contain_text(
        "Logging is on for 11 extensions."
    )
    page.get_by_role("link", name="Go to Overview").click()
    expect(page.get_by_role("main")).to_contain_text("of 1 eligible call")


def test_the_overview_tells_each_state_while_it_is_open(
    admin: AdminsBrowser, program: Program
):
    page, main = admin.page, admin.page.get_by_role("main")
    admin.open("Overview")
    expect(main.get_by_text("Logging is on")).to_be_visible()
    assert page.title().startswith("Logging is on · Overview")
    assert faults(page) == []

    page.get_by_role("button", name="Pause logging").click()
    dialog = page.get_by_role("dialog", name="Pause logging?")
    expect(dialog).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Pause logging").click()
    dialog.get_by_role("button", name="Pause logging").click()
    expect(main).to_contain_text("Logging is paused")
    expect(page.locator("#status-chip")).to_have_text("Paused")
    assert faults(page) == []
    page.get_by_role("button", name="Resume logging").click()
    expect(main.get_by_text("Logging is on")).to_be_visible()

    program.sandbox.switch(crmPassword="another")
    program.sandbox.make_call("inbound_answered", extension="101")
    expect(main).to_contain_text("Logging has stopped", timeout=60_000)
    expect(page.locator("#status-chip")).to_have_text("Stopped")
    assert faults(page) == []
    page.get_by_role("link", name="Reconnect Sandbox CRM").click()
    expect(page.get_by_role("heading", name="Connections")).to_be_visible()

    program.sandbox.switch(crmPassword="sandbox")
    admin.save_settings(password="sandbox")
    admin.open("Overview")
    expect(main.get_by_text("Logging is on")).to_be_visible(timeout=60_000)
    expect(main).to_contain_text("of 2 eligible calls", timeout=60_000)


def test_what_is_open_and_the_focus_outlast_a_refresh(admin: AdminsBrowser):
    page = admin.page
    admin.open("Overview")
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("table")).to_be_visible()
    page.evaluate("document.getElementById('overview').isOld = true")

    page.evaluate(REFRESH)

    assert not page.evaluate("document.getElementById('overview').isOld")
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.locator("summary")).to_be_focused()


def test_the_refreshing_is_stopped_and_there_is_none_without_javascript(
    admin: AdminsBrowser, browser: Browser, program: Program
):
    page = admin.page
    admin.open("Overview")
    page.get_by_role("link", name="Stop updating").click()
    expect(page.get_by_role("link", name="Turn on")).to_be_visible()

    context = browser.new_context(java_script_enabled=False)
    reader = AdminsBrowser(context.new_page(), program)
    reader.sign_in()
    reader.open("Overview")

    expect(reader.page.get_by_text("Last 7 days")).to_be_visible()
    expect(reader.page.get_by_text("Stop updating")).to_be_hidden()
    context.close()


def test_the_system_status_is_for_everybodys_eyes(admin: AdminsBrowser):
    admin.open("System")

    expect(admin.page.get_by_text("Last heartbeat").first).to_be_visible()
    assert faults(admin.page) == []
