"""Records that the CRM refused, perhaps because their owner is no longer active there."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from appconnect.calls.models import CallSession, CrmRecord, Step, TimelineEntry
from appconnect.calls.models.choices import (
    AttentionReason,
    Message,
    Sentence,
    StepName,
)
from appconnect.organizations.models import Organization


def may_have_inactive_owner(call: CallSession) -> bool:
    """Return whether a record was refused whose owner is active as far as is known here."""
    if call.reason != AttentionReason.REFUSED_BY_CRM or not call.is_held:
        return False
    owners = refused(call.crm_records).values("owner_id")
    return (
        users_of(call.organization, is_active=True)
        .filter(crm_user_id__in=owners)
        .exists()
    )


@transaction.atomic
def retry_with_inactive_owner(organization: Organization, *, now: datetime) -> int:
    """Decide again about refused records of owners who turned inactive; return how many.

    They are held for that owner from then on, and logged by themselves once the mapping
    is changed.
    """
    inactive = users_of(organization, is_active=False)
    records = refused(organization.crm_records).filter(
        owner_id__in=inactive.values("crm_user_id"),
        call__reason=AttentionReason.REFUSED_BY_CRM,
    )
    calls = organization.calls.held().filter(pk__in=records.values("call_id"))
    keys = list(calls.select_for_update().values_list("pk", flat=True))
    step = Step(StepName.TRIED_AGAIN, Message(Sentence.OWNER_TURNED_INACTIVE))
    version = organization.configuration_version
    TimelineEntry.add(keys, [step], configuration_version=version, now=now)
    return CallSession.objects.filter(pk__in=keys).make_due(now=now)


def refused(records: QuerySet) -> QuerySet:
    """Return the records that were not written and name an owner."""
    return records.filter(status=CrmRecord.Status.RESERVED).exclude(owner_id="")


def users_of(organization: Organization, *, is_active: bool) -> QuerySet:
    return organization.crm_users.filter(
        platform=organization.platform, is_active=is_active
    )
