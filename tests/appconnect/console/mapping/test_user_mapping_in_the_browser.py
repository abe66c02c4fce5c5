"""User mapping as an admin does it: in real Chromium, by keyboard, two at once, with a file."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import faults
from tests.support.helpers import wait_for
from tests.support.program import AdminsBrowser, Program

TABLE = "/user-mapping/"


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin, whose extensions and CRM users are read."""
    if "by e-mail" not in signed_in.text(TABLE):
        signed_in.save_settings(password="sandbox")
        wait_for(lambda: "by e-mail" in signed_in.text(TABLE))
    return signed_in


def open_mapping(admin: AdminsBrowser, number: str) -> Page:
    admin.text(f"{TABLE}?q={number}")
    admin.page.get_by_role("link", name=f"Edit {number}").click()
    admin.page.get_by_role("button", name="Save").wait_for()
    return admin.page


def choose(page: Page, words: str, option: str) -> None:
    """Choose a CRM user in the combobox, with the mouse."""
    page.get_by_role("combobox").fill(words)
    page.get_by_role("option", name=option).click()


def test_an_extension_is_mapped_with_the_keyboard_alone(admin: AdminsBrowser):
    page = open_mapping(admin, "108")
    box, options = page.get_by_role("combobox"), page.get_by_role("option")
    keys = page.keyboard
    while not page.evaluate("document.activeElement.role === 'combobox'"):
        keys.press("Tab")

    keys.type("sam")
    expect(options).to_have_count(2)
    expect(page.locator("#crm-users-found")).to_have_text("2 CRM users.")
    expect(box).to_have_attribute("aria-expanded", "true")
    keys.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    keys.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "crm-user-1")
    assert faults(page) == []
    keys.press("Home")
    keys.type("x")
    expect(box).to_have_value("xsam")
    expect(page.locator("#crm-users-found")).to_have_text("No CRM user matches.")
    keys.press("Enter")
    assert "Choose one of the CRM users" in box.evaluate("e => e.validationMessage")
    keys.press("Escape")
    expect(box).to_have_value("")
    keys.press("ArrowDown")
    expect(options).to_have_count(8)
    keys.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    keys.type("south")
    expect(options).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(box).to_have_value("Sam Lee")
    keys.press("Enter")

    page.get_by_text("Gus Grey (108) is mapped to Sam Lee.").wait_for()
    assert "by hand" in admin.text(f"{TABLE}?q=108")


