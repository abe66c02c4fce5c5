"""The alerts page in real Chromium, with the whole program and somebody's real webhook."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.calls.test_alert_delivery import Receiver, is_ours
from tests.program import AdminsBrowser, running_program
from tests.support import wait_for

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def admin(browser, receiver, tmp_path) -> Iterator[AdminsBrowser]:
    """The admin of a program that may post to the receiver, which is on this machine."""
    context = browser.new_context()
    with running_program(tmp_path, ALERT_PRIVATE_HOSTS=receiver.host) as program:
        admin = AdminsBrowser(context.new_page(), program)
        admin.sign_in()
        yield admin
    context.close()


def check_page(page: Page, state: str) -> None:
    """Check a state of the page in light and dark, and on a narrow screen."""
    options = {"runOnly": {"type": "tag", "values": WCAG}}
    for scheme in ("light", "dark"):
        # Colours that are still changing have no contrast to speak of.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=options).response["violations"]
        assert [f"{v['id']}: {v['nodes'][0]['html']}" for v in found] == [], state
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.set_viewport_size(size)
    assert not is_wide, state


def test_an_admin_adds_a_webhook_tests_it_and_is_told_of_what_goes_wrong(
    admin: AdminsBrowser, receiver: Receiver
):
    page, sandbox = admin.page, admin.program.sandbox
    admin.open("Alerts")
    check_page(page, "nothing yet")

    page.get_by_label("URL").fill("http://192.168.1.1/")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_role("alert")).to_be_focused()
    check_page(page, "a wrong address")
    page.get_by_label("URL").fill(receiver.url)
    page.get_by_role("button", name="Add webhook").click()
    secret = page.get_by_label("signing secret is shown this once").input_value()
    check_page(page, "the new secret")

    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("button", name="Send a test to Webhook: 127.0.0.1").click()
    expect(page.get_by_role("status")).to_have_text("The test was delivered.")
    expect(page.get_by_role("row", name="Webhook: 127.0.0.1")).to_contain_text(
        "Delivered."
    )
    [test] = receiver.requests
    assert is_ours(test, secret)

    admin.save_settings(password="sandbox")
    sandbox.switch(crmPassword="changed", expireTokens=True)
    sandbox.make_call("inbound_answered")
    is_told = "The CRM refuses the credentials"
    wait_for(lambda: [r for r in receiver.requests if is_told in r.body], seconds=120)
    assert all(is_ours(request, secret) for request in receiver.requests)
    assert len([r for r in receiver.requests if is_told in r.body]) == 1
    shown = admin.text("/alerts/")
    assert f"Stopped: {is_told}" in shown
    check_page(page, "an alert")
