"""Matching as an admin does it in a browser: look, choose, apply, undo."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import faults
from tests.support.program import AdminsBrowser

PATH = "/user-mapping/match/"


@pytest.fixture
def page(signed_in: AdminsBrowser) -> Page:
    """The preview, once the directory has been read."""
    signed_in.save_settings(password="sandbox")
    signed_in.wait_for_text("Conflict (1)", PATH)
    return signed_in.page


def test_an_admin_chooses_among_candidates_and_undoes_it(page: Page):
    apply = page.get_by_role("button", name="Map extensions")
    expect(apply).to_have_text("Map extensions 0")
    assert faults(page) == []

    page.get_by_label("Sam Lee (107)").select_option(index=2)
    expect(apply).to_have_text("Map extensions 1")
    apply.click()

    expect(page.get_by_role("status")).to_contain_text("1 extension mapped.")
    expect(page.get_by_label("Sam Lee (107)")).to_have_count(0)
    assert faults(page) == []

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("status").first).to_contain_text("1 mapping restored.")
    expect(page.get_by_role("row", name="Sam Lee")).to_contain_text("Unmapped")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
