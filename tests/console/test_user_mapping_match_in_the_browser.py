"""Matching as an admin does it in a browser: look, choose, apply, undo."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.program import AdminsBrowser
from tests.support import wait_for

PATH = "/user-mapping/match/"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def page(signed_in: AdminsBrowser) -> Page:
    """The preview, once the directory has been read."""
    signed_in.save_settings(password="sandbox")
    wait_for(lambda: "Ambiguous" in signed_in.text(PATH))
    return signed_in.page


def faults(page: Page) -> list[str]:
    """Return what axe objects to, light and dark, and whether 320 px are too narrow."""
    options = {"runOnly": {"type": "tag", "values": WCAG}}
    found = []
    for scheme in ("dark", "light"):
        # Without motion: axe would see colours on their way to the others.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        violations = Axe().run(page, options=options).response["violations"]
        found += [f"{v['id']}: {v['nodes'][0]['html']}" for v in violations]
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    page.set_viewport_size(size)
    return found


def test_an_admin_chooses_among_candidates_and_undoes_it(page: Page):
    apply = page.get_by_role("button", name="Apply")
    expect(apply).to_have_text("Apply 0")
    assert faults(page) == []

    page.get_by_label("Sam Lee (107)").select_option(index=2)
    expect(apply).to_have_text("Apply 1")
    apply.click()

    expect(page.get_by_role("status")).to_contain_text("1 extension is mapped.")
    expect(page.get_by_label("Sam Lee (107)")).to_have_count(0)
    assert faults(page) == []

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("status").first).to_contain_text("as it was before")
    expect(page.get_by_role("row", name="Sam Lee")).to_contain_text("–")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
