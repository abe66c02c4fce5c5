"""A required second factor in real Chromium, with a passkey that its virtual device keeps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import faults
from tests.support.program import Program

DEVICE = {
    **{"protocol": "ctap2", "transport": "internal", "hasResidentKey": True},
    **{"hasUserVerification": True, "isUserVerified": True},
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(browser: Browser, program: Program) -> Iterator[Page]:
    """A browser with a passkey device, at a host name: addresses have no passkeys."""
    url = program.url.replace("127.0.0.1", "localhost")
    context = browser.new_context(base_url=url)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield page
    context.close()


def enter_password(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("sandbox")
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def check(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert faults(page) == []


def test_a_required_passkey_is_set_up_and_signs_in(page: Page):
    enter_password(page)
    page.goto("/team/")
    page.get_by_role("button", name="Require second factor").click()
    expect(page.get_by_text("set it up at their next sign-in.")).to_be_visible()
    sign_out(page)
    enter_password(page)

    check(page, "Set up a second factor")
    page.get_by_role("link", name="Add passkey").click()
    check(page, "Add passkey")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    check(page, "Recovery codes")
    page.get_by_role("link", name="Done").click()

    page.goto("/sign-in-security/")
    expect(page.get_by_text("Laptop", exact=True)).to_be_visible()
    check(page, "Sign-in security")
    page.get_by_role("button", name="Set up app").click()
    check(page, "Set up authenticator app")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Confirm").click()
    check(page, "Set up authenticator app")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Change password").click()
    check(page, "Change password")
    page.get_by_role("link", name="Cancel").click()
    sign_out(page)

    enter_password(page)
    check(page, "Second step")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("button", name="Account menu")).to_be_visible()
    page.goto("/sign-in-security/")
    expect(page.get_by_text("last used")).to_be_visible()
