"""The link from a cause of held calls to the page that fixes it."""

from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from appconnect.calls.models.choices import AttentionReason
from appconnect.organizations.models import Organization, UserMapping

Reason = AttentionReason


class Fix(NamedTuple):
    label: str
    address: str


def find_fix(
    organization: Organization,
    reason: str,
    mapping: UserMapping | None,
    *,
    way_back: str,
) -> Fix | None:
    """Return a link to the page that fixes the reason, or None if no page does.

    `mapping` is that of the extension whose calls are held. The page leads back to
    `way_back`.
    """
    match reason:
        case Reason.UNMAPPED_EXTENSION if mapping and not mapping.crm_user_id:
            label = _("Map %(extension)s") % {"extension": mapping.extension}
            return Fix(label, edit_address(mapping, way_back))
        case Reason.UNMAPPED_EXTENSION if mapping:
            # The extension is mapped: the owner rule of the settings is the cause.
            return Fix(
                _("Choose who owns the records"),
                reverse("console:server-logging-settings"),
            )
        case Reason.UNMAPPED_EXTENSION:
            label = _("Read the extensions anew")
            return Fix(label, reverse("console:user-mapping"))
        case Reason.INACTIVE_CRM_USER if mapping:
            label = _("Map %(extension)s to somebody else")
            label = label % {"extension": mapping.extension}
            return Fix(label, edit_address(mapping, way_back))
        case Reason.NO_CREDENTIALS:
            return Fix(_("Connect the CRM"), credentials_address(organization))
        case Reason.CREDENTIALS_REJECTED:
            return Fix(_("Replace the credentials"), credentials_address(organization))
    return None


def edit_address(mapping: UserMapping, way_back: str) -> str:
    address = reverse("console:user-mapping-edit", kwargs={"pk": mapping.pk})
    return f"{address}?{urlencode({'next': way_back})}"


def credentials_address(organization: Organization) -> str:
    """Return the address of the page where the CRM's credentials are entered."""
    declared = organization.declared.server_side_logging
    has_form = declared.uses_service_account
    page = "server-logging-settings" if has_form else "connections"
    return reverse(f"console:{page}")
