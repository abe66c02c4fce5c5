"""Confirmation of permanent changes, and concurrent admins, in real Chromium."""

from playwright.sync_api import expect

from tests.support.accessibility import faults
from tests.support.helpers import wait_for
from tests.support.program import AdminsBrowser

STORED = "JSON.stringify(sessionStorage)"


def test_permanent_deletion_needs_confirmation(signed_in: AdminsBrowser):
    page = signed_in.page
    signed_in.save_settings(password="sandbox")
    signed_in.open("Connections")
    signed_in.open_crm_form()
    page.get_by_label("CRM address").fill("crm.example.com")
    page.get_by_role("button", name="Save CRM").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text(
        "the user mapping of 6 extensions"
    )
    assert faults(page) == [], "another address"
    page.get_by_role("link", name="Keep current address").click()
    assert page.get_by_label("CRM address").input_value() != "crm.example.com"

    signed_in.open("Privacy")
    page.get_by_label("Phone number").fill("(415) 555-0101")
    page.get_by_role("button", name="Erase…").click()
    expect(page.get_by_text("No finished call has this number.")).to_be_visible()
    assert faults(page) == [], "a number to erase"
    page.get_by_role("button", name="Erase +14155550101").click()
    expect(page.get_by_text("Erased 0 calls.")).to_be_visible()


def test_after_an_export_the_page_can_still_be_used(signed_in: AdminsBrowser):
    page = signed_in.page
    signed_in.open("Privacy")
    number = page.get_by_label("Phone number")
    number.fill("(415) 555-0101")
    for _ in range(2):
        with page.expect_download():
            page.get_by_role("button", name="Export").click()
    wait_for(lambda: "draft:" not in page.evaluate(STORED))

    signed_in.program.age_sessions(minutes=11)
    page.get_by_role("button", name="Export").click()
    page.get_by_label("Password").fill("sandbox")
    page.get_by_role("button", name="Confirm").click()
    expect(number).to_have_value("(415) 555-0101")

    page.get_by_role("button", name="Save retention").click()
    expect(page.get_by_text("Retention saved.")).to_be_visible()


def test_second_save_shows_both_choices(signed_in: AdminsBrowser):
    page = signed_in.page
    signed_in.open("Settings")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("No match").select_option(label="Hold the call")
    other.get_by_role("button", name="Save changes").click()
    expect(other.get_by_text("Settings saved.")).to_be_visible()

    german = "DD.MM.YYYY HH:mm:ss"
    page.get_by_label("Date format").select_option(german)
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text(
        "No match: Skip the call → Hold the call"
    )
    expect(page.get_by_label("Date format")).to_have_value(german)
    assert faults(page) == [], "a conflict"
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Settings saved.")).to_be_visible()
