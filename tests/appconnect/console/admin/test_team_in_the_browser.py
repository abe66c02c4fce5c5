"""Team, audit log and dry run in real Chromium, with two people in two browsers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import faults
from tests.support.helpers import wait_for
from tests.support.program import AdminsBrowser, Program


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin, with logging switched on and a call in the list."""
    signed_in.save_settings(password="sandbox")
    wait_for(lambda: "users refreshed" in signed_in.text("/user-mapping/"))
    if "••• " not in signed_in.text("/calls/"):
        signed_in.program.sandbox.make_call("inbound_answered")
        wait_for(lambda: "••• " in signed_in.text("/calls/"))
    return signed_in


@pytest.fixture
def second(browser: Browser) -> Iterator[Page]:
    """The browser of another person, without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def sign_in_with_ringcentral(page: Page, program: Program, person: str) -> None:
    page.goto(f"{program.url}/accounts/login/")
    page.get_by_role("link", name="Continue with RingCentral").click()
    page.get_by_label("Extension").select_option(label=person)
    page.get_by_role("button", name="Sign in").click()


def ask(page: Page, extension: str, number: str) -> None:
    page.get_by_role("textbox", name="Extension").fill(extension)
    page.get_by_label("Other party's number").fill(number)
    page.get_by_role("button", name="Simulate", exact=True).click()


def test_a_viewer_sees_calls_and_changes_nothing_and_an_operator_asks(
    admin: AdminsBrowser, second: Page
):
    page, program = admin.page, admin.program
    sign_in_with_ringcentral(second, program, "104 Dan Diaz")
    expect(second.get_by_role("alert")).to_contain_text("Viewer or Operator")

    admin.open("Team")
    page.get_by_label("Extension").fill("104")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_text("Dan Diaz can sign in")).to_be_visible()
    sign_in_with_ringcentral(second, program, "104 Dan Diaz")
    second.get_by_role("link", name="Calls", exact=True).click()
    expect(second.get_by_role("heading", name="Calls")).to_be_visible()
    expect(second.get_by_text("••• ").first).to_be_visible()
    expect(second.get_by_role("link", name="Team")).to_have_count(0)
    second.goto(f"{program.url}/settings/")
    expect(second.get_by_role("button", name="Save changes")).to_have_count(0)
    expect(second.get_by_text("Only admins can change this.")).to_be_visible()
    second.goto(f"{program.url}/audit/")
    expect(second.get_by_text("You need the Admin role.")).to_be_visible()

    page.get_by_label("Role of Dan Diaz").first.select_option("Operator")
    page.get_by_role("button", name="Change the role of Dan Diaz").click()
    expect(page.get_by_text("has the role “Operator” now")).to_be_visible()
    second.goto(f"{program.url}/calls/")
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in_with_ringcentral(second, program, "104 Dan Diaz")
    second.goto(f"{admin.program.url}/dry-run/")
    ask(second, "102", "+1 415 555 0101")
    expect(second.get_by_text("For Ben Baker, on contact Iris Ito.")).to_be_visible()
    assert "5550101" not in second.url

    admin.open("Audit log")
    for said in ("Dan Diaz", "was denied access: GET /audit/", "Role: Viewer →"):
        expect(page.get_by_role("main").get_by_text(said).first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    assert "was denied access" in download.value.path().read_text("utf-8-sig")


def test_the_new_pages_are_accessible(admin: AdminsBrowser):
    page = admin.page
    found = {}
    admin.open("Team")
    page.get_by_label("Extension").fill("999")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("alert")).to_be_focused()
    found["the team with an error"] = faults(page)
    admin.open("Team")
    page.get_by_label("User name").fill("olga")
    page.get_by_role("button", name="Add and make a link").click()
    found["the link"] = faults(page)
    link = page.get_by_label("Link", exact=True).input_value()
    admin.open("Team")
    found["the team"] = faults(page)
    admin.open("Audit log")
    found["the audit log"] = faults(page)
    admin.text("/audit/?since=2030-01-01")
    found["the audit log, empty"] = faults(page)
    admin.text("/dry-run/")
    found["the question"] = faults(page)
    ask(page, "999", "+14155550101")
    expect(page.get_by_role("alert")).to_be_focused()
    found["the question with an error"] = faults(page)
    ask(page, "102", "+14155550101")
    expect(page.get_by_text("Would be logged")).to_be_visible()
    found["the answer"] = faults(page)
    admin.text("/calls/")
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("link", name="Simulate with today's settings").click()
    page.get_by_role("button", name="Simulate", exact=True).click()
    found["the answer about a past call"] = faults(page)
    page.context.clear_cookies()
    page.goto(link)
    found["setting a password"] = faults(page)
    page.goto(link.replace("/set-password/", "/set-password/x"))
    found["a link that is no longer valid"] = faults(page)

    assert {what: faults for what, faults in found.items() if faults} == {}
