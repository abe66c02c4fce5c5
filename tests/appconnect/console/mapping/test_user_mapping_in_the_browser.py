"""User mapping as an admin does it: in real Chromium, by keyboard, two at once, with a file."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.accessibility import faults
from tests.support.program import AdminsBrowser, Program

TABLE = "/user-mapping/"
SAVE = re.compile(r"/user-mapping/\d+/$")


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> AdminsBrowser:
    """The admin, whose extensions and CRM users are read."""
    if "users refreshed" not in signed_in.text(TABLE):
        signed_in.save_settings(password="sandbox")
        signed_in.wait_for_text("users refreshed", TABLE)
    return signed_in


def open_mapping(admin: AdminsBrowser, number: str) -> Page:
    """Open the table with one extension, its row ready for a choice."""
    admin.text(f"{TABLE}?show=all&q={number}")
    opener = admin.page.locator("[data-opens]")
    if opener.count():
        opener.click()
    row_box(admin.page).wait_for()
    return admin.page


def row_box(page: Page) -> Locator:
    return page.locator("tbody [role=combobox]")


def choose(page: Page, words: str, option: str) -> None:
    """Choose a CRM user in the row's combobox, with the mouse."""
    row_box(page).fill(words)
    page.get_by_role("option", name=option).click()


def test_an_extension_is_mapped_in_its_row_with_the_keyboard_alone(
    admin: AdminsBrowser,
):
    admin.text(f"{TABLE}?show=unmapped")
    page = admin.page
    rows, options = page.locator("tbody tr"), page.locator("[role=option]")
    box = page.get_by_role("combobox", name="CRM user for Gus Grey")
    found = box.locator("xpath=../p")
    keys = page.keyboard
    while not box.evaluate("box => box === document.activeElement"):
        keys.press("Tab")

    keys.type("sam")
    expect(options).to_have_count(2)
    expect(found).to_have_text("2 CRM users.")
    expect(box).to_have_attribute("aria-expanded", "true")
    keys.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    keys.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").inner_text() == options.first.inner_text()
    assert faults(page) == []
    keys.press("Home")
    keys.type("x")
    expect(box).to_have_value("xsam")
    expect(found).to_have_text("No CRM user matches.")
    keys.press("Enter")
    assert "Choose a user" in box.evaluate("e => e.validationMessage")
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

    page.get_by_text("Gus Grey (108) is mapped to Sam Lee.").wait_for()
    expect(rows).to_have_count(3)
    expect(page).to_have_url(re.compile(r"\?show=unmapped$"))
    expect(row_box(page).first).to_be_focused()
    expect(page.get_by_role("link", name="User mapping 4 to do")).to_be_visible()
    assert "Manual" in admin.text(f"{TABLE}?show=all&q=108")


def test_suggestion_is_accepted_in_its_row_and_undone(admin: AdminsBrowser):
    page = admin.page
    admin.text(f"{TABLE}?show=mapped")
    page.get_by_label("Select Cleo Carter (103)").check()
    page.get_by_role("button", name="Clear mapping").click()
    page.get_by_text("1 mapping cleared.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 mapping restored.").wait_for()

    admin.text(f"{TABLE}?q=sam")
    expect(page.get_by_text("2 possible users")).to_be_visible()
    page.get_by_role("link", name="Choose… Sam Lee").click()
    page.get_by_role("option", name="sam.lee@north.example.com").click()

    page.get_by_text("Sam Lee (107) is mapped to Sam Lee.").wait_for()
    expect(page.get_by_text("No extensions match")).to_be_visible()
    assert faults(page) == []


