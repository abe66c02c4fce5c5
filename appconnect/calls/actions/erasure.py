"""Everything stored about one phone number: exported, and erased."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from appconnect.calls.models import (
    CallParty,
    CallSession,
    ClientDetails,
    PlaceholderContact,
    Step,
)
from appconnect.calls.models.call_facts import TimelineEntry
from appconnect.calls.models.choices import (
    HELD,
    IN_PROGRESS,
    Message,
    Sentence,
    SkipReason,
    StepName,
)
from appconnect.organizations.logging_settings.retention import get_retention
from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from connector.phone_numbers import same_numbers, to_e164

BATCH_SIZE = 500
ERASED = Step(StepName.ERASED, Message(Sentence.ERASED))


class OnHold(Exception):
    """During a legal hold nothing is erased."""


class Erasure(NamedTuple):
    """How many calls of a number were erased, and which were not."""

    erased: int
    still_being_logged: list[CallSession]


def count_erasable(organization: Organization, number: str) -> int:
    """Return how many calls `erase_number` would erase now. Raises `OnHold`."""
    if get_retention(organization).is_on_hold:
        raise OnHold
    calls = CallSession.objects.with_number(organization, number)
    return calls.exclude(status__in=IN_PROGRESS).count()


@transaction.atomic
def erase_number(
    organization: Organization, number: str, *, actor: Actor, now: datetime
) -> Erasure:
    """Delete numbers, names and recordings of calls with a number in E.164.

    States and times of the calls stay, and so do the CRM's records and the do-not-log
    list. A call that is still being logged is left as it is. A held one is skipped:
    a retry would fetch the number again. Raises `OnHold`.
    """
    if get_retention(organization).is_on_hold:
        raise OnHold
    calls = CallSession.objects.with_number(organization, number).select_for_update()
    still_being_logged = list(calls.filter(status__in=IN_PROGRESS))
    ended = calls.exclude(status__in=IN_PROGRESS)
    keys = list(ended.values_list("pk", flat=True))
    for call in ended.filter(status__in=HELD).select_related("organization"):
        call.mark_skipped(SkipReason.LEFT_BY_ADMIN, now=now)
    TimelineEntry.add(
        keys,
        [ERASED],
        configuration_version=organization.configuration_version,
        now=now,
    )
    TimelineEntry.forget_reasons(keys)
    CallParty.objects.filter(call__in=ended).delete()
    organization.placeholder_contacts.filter(
        number_hash__in=organization.number_hashes(number)
    ).exclude(status=PlaceholderContact.Status.SENDING).delete()
    ClientDetails.objects.filter(crm_record__call__in=keys).delete()
    erase_client_details(organization, number)
    ended.forget_identity()
    log_audit(organization, AuditEntry.Action.NUMBER_ERASED, len(keys), actor, now)
    return Erasure(len(keys), still_being_logged)


def erase_client_details(organization: Organization, number: str) -> None:
    """Delete what clients logged with the number without a call here.

    The number is sealed, so each row is opened; there are few.
    """
    unclaimed = ClientDetails.objects.filter(
        crm_record__organization=organization, crm_record__call=None
    )
    region, same = organization.region, set(same_numbers(number))
    for row in unclaimed.iterator(chunk_size=BATCH_SIZE):
        call = (row.details or {}).get("call", {})
        parties = (call.get("caller", {}), call.get("callee", {}))
        numbers = {party.get("phone_number", "") for party in parties}
        if not same.isdisjoint(to_e164(one, region=region) for one in numbers):
            row.delete()


@transaction.atomic
def export_number(
    organization: Organization, number: str, *, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """Return everything stored about the calls of a number in E.164, ready for JSON."""
    calls = CallSession.objects.with_number(organization, number).with_crm_record()
    exported = [
        as_json(call)
        for call in calls.prefetch_related(
            "timeline", "crm_records__client_details"
        ).order_by("started_at", "id")
    ]
    log_audit(
        organization, AuditEntry.Action.NUMBER_EXPORTED, len(exported), actor, now
    )
    return exported


def as_json(call: CallSession) -> dict[str, Any]:
    return {
        "id": str(call.pk),
        "telephonySessionId": call.telephony_session_id,
        "sessionId": call.session_id,
        "startedAt": call.started_at.isoformat(),
        "direction": call.direction,
        "durationSeconds": call.duration_seconds,
        "result": call.result,
        "extensionId": call.extension_id,
        "state": call.status,
        "reason": call.reason,
        "contactName": call.contact_name,
        **(call.details or {}),
        "writtenToCrm": call.written,
        "crmRecords": [
            {
                "platform": log.platform,
                "recordId": log.record_id,
                "contactId": log.contact_id,
                "owner": log.owner_name,
                "toldByClient": ClientDetails.words_of(log),
            }
            for log in call.crm_records.all()
        ],
        "timeline": [
            {
                "at": entry.at.isoformat(),
                "step": entry.get_step_display(),
                "text": entry.text,
            }
            for entry in call.timeline.all()
        ],
    }


def log_audit(
    organization: Organization,
    action: AuditEntry.Action,
    count: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Write an audit entry with the number of calls; without the phone number."""
    calls = [{"field": "calls", "before": None, "after": count}]
    audit.log(organization, action, actor=actor, changes=calls, now=now)
