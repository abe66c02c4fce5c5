"""Checks of the set-up wizard: the steps before logging can be switched on."""

from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models import CrmCircuit
from appconnect.monitoring.setup.step import SetUpStep, StepKey, StepState
from appconnect.monitoring.status.counts import find_last_record
from appconnect.organizations.connections.connectors import (
    can_prove_credentials,
    find_crm_session,
)
from appconnect.organizations.models import (
    Organization,
    ServerLoggingSettings,
    UserMapping,
)
from appconnect.ringcentral.extensions import PEOPLE

SETTINGS, CONNECTIONS = "console:server-logging-settings", "console:connections"
CRM_ACCOUNT, MAPPING = "console:crm-account", "console:user-mapping"


def check_ringcentral(organization: Organization) -> SetUpStep:
    connection = organization.ringcentral_connection
    if connection.is_connected:
        state = StepState.DONE
        sentence = _("Connected by %s.") % (connection.owner or connection.extension_id)
    elif connection.failure:
        state, sentence = StepState.FAILED, connection.failure
    else:
        state = StepState.TO_DO
        sentence = _("Sign in to RingCentral as an administrator of the account.")
    return SetUpStep(
        key=StepKey.RINGCENTRAL, state=state, sentence=sentence, page=CONNECTIONS
    )


def check_crm(
    organization: Organization,
    session_of: str,
    settings: ServerLoggingSettings,
    *,
    now: datetime,
) -> SetUpStep:
    if not organization.has_crm:
        return SetUpStep(
            key=StepKey.CRM,
            state=StepState.TO_DO,
            sentence=_("Choose the CRM to log calls to."),
            page=CONNECTIONS,
        )
    if organization.declared.server_side_logging.uses_service_account:
        is_connected = bool(settings.additional_field_values)
        to_do = _("Enter the account that logs calls. It's tested before it's saved.")
    else:
        is_connected = bool(find_crm_session(organization, extension_id=session_of))
        to_do = _("Sign in to your CRM. Calls are logged in your session.")
    circuit = CrmCircuit.objects.find_open(organization, now=now)
    name = organization.declared.display_name
    if not is_connected:
        state, sentence = StepState.TO_DO, to_do
    elif circuit and circuit.rejected_at:
        state = StepState.FAILED
        sentence = _("%s rejected the password. Enter it again.") % name
    elif settings.is_enabled and is_accepted(organization, settings):
        state, sentence = StepState.DONE, _("%s is connected.") % name
    elif settings.is_enabled:
        state = StepState.DONE
        sentence = _(
            "Saved, not tested yet. %s can't be tested without a call, so your first "
            "call shows whether it works."
        )
        sentence %= name
    else:
        state = StepState.DONE
        sentence = _("%s: saved, not tested yet. It's tested when you turn on logging.")
        sentence %= name
    return SetUpStep(key=StepKey.CRM, state=state, sentence=sentence, page=CRM_ACCOUNT)


def is_accepted(organization: Organization, settings: ServerLoggingSettings) -> bool:
    """Return whether a request with the present credentials has succeeded.

    They were tried when logging was turned on, where the connector can do that; else a
    record in the CRM, or its list of users, shows it.
    """
    if can_prove_credentials(organization.platform):
        return True
    since = max(
        filter(None, (settings.secrets_changed_at, settings.logging_since)),
        default=None,
    )
    read_at = organization.directory_refreshed_at
    if not has_mapping(organization) or organization.directory_failure:
        read_at = None
    proofs = (find_last_record(organization), read_at)
    return any(proof and (since is None or proof > since) for proof in proofs)


def check_users(
    organization: Organization,
    settings: ServerLoggingSettings,
    *,
    is_crm_connected: bool,
) -> SetUpStep:
    """Check the user mapping, which is done once an extension is mapped.

    The calls of the others are held, and logged as soon as they are mapped.
    """
    key, is_mapped_here = StepKey.USERS, organization.has_crm
    if is_mapped_here and not has_mapping(organization):
        sentence = _("Not needed: all records in this CRM have one owner.")
        return SetUpStep(key=key, state=StepState.DONE, sentence=sentence)
    if not is_crm_connected:
        sentence = _("Runs by itself once your CRM is connected.")
        return SetUpStep(key=key, state=StepState.TO_DO, sentence=sentence)
    people = organization.user_mappings.filter(
        platform=organization.platform,
        extension__is_enabled=True,
        extension__type__in=PEOPLE,
    )
    undecided = Q(crm_user=None) & ~Q(match=UserMapping.Match.MANUAL)
    found = people.aggregate(
        total=Count("pk"), mapped=Count("crm_user"), left=Count("pk", filter=undecided)
    )
    if not found["total"]:
        return check_directory(organization, settings)
    state, action = StepState.DONE, ""
    sentence = _("%(mapped)d of %(total)d extensions are mapped.") % found
    if found["left"] and not holds_unmapped(settings):
        sentence += " " + _("Your rules choose who owns the calls of the others.")
    elif found["left"] and not found["mapped"]:
        state = StepState.TO_DO
        sentence += " " + _("Map at least one. Until then, every call is held.")
    elif found["left"]:
        action = _("Map %d more") % found["left"]
        sentence += " " + ngettext(
            "Calls of the other %(left)d are held until you map it.",
            "Calls of the other %(left)d are held until you map them.",
            found["left"],
        )
        sentence %= found
    return SetUpStep(
        key=key, state=state, sentence=sentence, page=MAPPING, action=action
    )


def has_mapping(organization: Organization) -> bool:
    return organization.declared.server_side_logging.enable_user_mapping


def holds_unmapped(settings: ServerLoggingSettings) -> bool:
    """Return whether a call is held while its extension has no CRM user."""
    by_agent = settings.ActivityRecordOwner.AGENT
    held = settings.UnmappedOwner.NEEDS_ATTENTION
    return (settings.activity_record_owner, settings.unmapped_owner) == (by_agent, held)


def check_directory(
    organization: Organization, settings: ServerLoggingSettings
) -> SetUpStep:
    """Check whether the extensions and the CRM's users could be read."""
    read_at, saved_at = (
        organization.directory_refreshed_at,
        settings.secrets_changed_at,
    )
    is_tried = read_at and (saved_at is None or read_at > saved_at)
    if is_tried and organization.directory_failure:
        return SetUpStep(
            key=StepKey.USERS,
            state=StepState.FAILED,
            sentence=_("Users couldn't be read: %s") % organization.directory_failure,
            page=MAPPING,
        )
    return SetUpStep(
        key=StepKey.USERS,
        state=StepState.WAITING,
        sentence=_("Reading extensions and CRM users."),
    )


def check_rules(settings: ServerLoggingSettings) -> SetUpStep:
    if settings._state.adding:
        state = StepState.TO_DO
        sentence = _("Check which calls are logged and to whom, and save.")
    else:
        state = StepState.DONE
        sentence = _("Saved. You can change the rules at any time.")
    return SetUpStep(
        key=StepKey.RULES,
        state=state,
        sentence=sentence,
        page=SETTINGS,
        action=_("Review") if state == StepState.DONE else "",
    )
