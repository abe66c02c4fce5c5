"""API keys of the CRM that an admin has entered for others: the client's shared authentication.

A manifest says of a field of the sign-in page that an admin may fill it in, for each
person or once for the account. A connector is given the `apiKey` alone, so that is the
only field that is managed here.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from appconnect.organizations.connections.connectors import NoCredentials
from appconnect.organizations.connections.crm_session import connect_crm_session
from appconnect.organizations.models import (
    AuditEntry,
    CrmSession,
    ManagedKey,
    Organization,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from connector.errors import CredentialsRejected
from connector.manifest import AdditionalField, Platform

FIELD = "apiKey"
EVERYONE = "everyone"
"""Whose an account's key is, in the audit log."""


def find_field(declared: Platform) -> AdditionalField | None:
    """Return the field of the CRM's sign-in that an admin may fill in; None where none is."""
    managed = (f for f in declared.auth_fields if f.const == FIELD and f.managed_scope)
    return next(managed, None)


def find_key(organization: Organization, extension_id: str) -> ManagedKey | None:
    """Return the key that was entered for the person at an extension."""
    declared = find_field(organization.declared)
    if declared is None:
        return None
    whose = extension_id if declared.managed_scope == "user" else ""
    keys = organization.managed_keys.filter(platform=organization.platform)
    return keys.filter(extension_id=whose).first()


def connect_with_key(
    organization: Organization,
    *,
    typed: str,
    extension_id: str,
    actor: Actor,
    now: datetime,
) -> CrmSession:
    """Sign a person in to the CRM with the key that an admin entered for them.

    Where there is none, or the CRM has refused it, with the one that they `typed`, which
    is not stored for others. Raises `NoCredentials` where both are missing, and a
    `ConnectorError`.
    """
    managed = find_key(organization, extension_id)
    if managed and managed.was_refused and typed:
        managed = None
    api_key = managed.api_key if managed else typed
    if not api_key:
        raise NoCredentials("Missing required authentication fields.")
    try:
        session = connect_crm_session(
            organization,
            api_key=api_key,
            extension_id=extension_id,
            actor=actor,
            now=now,
        )
    except CredentialsRejected:
        if managed:
            managed.store_refusal(was_refused=True)
        raise
    if managed and managed.was_refused:
        managed.store_refusal(was_refused=False)
    return session


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """A key to store or, where it is empty, to delete."""

    extension_id: str
    """Whose it is; empty: the account's."""
    name: str
    """Theirs, for the audit log."""
    api_key: str = field(repr=False)


@transaction.atomic
def change_key(
    organization: Organization, change: KeyChange, *, actor: Actor, now: datetime
) -> None:
    """Store or delete a key. Raises `CrmChanged`.

    Sessions that were made with the last one are left alone.
    """
    organization.lock_for_crm()
    whose = {"platform": organization.platform, "extension_id": change.extension_id}
    if change.api_key:
        key = organization.managed_keys.filter(**whose).first()
        key = key or ManagedKey(organization=organization, **whose)
        key.api_key, key.was_refused = change.api_key, False
        key.save()
    else:
        organization.managed_keys.filter(**whose).delete()
    action = AuditEntry.Action.MANAGED_KEY_CHANGED
    audit.log(organization, action, actor=actor, subject=change.name, now=now)
