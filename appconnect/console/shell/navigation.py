"""The menu, and links back to a page."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from appconnect.monitoring.models.problems import LoggingState
from appconnect.organizations.models import Member

Role = Member.Role


class MenuItem(NamedTuple):
    name: str
    label: str | Promise
    icon: str
    role: Role = Role.VIEWER


MENU = (
    (
        _("Monitor"),
        (
            MenuItem("overview", _("Overview"), "overview"),
            MenuItem("calls", _("Calls"), "phone"),
            MenuItem("needs-attention", _("Needs attention"), "warning"),
        ),
    ),
    (
        _("Configure"),
        (
            MenuItem("server-logging-settings", _("Settings"), "sliders"),
            MenuItem("user-mapping", _("User mapping"), "swap"),
            MenuItem("do-not-log", _("Do not log"), "blocked", Role.ADMIN),
            MenuItem("connections", _("Connections"), "plug"),
            MenuItem("alerts", _("Alerts"), "bell", Role.ADMIN),
        ),
    ),
    (
        _("Administer"),
        (
            MenuItem("team", _("Team"), "people", Role.ADMIN),
            MenuItem("audit", _("Audit log"), "list", Role.ADMIN),
            MenuItem("privacy", _("Privacy"), "shield", Role.ADMIN),
            MenuItem("system-status", _("System"), "server", Role.ADMIN),
        ),
    ),
)


class Chip(NamedTuple):
    """The state of logging in the top bar; `state` is one of the stylesheet's."""

    state: str
    label: str | Promise


CHIPS = {
    LoggingState.LOGGING: Chip("ok", _("Logging")),
    LoggingState.TRIAL: Chip("info", _("Trial")),
    LoggingState.PAUSED: Chip("off", _("Paused")),
    LoggingState.DELAYED: Chip("warn", _("Delayed")),
    LoggingState.STOPPED: Chip("bad", _("Stopped")),
    LoggingState.OFF: Chip("off", _("Off")),
}


class Filter(NamedTuple):
    """One of the links above a list that narrow it down."""

    label: str | Promise
    query: str
    is_chosen: bool
    count: int | None = None
    state: str = ""


class Count(NamedTuple):
    """The number beside a menu entry, and of what it is, for screen readers."""

    number: int
    noun: str
    state: str = ""


def menu_for(
    member: Member, *, path: str, counts: Mapping[str, Count]
) -> Iterator[dict[str, object]]:
    """Yield the groups of the menu of a person who is at `path`.

    Each entry has a label, an icon, an address, whether it is the present page, and the
    count of what waits there, from `counts` by the page's name.
    """
    organization = member.organization
    has_mapping = bool(
        organization.has_crm
        and organization.declared.server_side_logging.enable_user_mapping
    )
    for label, items in MENU:
        entries = []
        for item in items:
            if member.may(item.role) and (item.name != "user-mapping" or has_mapping):
                address = reverse(f"console:{item.name}")
                entries.append(
                    {
                        "label": item.label,
                        "icon": item.icon,
                        "count": counts.get(item.name),
                        "address": address,
                        "is_here": path.startswith(address),
                    }
                )
        if entries:
            yield {"label": label, "entries": entries}


def way_back(request: HttpRequest) -> str:
    """Return the path in ``next`` if it is one of this server; else an empty string."""
    path = request.POST.get("next") or request.GET.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(
        path, allowed_hosts=None
    )
    return path if is_ours else ""


def came_from(request: HttpRequest) -> str:
    """Return the page of this server that a form was sent from; "/" if it is unknown."""
    url = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}):
        return "/"
    page = urlsplit(url)
    return f"{page.path or '/'}{'?' if page.query else ''}{page.query}"
