"""Held calls put right by clicking, in real Chromium, and both pages by axe."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.accessibility import faults
from tests.support.helpers import wait_for
from tests.support.program import AdminsBrowser

SHARED = {"from": "+14155550111", "to": "+16505550102", "extension": "102"}
"""A call from the number that two contacts have."""


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin, with logging on; calls that several contacts could have made are held."""
    signed_in.save_settings(password="sandbox")
    signed_in.open("Settings")
    page = signed_in.page
    page.get_by_label("Multiple matches").select_option("attention")
    page.get_by_role("button", name="Save changes").click()
    signed_in.wait_for_text("Active", "/connections/")
    signed_in.wait_for_text("users refreshed", "/user-mapping/")
    return signed_in


def test_a_call_of_an_unmapped_extension_is_mapped_and_logged(admin: AdminsBrowser):
    page, sandbox = admin.page, admin.program.sandbox
    assert "Nothing needs attention" in admin.text("/needs-attention/")
    assert faults(page) == []
    call = {"from": "+14155550103", "to": "+16505550108", "extension": "108"}
    session = sandbox.make_call("inbound_answered", **call)
    admin.wait_for_text("Ext. 108 · 1 call", "/needs-attention/")
    badge = page.get_by_role("navigation", name="Main").get_by_role(
        "link", name="Needs attention 1 call"
    )
    expect(badge).to_be_visible()
    assert faults(page) == []

    page.get_by_role("combobox", name="CRM user for Gus Grey").fill("sam.lee@south")
    page.get_by_role("option", name="sam.lee@south").click()
    assert faults(page) == []
    page.get_by_role("button", name="Map and log").click()

    flash = page.get_by_role("status").filter(has_text="is mapped to Sam Lee.")
    expect(flash).to_contain_text("1 held call is being logged.")
    expect(page).to_have_url(re.compile("/needs-attention/$"))
    expect(page.get_by_text("Unmapped extensions")).to_have_count(0)
    expect(badge).to_have_count(0)

    def records() -> list[dict]:
        return [log for log in sandbox.call_logs() if log["contactId"] == "c3"]

    wait_for(records)
    assert [record["owner"]["id"] for record in records()] == ["u8"]
    admin.text("/calls/")
    page.locator("tbody a").first.click()
    expect(page.get_by_text(re.compile("Logged to Sandbox CRM as"))).to_be_visible()
    expect(page.get_by_text(session)).to_be_visible()
    assert faults(page) == []


def test_the_contact_of_a_call_is_chosen(admin: AdminsBrowser):
    page, sandbox = admin.page, admin.program.sandbox
    for number in range(1, 24):
        sandbox.add_contact(
            id=str(number), name=f"Desk {number}.", phone=SHARED["from"]
        )
    sandbox.make_call("inbound_answered", **SHARED)
    admin.wait_for_text("Multiple contacts match", "/needs-attention/")
    assert faults(page) == []

    page.get_by_role("main").get_by_role("link", name="Inbound from").click()
    assert faults(page) == []
    title = "25 contacts in Sandbox CRM have this number"
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_label("Tim Twin")).to_be_visible()
    page.get_by_label("Find a contact").fill("desk 9.")
    expect(page.get_by_label("Tim Twin")).to_be_hidden()
    expect(page.get_by_text("2 / 25")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Desk 9.").check()
    page.get_by_role("button", name="Log to this contact").click()
    expect(page.get_by_text("Logging to the contact you chose.")).to_be_visible()

    admin.wait_for_text("Nothing needs attention", "/needs-attention/")
    wait_for(lambda: sandbox.call_logs()[-1]["contact"]["id"] == "9")


def test_fuzzy_crm_and_an_existing_placeholder_get_no_wrong_contact(
    admin: AdminsBrowser,
):
    page, sandbox = admin.page, admin.program.sandbox
    admin.open("Settings")
    page.get_by_label("No match").select_option(label="Create a placeholder contact")
    page.get_by_role("button", name="Save changes").click()
    known, unknown = "+16505550197", "+16505550198"
    made = sandbox.add_contact(name=f"Unknown caller {known}", phone="(650) 555-0197")
    wrong = sandbox.add_contact(name="Call 6505550198 back", phone="+14155550199")
    sandbox.switch(crmNumbersAreUnique=True)
    call = {"to": "+16505550102", "extension": "102"}

    def contact_of_last() -> dict:
        return sandbox.call_logs()[-1]["contact"] if sandbox.call_logs() else {}

    sandbox.make_call("inbound_answered", **{"from": known}, **call)
    wait_for(lambda: contact_of_last().get("id") == made["id"])
    sandbox.switch(crmIsFuzzy=True)
    sandbox.make_call("inbound_answered", **{"from": unknown}, **call)
    wait_for(lambda: contact_of_last().get("phone") == unknown)

    assert contact_of_last()["id"] != wrong["id"]
    admin.text("/calls/")
    [record] = [r for r in sandbox.call_logs() if r["contactId"] == made["id"]]
    row = page.get_by_role("row").filter(has_text=record["id"])
    row.get_by_role("link").first.click()
    expect(page.get_by_text(f"already has placeholder {made['id']}")).to_be_visible()


def test_a_number_is_never_logged_again_after_a_second_thought(admin: AdminsBrowser):
    page, sandbox = admin.page, admin.program.sandbox
    sandbox.make_call("inbound_answered", **SHARED)
    admin.wait_for_text("Multiple contacts match", "/needs-attention/")
    page.get_by_role("main").get_by_role("link", name="Inbound from").click()
    confirm = page.get_by_role("button", name="Never log this number")
    expect(confirm).to_be_hidden()

    page.get_by_role("button", name="More actions").click()
    page.get_by_text("Never log this number…").click()
    assert faults(page) == []
    confirm.click()

    expect(page.get_by_text("On the do-not-log list").first).to_be_visible()
    assert "0111" not in page.get_by_role("main").inner_text()
    assert faults(page) == []
