"""Confirming in real Chromium that it is you: what was typed comes back."""

from playwright.sync_api import expect

from tests.support.accessibility import faults
from tests.support.program import AdminsBrowser


def test_a_sensitive_change_goes_on_after_the_password(signed_in: AdminsBrowser):
    page = signed_in.page
    signed_in.open("Settings")
    page.get_by_label("Extra number formats").fill("(***) ***-****")
    signed_in.program.age_sessions(minutes=11)

    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
    assert faults(page) == []
    page.get_by_label("Password").fill("sandbox")
    page.get_by_role("button", name="Confirm").click()
    formats = page.get_by_label("Extra number formats")
    expect(formats).to_have_value("(***) ***-****")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Confirm it's you")


def test_connection_test_keeps_typed_values_after_confirmation(
    signed_in: AdminsBrowser,
):
    page = signed_in.page
    signed_in.open("Connections")
    signed_in.fill_in_account("canary-secret")
    page.get_by_label("API user name").fill("typed")
    signed_in.program.age_sessions(minutes=11)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    page.get_by_role("button", name="Test connection").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
    assert asked == []
    assert "canary-secret" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.get_by_label("Password").fill("sandbox")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_label("API user name")).to_have_value("typed")
