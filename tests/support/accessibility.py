"""What is wrong with a page for people who see little, or work on a narrow screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""WCAG 2.2 AA, as axe calls it: without the last one it does not measure targets."""
NARROW = {"width": 320, "height": 640}


def violations(page: Page) -> list[str]:
    """Return what axe finds on a page as it is, each with the element."""
    options = {"runOnly": {"type": "tag", "values": WCAG}}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found]


def faults(page: Page) -> list[str]:
    """Return what axe finds in light and dark, and whether 320 px are too few."""
    found = []
    for scheme in ("light", "dark"):
        # Without motion: colors that are still fading have no contrast yet.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{scheme}: {violation}" for violation in violations(page)]
    size = page.viewport_size
    page.set_viewport_size(NARROW)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    page.set_viewport_size(size)
    return found
