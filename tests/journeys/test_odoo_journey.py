"""The whole journey with a real Odoo: from its manifest's form to the record an agent edits."""

import pytest
from playwright.sync_api import expect

from connector.crms.odoo import Odoo
from connector.http.session import open_session
from connector.types import Credentials
from tests.support.helpers import wait_for
from tests.support.odoo.server import WITH_PHONE_CALLS, running_odoo
from tests.support.program import AdminsBrowser, running_program

ADA = "+14155550123"


@pytest.fixture(scope="module")
def odoo():
    with running_odoo() as odoo:
        yield odoo


@pytest.fixture
def admin(odoo, browser, tmp_path):
    """The program's admin; the program may speak to this Odoo."""
    host = odoo.host(WITH_PHONE_CALLS)
    with running_program(tmp_path, CRM_PRIVATE_HOSTS=host) as program:
        context = browser.new_context()
        admin = AdminsBrowser(context.new_page(), program)
        admin.sign_in()
        yield admin
        context.close()


@pytest.fixture
def records(odoo):
    """Give a function that asks Odoo itself for its phone calls."""
    host = odoo.host(WITH_PHONE_CALLS)
    credentials = Credentials(
        hostname=host, server_logging_settings={"apiKey": odoo.keys["admin"]}
    )
    connector = Odoo(credentials, session=open_session(private_hosts=[host]))

    def records(**changes):
        found = connector.call(
            "crm.phonecall",
            "search_read",
            domain=[],
            fields=["partner_id", "user_id", "duration", "description"],
        )
        for record in found if changes else []:
            connector.save("crm.phonecall", [record["id"]], changes)
        return found

    yield records
    connector.close()


def save_key(page, key):
    page.locator("#account").get_by_label("API key").fill(key)
    page.get_by_role("button", name="Save account").click()


def test_call_becomes_the_agents_record_and_keeps_the_agents_edits(
    admin, odoo, records
):
    page, sandbox = admin.page, admin.program.sandbox
    before = records()
    sandbox.switch(recordingSeconds=3600)  # after the record, however slow that is

    admin.choose_crm("Odoo", address=odoo.host(WITH_PHONE_CALLS))
    save_key(page, "0" * 40)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    save_key(page, odoo.keys["alice"])
    expect(page.get_by_text("Odoo is connected.")).to_be_visible()
    admin.save_settings()
    expect(page.get_by_text("Settings saved.")).to_be_visible()

    admin.wait_for_text("Active", "/connections/")
    admin.wait_for_text("Ben Baker", "/user-mapping/?show=all&q=102")
    box = page.get_by_role("combobox", name="CRM user for Ben Baker")
    box.or_(page.locator("[data-opens]")).first.click()
    box.fill("bobby")
    page.get_by_role("option", name="Bob “Bobby” O'Brien & Söhne").click()
    expect(page.get_by_text("Ben Baker (102) is mapped to")).to_be_visible()
    sandbox.make_call("inbound_answered", extension="102", **{"from": ADA})

    def logged():
        """Odoo has the call's record."""
        return [record for record in records() if record not in before]

    [record] = wait_for(logged, seconds=60)
    assert record["partner_id"][1].startswith("Ada")
    assert record["user_id"][1].startswith("Bob")
    edited = f"Wants a quote.\n{record['description']}Call back on Monday.\n"
    records(description=edited)
    sandbox.advance(3600)

    def updated():
        """RingCentral's late word about the recording is in Odoo."""
        [now] = [r for r in records() if r not in before]
        return "Call recording link" in now["description"] and now

    now = wait_for(updated, seconds=120)
    assert now["description"].startswith("Wants a quote.\n--- Call details ---\n")
    assert now["description"].endswith("Call back on Monday.\n")
    assert now["user_id"] == record["user_id"]
    assert now["duration"] == record["duration"] > 0
    admin.text("/calls/")
    address = page.locator("tbody tr a").first.get_attribute("href")
    admin.wait_for_text("The record now says", address)
