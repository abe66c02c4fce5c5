"""The settings form and the do-not-log page in real Chromium, with and without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import faults, violations
from tests.support.helpers import wait_for
from tests.support.program import AdminsBrowser, Program

CONNECTED = "Connected to Sandbox CRM as Service account."


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin on the settings page, with the service account's password stored."""
    signed_in.save_settings(password="sandbox")
    expect(signed_in.page.get_by_text("Settings saved.")).to_be_visible()
    return signed_in


def is_wide(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_connection_test_keeps_typed_values(admin: AdminsBrowser):
    page = admin.page
    admin.open("Connections")
    result = page.locator("#connection-test")
    password = page.locator("#id_additional-apiPassword")
    admin.fill_in_account("wrong")
    found = {}

    page.get_by_role("button", name="Test connection").click()
    expect(result).to_contain_text("Connection failed. Nothing was saved")
    found["failed"] = violations(page)
    expect(password).to_have_value("wrong")

    password.fill("sandbox")
    page.get_by_role("button", name="Test connection").click()
    expect(result).to_contain_text(CONNECTED)
    for scheme in ("light", "dark"):
        # Colors that fade from one scheme to the other are neither's.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found[f"passed, {scheme}"] = violations(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert not is_wide(page)

    page.get_by_label("API user name").fill("other")
    password.fill("")
    page.get_by_role("button", name="Test connection").click()
    expect(result).to_contain_text("API password: Enter it again")
    expect(result.locator(".message")).to_have_css("border-top-style", "solid")
    found["not tested"] = violations(page)
    assert {state: what for state, what in found.items() if what} == {}


def test_a_test_that_gets_no_answer_says_so(admin: AdminsBrowser):
    page = admin.page
    admin.open("Connections")
    page.route("**/settings/test/", lambda route: route.abort())

    page.get_by_role("button", name="Test connection").click()

    expect(page.locator("#connection-test")).to_contain_text("gave no answer")


def test_canceled_replacement_keeps_the_secret(admin: AdminsBrowser):
    page = admin.page
    admin.open("Connections")
    cancel = page.get_by_text("Keep current API password")
    expect(cancel).to_be_hidden()
    admin.fill_in_account("changed my mind")
    expect(page.get_by_text("Replace API password")).to_be_hidden()

    cancel.click()
    page.get_by_role("button", name="Save account").click()

    expect(page.get_by_text("Saved. Sandbox CRM is connected.")).to_be_visible()
    expect(page.locator("#id_additional-apiPassword")).to_be_hidden()


@pytest.fixture
def rejected(admin: AdminsBrowser, program: Program) -> Iterator[Page]:
    """The connections page, while the CRM rejects the stored password."""
    page = admin.page
    program.sandbox.switch(crmPassword="another")
    program.sandbox.make_call("inbound_answered", extension="101")
    wait_for(lambda: "Save and log 1 waiting" in admin.html("/connections/"))
    admin.text("/calls/")
    page.get_by_role("link", name="Reconnect Sandbox CRM").click()
    expect(page).to_have_url(f"{program.url}/connections/#crm")
    yield page
    program.sandbox.switch(crmPassword="sandbox")


def test_typed_account_returns_after_confirmation_during_a_rejection(
    rejected: Page, program: Program
):
    page, name = rejected, rejected.get_by_label("API user name")
    expect(page.get_by_text("rejected the password").last).to_be_visible()
    name.fill("typed")
    program.age_sessions(minutes=11)

    page.get_by_role("button", name=re.compile("^Save and log")).click()
    page.get_by_label("Password").fill("sandbox")
    page.get_by_role("button", name="Confirm").click()

    expect(name).to_have_value("typed")


def test_password_field_is_open_and_saving_ends_the_rejection(
    rejected: Page, program: Program
):
    page, password = rejected, rejected.locator("#id_additional-apiPassword")
    expect(password).to_be_in_viewport()
    assert violations(page) == []
    program.sandbox.switch(crmPassword="sandbox")
    password.fill("sandbox")
    page.get_by_role("button", name=re.compile("Save and log 1 waiting call")).click()

    expect(page.get_by_text("1 waiting call is being logged.")).to_be_visible()
    expect(page.get_by_text("rejected the password")).to_have_count(0)


def test_the_enter_key_saves(admin: AdminsBrowser):
    admin.page.get_by_label("No match").select_option("createNewPlaceholderContact")
    admin.page.get_by_label("Placeholder name").press("Enter")

    expect(admin.page.get_by_text("Settings saved.")).to_be_visible()


def test_preview_follows_the_form(admin: AdminsBrowser):
    page = admin.page
    preview = page.get_by_role("status", name="Record text")
    expect(preview).to_contain_text("Duration: 1 minute, 5 seconds")

    page.get_by_label("Duration", exact=True).uncheck()
    expect(preview).not_to_contain_text("Duration:")
    page.get_by_label("Date format").select_option(label="31.03.2026 14:15:00")
    expect(preview).to_contain_text("31.03.2026")
    page.get_by_label("Sample call").select_option("voicemail")
    expect(preview).to_contain_text("Voicemail recording link")
    page.get_by_role("button", name="Discard").click()
    expect(preview).to_contain_text("Duration:")

    admin.open("Settings")
    expect(preview).to_contain_text("Duration: 1 minute, 5 seconds")


def test_a_choice_asks_for_what_only_it_needs(admin: AdminsBrowser):
    page = admin.page
    admin.open("Settings")
    numbers = page.get_by_label("Extension numbers")
    user = page.get_by_label("CRM user for unmapped extensions")
    expect(numbers).to_be_hidden()
    expect(user).to_be_hidden()

    page.get_by_label("Selected extensions").check()
    page.get_by_label("If the extension is unmapped").select_option("fallback")
    numbers.fill("102")
    user.fill("ben.baker@example.com")
    admin.save_changes()

    expect(page.get_by_text("Settings saved.")).to_be_visible()
    expect(numbers).to_have_value("102")
    page.get_by_label("Everyone").check()
    page.get_by_label("If the extension is unmapped").select_option("attention")
    expect(numbers).to_be_hidden()
    expect(user).to_be_hidden()
    admin.save_changes()
    expect(page.get_by_text("Settings saved.")).to_be_visible()


COVERED = """() => {
    const e = document.activeElement, box = e.getBoundingClientRect();
    const bar = document.querySelector(".save-bar").getBoundingClientRect();
    const isUnder = box.bottom > bar.top + 1 && box.top < bar.bottom;
    return isUnder && !e.closest(".save-bar") ? e.name || e.textContent.trim() : "";
}"""


@pytest.mark.parametrize("width", [1280, 320])
def test_settings_with_unsaved_changes_are_accessible(admin: AdminsBrowser, width):
    page = admin.page
    page.set_viewport_size({"width": width, "height": 700})
    admin.text("/settings/")
    page.get_by_label("Only me (trial)").check()
    no_match = page.get_by_label("No match")
    another = no_match.locator("option:not([selected])").first
    no_match.select_option(another.get_attribute("value"))
    page.get_by_label("Call journey").uncheck()
    expect(page.locator("#unsaved")).to_contain_text("3 unsaved changes")

    # At the end no field is half under the bar: axe measures what is seen of a target.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert faults(page) == []
    page.get_by_role("link", name="Simulate a call").focus()
    covered = set()
    while page.evaluate("!document.activeElement.closest('.save-bar')"):
        page.keyboard.press("Tab")
        covered.add(page.evaluate(COVERED))
    assert covered == {""}


def test_section_one_is_in_is_marked(admin: AdminsBrowser):
    page = admin.page
    admin.text("/settings/")
    sections = page.get_by_role("navigation", name="Settings sections")
    current = sections.locator("[aria-current]")
    expect(current).to_have_text("Scope", use_inner_text=True)

    sections.get_by_role("link", name="Contact matching").click()

    expect(current).to_have_text("Contact matching", use_inner_text=True)
    expect(page.get_by_role("heading", name="Contact matching")).to_be_in_viewport()


def test_two_hundred_numbers_are_pasted(admin: AdminsBrowser):
    page = admin.page
    good = [f"(415) 555-{n:04}" for n in range(100, 298)]
    admin.open("Do not log")
    assert faults(page) == []

    page.get_by_label("Numbers to add").fill("\n".join([*good, "999", "abc"]))
    page.get_by_role("button", name="Add numbers").click()

    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("999: there is no such extension.")
    expect(page.get_by_label("Numbers to add")).to_have_value("999\nabc")
    expect(page.get_by_role("status").first).to_contain_text("198 numbers added")
    assert faults(page) == []
    for _page in range(2):
        boxes = page.get_by_role("checkbox")
        boxes.first.check()
        boxes.evaluate_all("boxes => boxes.slice(1).forEach((box) => box.click())")
        page.get_by_role("button", name="Remove selected…").click()
        page.get_by_role("button", name="Remove selected", exact=True).click()
        expect(page.get_by_text("Their calls are logged from now on")).to_be_visible()
    expect(page.get_by_text("No numbers yet")).to_be_visible()


def test_without_javascript_it_is_tested_and_saved(browser, program: Program, admin):
    context = browser.new_context(java_script_enabled=False)
    plain = AdminsBrowser(context.new_page(), program)
    plain.sign_in()
    page = plain.page
    plain.open("Connections")
    plain.fill_in_account("wrong")
    page.get_by_label("API user name").fill("typed")

    page.get_by_role("button", name="Test connection").click()

    result = page.locator("#connection-test")
    expect(result).to_contain_text("Connection failed.")
    expect(result).to_contain_text("Enter the password again")
    expect(page.locator("#id_additional-apiPassword")).to_have_value("")
    expect(page.get_by_label("API user name")).to_have_value("typed")
    plain.save_account("sandbox")
    expect(page.get_by_text("Saved. Sandbox CRM is connected.")).to_be_visible()
    plain.open("Settings")
    plain.save_changes()
    saved = page.get_by_text("Settings saved.")
    expect(saved).to_contain_text(re.compile(r"calls that end after \d+:\d\d:\d\d"))
    context.close()


def test_each_card_of_the_connections_is_accessible(admin: AdminsBrowser):
    page = admin.page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        admin.open("Connections")
        assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert not is_wide(page)


def test_crms_are_found_as_one_types(admin: AdminsBrowser):
    page = admin.page
    admin.open("Connections")
    page.get_by_role("link", name="Compare CRMs").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert violations(page) == []

    page.get_by_label("Search CRMs").press_sequentially("hubsp")

    expect(page.get_by_role("link", name="Choose", exact=False)).to_have_count(1)
    page.set_viewport_size({"width": 320, "height": 640})
    assert not is_wide(page)
    page.get_by_role("link", name="Choose HubSpot").click()
    expect(page.get_by_label("CRM", exact=True)).to_have_value("hubspot")
