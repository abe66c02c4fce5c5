"""What people do about calls that were not logged: each action is in the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import ngettext

from appconnect.calls.actions.leave import leave_unlogged
from appconnect.calls.actions.retry_batch import (
    BATCH_SIZE,
    MAX_AT_ONCE,
    cancel,
    retry_batch,
)
from appconnect.calls.crm.circuit import waiting_calls
from appconnect.calls.crm.resolve_unknown import Verdict, decide_undecided
from appconnect.calls.models import CallSession, RetryBatch, Step
from appconnect.calls.models.call_queries import CallSessionQuerySet
from appconnect.calls.models.choices import (
    IN_PROGRESS,
    Message,
    Sentence,
    SkipReason,
    StepName,
)
from appconnect.organizations.logging_settings.do_not_log import add_do_not_log_number
from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from connector.phone_numbers import to_e164

Action = AuditEntry.Action
Status = CallSession.Status


@transaction.atomic
def try_again(call: CallSession, *, actor: Actor, now: datetime) -> bool:
    """Retry a call that has ended unlogged or waits for a later attempt.

    It is also logged where it was skipped with the calls of a pause. Returns whether it
    is retried; done twice at once, it is one attempt.
    """
    mine = CallSession.objects.filter(pk=call.pk)
    is_retried = mine.retriable().make_due(now=now) or (
        waiting_calls(call.organization_id, now=now)
        .filter(pk=call.pk)
        .update(next_attempt_at=now)
    )
    if is_retried:
        mine.update(retry_requested_at=now)
        log_audit(call, Action.CALLS_TRIED_AGAIN, actor=actor, now=now)
    return bool(is_retried)


@transaction.atomic
def try_all_again(
    organization: Organization,
    calls: CallSessionQuerySet,
    *,
    actor: Actor,
    now: datetime,
) -> RetryBatch | None:
    """Retry the held ones of the calls together; return their batch, if there are any."""
    batch = retry_batch(organization, calls, started_by=actor.name, now=now)
    if batch:
        count = batch.size
        audit.log(
            organization,
            Action.CALLS_TRIED_AGAIN,
            actor=actor,
            subject=ngettext("%d call", "%d calls", count) % count,
            now=now,
        )
    return batch


@transaction.atomic
def cancel_retry_batch(started: RetryBatch, *, actor: Actor, now: datetime) -> int:
    """Hold the calls of a batch again that no worker has begun; return how many."""
    count = cancel(started, canceled_by=actor.name, now=now)
    if count:
        audit.log(
            started.organization,
            Action.CALLS_HELD_AGAIN,
            actor=actor,
            subject=ngettext("%d call", "%d calls", count) % count,
            now=now,
        )
    return count


def leave(
    organization: Organization,
    calls: CallSessionQuerySet,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Leave the held ones of the calls unlogged; return how many that are.

    `MAX_AT_ONCE` at most, in batches, so that others can write in between.
    """
    held = calls.filter(organization=organization).held().order_by("started_at", "id")
    pks = list(held.values_list("pk", flat=True)[:MAX_AT_ONCE])
    return sum(
        leave_batch(organization, pks[start : start + BATCH_SIZE], actor=actor, now=now)
        for start in range(0, len(pks), BATCH_SIZE)
    )


@transaction.atomic
def leave_batch(
    organization: Organization, keys: Sequence[UUID], *, actor: Actor, now: datetime
) -> int:
    # Locked: none of them is retried before it is left.
    held = CallSession.objects.filter(pk__in=keys).held().select_for_update()
    pks = list(held.values_list("pk", flat=True))
    if pks:
        message = Message(SkipReason.LEFT_BY_ADMIN)
        leave_unlogged(organization, pks, message, now=now)
        audit.log(
            organization,
            Action.CALLS_LEFT,
            actor=actor,
            subject=ngettext("%d call", "%d calls", len(pks)) % len(pks),
            now=now,
        )
    return len(pks)


@transaction.atomic
def decide_outcome(
    call: CallSession, verdict: Verdict, *, actor: Actor, now: datetime
) -> bool:
    """Carry out an admin's verdict about a record; return whether it still counted."""
    if not decide_undecided(call, verdict, by=actor.name, now=now):
        return False
    changes = [{"field": "record", "before": "unknown", "after": verdict.value}]
    log_audit(call, Action.OUTCOME_DECIDED, changes, actor=actor, now=now)
    return True


def key_of_contact(contact: Mapping[str, str]) -> str:
    """Return the key of one of the candidates in a form."""
    return f"{contact['type']}:{contact['id']}"


@transaction.atomic
def choose_contact(call: CallSession, key: str, *, actor: Actor, now: datetime) -> bool:
    """Log a held call to one of its candidates.

    Returns False where `key` is none of them, the call is not held, or its numbers
    were deleted.
    """
    call = CallSession.objects.lock(call.pk)
    by_key = {key_of_contact(c): c for c in call.contact_candidates or []}
    if key not in by_key or not call.waits_for_choice or not call.details:
        return False
    chosen = by_key[key]
    call.choose_contact(chosen)
    values = {"by": actor.name, "contact": chosen["id"]}
    message = Message(Sentence.CONTACT_CHOSEN_BY, values)
    step = Step(StepName.CONTACT_CHOSEN, message)
    call.advance(Status.WAITING_TO_LOG, at=now, steps=[step], now=now)
    changes = [{"field": "contact", "before": "", "after": chosen["id"]}]
    log_audit(call, Action.CONTACT_CHOSEN, changes, actor=actor, now=now)
    return True


def number_to_exclude(call: CallSession) -> str | None:
    """Return the other side's number in E.164; None where there is none to be listed."""
    if not call.details or call.call_facts.is_internal:
        return None
    return to_e164(call.call_facts.contact_number, region=call.organization.region)


@transaction.atomic
def exclude_number(call: CallSession, *, actor: Actor, now: datetime) -> bool:
    """Put the other side's number on the do-not-log list, and delete it here.

    A record in the CRM stays there. Returns False while the call is in progress, and
    where it has no such number.
    """
    call = CallSession.objects.lock(call.pk)
    number = number_to_exclude(call)
    if number is None or call.status in IN_PROGRESS:
        return False
    organization = call.organization
    add_do_not_log_number(organization, number, actor=actor, now=now)
    call.supersede()
    call.forget()
    reason = SkipReason.DO_NOT_LOG
    if call.status == Status.LOGGED:
        call.rest(steps=[Step(StepName.FORGOTTEN, Message(reason))], now=now)
    else:
        steps = [Step(StepName.SKIPPED, Message(reason))]
        call.mark_skipped(reason, steps=steps, now=now)
    log_audit(call, Action.NUMBER_EXCLUDED, actor=actor, now=now)
    return True


def show_number(call: CallSession, *, actor: Actor, now: datetime) -> str:
    """Return the other side's number, and log that it was shown."""
    log_audit(call, Action.NUMBER_SHOWN, actor=actor, now=now)
    return call.call_facts.contact_number


def log_audit(
    call: CallSession,
    action: AuditEntry.Action,
    changes: list[dict[str, str]] | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Write an audit entry about one call."""
    audit.log(
        call.organization,
        action,
        actor=actor,
        subject=call.telephony_session_id,
        changes=changes or [],
        now=now,
    )
