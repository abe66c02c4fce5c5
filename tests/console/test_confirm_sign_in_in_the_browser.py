"""Confirming in real Chromium that it is you: what was typed comes back."""

import os
import subprocess
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.program import AdminsBrowser
from tests.support import ROOT

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ELEVEN_MINUTES_PASS = """
import django
django.setup()
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
for key in Session.objects.values_list("pk", flat=True):
    session = SessionStore(key)
    if "confirmed_at" in session:
        session["confirmed_at"] -= 660
        session.save()
"""


def test_a_sensitive_change_goes_on_after_the_password(signed_in: AdminsBrowser):
    page = signed_in.page
    signed_in.open("Settings")
    page.get_by_label("Numbers that are never logged").fill("+14155550101")
    env_file = signed_in.program.log.parent / ".env"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "appconnect.settings"}
    for name in ("DATA_DIR", "SECRET_KEY", "ENCRYPTION_KEYS", "QUEUE_URL"):
        environment.pop(name, None)
    subprocess.run(
        [sys.executable, "-c", ELEVEN_MINUTES_PASS],
        env=environment | {"ENV_FILE": str(env_file)},
        cwd=ROOT,
        check=True,
    )

    page.get_by_role("button", name="Save settings").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    assert faults(page) == []
    page.get_by_label("Password").fill("sandbox")
    page.get_by_role("button", name="Confirm").click()
    numbers = page.get_by_label("Numbers that are never logged")
    expect(numbers).to_have_value("+14155550101")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Confirm that it is")


def faults(page) -> list[str]:
    """Return what axe finds in light and dark, and whether 320 px are too few."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        options = {"runOnly": {"type": "tag", "values": WCAG}}
        violations = Axe().run(page, options=options).response["violations"]
        found += [f"{scheme}: {violation['id']}" for violation in violations]
    page.set_viewport_size({"width": 320, "height": 800})
    wide = "document.documentElement.scrollWidth > innerWidth"
    if page.evaluate(wide):
        found.append("320 px: scrolls sideways")
    page.set_viewport_size({"width": 1280, "height": 800})
    return found