def test_the_search_narrows_while_one_types(admin: AdminsBrowser):
    page = admin.page
    admin.text(TABLE)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(11)
    page.evaluate("window.isSamePage = true")

    box = page.get_by_label("Name, extension, e-mail or CRM user")
    box.press_sequentially("cleo", delay=30)

    expect(rows).to_have_count(1)
    expect(page.locator("#found")).to_have_text("1 extension")
    expect(page).to_have_url(re.compile(r"\?q=cleo$"))
    expect(box).to_be_focused()
    assert page.evaluate("window.isSamePage")
    expect(page.get_by_label("Choose all on this page")).to_be_visible()
    page.get_by_role("link", name="Mapped", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?show=mapped&q=cleo$"))
    page.go_back()
    expect(rows).to_have_count(1)
    page.reload()
    expect(box).to_have_value("cleo")
    expect(rows).to_have_count(1)


def test_two_admins_at_once_see_each_others_choice(
    admin: AdminsBrowser, browser: Browser
):
    context = browser.new_context()
    other = AdminsBrowser(context.new_page(), admin.program)
    other.sign_in()
    mine, theirs = open_mapping(admin, "107"), open_mapping(other, "107")

    choose(theirs, "north", "Sam Lee")
    theirs.get_by_role("button", name="Save").click()
    theirs.get_by_text("is mapped to Sam Lee.").wait_for()
    choose(mine, "eva", "Eva Evans")
    mine.get_by_role("button", name="Save").click()

    alert = mine.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Your choice is not saved.")
    expect(alert).to_contain_text(re.compile(r"admin, .*\s*Sam Lee\s*You\s*Eva Evans"))
    assert faults(mine) == []
    mine.get_by_role("button", name="Use mine").click()
    mine.get_by_text("Sam Lee (107) is mapped to Eva Evans.").wait_for()
    context.close()


def test_a_file_goes_out_and_comes_back(admin: AdminsBrowser, tmp_path):
    page = admin.page
    admin.text(TABLE)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    path = tmp_path / "mapping.csv"
    download.value.save_as(path)
    exported = path.read_bytes()

    def compare(data: bytes) -> None:
        path.write_bytes(data)
        admin.text(f"{TABLE}import/")
        page.get_by_label("CSV file").set_input_files(path)
        page.get_by_role("button", name="Compare").click()

    compare(exported)
    page.get_by_text("0 changes, 0 errors, 11 unchanged").wait_for()
    compare(exported.replace(b",u1,", b",nobody,").replace(b",u3,", b",u4,"))
    expect(page.get_by_role("alert")).to_contain_text("1 change, 1 error, 9 unchanged")
    assert faults(page) == []
    compare(exported.replace(b",u3,", b",u4,"))
    page.get_by_text("1 change, 0 errors, 10 unchanged").wait_for()
    assert faults(page) == []
    page.get_by_role("button", name="Apply 1 change").click()

    page.get_by_text("1 mapping is changed.").wait_for()
    assert "Daniel Diaz\tfrom a file" in admin.text(f"{TABLE}?q=103")


def test_all_of_a_page_are_left_out_and_taken_in_again(admin: AdminsBrowser):
    page = admin.page
    admin.text(f"{TABLE}?show=shared")

    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Do not log these extensions").click()

    page.get_by_text("The calls of 3 extensions are no longer logged.").wait_for()
    expect(page.get_by_role("row", name="Sales queue")).to_contain_text("Not logged")
    assert faults(page) == []
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Log them again").click()
    page.get_by_text("The calls of 3 extensions are logged again.").wait_for()


def test_several_mappings_are_removed_and_undone(admin: AdminsBrowser):
    page = admin.page
    admin.text(f"{TABLE}?show=mapped")
    before = page.locator("tbody").inner_text()

    page.get_by_label("Ada Admin (101)").check()
    page.get_by_label("Ben Baker (102)").check()
    page.get_by_role("button", name="Map to nobody").click()

    page.get_by_text("2 extensions are mapped to nobody.").wait_for()
    expect(page.get_by_role("row", name="Ben Baker")).to_have_count(0)
    assert faults(page) == []
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("2 mappings are as they were before.").wait_for()
    admin.text(f"{TABLE}?show=mapped")
    assert page.locator("tbody").inner_text() == before


def test_without_javascript_all_of_it_works(browser: Browser, admin: AdminsBrowser):
    context = browser.new_context(
        java_script_enabled=False, storage_state=admin.page.context.storage_state()
    )
    plain = AdminsBrowser(context.new_page(), admin.program)
    page = plain.page
    plain.text(TABLE)
    page.get_by_label("Name, extension, e-mail or CRM user").fill("106")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Edit 106").click()
    page.get_by_label("Search the CRM users").fill("ada")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("Ada Admin").check()
    page.get_by_role("button", name="Save").click()

    page.get_by_text("Finn Fox (106) is mapped to Ada Admin.").wait_for()
    context.close()


def test_the_pages_can_be_used_by_everybody(admin: AdminsBrowser, program: Program):
    said = []
    admin.page.on("console", lambda message: said.append(message.text))
    found = {}
    for path in ("", "?q=nobody", "import/"):
        admin.text(TABLE + path)
        found[path] = faults(admin.page)
    open_mapping(admin, "105")
    found["edit"] = faults(admin.page)

    assert {path: what for path, what in found.items() if what} == {}
    assert said == []


def test_a_table_that_is_long_in_coming_says_that_it_is_busy(admin: AdminsBrowser):
    admin.text(TABLE)
    page, table = admin.page, admin.page.locator("#mappings")
    held = []
    page.route("**/user-mapping/?q=*", lambda route: held.append(route))

    page.get_by_label("Name, extension, e-mail").press_sequentially("gus")

    expect(table).to_have_attribute("aria-busy", "true")
    held[-1].continue_()
    expect(table).not_to_have_attribute("aria-busy", "true")
    expect(table).to_contain_text("Gus Grey")
    expect(table).not_to_contain_text("Ben Baker")
