"""Is the audit log as it was written? Each entry's digest covers the one before."""

from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security.audit import digest_of


def find_broken_entry(organization: Organization) -> AuditEntry | None:
    """Return the first entry that was changed, or before which one is missing.

    The oldest may name one before it: entries may go after a year.
    """
    previous = None
    for entry in organization.audit_entries.order_by("pk").iterator():
        follows = previous is None or entry.previous_digest == previous.digest
        if not follows or entry.digest != digest_of(entry):
            return entry
        previous = entry
    return None
