"""The menu, and links back to a page."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models import Member

Role = Member.Role


class MenuItem(NamedTuple):
    name: str
    label: str | Promise
    role: Role = Role.VIEWER


PAGES = (
    MenuItem("overview", _("Overview")),
    MenuItem("calls", _("Calls")),
    MenuItem("needs-attention", _("Needs attention")),
    MenuItem("dry-run", _("What would happen?"), Role.OPERATOR),
    MenuItem("user-mapping", _("User mapping")),
    MenuItem("server-logging-settings", _("Settings")),
    MenuItem("do-not-log", _("Do not log"), Role.ADMIN),
    MenuItem("connections", _("Connections")),
    MenuItem("set-up", _("Set up"), Role.ADMIN),
    MenuItem("alerts", _("Alerts"), Role.ADMIN),
    MenuItem("team", _("Team and access"), Role.ADMIN),
    MenuItem("audit", _("Audit log"), Role.ADMIN),
    MenuItem("privacy", _("Data and privacy"), Role.ADMIN),
    MenuItem("system-status", _("System status"), Role.ADMIN),
    MenuItem("sessions", _("Your sessions")),
)


class Filter(NamedTuple):
    """One of the links above a list that narrow it down."""

    label: str | Promise
    query: str
    is_chosen: bool


def pages_for(
    member: Member, *, path: str, counts: Mapping[str, int]
) -> Iterator[dict[str, object]]:
    """Yield the menu of a person who is at `path`.

    Each entry has a label, an address, whether it is the present page, and the count of
    what waits there, from `counts` by the page's name.
    """
    organization = member.organization
    has_mapping = bool(
        organization.has_crm
        and organization.declared.server_side_logging.enable_user_mapping
    )
    for page in PAGES:
        if member.may(page.role) and (page.name != "user-mapping" or has_mapping):
            address = reverse(f"console:{page.name}")
            yield {
                "label": page.label,
                "count": counts.get(page.name, 0),
                "address": address,
                "is_here": path.startswith(address) if address != "/" else path == "/",
            }


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
    is_ours = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})
    page = urlsplit(url)
    return (
        f"{page.path or '/'}{'?' if page.query else ''}{page.query}" if is_ours else "/"
    )
