"""App Connect's switch of server-side logging: the subscription of an admin."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.organizations.connections.crm_session import give_crm_session
from appconnect.organizations.logging_settings.server_logging import changes_of
from appconnect.organizations.models import (
    AuditEntry,
    CrmSession,
    Extension,
    Organization,
    ServerLoggingSettings,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor

LoggingLevel = ServerLoggingSettings.LoggingLevel
VIA = "via App Connect"


class NotSubscribed(Exception):
    """Logging was not changed; the message says why and what to do."""


@transaction.atomic
def subscribe(
    organization: Organization,
    session: CrmSession,
    *,
    extension_id: str,
    level: LoggingLevel,
    owner: ServerLoggingSettings.ActivityRecordOwner | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Switch logging on for the admin at an extension, with their CRM session.

    Nothing is tested at the CRM: the client stores the credentials after this, and calls
    wait for them. Without an `owner` the present one stays. Raises `NotSubscribed`.
    """
    connection = organization.ringcentral_connection
    if level == LoggingLevel.USER and connection.extension_id != extension_id:
        raise NotSubscribed(
            _(
                "In trial mode the calls of the admin who connected RingCentral are "
                "logged, and that is someone else. Connect RingCentral as yourself, or "
                "enable logging for the account."
            )
        )
    give_crm_session(session, extension_id=extension_id, actor=actor, now=now)
    rules: dict[str, Any] = {
        "logging_level": level,
        "admin_extension_id": extension_id,
    }
    if owner is not None:
        rules["activity_record_owner"] = owner
    _change(organization, rules, actor=actor, now=now)


@transaction.atomic
def unsubscribe(organization: Organization, *, actor: Actor, now: datetime) -> None:
    """Switch logging off; everything else stays for the next time."""
    rules = {"logging_level": LoggingLevel.DISABLE}
    _change(organization, rules, actor=actor, now=now)


def _change(
    organization: Organization, rules: dict[str, Any], *, actor: Actor, now: datetime
) -> None:
    organization.lock()
    replaced = ServerLoggingSettings.change(organization, rules, now=now)
    changes = changes_of(organization, replaced, rules)
    if not changes:
        return
    organization.configuration_changed()
    audit.log(
        organization,
        AuditEntry.Action.SETTINGS_CHANGED,
        actor=actor,
        subject=VIA,
        changes=changes,
        now=now,
    )


def find_other_admin(
    settings: ServerLoggingSettings, *, extension_id: str
) -> Extension | None:
    """Return the admin of the settings where it is another person who is still active."""
    if not settings.is_enabled:
        return None
    others = settings.organization.extensions.exclude(extension_id=extension_id)
    return others.filter(
        extension_id=settings.admin_extension_id, is_enabled=True
    ).first()
