"""What would happen to a call: the worker's own decision; nothing is written."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.calls.crm.placeholder import find_placeholder, is_trusted
from appconnect.calls.crm.write import find_crm_record
from appconnect.calls.decision.contact import Placeholder
from appconnect.calls.decision.decision import Decision, decide
from appconnect.calls.decision.outcome import EXPECTED_ERRORS, Outcome, outcome_of
from appconnect.calls.intake.extension import extensions_of
from appconnect.calls.intake.ringcentral_record import read_record, with_known_numbers
from appconnect.calls.models import CallSession, CrmCircuit, Step
from appconnect.calls.models.choices import Skip, message_of
from appconnect.calls.text.compose import first_text
from appconnect.organizations.connections.connectors import (
    Connectors,
    get_settings,
    organization_credentials,
)
from appconnect.organizations.models import (
    AuditEntry,
    Organization,
    ServerLoggingSettings,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.ringcentral.call_record import CallRecord

MAX_PER_MINUTE = 10


class DryRunOutcome(models.TextChoices):
    LOGGED = "LOGGED", gettext_lazy("Would be logged")
    SKIPPED = "SKIPPED", gettext_lazy("Would be skipped")
    NEEDS_ATTENTION = "NEEDS_ATTENTION", gettext_lazy("Would need attention")
    WAITS = "WAITS", gettext_lazy("Would be queued")
    ALREADY_LOGGED = "ALREADY_LOGGED", gettext_lazy("Already logged")


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What would happen, and why."""

    outcome: DryRunOutcome
    sentence: str
    reason: str = ""
    """The `CallSession.reason` of a call that would be skipped or held."""
    steps: list[Step] = field(default_factory=list)
    decision: Decision | None = None
    note: str = field(default="", repr=False)
    """The text of the record, in the CRM's format; empty where the CRM writes its own."""
    creates_contact: bool = False


class TooManyDryRuns(Exception):
    """This person has used up the dry runs of this minute."""


@transaction.atomic
def admit(
    organization: Organization, call: CallSession | None, *, actor: Actor, now: datetime
) -> None:
    """Log the dry run, and of which past call: its answer shows what the CRM knows.

    Raises `TooManyDryRuns`, because each one sends requests to the CRM.
    """
    organization.lock()
    recent = organization.audit_entries.filter(
        at__gt=now - timedelta(minutes=1),
        action=AuditEntry.Action.DRY_RUN,
        actor=actor.name,
    )
    if recent.count() >= MAX_PER_MINUTE:
        raise TooManyDryRuns
    audit.log(
        organization,
        AuditEntry.Action.DRY_RUN,
        actor=actor,
        subject=call.telephony_session_id if call else "",
        now=now,
    )


def try_record(
    organization: Organization, record: CallRecord, *, now: datetime
) -> DryRun:
    """Return what would happen to a call with this record in RingCentral's call log."""
    record = with_known_numbers(record, organization)
    extensions = extensions_of(organization, [record])
    try:
        call_facts, extension_id = read_record(organization, record, extensions)
    except Skip as skip:
        return unlogged(outcome_of(skip), str(skip), [])
    call = CallSession(
        organization=organization,
        telephony_session_id=call_facts.telephony_session_id,
        last_event_at=now,
        received_at=now,
    )
    call.take_record(call_facts, type=record.type, extension_id=extension_id)
    return try_call(call, now=now)


def try_call(call: CallSession, *, now: datetime) -> DryRun:
    """Return what would happen to a call that has its facts. `call` is not saved."""
    if earlier := earlier_result(call):
        return earlier
    organization = call.organization
    crm = organization.declared.display_name
    settings = get_settings(organization)
    if settings.paused_at is not None:
        return waits(_("Logging is paused. The call is kept until logging resumes."))
    if circuit := CrmCircuit.objects.find_open(organization, now=now):
        if circuit.rejected_at:
            return waits(_("%s rejected the password.") % crm)
        return waits(_("%s The call is kept and retried later.") % circuit.failure)
    steps: list[Step] = []
    with Connectors(organization) as connectors:
        try:
            decision = decide(call, settings, connectors, steps=steps)
            return logged(call, decision, settings, connectors, steps, now=now)
        except EXPECTED_ERRORS as error:
            outcome = outcome_of(error, is_shared=lambda: connectors.used_for(settings))
            return unlogged(outcome, message_of(error).text(crm=crm), steps)


def earlier_result(call: CallSession) -> DryRun | None:
    """Return the result for a record that was, or may have been, sent; else None."""
    crm_record = find_crm_record(call)
    if crm_record is None or not crm_record.was_sent:
        return None
    if crm_record.status == crm_record.Status.LOGGED:
        sentence = _("Record %s is in the CRM. The call won't be logged twice.")
        return DryRun(
            outcome=DryRunOutcome.ALREADY_LOGGED,
            sentence=sentence % crm_record.record_id,
        )
    return waits(
        _("A record was sent, but the CRM hasn't confirmed it yet. We check for it.")
    )


def logged(
    call: CallSession,
    decision: Decision,
    settings: ServerLoggingSettings,
    connectors: Connectors,
    steps: list[Step],
    *,
    now: datetime,
) -> DryRun:
    connector = connectors.open(decision.credentials)
    call.logged_contact_name = decision.contact.name
    contact = decision.contact.name
    if decision.owner is None:
        sentence = _("On contact %(contact)s.") % {"contact": contact}
    else:
        sentence = _("For %(owner)s, on contact %(contact)s.") % {
            "owner": decision.owner.name,
            "contact": contact,
        }
    creates = isinstance(decision.contact, Placeholder)
    if creates:
        searcher = connectors.open(organization_credentials(settings))
        creates = not is_trusted(find_placeholder(call), searcher, now=now)
    return DryRun(
        outcome=DryRunOutcome.LOGGED,
        sentence=sentence,
        steps=steps,
        decision=decision,
        note=first_text(call, settings, connector, now=now),
        creates_contact=creates,
    )


def unlogged(outcome: Outcome, sentence: str, steps: list[Step]) -> DryRun:
    """Return what the worker makes of an error: a call that waits has no reason yet."""
    match outcome.state:
        case CallSession.Status.SKIPPED:
            result = DryRunOutcome.SKIPPED
        case CallSession.Status.NEEDS_ATTENTION:
            result = DryRunOutcome.NEEDS_ATTENTION
        case _:
            return waits(sentence, steps)
    return DryRun(outcome=result, reason=outcome.reason, sentence=sentence, steps=steps)


def waits(sentence: str, steps: list[Step] | None = None) -> DryRun:
    return DryRun(outcome=DryRunOutcome.WAITS, sentence=sentence, steps=steps or [])
