"""App Connect's getServerLoggingSettings and updateServerLoggingSettings, per organization."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from appconnect.organizations.connections.connectors import (
    NoCredentials,
    get_settings,
    make_credentials,
    open_connector,
    open_on_trial,
)
from appconnect.organizations.logging_settings.forms import MASK
from appconnect.organizations.logging_settings.settings_history import check_unchanged
from appconnect.organizations.models import (
    AuditEntry,
    Organization,
    ServerLoggingSettings,
    UserMapping,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from connector.base import Connector

LoggingLevel = ServerLoggingSettings.LoggingLevel
Action = AuditEntry.Action


def get_server_logging_settings(organization: Organization) -> dict[str, str]:
    """Return the additional fields' values in force, const → value; a secret as `MASK`."""
    stored = get_settings(organization).additional_field_values or {}
    credentials = make_credentials(organization, stored)
    with open_connector(organization, credentials) as connector:
        values = connector.get_server_logging_settings()
    consts = {declared.const for declared in additional_fields(organization)}
    secrets = organization.secret_fields
    return {
        const: MASK if const in secrets and value else value
        for const, value in values.items()
        if const in consts
    }


def additional_fields(organization: Organization):
    """Return the additional fields that the manifest declares."""
    return organization.declared.server_side_logging.additional_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSettings:
    """What an admin saves at once, validated already."""

    additional_field_values: Mapping[str, str] | None = field(default=None, repr=False)
    """An empty mapping clears the stored values; None leaves them as they are."""
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `ServerLoggingSettings`."""
    locality: Mapping[str, str] = field(default_factory=dict)
    """Fields of `Organization`."""
    is_draft: bool = False
    """Stored without a test at the CRM; the logging level stays as it is."""
    shown_version: int | None = None
    """The configuration that the person saw; None: the last one who saves wins."""

    def values_for(self, settings: ServerLoggingSettings) -> dict[str, str]:
        """Return the additional fields' values that are in force once this is saved."""
        if self.additional_field_values is None:
            return dict(settings.additional_field_values or {})
        return dict(self.additional_field_values)

    def changed_fields(self, settings: ServerLoggingSettings) -> dict[str, Any]:
        """Return the fields of `settings` that are to be stored."""
        fields = dict(self.rules)
        if self.is_draft:
            fields.pop("logging_level", None)
        if self.values_for(settings) != (settings.additional_field_values or {}):
            fields["additional_field_values"] = self.values_for(settings)
        return fields


