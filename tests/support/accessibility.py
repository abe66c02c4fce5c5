"""What is wrong with a page for people who see little, or work on a narrow screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
"""WCAG 2.2 AA and best practice, as axe calls them."""
COLOR_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""Those of them that dark and light can differ in: they show the same elements."""
NARROW = {"width": 320, "height": 640}
"""The narrowest phone: wider ones have the same layout, with more room."""


def violations(page: Page, rules: dict[str, object] = RULES) -> list[str]:
    """Return what axe finds on a page as it is, each with the element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate(
        "options => axe.run(options).then((result) => result.violations)", options
    )
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found]


def faults(page: Page, *, on_phone: bool = False) -> list[str]:
    """Return what axe finds in light, of colors in dark, and whether 320 px are too few.

    Axe looks at the page as wide as it is; `on_phone` also at 320 px in light, as no color
    depends on the width.
    """
    found, size = [], page.viewport_size
    for scheme, rules in (("dark", COLOR_RULES), ("light", RULES)):
        # Without motion: colors that are still fading have no contrast yet.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{scheme}: {what}" for what in violations(page, rules)]
    page.set_viewport_size(NARROW)
    if on_phone:
        found += [f"320 px: {what}" for what in violations(page)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    page.set_viewport_size(size)
    return found
