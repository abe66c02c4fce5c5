"""The whole journey, with real processes: the program, its worker, the sandbox, and Chromium.

The five steps that App Connect's documentation calls *Testing*, and what an admin can
choose on the way.
"""

import itertools
from collections import Counter
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from appconnect.sandbox.scripts import SCRIPTS
from tests.support.helpers import wait_for
from tests.support.outcomes import OWNERS, owner_of
from tests.support.program import AdminsBrowser

AGENT, ADMIN = "The person on the call", "One account for all calls"


@pytest.fixture
def enabled(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin, after logging was enabled for the account and the subscription stands."""
    admin = signed_in
    admin.choose_crm("Sandbox CRM")
    admin.save_settings(owner=AGENT, password="sandbox")
    expect(admin.page.get_by_text("Settings saved.")).to_be_visible()
    admin.list_do_not_log("")
    admin.wait_for_text("Active", "/connections/")
    admin.wait_for_text("users refreshed", "/user-mapping/")
    admin.program.sandbox.switch(
        crmFailsWith=0, duplicates=0, scatterSeconds=0, crmLosesReplies=False
    )
    return admin


class Calls:
    """Calls made in the sandbox, and what the program and the CRM say of them."""

    def __init__(self, admin: AdminsBrowser):
        self.admin = admin
        self.sandbox = admin.program.sandbox
        self.records_before = {log["id"] for log in self.sandbox.call_logs()}
        self.lines_before = set(self.admin.calls())

    def new_records(self) -> list[dict]:
        """Return the CRM records that were not there before."""
        logs = self.sandbox.call_logs()
        return [log for log in logs if log["id"] not in self.records_before]

    def outcome(self, count: int = 1) -> list[str]:
        """Wait until that many new calls have ended; return their lines, the newest first."""

        def ended() -> list[str]:
            lines = self.admin.calls()
            new = [lines[key] for key in lines if key not in self.lines_before]
            ongoing = ("On call", "Waiting", "Queued")
            if len(new) < count or any(w in line for line in new for w in ongoing):
                return []
            self.lines_before = set(lines)
            return new

        return wait_for(ended, seconds=60)


def test_the_five_steps(signed_in: AdminsBrowser):
    admin = signed_in
    page, program = admin.page, admin.program
    calls = Calls(admin)

    # 1. Enable server-side logging in the admin settings.
    admin.save_settings(password="sandbox", owner=AGENT)
    expect(page.get_by_text("Settings saved.")).to_be_visible()
    admin.wait_for_text("Active", "/connections/")
    admin.wait_for_text("users refreshed", "/user-mapping/")

    # 2. Make a call from an extension.
    page.goto(program.sandbox.url)
    page.get_by_label("What happens").select_option("outbound_answered")
    page.get_by_label("Extension").select_option("102")
    page.get_by_label("Other party").select_option("+14155550103")
    page.get_by_role("button", name="Make a call").click()

    # 3. See the log entry appear in the CRM, 4. owned by the mapped agent.
    [line] = calls.outcome()
    assert "Logged" in line
    assert "owned by Ben Baker" in line
    page.goto(f"{program.sandbox.url}/crm/")
    row = page.get_by_role("row").filter(has_text="Outbound Call to Kim Kovac")
    expect(row).to_contain_text("Ben Baker")

    # 5. See a call from an unknown number end gracefully, with its reason.
    program.sandbox.make_call("unknown_number", extension="102")
    [line] = calls.outcome()
    assert "Skipped" in line
    assert "No matching contact" in line
    assert len(calls.new_records()) == 1


def test_the_record_opens_from_the_calls_page(enabled: AdminsBrowser):
    calls = Calls(enabled)
    calls.sandbox.make_call("inbound_answered", extension="103")
    calls.outcome()

    enabled.text("/calls/")
    enabled.page.locator("tbody tr").first.get_by_role("link").first.click()
    expect(
        enabled.page.get_by_text("Sandbox CRM confirmed record").first
    ).to_be_visible()
    enabled.page.get_by_role("link", name="r").and_(
        enabled.page.locator("dd a")
    ).click()

    expect(enabled.page.get_by_role("heading", name="Record r")).to_be_visible()
    expect(enabled.page.get_by_text("Cleo Carter")).to_be_visible()


def test_the_admin_owns_the_records_where_the_admin_chose_so(enabled: AdminsBrowser):
    calls = Calls(enabled)
    enabled.save_settings(owner=ADMIN)

    calls.sandbox.make_call("inbound_answered", extension="103")
    calls.outcome()

    [record] = calls.new_records()
    assert record["owner"]["name"] == "Ada Admin"


def test_trial_mode_logs_only_the_admins_own_calls(enabled: AdminsBrowser):
    calls = Calls(enabled)
    enabled.save_settings(level="Only me (trial)")
    wait_for(
        lambda: [
            request
            for request in calls.sandbox.asked("/subscription/")
            if request["method"] == "DELETE"
        ]
    )

    calls.sandbox.make_call("inbound_answered", extension="103")
    calls.sandbox.make_call("inbound_answered", extension="101")
    calls.outcome()

    wait_for(calls.new_records)
    assert [record["owner"]["name"] for record in calls.new_records()] == ["Ada Admin"]


def test_a_number_on_the_do_not_log_list_is_not_logged(enabled: AdminsBrowser):
    calls = Calls(enabled)
    enabled.list_do_not_log("(415) 555-0105")

    calls.sandbox.make_call("inbound_answered", **{"from": "+14155550105"})
    [line] = calls.outcome()

    assert "On the do-not-log list" in line
    assert "0105" not in line
    assert calls.new_records() == []


def test_number_in_an_unknown_format_is_found_excluded_and_erased(
    enabled: AdminsBrowser,
):
    page, calls = enabled.page, Calls(enabled)
    for name, number in (("Dora", "+525512345678"), ("Nell", "+18612345678")):
        calls.sandbox.add_contact(name=name, phone=number)

    # An obsolete spelling of a Mexican number, and an area that the library lacks
    for number in ("+5215512345678", "+18612345678"):
        calls.sandbox.make_call("inbound_answered", **{"from": number})
        [line] = calls.outcome()
        assert "Logged" in line
    names = {record["contact"]["name"] for record in calls.new_records()}
    assert names == {"Dora", "Nell"}

    enabled.open("Calls")
    page.get_by_text("More filters", exact=True).click()
    page.locator("[type=tel]").fill("+52 55 1234 5678")
    page.get_by_role("button", name="Find by number").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_text("Never log this number…").click()
    page.get_by_role("button", name="Never log this number").click()
    calls.sandbox.make_call("inbound_answered", **{"from": "+525512345678"})
    [line] = calls.outcome()
    assert "On the do-not-log list" in line

    enabled.open("Privacy")
    page.get_by_label("Phone number").fill("+1 861 234 5678")
    page.get_by_role("button", name="Erase…").click()
    page.get_by_role("button", name="Erase 1 call").click()
    expect(page.get_by_text("Erased 1 call.")).to_be_visible()


def test_switched_off_no_call_is_heard_of(enabled: AdminsBrowser):
    calls = Calls(enabled)
    enabled.save_settings(level="Off")
    enabled.wait_for_text("Off while logging is off", "/connections/")
    heard = set(enabled.calls())

    calls.sandbox.make_call("missed")
    # Not by moving its clock: the call would end after logging was switched on again.
    long_over = calls.sandbox.now() + timedelta(seconds=4)
    wait_for(lambda: calls.sandbox.now() > long_over)

    assert set(enabled.calls()) == heard


def test_with_the_admins_own_token_records_are_assigned_to_the_agent(
    enabled: AdminsBrowser,
):
    calls = Calls(enabled)
    enabled.choose_crm("Sandbox CRM (admin's own session)")
    enabled.save_settings()
    expect(enabled.page.get_by_text("Connect your own CRM session")).to_be_visible()

    enabled.open("Connections")
    enabled.page.get_by_label("API key").fill("sandbox-key-u1")
    enabled.page.get_by_role("button", name="Sign in to Sandbox CRM").click()
    enabled.save_settings(owner=AGENT)
    expect(enabled.page.get_by_text("Settings saved.")).to_be_visible()
    enabled.wait_for_text("users refreshed", "/user-mapping/")
    enabled.wait_for_text("Active", "/connections/")
    calls.sandbox.make_call("inbound_answered", extension="104")
    calls.outcome()

    [record] = calls.new_records()
    assert record["createdBy"] == "u1"
    assert record["owner"]["id"] == "u4"


def test_without_user_mapping_in_the_manifest_no_user_is_mapped(enabled: AdminsBrowser):
    calls = Calls(enabled)
    asked = len(calls.sandbox.asked("/crm/api/users"))
    enabled.choose_crm("Sandbox CRM (no user mapping)")
    enabled.save_settings(password="sandbox")
    expect(enabled.page.get_by_text("Settings saved.")).to_be_visible()
    expect(enabled.page.get_by_role("link", name="User mapping")).to_have_count(0)
    enabled.wait_for_text("Active", "/connections/")

    calls.sandbox.make_call("inbound_answered", extension="104")
    calls.outcome()

    [record] = calls.new_records()
    assert record["owner"]["id"] == "service"
    assert len(calls.sandbox.asked("/crm/api/users")) == asked


def test_an_unmapped_extensions_call_is_logged_once_it_is_mapped(
    enabled: AdminsBrowser,
):
    """Nobody has to try it again: that happens at once."""
    calls = Calls(enabled)
    calls.sandbox.make_call("inbound_answered", extension="108")
    [line] = calls.outcome()
    assert "Unmapped extension" in line

    page = enabled.page
    enabled.open("User mapping")
    page.get_by_role("combobox", name="Gus Grey").fill("south")
    page.get_by_role("option", name="sam.lee@south.example.com").click()
    expect(page.get_by_text("Gus Grey (108) is mapped to Sam Lee.")).to_be_visible()

    wait_for(calls.new_records)
    assert calls.new_records()[0]["owner"]["id"] == "u8"


def test_a_wrong_password_is_refused_and_the_old_one_works(enabled: AdminsBrowser):
    calls = Calls(enabled)
    enabled.save_account("wrong")
    expect(enabled.page.get_by_role("alert")).to_contain_text("Nothing was saved")

    calls.sandbox.make_call("inbound_answered", extension="105")
    calls.outcome()

    assert len(calls.new_records()) == 1


def test_while_the_crm_is_down_a_call_waits_and_then_is_logged(enabled: AdminsBrowser):
    calls = Calls(enabled)
    calls.sandbox.switch(crmFailsWith=503)
    calls.sandbox.make_call("inbound_answered", extension="106")
    enabled.wait_for_call("Queued|Waiting for Sandbox CRM")

    calls.sandbox.switch(crmFailsWith=0)
    calls.outcome()

    assert [record["ownerId"] for record in calls.new_records()] == ["u6"]


def test_settings_are_read_and_saved_without_javascript(browser, program, enabled):
    context = browser.new_context(java_script_enabled=False)
    admin = AdminsBrowser(context.new_page(), program)
    admin.page.goto(program.url)
    admin.page.get_by_label("User name").fill("admin")
    admin.page.get_by_label("Password").fill("sandbox")
    admin.page.get_by_role("button", name="Sign in", exact=True).click()

    admin.save_settings(level="Selected extensions")
    expect(
        admin.page.get_by_text("Enter at least one extension.").first
    ).to_be_visible()
    admin.page.get_by_label("Extension numbers").fill("101, 102")
    admin.save_changes()

    expect(admin.page.get_by_text("Settings saved.")).to_be_visible()
    context.close()


def test_two_hundred_calls_end_in_one_state_each_and_none_twice(enabled: AdminsBrowser):
    """Mixed scripts; notifications come twice and in any order."""
    calls = Calls(enabled)
    calls.sandbox.switch(duplicates=1, scatterSeconds=1.5)
    expected = Counter()
    extensions = itertools.cycle(OWNERS)
    for script, extension in zip(
        itertools.islice(itertools.cycle(SCRIPTS), 200), extensions, strict=False
    ):
        calls.sandbox.make_call(script, extension=extension)
        expected[owner_of(script, extension)] += 1

    wait_for(enabled.sees_no_call_in_progress, seconds=240)

    records = calls.new_records()
    markers = Counter(record["externalId"] for record in records)
    assert set(markers.values()) == {1}
    del expected[None]
    assert Counter(record["ownerId"] for record in records) == expected
