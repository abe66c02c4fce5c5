"""Which extensions' calls are logged at all."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor


@transaction.atomic
def set_logged(
    organization: Organization,
    extension_pks: Collection[int],
    *,
    is_logged: bool,
    actor: Actor,
    now: datetime,
) -> int:
    """Switch the logging of these extensions on or off; return how many changed."""
    organization.lock()
    others = organization.extensions.filter(
        pk__in=extension_pks, is_logged=not is_logged
    )
    changed = list(others.order_by("pk"))
    if not changed:
        return 0
    organization.extensions.filter(
        pk__in=[extension.pk for extension in changed]
    ).update(is_logged=is_logged)
    organization.configuration_changed()
    audit.log(
        organization,
        AuditEntry.Action.LOGGED_EXTENSIONS_CHANGED,
        actor=actor,
        subject=f"Extensions: {len(changed)}",
        changes=[
            {"field": str(extension), "before": not is_logged, "after": is_logged}
            for extension in changed
        ],
        now=now,
    )
    return len(changed)
