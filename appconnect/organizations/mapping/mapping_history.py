"""The last change of a mapping, for a person who edits it at the same time."""

from appconnect.organizations.models import AuditEntry, UserMapping
from appconnect.organizations.security import audit

MAX_SEARCHED = 50
Action = AuditEntry.Action
CHANGES = (Action.EXTENSION_MAPPED, Action.MAPPING_CHANGED, Action.MAPPING_UNDONE)


def find_last_change(mapping: UserMapping) -> AuditEntry | None:
    """Return the audit entry of this mapping's last change; None if it is not recent."""
    extension = mapping.extension
    owner = audit.plain(mapping.crm_user)
    entries = mapping.organization.audit_entries.filter(action__in=CHANGES)
    for entry in entries[:MAX_SEARCHED]:
        for change in entry.changes:
            is_single = entry.action == Action.EXTENSION_MAPPED
            named = entry.subject if is_single else change["field"]
            if named in (str(extension), extension.extension_number):
                return entry if change["after"] == owner else None
    return None
