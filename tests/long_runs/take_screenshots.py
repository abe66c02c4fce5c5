"""Takes the screenshots in the README files: `uv run python -m tests.long_runs.take_screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.support.helpers import ROOT, wait_for
from tests.support.program import AdminsBrowser, running_browser, running_program

FOLDER = ROOT / "tests" / "support" / "data" / "screenshots"
CALLS = (
    ("blind_transfer", "104", "+14155550105"),
    ("queue", "105", "+14155550104"),
    ("missed", "108", "+14155550107"),
    ("unknown_number", "103", ""),
    ("extension_to_extension", "101", ""),
    ("outbound_answered", "102", "+14155550103"),
)

PAGES = (
    ("/overview/", "overview"),
    ("/calls/", "calls"),
    ("/needs-attention/", "needs_attention"),
    ("/user-mapping/match/", "user_mapping_match"),
    ("/user-mapping/", "user_mapping"),
    ("/settings/", "settings"),
    ("/connections/", "connections"),
    ("/alerts/", "alerts"),
    ("/audit/", "audit"),
)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_program(Path(folder)) as program,
        running_browser() as browser,
    ):
        page = browser.new_page(viewport={"width": 1200, "height": 600})
        admin = AdminsBrowser(page, program)
        page.goto(program.url)
        shoot(page, "sign_in")
        admin.sign_in()
        walk_the_first_ten_minutes(admin)
        admin.list_do_not_log("+16505550123")
        for script, extension, outside in CALLS:
            side = "to" if script.startswith("outbound") else "from"
            program.sandbox.make_call(
                script, extension=extension, **{side: outside} if outside else {}
            )
        wait_for(lambda: admin.text("/calls/").count("Logged") >= 4, seconds=60)
        wait_for(admin.sees_no_call_in_progress)
        for path, name in PAGES:
            admin.text(path)
            shoot(page, name)
        page.get_by_role("link", name="User mapping").click()
        page.get_by_role("combobox", name="Gus Grey").click()
        page.locator("[role=option]").first.wait_for()
        shoot(page, "user_mapping_edit")
        try_the_connection(admin)
        admin.text("/calls/?state=logged")
        page.locator("tbody a").first.click()
        shoot(page, "call_detail")
        admin.text("/dry-run/")
        page.get_by_role("textbox", name="Extension").fill("102")
        page.get_by_label("Other party's number").fill("(415) 555-0101")
        page.get_by_role("button", name="Simulate", exact=True).click()
        page.get_by_text("Would be logged").first.wait_for()
        shoot(page, "dry_run")
        page.goto(program.sandbox.url)
        shoot(page, "sandbox_phone")
        page.goto(f"{program.sandbox.url}/crm/")
        shoot(page, "sandbox_crm")


def walk_the_first_ten_minutes(admin: AdminsBrowser) -> None:
    """Follow the sandbox's README, *The first ten minutes*."""
    page = admin.page
    shoot(page, "set_up")
    page.get_by_role("link", name="Connect your CRM").click()
    page.get_by_label("API user name").fill("service")
    page.get_by_label("API password").fill("sandbox")
    page.get_by_role("button", name="Save account").click()
    wait_for(lambda: "6 of 8 extensions are mapped" in admin.text("/setup/"))
    page.get_by_role("button", name="Turn on logging").click()
    page.locator("#steps").get_by_text("Call Ada Admin (101)").wait_for()
    admin.program.sandbox.make_call("inbound_answered", extension="101")
    wait_for(lambda: "owned by Ada Admin" in admin.text("/setup/"), seconds=60)
    shoot(page, "set_up_first_call")
    page.get_by_role("button", name="Turn on for everyone").click()


def try_the_connection(admin: AdminsBrowser) -> None:
    page = admin.page
    admin.text("/settings/")
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Connected to Sandbox CRM").wait_for()
    shoot(page, "connection_test")


def shoot(page: Page, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main()
