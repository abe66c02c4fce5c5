"""The pages that the menu leads to."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models import Member

Role = Member.Role


class MenuItem(NamedTuple):
    name: str
    label: str | Promise
    role: Role = Role.VIEWER


PAGES = (
    MenuItem("calls", _("Calls")),
    MenuItem("user-mapping", _("User mapping")),
    MenuItem("server-logging-settings", _("Settings")),
    MenuItem("connections", _("Connections")),
    MenuItem("dry-run", _("What would happen?"), Role.OPERATOR),
    MenuItem("team", _("Team and access"), Role.ADMIN),
    MenuItem("audit", _("Audit log"), Role.ADMIN),
)


def pages_for(member: Member, *, path: str) -> Iterator[dict[str, object]]:
    """Return what the menu shows to a person who is at `path`: label, address, whether it is here."""
    organization = member.organization
    has_mapping = bool(
        organization.platform
        and organization.declared.server_side_logging.enable_user_mapping
    )
    for page in PAGES:
        if member.may(page.role) and (page.name != "user-mapping" or has_mapping):
            address = reverse(f"console:{page.name}")
            yield {
                "label": page.label,
                "address": address,
                "is_here": path.startswith(address) if address != "/" else path == "/",
            }