def update_server_logging_settings(
    organization: Organization,
    new: NewSettings,
    *,
    admin_extension_id: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Test new settings at the CRM where that is needed, then store all of them or none.

    Whoever saves what was tested is the admin of these settings from then on. Raises a
    `ConnectorError`, `NoCredentials` or `SettingsChanged`; nothing is stored then.
    """
    settings = get_settings(organization)
    fields = new.changed_fields(settings)
    affects_sign_in = needs_test(settings, fields)
    if affects_sign_in and not new.is_draft:
        admin = admin_extension_id or settings.admin_extension_id
        accepted = try_out(organization, new.values_for(settings), admin)
        fields["admin_extension_id"] = admin
        if "additional_field_values" in fields:
            fields["additional_field_values"] = accepted
    with transaction.atomic():
        # The CRM may have taken seconds, in which somebody else has saved.
        organization.lock_for_crm()
        if new.shown_version is not None:
            check_unchanged(organization, since_version=new.shown_version)
        replaced = ServerLoggingSettings.change(
            organization, fields, actor_name=actor.name, now=now
        )
        if affects_sign_in:
            organization.crm_sign_ins.filter(crm_session=None).delete()
        changes = changes_of(organization, replaced, fields)
        changes += move(organization, new.locality)
        organization.configuration_changed()
        if changes:
            audit.log(
                organization,
                Action.SETTINGS_CHANGED,
                actor=actor,
                changes=changes,
                now=now,
            )


def needs_test(settings: ServerLoggingSettings, fields: Mapping[str, Any]) -> bool:
    """Return whether these fields are tested at the CRM before they are stored.

    New values are, switching logging on, and another owner of the records. Other rules
    are not, so that an admin can change them while the CRM is down.
    """
    level = fields.get("logging_level", settings.logging_level)
    owner = fields.get("activity_record_owner", settings.activity_record_owner)
    return (
        bool(fields.get("additional_field_values"))
        or (level != LoggingLevel.DISABLE and not settings.is_enabled)
        or owner != settings.activity_record_owner
    )


def move(
    organization: Organization, locality: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Store another country or time zone; return the change for the audit log."""
    before = {name: getattr(organization, name) for name in locality}
    for name, value in locality.items():
        setattr(organization, name, value)
    organization.save(update_fields=list(locality))
    return audit.differences(before, locality)


def changes_of(
    organization: Organization, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what changed in fields of the settings, for the audit log."""
    rules_before, rules_after = dict(before), dict(after)
    values_before = rules_before.pop("additional_field_values", None) or {}
    values_after = rules_after.pop("additional_field_values", None) or {}
    return audit.differences(rules_before, rules_after) + audit.differences(
        values_before, values_after, secrets=organization.secret_fields
    )


def try_out(
    organization: Organization, values: dict[str, str], admin_extension_id: str
) -> dict[str, str]:
    """Test `values` at the CRM, or the admin's session; return the values to store."""
    declared = organization.declared
    if declared.server_side_logging.uses_service_account and not values:
        raise NoCredentials(f"Connect {declared.display_name} first, on Connections.")
    with open_on_trial(
        organization, values, admin_extension_id=admin_extension_id
    ) as connector:
        accepted = connector.update_server_logging_settings(values)
        has_account = declared.server_side_logging.uses_service_account
        if not has_account or has_user_info_as_proof(type(connector)):
            connector.get_user_info()
    return dict(accepted)


def has_user_info_as_proof(connector_class: type[Connector]) -> bool:
    """Return whether nothing but `get_user_info` proves the service account's values."""
    return connector_class.implements(
        "get_user_info"
    ) and not connector_class.implements("update_server_logging_settings")


@transaction.atomic
def pause(organization: Organization, *, actor: Actor, now: datetime) -> None:
    """Log nothing until `resume`; the calls that come in meanwhile are kept."""
    organization.lock()
    settings = get_settings(organization)
    if settings.is_enabled and settings.paused_at is None:
        ServerLoggingSettings.change(organization, {"paused_at": now}, now=now)
        organization.configuration_changed()
        audit.log(organization, Action.LOGGING_PAUSED, actor=actor, now=now)


@transaction.atomic
def resume(
    organization: Organization, *, skips: bool, actor: Actor, now: datetime
) -> None:
    """Log calls again; those that began during the pause are logged too, or skipped."""
    organization.lock()
    paused_at = get_settings(organization).paused_at
    if paused_at is None:
        return
    values = {"paused_at": None}
    if skips:
        values |= {"skipped_from": paused_at, "skipped_until": now}
    ServerLoggingSettings.change(organization, values, now=now)
    organization.configuration_changed()
    subject = "calls skipped" if skips else "calls logged"
    audit.log(
        organization, Action.LOGGING_RESUMED, actor=actor, subject=subject, now=now
    )


def count_of_address(organization: Organization) -> dict[str, int]:
    """Return how many mappings and sessions are lost when the CRM's address changes.

    Mappings that a person or the matching has decided, and people's own CRM sessions.
    """
    Match = UserMapping.Match
    undecided = (Match.NONE, Match.AMBIGUOUS)
    mappings = organization.user_mappings.exclude(match__in=undecided)
    return {
        "user_mappings": mappings.count(),
        "crm_sessions": organization.crm_sessions.count(),
    }


@transaction.atomic
def choose_crm(
    organization: Organization,
    *,
    platform: str,
    hostname: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Choose another CRM, or the same one at another address.

    Credentials are valid for the address that they were typed for: at a new one they
    must be entered again, and calls wait until then. Its users are other people even
    with equal ids, and are listed and mapped again. `count_of_address` counts the loss.
    """
    stored = organization.lock()
    new = {"platform": platform, "crm_hostname": hostname}
    old = {name: getattr(stored, name) for name in new}
    if new == old:
        return
    lost: list[dict[str, Any]] = []
    if hostname != stored.crm_hostname:
        counts = count_of_address(organization)
        lost = audit.differences(counts, dict.fromkeys(counts, 0))
        for settings in organization.server_logging_settings.all():
            ServerLoggingSettings.change(
                organization,
                {"additional_field_values": None, "fallback_owner": ""},
                platform=settings.platform,
                now=now,
            )
        organization.crm_sign_ins.all().delete()
        organization.crm_circuits.all().delete()
        organization.crm_sessions.all().delete()
        organization.managed_keys.all().delete()
        organization.mapping_batches.all().delete()
        organization.user_mappings.all().delete()
        organization.crm_users.all().delete()
    organization.platform, organization.crm_hostname = platform, hostname
    organization.save(update_fields=list(new))
    organization.configuration_changed()
    audit.log(
        organization,
        Action.CRM_CHOSEN,
        actor=actor,
        changes=audit.differences(old, new) + lost,
        now=now,
    )
