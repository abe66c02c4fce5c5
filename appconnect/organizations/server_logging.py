"""App Connect's getServerLoggingSettings and updateServerLoggingSettings, per organization."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from appconnect.organizations.connectors import (
    NoCredentials,
    find_crm_session,
    get_settings,
    make_credentials,
    open_connector,
)
from appconnect.organizations.do_not_log import set_do_not_log_numbers
from appconnect.organizations.forms import MASK
from appconnect.organizations.models import Organization, ServerLoggingSettings


def get_server_logging_settings(organization: Organization) -> dict[str, str]:
    """Return the additional fields' values in force, const → value; a secret as `MASK`."""
    stored = get_settings(organization).additional_field_values or {}
    credentials = make_credentials(organization, stored)
    with open_connector(organization.platform, credentials) as connector:
        values = connector.get_server_logging_settings()
    declared = {field.const: field for field in additional_fields(organization)}
    return {
        const: MASK if declared[const].is_secret and value else value
        for const, value in values.items()
        if const in declared
    }


def additional_fields(organization: Organization):
    """Return what the manifest asks the admin for."""
    declared = organization.declared.server_side_logging
    return declared.additional_fields if declared else ()


def update_server_logging_settings(
    organization: Organization,
    *,
    additional_field_values: Mapping[str, str],
    rules: Mapping[str, Any] | None = None,
    do_not_log_numbers: Iterable[str] | None = None,
    admin_extension_id: str,
    changed_by: str,
    now: datetime,
) -> None:
    """Try new values at the CRM, then store everything, or nothing.

    `additional_field_values` and `rules` (fields of `ServerLoggingSettings`) are
    validated already; an empty mapping of values clears them. The CRM is asked where
    the values change or logging is switched on, so that a CRM that is down does not
    keep an admin from a rule. `changed_by` is a name for people. Raises a `ConnectorError`, or `NoCredentials`; what was
    stored before then stays in force.
    """
    settings = get_settings(organization)
    stored = settings.additional_field_values or {}
    was_enabled = settings.is_enabled
    for name, value in (rules or {}).items():
        setattr(settings, name, value)
    settings.admin_extension_id = admin_extension_id or settings.admin_extension_id
    values = dict(additional_field_values)
    is_switched_on = settings.is_enabled and not was_enabled
    if (values and values != stored) or is_switched_on:
        values = try_out(organization, settings, values)
    if values != stored:
        settings.additional_field_values = values
        settings.secrets_changed_at, settings.secrets_changed_by = now, changed_by
    with transaction.atomic():
        settings.save()
        if do_not_log_numbers is not None:
            set_do_not_log_numbers(organization, do_not_log_numbers)
        organization.configuration_changed()


def try_out(
    organization: Organization, settings: ServerLoggingSettings, values: dict[str, str]
) -> dict[str, str]:
    """Sign in to the CRM with `values`, or in the admin's session; return what to store."""
    declared = organization.declared.server_side_logging
    session = None
    if declared.use_admin_assigned_user_token or not declared.additional_fields:
        session = find_crm_session(
            organization, extension_id=settings.admin_extension_id
        )
        if session is None:
            raise NoCredentials("Connect your own CRM session first.")
    credentials = make_credentials(organization, values, crm_session=session)
    with open_connector(organization.platform, credentials) as connector:
        accepted = connector.update_server_logging_settings(values)
        if session is not None:
            connector.get_user_info()
    return dict(accepted)


@transaction.atomic
def choose_crm(organization: Organization, *, platform: str, hostname: str) -> None:
    """Log to another CRM, or to the same one at another address.

    Credentials were given for the address they were typed for: at a new one they are
    asked for again, and calls wait until then.
    """
    if hostname != organization.crm_hostname:
        organization.server_logging_settings.update(additional_field_values=None)
        organization.crm_sessions.all().delete()
    organization.platform, organization.crm_hostname = platform, hostname
    organization.save(update_fields=["platform", "crm_hostname"])
    organization.configuration_changed()
