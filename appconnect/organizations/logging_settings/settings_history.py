"""Changes of the settings since a person was shown them."""

from django.utils.translation import gettext as _

from appconnect.organizations.models import AuditEntry, Organization


class SettingsChanged(Exception):
    """Another person has saved settings meanwhile; nothing was written."""

    def __init__(self, entries: list[AuditEntry]):
        self.entries = entries
        super().__init__(_("Someone else changed the settings."))


def check_unchanged(organization: Organization, *, since_version: int) -> None:
    """Raise `SettingsChanged` where the settings were changed after that version."""
    entries = organization.audit_entries.filter(
        action=AuditEntry.Action.SETTINGS_CHANGED,
        configuration_version__gt=since_version,
    )
    if others := list(entries.order_by("pk")):
        raise SettingsChanged(others)
