"""Maps two hundred people as an admin does: `uv run python -m tests.long_runs.map_two_hundred`.

138 are mapped by their email addresses; of the others, twenty have one likely CRM user
and 42 one that only a person knows. Prints clicks, keys and seconds of the product; a
person thinks besides, `THINKING_SECONDS` for each of the 42.
"""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.program import AdminsBrowser, running_browser, running_program

LIKELY, TO_CHOOSE = 20, 42
THINKING_SECONDS = 5


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_program(Path(folder)) as program,
        running_browser() as browser,
    ):
        admin = AdminsBrowser(browser.new_page(), program)
        admin.sign_in()
        admin.save_settings(password="sandbox")
        program.run("two_hundred_people")
        admin.text("/user-mapping/")
        began = time.monotonic()
        clicks, keys = map_everybody(admin.page)
        seconds = time.monotonic() - began
    total = seconds + TO_CHOOSE * THINKING_SECONDS
    print(f"{clicks} clicks, {keys} keys, {seconds:.0f} s of the product")
    print(f"with {THINKING_SECONDS} s of thought for each: {total / 60:.1f} minutes")


def map_everybody(page: Page) -> tuple[int, int]:
    """Accept what is likely and choose the others; return the clicks and the keys."""
    progress = page.get_by_role("region", name="Progress")
    expect(progress).to_contain_text(f"{LIKELY + TO_CHOOSE} to do")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name=f"Accept suggestions {LIKELY}").click()
    expect(progress).to_contain_text(f"{TO_CHOOSE} to do")
    page.locator("tbody").get_by_role("combobox").first.click()
    keys = 0
    for left in reversed(range(TO_CHOOSE)):
        name = person_in_focus(page)
        typed = name.replace("Desk", "Owner") if name.startswith("Desk") else "Ada"
        page.keyboard.type(typed)
        offered = page.locator("tbody [role=option]:visible")
        expect(offered.first).to_contain_text(typed)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(progress).to_contain_text(f"{left} to do")
        keys += len(typed) + 2
    return 3, keys


def person_in_focus(page: Page) -> str:
    """Return whose CRM user is chosen where the focus is, opening the box if need be."""
    if page.locator(":focus").get_attribute("role") != "combobox":
        page.keyboard.press("Enter")
    label = page.evaluate("document.activeElement.labels[0].textContent")
    return label.removeprefix("CRM user for ").partition(" (")[0]


if __name__ == "__main__":
    main()