def test_the_search_narrows_while_one_types(admin: AdminsBrowser):
    page = admin.page
    admin.text(f"{TABLE}?show=all")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(11)
    page.evaluate("window.isSamePage = true")

    box = page.get_by_role("searchbox")
    box.press_sequentially("cleo", delay=30)

    expect(rows).to_have_count(1)
    expect(page.locator("#found")).to_contain_text("1–1 of 1")
    expect(page).to_have_url(re.compile(r"\?q=cleo&"))
    expect(box).to_be_focused()
    assert page.evaluate("window.isSamePage")
    expect(page.get_by_label("Select all on this page")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Mapped")).click()
    expect(page).to_have_url(re.compile(r"\?q=cleo&show=mapped$"))
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

    choose(theirs, "north", "sam.lee@north")
    theirs.get_by_text("is mapped to Sam Lee.").wait_for()
    choose(mine, "eva", "Eva Evans")

    alert = mine.get_by_role("alert")
    expect(alert).to_contain_text("admin changed this while you had it open")
    expect(alert).to_contain_text(re.compile(r"admin, .*: Sam Lee.\s*You: Eva Evans"))
    expect(alert).to_contain_text("Your choice isn't saved yet.")
    assert faults(mine) == []
    mine.get_by_role("button", name="Use mine").click()
    mine.get_by_text("Sam Lee (107) is mapped to Eva Evans.").wait_for()
    context.close()


def test_a_file_goes_out_and_comes_back(admin: AdminsBrowser, tmp_path):
    page = admin.page
    admin.text(TABLE)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    path = tmp_path / "mapping.csv"
    download.value.save_as(path)
    exported = path.read_bytes()

    def compare(data: bytes) -> None:
        path.write_bytes(data)
        admin.text(f"{TABLE}import/")
        page.get_by_label("CSV file").set_input_files(path)
        page.get_by_role("button", name="Preview changes").click()

    compare(exported)
    page.get_by_text("0 changes, 0 errors, 11 unchanged").wait_for()
    compare(exported.replace(b",u1,", b",nobody,").replace(b",u3,", b",u4,"))
    expect(page.get_by_role("alert")).to_contain_text("1 change, 1 error, 9 unchanged")
    assert faults(page) == []
    compare(exported.replace(b",u3,", b",u4,"))
    page.get_by_text("1 change, 0 errors, 10 unchanged").wait_for()
    assert faults(page) == []
    page.get_by_role("button", name="Apply 1 change").click()

    page.get_by_text("1 mapping changed.").wait_for()
    assert "CSV" in admin.text(f"{TABLE}?show=all&q=103")


def test_all_of_a_page_are_left_out_and_taken_in_again(admin: AdminsBrowser):
    page = admin.page
    admin.text(f"{TABLE}?type=shared&show=all")
    bar = page.get_by_role("form", name="Bulk actions")
    expect(bar).to_be_hidden()

    page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("2 selected")
    assert faults(page) == []
    page.get_by_role("button", name="Stop logging").click()

    page.get_by_text("Calls of 2 extensions are no longer logged.").wait_for()
    expect(page.get_by_role("row", name="After hours")).to_contain_text("Not logged")
    expect(page).to_have_url(re.compile(r"\?type=shared&show=all$"))
    expect(bar).to_be_hidden()
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Log again").click()
    page.get_by_text("Calls of 2 extensions are logged again.").wait_for()


def test_several_extensions_are_mapped_to_one_user(admin: AdminsBrowser):
    page = admin.page
    admin.text(f"{TABLE}?show=unmapped")

    page.get_by_label("Select After hours (400)").check()
    page.get_by_label("Select Sales queue (200)").check()
    page.get_by_role("combobox", name="user for the selected").fill("south")
    page.get_by_role("option", name="sam.lee@south").click()
    page.get_by_role("button", name="Map", exact=True).click()

    page.get_by_text("2 extensions mapped.").wait_for()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_typing_in_another_row_outlasts_a_save(admin: AdminsBrowser):
    page = admin.page
    admin.text(f"{TABLE}?show=all")
    faults_of_scripts = []
    page.on("pageerror", lambda error: faults_of_scripts.append(str(error)))
    held = []
    page.route(SAVE, lambda route: held.append(route))
    saved = page.get_by_role("combobox", name="CRM user for AI receptionist")
    typed = page.get_by_role("combobox", name="CRM user for Dan Diaz")
    found = page.get_by_role("option", name="sam.lee@")
    page.get_by_label("Select Finn Fox (106)").check()

    saved.fill("south")
    page.get_by_role("option", name="sam.lee@south").click()
    page.get_by_role("link", name="Change Dan Diaz").click()
    typed.fill("sam")
    expect(found).to_have_count(2)
    held[0].continue_()

    page.get_by_text("AI receptionist (500) is mapped to Sam Lee.").wait_for()
    expect(typed).to_be_focused()
    expect(typed).to_have_value("sam")
    expect(found).to_have_count(2)
    expect(page.get_by_label("Select Finn Fox (106)")).to_be_checked()
    assert faults_of_scripts == []


def test_page_of_a_refused_choice_can_be_used(admin: AdminsBrowser):
    page = admin.page
    refusal = page.request.get(f"{admin.program.url}{TABLE}6/").text()
    open_mapping(admin, "104")
    page.route(SAVE, lambda route: route.fulfill(status=422, body=refusal))

    choose(page, "eva", "Eva Evans")

    expect(page.get_by_role("combobox", name="CRM user", exact=True)).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(0)


def test_without_javascript_all_of_it_works(browser: Browser, admin: AdminsBrowser):
    context = browser.new_context(
        java_script_enabled=False, storage_state=admin.page.context.storage_state()
    )
    plain = AdminsBrowser(context.new_page(), admin.program)
    page = plain.page
    plain.text(f"{TABLE}?show=all")
    expect(page.get_by_role("form", name="Bulk actions")).to_contain_text(
        "Selected rows"
    )
    page.get_by_role("searchbox").fill("106")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Change Finn Fox").click()
    page.get_by_label("Search CRM users").fill("ada")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("Ada Admin").check()
    page.get_by_role("button", name="Save").click()

    page.get_by_text("Finn Fox (106) is mapped to Ada Admin.").wait_for()
    expect(page.locator("tbody tr")).to_have_count(1)
    context.close()


def test_the_pages_can_be_used_by_everybody(admin: AdminsBrowser, program: Program):
    said = []
    admin.page.on("console", lambda message: said.append(message.text))
    found = {}
    for path in ("", "?show=all", "?q=nobody", "import/"):
        admin.text(TABLE + path)
        found[path] = faults(admin.page)
    open_mapping(admin, "105")
    found["row"] = faults(admin.page)
    admin.text(f"{TABLE}2/")
    found["edit"] = faults(admin.page)

    assert {path: what for path, what in found.items() if what} == {}
    assert said == []


def test_a_table_that_is_long_in_coming_says_that_it_is_busy(admin: AdminsBrowser):
    admin.text(f"{TABLE}?show=all")
    page, table = admin.page, admin.page.locator("#mappings")
    held = []
    page.route("**/user-mapping/?q=*", lambda route: held.append(route))

    page.get_by_role("searchbox").press_sequentially("gus")

    expect(table).to_have_attribute("aria-busy", "true")
    held[-1].continue_()
    expect(table).not_to_have_attribute("aria-busy", "true")
    expect(table).to_contain_text("Gus Grey")
    expect(table).not_to_contain_text("Ben Baker")
