"""The set-up wizard: which steps are done, and switching logging on."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models.choices import IN_PROGRESS, CallStatus
from appconnect.monitoring.setup.checks import (
    CONNECTIONS,
    check_crm,
    check_ringcentral,
    check_rules,
    check_users,
)
from appconnect.monitoring.setup.step import SetUpStep, StepKey, StepState
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    update_server_logging_settings,
)
from appconnect.organizations.models import (
    LoggingSubscription,
    Organization,
    ServerLoggingSettings,
)
from appconnect.organizations.security.audit import Actor


class NotReady(Exception):
    """Logging cannot be switched on yet; the message says which steps come first."""


def find_set_up_steps(
    organization: Organization, *, admin_extension_id: str, now: datetime
) -> list[SetUpStep]:
    """Return all steps in their order, for an admin at this extension."""
    settings = get_settings(organization)
    session_of = settings.admin_extension_id or admin_extension_id
    crm = check_crm(organization, session_of, settings, now=now)
    steps = [
        check_ringcentral(organization),
        crm,
        check_users(organization, settings, is_crm_connected=crm.is_done),
        check_rules(settings),
    ]
    return [
        *steps,
        check_switched_on(organization, settings, blocked_by=missing(steps)),
        check_test_call(organization, settings),
    ]


def missing(steps: Iterable[SetUpStep]) -> str:
    """Return the names of the steps that come before logging and are not done."""
    names = [
        str(step.key.label)
        for step in steps
        if not step.is_done and step.key not in (StepKey.SWITCHED_ON, StepKey.TEST_CALL)
    ]
    return get_text_list(names, _("and"))


def has_logged_call(organization: Organization) -> bool:
    """Return whether a call was logged, which needs all the other steps."""
    return organization.calls.filter(status=CallStatus.LOGGED).exists()


def switch_on(
    organization: Organization,
    *,
    level: ServerLoggingSettings.LoggingLevel,
    admin_extension_id: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Switch logging on, or to another level, with the settings that are stored.

    `ACCOUNT` is for everybody: the list of an earlier pilot is cleared. Raises `NotReady`
    while a step is missing, and what `update_server_logging_settings` raises.
    """
    steps = find_set_up_steps(
        organization, admin_extension_id=admin_extension_id, now=now
    )
    if names := missing(steps):
        raise NotReady(_("Finish these first: %s.") % names)
    stored = get_settings(organization).additional_field_values
    rules: dict[str, object] = {"logging_level": level}
    if level == ServerLoggingSettings.LoggingLevel.ACCOUNT:
        rules["logged_extensions"] = []
    update_server_logging_settings(
        organization,
        NewSettings(additional_field_values=stored or {}, rules=rules),
        admin_extension_id=admin_extension_id,
        actor=actor,
        now=now,
    )


def check_switched_on(
    organization: Organization, settings: ServerLoggingSettings, *, blocked_by: str
) -> SetUpStep:
    state = StepState.DONE if settings.is_enabled else StepState.TO_DO
    if settings.logging_level == settings.LoggingLevel.USER:
        owner = organization.ringcentral_connection.owner
        sentence = _("Trial: only calls of %s are logged.") % (
            owner or organization.ringcentral_connection.extension_id
        )
    elif settings.is_enabled:
        count = count_extensions(organization, settings)
        sentence = ngettext(
            "Logging is on for %(count)d extension.",
            "Logging is on for %(count)d extensions.",
            count,
        ) % {"count": count}
    elif blocked_by:
        sentence = _("Finish these first: %s.") % blocked_by
    else:
        sentence = _("Ready when you are. You can change this at any time.")
    return SetUpStep(key=StepKey.SWITCHED_ON, state=state, sentence=sentence)


def count_extensions(
    organization: Organization, settings: ServerLoggingSettings
) -> int:
    extensions = organization.extensions.mappable().filter(
        is_enabled=True, is_logged=True
    )
    if settings.logged_extensions:
        extensions = extensions.filter(extension_id__in=settings.logged_extensions)
    return extensions.count()


def check_test_call(
    organization: Organization, settings: ServerLoggingSettings
) -> SetUpStep:
    call = organization.calls.order_by("-started_at", "-id").first()
    if call and call.crm_record and not call.crm_record.is_in_present_crm:
        call = None  # the CRM that was used before has its record
    if call and call.status in IN_PROGRESS:
        state, sentence = StepState.WAITING, _("Your call is being logged.")
    elif call:
        state, sentence = StepState.DONE, _("Your latest call:")
    elif not settings.is_enabled:
        state = StepState.TO_DO
        sentence = _(
            "Once logging is on, make a call and hang up. The result appears here "
            "within seconds."
        )
    else:
        state, sentence = waiting_for_call(organization, settings)
    has_failed = state == StepState.FAILED
    return SetUpStep(
        key=StepKey.TEST_CALL,
        state=state,
        sentence=sentence,
        page=CONNECTIONS if has_failed else "",
        action=_("Open connections"),
        call=call,
    )


def waiting_for_call(
    organization: Organization, settings: ServerLoggingSettings
) -> tuple[StepState, str]:
    Status = LoggingSubscription.Status
    subscriptions = {s.status: s for s in organization.logging_subscriptions.all()}
    if Status.ACTIVE in subscriptions:
        owner = None
        if settings.logging_level == settings.LoggingLevel.USER:
            owner = organization.ringcentral_connection.owner
        extension = str(owner) if owner else _("any extension")
        sentence = _(
            "Waiting for your test call. Call %s, or call out from it, and hang up."
        )
        return StepState.WAITING, sentence % extension
    if failed := subscriptions.get(Status.FAILED):
        sentence = _("RingCentral can't notify this server of calls: %s")
        return StepState.FAILED, sentence % failed.failure
    return StepState.WAITING, _("Turning on RingCentral's call notifications.")
