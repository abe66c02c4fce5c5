"""What is wrong with a page for people who see little, or work on a narrow screen."""

from collections.abc import Sequence

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
PHONES = (390, 320)
"""Widths at which a page has another layout than on a desk."""


def violations(page: Page, rules: dict[str, object] = RULES) -> list[str]:
    """Return what axe finds on a page as it is, each with the element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate(
        "options => axe.run(options).then((result) => result.violations)", options
    )
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found]


def faults(page: Page, *, widths: Sequence[int] = ()) -> list[str]:
    """Return what axe finds in light, of colors in dark, and whether 320 px are too few.

    Axe looks at the page as wide as it is, and at the `widths` in light: no color
    depends on them.
    """
    found, size = [], page.viewport_size
    looks = [(size["width"], "dark"), *((w, "light") for w in (size["width"], *widths))]
    for width, scheme in looks:
        page.set_viewport_size({**size, "width": width})
        # Without motion: colors that are still fading have no contrast yet.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        rules = COLOR_RULES if scheme == "dark" else RULES
        found += [f"{width}, {scheme}: {what}" for what in violations(page, rules)]
    page.set_viewport_size(NARROW)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    page.set_viewport_size(size)
    return found
