"""What a person does about calls that were not logged: each is one entry in the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from appconnect.calls.actions.leave import leave_unlogged
from appconnect.calls.actions.retry_batch import (
    BATCH_SIZE,
    MOST_AT_ONCE,
    cancel,
    redrive,
)
from appconnect.calls.crm.circuit import waiting_calls
from appconnect.calls.crm.resolve_unknown import Verdict, decide_undecided
from appconnect.calls.models import CallEvent, Redrive, Step
from appconnect.calls.models.call_queries import CallEventQuerySet
from appconnect.calls.models.choices import IN_PROGRESS, SkipReason
from appconnect.organizations.logging_settings.do_not_log import add_do_not_log_number
from appconnect.organizations.logging_settings.phone_numbers import to_e164
from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor

Action = AuditEntry.Action
Status = CallEvent.Status


@transaction.atomic
def try_again(event: CallEvent, *, actor: Actor, now: datetime) -> bool:
    """Have a call tried now that has ended unlogged, or waits for a later attempt.

    It is also logged where it was skipped with the calls of a pause. Tell whether it is
    tried; asked twice, it is one attempt.
    """
    mine = CallEvent.objects.filter(pk=event.pk)
    is_tried = mine.retriable().make_due(now=now) or (
        waiting_calls(event.organization_id, now=now)
        .filter(pk=event.pk)
        .update(next_attempt_at=now)
    )
    if is_tried:
        mine.update(asked_for_at=now)
        note(event, Action.CALLS_TRIED_AGAIN, actor=actor, now=now)
    return bool(is_tried)


@transaction.atomic
def try_all_again(
    organization: Organization,
    events: CallEventQuerySet,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Have those of the calls that are held tried again; return how many that are."""
    count = redrive(organization, events, started_by=actor.name, now=now)
    if count:
        audit.record(
            organization,
            Action.CALLS_TRIED_AGAIN,
            actor=actor,
            subject=f"{count} calls",
            now=now,
        )
    return count


@transaction.atomic
def cancel_redrive(started: Redrive, *, actor: Actor, now: datetime) -> int:
    """Hold those of the calls again that nobody has begun; return how many those are."""
    count = cancel(started, cancelled_by=actor.name, now=now)
    if count:
        audit.record(
            started.organization,
            Action.CALLS_HELD_AGAIN,
            actor=actor,
            subject=f"{count} calls",
            now=now,
        )
    return count


def leave(
    organization: Organization,
    events: CallEventQuerySet,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Leave those of the calls that are held unlogged; return how many that are.

    `MOST_AT_ONCE` at most, batch by batch, so that others can write between.
    """
    held = events.filter(organization=organization).held().order_by("started_at", "id")
    pks = list(held.values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(
        leave_batch(organization, pks[start : start + BATCH_SIZE], actor=actor, now=now)
        for start in range(0, len(pks), BATCH_SIZE)
    )


@transaction.atomic
def leave_batch(
    organization: Organization, keys: Sequence[UUID], *, actor: Actor, now: datetime
) -> int:
    # Locked: none of them is tried again before it is left.
    held = CallEvent.objects.filter(pk__in=keys).held().select_for_update()
    pks = list(held.values_list("pk", flat=True))
    if pks:
        why = str(SkipReason.LEFT_BY_ADMIN.label)
        leave_unlogged(organization, pks, why=why, now=now)
        audit.record(
            organization,
            Action.CALLS_LEFT,
            actor=actor,
            subject=f"{len(pks)} calls",
            now=now,
        )
    return len(pks)


@transaction.atomic
def decide_outcome(
    event: CallEvent, verdict: Verdict, *, actor: Actor, now: datetime
) -> bool:
    """Take a person's word about a record of unknown outcome; tell whether it counted."""
    if not decide_undecided(event, verdict, now=now):
        return False
    changes = [{"field": "record", "before": "unknown", "after": verdict.value}]
    note(event, Action.OUTCOME_DECIDED, changes, actor=actor, now=now)
    return True


def key_of_contact(contact: Mapping[str, str]) -> str:
    """Return what names one of the candidates in a form."""
    return f"{contact['type']}:{contact['id']}"


@transaction.atomic
def choose_contact(event: CallEvent, key: str, *, actor: Actor, now: datetime) -> bool:
    """Log a held call to one of its candidates.

    False where it is none, or not held, or who called is not known here any more.
    """
    event = CallEvent.objects.lock(event.pk)
    by_key = {key_of_contact(c): c for c in event.contact_candidates or []}
    if key not in by_key or not event.waits_for_choice or not event.details:
        return False
    chosen = by_key[key]
    event.choose_contact(chosen)
    step = Step("Contact chosen", f"{actor.name} chose {chosen['id']}.")
    event.advance(Status.WAITING_TO_LOG, at=now, steps=[step], now=now)
    changes = [{"field": "contact", "before": "", "after": chosen["id"]}]
    note(event, Action.CONTACT_CHOSEN, changes, actor=actor, now=now)
    return True


def number_to_exclude(event: CallEvent) -> str | None:
    """Return the other side's number in E.164; None where there is none to be listed."""
    if not event.details or event.call.is_internal:
        return None
    return to_e164(event.call.contact_number, region=event.organization.region)


@transaction.atomic
def exclude_number(event: CallEvent, *, actor: Actor, now: datetime) -> bool:
    """Put the other side's number on the do-not-log list, and forget it here.

    A record in the CRM stays there. False while the call is on its way, and where it has
    no such number.
    """
    event = CallEvent.objects.lock(event.pk)
    number = number_to_exclude(event)
    if number is None or event.status in IN_PROGRESS:
        return False
    organization = event.organization
    add_do_not_log_number(organization, number, actor=actor, now=now)
    organization.configuration_changed()
    event.supersede()
    event.forget()
    reason = SkipReason.DO_NOT_LOG
    if event.status == Status.LOGGED:
        event.rest(steps=[Step("Forgotten", str(reason.label))], now=now)
    else:
        steps = [Step("Skipped", str(reason.label))]
        event.mark_skipped(reason, steps=steps, now=now)
    note(event, Action.NUMBER_EXCLUDED, actor=actor, now=now)
    return True


def show_number(event: CallEvent, *, actor: Actor, now: datetime) -> str:
    """Return the other side's number, and keep that somebody wanted to see it."""
    note(event, Action.NUMBER_SHOWN, actor=actor, now=now)
    return event.call.contact_number


def note(
    event: CallEvent,
    action: AuditEntry.Action,
    changes: list[dict[str, str]] | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Write the audit entry about one call."""
    audit.record(
        event.organization,
        action,
        actor=actor,
        subject=event.telephony_session_id,
        changes=changes or [],
        now=now,
    )
