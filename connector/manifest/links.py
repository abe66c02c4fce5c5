"""Links to a CRM's pages, as the manifest writes them: ``https://{hostname}/calls/{logId}``."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACES = ("hostname", "logId", "contactId", "contactType")
SETTINGS = "settings."
"""Begins the place of an additional field that is not secret: ``{settings.scheme}``."""
PLACE = re.compile(r"\{([\w.-]+)\}")


def fill_link(template: str, values: Mapping[str, str]) -> str:
    """Return the link; empty where a value is missing, or it is none to a web page."""
    try:
        link = PLACE.sub(lambda place: values[place[1]], template)
    except KeyError:
        return ""
    return link if re.match(r"https?://[^/]", link) else ""


def needs_settings(template: str) -> bool:
    """Return whether the link has places for the organization's own settings."""
    return f"{{{SETTINGS}" in template


def unknown_places(template: str, consts: list[str]) -> list[str]:
    """Return the places that nothing fills in; `consts` are the fields that are not secret."""
    known = {*PLACES, *(f"{SETTINGS}{const}" for const in consts)}
    return [place for place in PLACE.findall(template) if place not in known]
