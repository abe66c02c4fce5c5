"""The alerts page in real Chromium, with the whole program and somebody's real webhook."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.appconnect.monitoring.alerts.test_delivery import Receiver, is_ours
from tests.support.accessibility import faults
from tests.support.helpers import wait_for
from tests.support.program import AdminsBrowser, running_program


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


def test_admin_adds_and_tests_a_webhook_and_gets_alerts_of_problems(
    admin: AdminsBrowser, receiver: Receiver
):
    page, sandbox = admin.page, admin.program.sandbox
    admin.open("Alerts")
    assert faults(page) == [], "nothing yet"

    page.get_by_role("button", name="Add webhook").click()
    dialog = page.get_by_role("dialog", name="Add webhook")
    dialog.get_by_label("URL").fill("http://192.168.1.1/")
    dialog.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert faults(page) == [], "a wrong address"
    page.get_by_label("URL").fill(receiver.url)
    page.get_by_role("button", name="Add webhook").click()
    secret = page.get_by_label("Signing secret", exact=True).input_value()
    assert faults(page) == [], "the new secret"

    page.get_by_role("link", name="Done", exact=True).click()
    page.get_by_role("button", name="Send test to Webhook: 127.0.0.1").click()
    expect(page.get_by_role("status")).to_have_text("Test delivered to 127.0.0.1.")
    row = page.get_by_role("listitem").filter(has_text="127.0.0.1")
    expect(row).to_contain_text("Delivered")
    page.get_by_role("button", name="More actions for Webhook: 127.0.0.1").click()
    expect(row.get_by_role("button", name="Remove channel…")).to_be_visible()
    assert faults(page) == [], "the menu"
    row.get_by_role("button", name="Remove channel…").click()
    expect(
        page.get_by_role("dialog", name="Remove Webhook: 127.0.0.1?")
    ).to_be_visible()
    assert faults(page) == [], "the question"
    page.keyboard.press("Escape")
    [test] = receiver.requests
    assert is_ours(test, secret)

    admin.save_settings(password="sandbox")
    sandbox.switch(crmPassword="changed", expireTokens=True)
    sandbox.make_call("inbound_answered")
    is_told = "CRM password rejected"
    wait_for(lambda: [r for r in receiver.requests if is_told in r.body], seconds=120)
    assert all(is_ours(request, secret) for request in receiver.requests)
    assert len([r for r in receiver.requests if is_told in r.body]) == 1
    shown = admin.text("/alerts/")
    assert is_told in shown
    assert faults(page) == [], "an alert"
