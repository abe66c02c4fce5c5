"""Audit entries about refused sign-ins and access, limited, as anybody can cause them."""

from datetime import datetime, timedelta

from django.db import transaction

from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor

REFUSALS = (AuditEntry.Action.SIGN_IN_FAILED, AuditEntry.Action.ACCESS_DENIED)
MAX_A_MINUTE = 20


def record_refusal(
    organization: Organization,
    action: AuditEntry.Action,
    *,
    actor: Actor,
    subject: str,
    now: datetime,
) -> None:
    """Write an entry about a refused sign-in or access, at most `MAX_A_MINUTE` a minute.

    More would fill the disk.
    """
    recent = organization.audit_entries.filter(
        at__gt=now - timedelta(minutes=1), action__in=REFUSALS
    )
    if recent.count() < MAX_A_MINUTE:
        with transaction.atomic():
            audit.log(organization, action, actor=actor, subject=subject, now=now)
