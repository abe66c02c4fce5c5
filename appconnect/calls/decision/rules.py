"""Step 4: is the call to be logged?"""

from collections.abc import Collection

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import Message, Sentence, Skip, SkipReason
from appconnect.organizations.connections.configuration import mapping_of
from appconnect.organizations.logging_settings.do_not_log import is_listed
from appconnect.organizations.models import Organization, ServerLoggingSettings
from appconnect.ringcentral.call_record import SUPERVISOR_CALL, TRANSFERRED_CALL
from connector.phone_numbers import to_e164

FAX = "Fax"


def check(call: CallSession, settings: ServerLoggingSettings) -> Message:
    """Return the rule by which the call is logged.

    Raises `Skip` with the first rule that keeps it from being logged.
    """
    call_facts = call.call_facts
    organization = call.organization
    rules = (
        (SkipReason.LOGGING_DISABLED, not settings.is_enabled),
        (
            SkipReason.PAUSED,
            # A call that a person retried is logged whatever the pause's policy.
            call.retry_requested_at is None
            and settings.was_skipped_at(call.started_at),
        ),
        (SkipReason.FAX, call.type == FAX),
        (SkipReason.SUPERVISION, call.type == SUPERVISOR_CALL),
        (SkipReason.TRANSFERRED, call.type == TRANSFERRED_CALL),
        (SkipReason.DO_NOT_LOG, is_listed(organization, call_facts.numbers)),
        (
            SkipReason.INTERNAL_CALL,
            call_facts.is_internal and not settings.log_internal_calls,
        ),
        (SkipReason.NO_EXTENSION, not call.extension_id),
        (
            SkipReason.OUT_OF_SCOPE,
            not is_in_scope(organization, settings, extension_id=call.extension_id),
        ),
        (
            SkipReason.WITHHELD_NUMBER,
            not call_facts.is_internal
            and to_e164(call_facts.contact_number, region=organization.region) is None,
        ),
    )
    for reason, applies in rules:
        if applies:
            raise Skip(reason)
    if settings.logging_level == ServerLoggingSettings.LoggingLevel.USER:
        return Message(Sentence.TRIAL_MODE)
    if settings.logged_extensions:
        return Message(Sentence.EXTENSION_LOGGED)
    return Message(Sentence.ALL_LOGGED)


def is_in_scope(
    organization: Organization, settings: ServerLoggingSettings, *, extension_id: str
) -> bool:
    """Return whether the extension's calls are logged.

    In trial mode only the admin's are; else all, or the selected ones. An extension that
    was excluded never is.
    """
    if mapping := mapping_of(organization, extension_id):
        is_excluded = not mapping.extension.is_logged
    else:
        excluded = organization.extensions.filter(is_logged=False)
        is_excluded = excluded.filter(extension_id=extension_id).exists()
    if is_excluded:
        return False
    chosen = chosen_extensions(organization, settings)
    return chosen is None or extension_id in chosen


def chosen_extensions(
    organization: Organization, settings: ServerLoggingSettings
) -> Collection[str] | None:
    """Return the ids of the extensions that the settings choose; None stands for all."""
    if settings.logging_level == ServerLoggingSettings.LoggingLevel.USER:
        return [organization.ringcentral_connection.extension_id]
    return settings.logged_extensions or None
