"""App Connect's getServerLoggingSettings and updateServerLoggingSettings, per organization."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from appconnect.organizations.connections.connectors import (
    get_settings,
    make_credentials,
    open_connector,
    open_on_trial,
)
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
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

LoggingLevel = ServerLoggingSettings.LoggingLevel
Action = AuditEntry.Action


def get_server_logging_settings(organization: Organization) -> dict[str, str]:
    """Return the additional fields' values in force, const → value; a secret as `MASK`."""
    stored = get_settings(organization).additional_field_values or {}
    credentials = make_credentials(organization, stored)
    with open_connector(organization, credentials) as connector:
        values = connector.get_server_logging_settings()
    declared = {field.const: field for field in additional_fields(organization)}
    return {
        const: MASK if declared[const].is_secret and value else value
        for const, value in values.items()
        if const in declared
    }


def additional_fields(organization: Organization):
    """Return what the manifest asks the admin for."""
    return organization.declared.server_side_logging.additional_fields


def update_server_logging_settings(
    organization: Organization,
    *,
    additional_field_values: Mapping[str, str],
    rules: Mapping[str, Any] | None = None,
    do_not_log_numbers: Iterable[str] | None = None,
    do_not_log_shown: Iterable[str] | None = None,
    locality: Mapping[str, str] | None = None,
    is_draft: bool = False,
    shown_version: int | None = None,
    admin_extension_id: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Try new values at the CRM, then store everything, or nothing.

    `additional_field_values`, `rules` (fields of `ServerLoggingSettings`) and `locality`
    (fields of `Organization`) are validated already; an empty mapping of values clears them. The CRM is asked where
    the values change, logging is switched on or the records get another owner, so that
    a CRM that is down does not keep an admin from a rule; whoever saves such a change is
    the admin of these settings from then on. `do_not_log_shown` is the list that a person
    edited to `do_not_log_numbers`. A draft is stored untried, and leaves the
    logging level as it is. `shown_version` is the configuration that the person saw; None
    lets the last word count. Raises a `ConnectorError`, `NoCredentials` or
    `SettingsChanged`; what was stored before then stays in force.
    """
    settings = get_settings(organization)
    stored = settings.additional_field_values or {}
    values = dict(additional_field_values)
    rules = dict(rules or {})
    if is_draft:
        rules.pop("logging_level", None)
    wanted_level = rules.get("logging_level", settings.logging_level)
    is_switched_on = not settings.is_enabled and wanted_level != LoggingLevel.DISABLE
    becomes_owner = settings.activity_record_owner != rules.get(
        "activity_record_owner", settings.activity_record_owner
    )
    has_new_values = values != stored
    is_tried = (values and has_new_values) or is_switched_on or becomes_owner
    if is_tried and not is_draft:
        rules["admin_extension_id"] = admin_extension_id or settings.admin_extension_id
        values = try_out(organization, values, rules["admin_extension_id"])
    if has_new_values:
        rules["additional_field_values"] = values
        if secrets_in(organization, values) != secrets_in(organization, stored):
            rules["secrets_changed_at"], rules["secrets_changed_by"] = now, actor.name
    if wanted_level != settings.logging_level:
        rules["logging_since"] = now
    with transaction.atomic():
        # Read anew: the CRM may have taken seconds, and somebody else saved meanwhile.
        organization.lock_for_crm()
        if shown_version is not None:
            check_unchanged(organization, since_version=shown_version)
        settings = get_settings(organization, lock=True)
        changes = changes_of(settings, rules)
        for name, value in rules.items():
            setattr(settings, name, value)
        settings.save()
        if is_tried:  # what an old sign-in found out may have changed too
            organization.crm_sign_ins.filter(crm_session=None).delete()
        if do_not_log_numbers is not None:
            changes += set_do_not_log_numbers(
                organization,
                do_not_log_numbers,
                shown=do_not_log_shown,
                added_by=actor.name,
                now=now,
            )
        if locality is not None:
            changes += move(organization, locality)
        organization.configuration_changed()
        if changes:
            audit.log(
                organization,
                Action.SETTINGS_CHANGED,
                actor=actor,
                changes=changes,
                now=now,
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


def secrets_in(organization: Organization, values: Mapping[str, str]) -> dict[str, str]:
    """Return those of the values that are write-only, as far as they are filled in."""
    declared = additional_fields(organization)
    secret = [field.const for field in declared if field.is_secret]
    return {const: values[const] for const in secret if values.get(const)}


UNTOLD = frozenset({"secrets_changed_at", "secrets_changed_by", "logging_since"})
"""What follows from the other changes."""


def changes_of(
    settings: ServerLoggingSettings, new: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what new values change in the settings, for the audit log."""
    rules = {
        name: value
        for name, value in new.items()
        if name not in UNTOLD and name != "additional_field_values"
    }
    changes = audit.differences({n: getattr(settings, n) for n in rules}, rules)
    if "additional_field_values" in new:
        fields = additional_fields(settings.organization)
        changes += audit.differences(
            settings.additional_field_values or {},
            new["additional_field_values"] or {},
            secrets=[field.const for field in fields if field.is_secret],
        )
    return changes


def try_out(
    organization: Organization, values: dict[str, str], admin_extension_id: str
) -> dict[str, str]:
    """Sign in to the CRM with `values`, or in the admin's session; return what to store."""
    with open_on_trial(
        organization, values, admin_extension_id=admin_extension_id
    ) as connector:
        accepted = connector.update_server_logging_settings(values)
        if not organization.declared.server_side_logging.uses_service_account:
            connector.get_user_info()
    return dict(accepted)


@transaction.atomic
def pause(organization: Organization, *, actor: Actor, now: datetime) -> None:
    """Log nothing until `resume`; what happens meanwhile is kept."""
    settings = get_settings(organization, lock=True)
    if settings.is_enabled and settings.paused_at is None:
        settings.paused_at = now
        settings.save(update_fields=["paused_at"])
        organization.configuration_changed()
        audit.log(organization, Action.LOGGING_PAUSED, actor=actor, now=now)


@transaction.atomic
def resume(
    organization: Organization, *, skips: bool, actor: Actor, now: datetime
) -> None:
    """Go on logging; the calls that began during the pause are logged too, or skipped."""
    settings = get_settings(organization, lock=True)
    if settings.paused_at is None:
        return
    if skips:
        settings.skipped_from, settings.skipped_until = settings.paused_at, now
    settings.paused_at = None
    settings.save(update_fields=["paused_at", "skipped_from", "skipped_until"])
    organization.configuration_changed()
    subject = "calls skipped" if skips else "calls logged"
    audit.log(
        organization, Action.LOGGING_RESUMED, actor=actor, subject=subject, now=now
    )


def count_of_address(organization: Organization) -> dict[str, int]:
    """Return what belongs to the CRM's address and is lost at another: how many of each.

    Extensions that somebody or the matching has decided about, and people's own sessions.
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
    """Log to another CRM, or to the same one at another address.

    Credentials were given for the address they were typed for: at a new one they are
    asked for again, and calls wait until then. Its users are others too, whatever their
    ids: they are listed and mapped anew. What is lost is what `count_of_address` counts.
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
        organization.server_logging_settings.update(
            additional_field_values=None, fallback_owner=""
        )
        organization.crm_sign_ins.all().delete()
        organization.crm_circuits.all().delete()
        organization.crm_sessions.all().delete()
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
