"""Typed and not saved: said, asked about, and given back after a sign-in."""

import pytest
from playwright.sync_api import Dialog, expect

from tests.program import AdminsBrowser


@pytest.fixture
def settings_page(signed_in: AdminsBrowser):
    signed_in.text("/settings/")
    return signed_in.page


def test_changes_are_counted_and_can_be_discarded(settings_page):
    bar = settings_page.locator("#unsaved")
    expect(bar).to_be_hidden()

    settings_page.get_by_label("Numbers that are never logged").fill("+14155550101")
    settings_page.get_by_label("Admin: whoever saved").check()
    expect(bar).to_have_text("Unsaved changes: 2 Save Discard", use_inner_text=True)

    bar.get_by_role("button", name="Discard").click()

    expect(bar).to_be_hidden()
    expect(settings_page.get_by_label("Numbers that are never logged")).to_have_value(
        ""
    )


def test_leaving_them_is_asked_about(settings_page):
    settings_page.get_by_label("Numbers that are never logged").fill("+14155550101")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    settings_page.on("dialog", stay)
    settings_page.get_by_role("link", name="Calls", exact=True).click()

    expect(settings_page.get_by_role("heading", level=1)).to_have_text(
        "Server-side logging"
    )
    assert asked == ["beforeunload"]


def test_what_was_typed_is_there_after_the_session_ended(
    settings_page, signed_in: AdminsBrowser
):
    settings_page.get_by_label("Numbers that are never logged").fill("+14155550101")
    settings_page.get_by_label("API password").fill("canary-secret")
    settings_page.context.clear_cookies()
    settings_page.get_by_role("button", name="Save settings").click()
    # The form's token went with the session; the browser is sent to sign in.
    signed_in.sign_in()
    kept = settings_page.evaluate("JSON.stringify(sessionStorage)")
    signed_in.text("/settings/")

    expect(settings_page.get_by_label("Numbers that are never logged")).to_have_value(
        "+14155550101"
    )
    assert "canary-secret" not in kept
    expect(settings_page.get_by_label("API password")).to_have_value("")


def test_pressing_save_twice_saves_once(settings_page):
    settings_page.get_by_label("Numbers that are never logged").fill("+14155550101")
    sent: list[tuple[str, str]] = []
    settings_page.on("request", lambda asked: sent.append((asked.method, asked.url)))

    settings_page.get_by_role("button", name="Save settings").dblclick()

    expect(settings_page.get_by_text("The settings are saved")).to_be_visible()
    assert sent.count(("POST", settings_page.url)) == 1
    settings_page.get_by_label("Numbers that are never logged").fill("")
    settings_page.get_by_role("button", name="Save settings").click()
    expect(settings_page.get_by_text("The settings are saved")).to_be_visible()
