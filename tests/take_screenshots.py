"""Takes the README's screenshots of every page: `uv run python -m tests.take_screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.program import AdminsBrowser, running_browser, running_program
from tests.support import ROOT, wait_for

FOLDER = ROOT / "tests" / "data" / "screenshots"
CALLS = (
    ("blind_transfer", "104", "+14155550105"),
    ("queue", "105", "+14155550104"),
    ("missed", "108", "+14155550107"),
    ("unknown_number", "103", ""),
    ("extension_to_extension", "101", ""),
    ("outbound_answered", "102", "+14155550103"),
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
        admin.save_settings(password="sandbox", do_not_log="+16505550123")
        wait_for(lambda: "active" in admin.text("/connections/"))
        for script, extension, outside in CALLS:
            side = "to" if script.startswith("outbound") else "from"
            program.sandbox.make_call(
                script, extension=extension, **{side: outside} if outside else {}
            )
        wait_for(lambda: admin.text("/calls/").count("Logged") >= 4)
        wait_for(lambda: "No call is in" in admin.text("/calls/?state=in-progress"))
        for name in ("calls", "settings", "user-mapping", "connections"):
            admin.text(f"/{name}/")
            shoot(page, name.replace("-", "_"))
        page.get_by_role("link", name="User mapping").click()
        page.get_by_role("link", name="Edit 107").click()
        shoot(page, "user_mapping_edit")
        admin.text("/calls/")
        page.get_by_role("row").filter(has_text="Logged").first.get_by_role(
            "link"
        ).first.click()
        shoot(page, "call_detail")
        page.goto(program.sandbox.url)
        shoot(page, "sandbox_phone")
        page.goto(f"{program.sandbox.url}/crm/")
        shoot(page, "sandbox_crm")


def shoot(page: Page, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main()
