"""Takes the READMEs' pictures: `uv run python -m tests.long_runs.take_screenshots`.

Each page as far as a window shows it, light and dark; tests/house holds their size.
"""

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
        page = browser.new_page(viewport={"width": 1280, "height": 800})
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
        wait_for(lambda: admin.text("/calls/").count("Logged") >= 4)
        wait_for(admin.sees_no_call_in_progress)
        for path, name in PAGES:
            admin.text(path)
            shoot(page, name)
        admin.open("User mapping")
        page.get_by_role("combobox", name="Gus Grey").click()
        page.locator("[role=option]").first.wait_for()
        shoot(page, "user_mapping_edit")
        admin.text("/calls/?state=logged")
        page.locator("tbody a").first.click()
        page.get_by_role("heading", name="Timeline").wait_for()
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
    page, steps = admin.page, admin.page.locator("#steps")
    shoot(page, "set_up")
    page.get_by_role("link", name="Connect your CRM").click()
    page.get_by_label("API user name").fill("service")
    page.get_by_label("API password").fill("sandbox")
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Connected to Sandbox CRM").wait_for()
    shoot(page, "connection_test")
    admin.text("/setup/")
    page.get_by_role("link", name="Connect your CRM").click()
    page.get_by_label("API user name").fill("service")
    page.get_by_label("API password").fill("sandbox")
    page.get_by_role("button", name="Save account").click()
    steps.get_by_text("6 of 8 extensions are mapped.").wait_for()
    page.get_by_role("button", name="Turn on logging").click()
    steps.get_by_text("Call Ada Admin (101)").wait_for()
    admin.program.sandbox.make_call("inbound_answered", extension="101")
    steps.get_by_text("owned by Ada Admin").wait_for()
    shoot(page, "set_up_first_call")
    page.get_by_role("button", name="Turn on for everyone").click()
    steps.get_by_text("Logging is on for 11 extensions.").wait_for()


def shoot(page: Page, name: str) -> None:
    """Keep what the window shows, in both color schemes."""
    page.evaluate("scrollTo(0, 0)")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=FOLDER / f"{name}-{scheme}.png", animations="disabled")


if __name__ == "__main__":
    main()
