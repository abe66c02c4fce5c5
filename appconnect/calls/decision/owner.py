"""Step 6: the CRM user who owns the record. Never the admin by accident."""

from django.core.cache import cache

from appconnect.calls.models.choices import (
    AttentionReason,
    Message,
    NeedsAttention,
    Sentence,
)
from appconnect.organizations.connections.configuration import mapping_of
from appconnect.organizations.connections.connectors import find_crm_session
from appconnect.organizations.models import (
    CrmUser,
    Organization,
    ServerLoggingSettings,
    UserMapping,
)
from connector.base import Connector

Owner = ServerLoggingSettings.ActivityRecordOwner
UnmappedOwner = ServerLoggingSettings.UnmappedOwner
LICENSE_CACHE_SECONDS = 300


def resolve_owner(
    organization: Organization, settings: ServerLoggingSettings, *, extension_id: str
) -> tuple[CrmUser | None, Message]:
    """Return the CRM user who is to own the record, and why.

    None where the manifest has no user mapping: the record then belongs to the account
    that is signed in. Raises `NeedsAttention` where no owner is known yet.
    """
    if not organization.declared.server_side_logging.enable_user_mapping:
        return None, Message(Sentence.OWNER_IS_ACCOUNT)
    if settings.activity_record_owner == Owner.ADMIN:
        user = admin_user(organization, settings)
        return user, Message(Sentence.OWNER_IS_ADMIN)
    if mapping := find_mapping(organization, extension_id):
        check_active(mapping.crm_user)
        message = Message(Sentence.OWNER_IS_MAPPED, {"match": mapping.match})
        return mapping.crm_user, message
    if settings.unmapped_owner == UnmappedOwner.ADMIN:
        user = admin_user(organization, settings)
        return user, Message(Sentence.OWNER_LEFT_TO_ADMIN)
    if settings.unmapped_owner == UnmappedOwner.FALLBACK:
        user = fallback_user(organization, settings)
        return user, Message(Sentence.OWNER_IS_FALLBACK)
    raise NeedsAttention(AttentionReason.UNMAPPED_EXTENSION)


def find_mapping(organization: Organization, extension_id: str) -> UserMapping | None:
    """Return the extension's mapping, if it names a CRM user."""
    mapping = mapping_of(organization, extension_id)
    return mapping if mapping and mapping.crm_user_id else None


def fallback_user(
    organization: Organization, settings: ServerLoggingSettings
) -> CrmUser:
    user = organization.crm_users.filter(
        platform=organization.platform, crm_user_id=settings.fallback_owner
    ).first()
    if user is None:
        raise NeedsAttention(
            AttentionReason.UNMAPPED_EXTENSION, Message(Sentence.FALLBACK_UNKNOWN)
        )
    check_active(user)
    return user


def admin_user(organization: Organization, settings: ServerLoggingSettings) -> CrmUser:
    """Return the admin's CRM user: the mapped one, else that of their CRM session."""
    extension_id = settings.admin_extension_id
    mapping = find_mapping(organization, extension_id)
    user = mapping.crm_user if mapping else None
    if user is None:
        session = find_crm_session(organization, extension_id=extension_id)
        user = (
            session
            and organization.crm_users.filter(
                platform=organization.platform, crm_user_id=session.crm_user_id
            ).first()
        )
    if user is None:
        raise NeedsAttention(
            AttentionReason.UNMAPPED_EXTENSION, Message(Sentence.ADMIN_UNMAPPED)
        )
    check_active(user)
    return user


def check_active(user: CrmUser) -> None:
    if not user.is_active:
        raise NeedsAttention(AttentionReason.INACTIVE_CRM_USER)


def check_license(connector: Connector, user: CrmUser) -> None:
    """Raise `NeedsAttention` if the CRM licenses its users and this one has no license.

    The CRM's answer is cached for `LICENSE_CACHE_SECONDS`.
    """
    if not connector.implements("get_license_status"):
        return
    status = cache.get_or_set(
        f"license:{user.pk}",
        lambda: connector.get_license_status(user.crm_user_id),
        LICENSE_CACHE_SECONDS,
    )
    if not status.is_license_valid:
        raise NeedsAttention(
            AttentionReason.UNLICENSED_OWNER,
            Message(Sentence.LICENSE_NOT_VALID, {"status": status.license_status}),
        )
