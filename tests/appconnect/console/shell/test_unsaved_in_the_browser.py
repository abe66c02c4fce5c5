"""Unsaved values: counted, guarded, and restored after a sign-in."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.support.program import AdminsBrowser

UNCHANGED = re.compile("No unsaved changes|Not saved yet")


@pytest.fixture
def settings_page(signed_in: AdminsBrowser):
    signed_in.text("/settings/")
    return signed_in.page


def test_changes_are_counted_and_can_be_discarded(settings_page):
    bar = settings_page.locator("#unsaved")
    sections = settings_page.get_by_role("navigation", name="Settings sections")
    discard = bar.get_by_role("button", name="Discard")
    expect(discard).to_be_hidden()

    settings_page.get_by_label("Transcript", exact=True).uncheck()
    settings_page.get_by_label("Call journey").uncheck()
    settings_page.get_by_label("One account for all calls").check()
    expect(bar).to_contain_text("3 unsaved changes")
    expect(bar).to_contain_text(
        "Activity owner: One account for all calls · "
        "Record content: Transcript, Call journey"
    )
    expect(
        sections.get_by_role("link", name="Record content 2 unsaved")
    ).to_be_visible()

    discard.click()

    expect(bar).to_contain_text(UNCHANGED)
    expect(discard).to_be_hidden()
    link = sections.get_by_role("link", name="Record content", exact=True)
    expect(link).to_be_visible()
    expect(settings_page.get_by_label("Call journey")).to_be_checked()


def test_leaving_them_is_asked_about(settings_page):
    settings_page.get_by_label("Extra number formats").fill("(***) ***-****")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    settings_page.on("dialog", stay)
    settings_page.get_by_role("link", name="Calls", exact=True).click()

    expect(settings_page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert asked == ["beforeunload"]


def test_typed_values_return_after_session_ended(
    settings_page, signed_in: AdminsBrowser
):
    settings_page.get_by_label("Extra number formats").fill("(***) ***-****")
    signed_in.program.age_sessions(minutes=61)
    settings_page.get_by_role("button", name="Save changes").click()
    sign_in_again(settings_page)

    expect(settings_page.get_by_label("Extra number formats")).to_have_value(
        "(***) ***-****"
    )


def test_typed_account_returns_after_session_ended_but_its_secret(
    signed_in: AdminsBrowser,
):
    page = signed_in.page
    signed_in.open("Connections")
    signed_in.fill_in_account("canary-secret")
    page.get_by_label("API user name").fill("typed-name")
    signed_in.program.age_sessions(minutes=61)
    page.get_by_role("button", name="Save account").click()
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    sign_in_again(page)

    expect(page.get_by_label("API user name")).to_have_value("typed-name")
    assert "canary-secret" not in kept
    assert "canary-secret" not in page.content()


def test_typed_values_return_after_ringcentral_sign_in(signed_in: AdminsBrowser):
    page = signed_in.page
    signed_in.text("/settings/")
    page.get_by_label("Extra number formats").fill("(***) ***-****")
    signed_in.program.age_sessions(minutes=61)
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("link", name="Continue with RingCentral").click()
    page.get_by_label("Extension").select_option(label="101 Ada Admin")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(page.get_by_label("Extra number formats")).to_have_value("(***) ***-****")


def test_pasted_numbers_are_there_after_the_session_ended(signed_in: AdminsBrowser):
    page = signed_in.page
    signed_in.text("/do-not-log/")
    page.get_by_label("Numbers to add").fill("+14155550101\n+14155550102")
    signed_in.program.age_sessions(minutes=61)
    page.get_by_role("button", name="Add numbers").click()
    sign_in_again(page)

    expect(page.get_by_label("Numbers to add")).to_have_value(
        "+14155550101\n+14155550102"
    )


def sign_in_again(page: Page) -> None:
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("sandbox")
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_refused_form_counts_as_unsaved_and_can_be_discarded(settings_page):
    formats = settings_page.get_by_label("Extra number formats")
    formats.fill("no format")
    settings_page.get_by_role("button", name="Save changes").click()
    expect(settings_page.get_by_role("alert")).to_contain_text("Nothing was saved")

    bar = settings_page.locator("#unsaved")
    expect(bar).to_contain_text("1 unsaved change")
    bar.get_by_role("button", name="Discard").click()

    expect(formats).to_have_value("")
    expect(bar).to_contain_text(UNCHANGED)
    expect(settings_page.get_by_role("alert")).to_have_count(0)


def test_pressing_save_twice_saves_once(settings_page):
    settings_page.get_by_label("Extra number formats").fill("(***) ***-****")
    sent: list[tuple[str, str]] = []
    settings_page.on("request", lambda asked: sent.append((asked.method, asked.url)))

    settings_page.get_by_role("button", name="Save changes").dblclick()

    expect(settings_page.get_by_text("Settings saved.")).to_be_visible()
    assert sent.count(("POST", settings_page.url)) == 1
    settings_page.get_by_label("Extra number formats").fill("")
    settings_page.get_by_role("button", name="Save changes").click()
    expect(settings_page.get_by_text("Settings saved.")).to_be_visible()
