"""The pages of admins in real Chromium, with two people in two browsers."""

from collections.abc import Iterator

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import faults
from tests.support.program import AdminsBrowser, Program


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin, with logging switched on and a call in the list."""
    signed_in.save_settings(password="sandbox")
    signed_in.wait_for_text("users refreshed", "/user-mapping/")
    if "••• " not in signed_in.text("/calls/"):
        signed_in.program.sandbox.make_call("inbound_answered")
        signed_in.wait_for_text("••• ", "/calls/")
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
    page.get_by_role("button", name="Add with RingCentral").click()
    page.get_by_label("Extension").fill("104")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_text("Dan Diaz can now sign in")).to_be_visible()
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
    expect(page.get_by_text("Role changed: Dan Diaz, Operator.")).to_be_visible()
    second.goto(f"{program.url}/calls/")
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in_with_ringcentral(second, program, "104 Dan Diaz")
    second.goto(f"{admin.program.url}/dry-run/")
    ask(second, "102", "+1 415 555 0101")
    expect(second.get_by_text("For Ben Baker, on contact Iris Ito.")).to_be_visible()
    assert "5550101" not in second.url

    admin.open("Audit log")
    for said in ("Dan Diaz", "GET /audit/", "Role: Viewer →"):
        expect(page.get_by_role("main").get_by_text(said).first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert "was denied access" in download.value.path().read_text("utf-8-sig")

    admin.open("Team")
    page.get_by_role("button", name="More actions for Dan Diaz").click()
    page.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("dialog", name="Remove Dan Diaz?")).to_be_visible()
    page.get_by_role("button", name="Remove Dan Diaz").click()
    expect(page.get_by_text("Dan Diaz was removed and signed out")).to_be_visible()
    expect(page.get_by_role("row", name="Dan Diaz")).to_contain_text("Removed")


def test_what_was_typed_in_a_dialog_is_there_after_a_confirmation(
    signed_in: AdminsBrowser,
):
    page = signed_in.page
    signed_in.open("Team")
    page.get_by_role("button", name="Add with a password").click()
    page.get_by_label("User name").fill("olga")
    signed_in.program.age_sessions(minutes=11)

    page.get_by_role("button", name="Add and create link").click()
    page.get_by_label("Password").fill("sandbox")
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_label("User name")).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value("olga")


def test_pages_of_admins_are_accessible(admin: AdminsBrowser):
    page = admin.page
    found = {}

    def look(what: str) -> None:
        found[what] = faults(page, on_phone=True)

    for path in ("/ringcentral/connect/", "/system-status/"):
        admin.text(path)
        look(path)
    admin.open("Team")
    page.get_by_role("button", name="Add with RingCentral").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look("a new member")
    page.get_by_label("Extension").fill("999")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("alert")).to_be_focused()
    look("the team with an error")
    admin.open("Team")
    page.get_by_role("button", name="Add with a password").click()
    page.get_by_label("User name").fill("olga")
    page.get_by_role("button", name="Add and create link").click()
    look("the link")
    page.get_by_role("link", name="Done", exact=True).click()
    page.get_by_role("button", name="More actions for olga").click()
    expect(page.get_by_role("button", name="New password link")).to_be_visible()
    look("the team")
    admin.open("Audit log")
    look("the audit log")
    admin.text("/audit/?since=2030-01-01&action=x")
    look("the audit log, empty and with an error")
    admin.open("Privacy")
    page.get_by_label("Phone number").fill("12")
    page.get_by_role("button", name="Erase…").click()
    expect(page.get_by_role("alert")).to_be_focused()
    look("privacy with an error")
    page.get_by_label("Phone number").fill("+14155550101")
    page.get_by_role("button", name="Erase…").click()
    look("a number to erase")

    assert {what: faults for what, faults in found.items() if faults} == {}


def test_pages_of_a_simulation_are_accessible(admin: AdminsBrowser):
    page = admin.page
    found = {}
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

    assert {what: faults for what, faults in found.items() if faults} == {}


def test_pages_without_a_menu_are_accessible(signed_in: AdminsBrowser):
    page, url = signed_in.page, signed_in.program.url
    found = {}

    def look(what: str) -> None:
        found[what] = faults(page, on_phone=True)

    for path in ("/confirm-sign-in/", "/nowhere/", "/pause/"):
        signed_in.text(path)
        look(path)
    signed_in.text("/team/")
    page.get_by_role("button", name="Add with a password").click()
    page.get_by_label("User name").fill("pia")
    page.get_by_role("button", name="Add and create link").click()
    link = page.get_by_role("main").locator("pre").inner_text()
    page.context.clear_cookies()
    page.goto(link)
    look("setting a password")
    page.goto(link.replace("/set-password/", "/set-password/x"))
    look("a link that is no longer valid")
    page.goto(f"{url}/ringcentral/callback/")
    look("a failed sign-in")
    page.get_by_role("link", name="Try again").click()
    page.context.clear_cookies()
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The form expired")
    look("an old form")
    failed = render_to_string("500.html", {"reference": "0123abcd"})
    page.route("**/failed/", lambda route: route.fulfill(status=500, body=failed))
    page.goto(f"{url}/failed/")
    look("a page that failed")

    assert {what: faults for what, faults in found.items() if faults} == {}
