"""A record that was sent, or may have been: is it in the CRM?"""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from appconnect.calls.crm.outcome import shown_at, take_over
from appconnect.calls.crm.write import adopt, find_crm_record, only
from appconnect.calls.decision.credentials import choose_credentials
from appconnect.calls.models import CallSession, CrmRecord, Step
from appconnect.calls.models.choices import (
    AttentionReason,
    NeedsAttention,
    NotYet,
    SkipReason,
)
from appconnect.calls.models.timing import (
    LOG_DELAYS,
    SEARCH_DELAY,
    Clock,
    send_again_at,
)
from appconnect.organizations.connections.connectors import Connectors
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector
from connector.registry import get_connector_class
from connector.types import Contact, MarkerSupport

Status = CrmRecord.Status


def look_up(
    call: CallSession,
    crm_record: CrmRecord,
    settings: ServerLoggingSettings,
    connectors: Connectors,
    *,
    steps: list[Step],
    clock: Clock,
) -> bool:
    """Look for the record of an earlier attempt; mark the call logged when it is there.

    Returns False when it was surely never written and may be sent again. Raises
    `NotYet` while that cannot be said, or is not the time to send again, and
    `NeedsAttention` for a CRM in which it can never be said, or that gave no clear
    answer so often that a person should look.
    """
    now = clock()
    if crm_record.status == Status.LOGGED:
        steps.append(Step("Logged", f"Logged before: record {crm_record.record_id}."))
        adopt(call, crm_record, crm_record.record_id, steps=steps, now=now)
        return True
    take_over(crm_record, look_again_after=SEARCH_DELAY, now=now)
    if get_connector_class(crm_record.platform).marker_support is MarkerSupport.NONE:
        raise NeedsAttention(AttentionReason.UNDECIDED)
    credentials, _whose = choose_credentials(settings, extension_id=call.extension_id)
    connector = connectors.open(credentials)
    contact = Contact(
        id=crm_record.contact_id, type=crm_record.contact_type, name=call.contact_name
    )
    found = connector.find_call_logs(crm_record.marker, contact=contact)
    if record_id := only(found):
        steps.append(Step("Found", f"The record was there after all: {record_id}."))
        adopt(call, crm_record, record_id, steps=steps, now=now)
        return True
    if now < settled_at(crm_record, connector):
        sentence = "The record is not in the CRM yet; it may still show."
        raise NotYet(now + SEARCH_DELAY, sentence)
    sent = call.attempts - 1  # this attempt has sent nothing yet
    if sent >= len(LOG_DELAYS):
        raise NeedsAttention(AttentionReason.UNDECIDED)
    later = send_again_at(crm_record.sent_at, attempts=sent)
    if now < later:
        raise NotYet(later, "The record is not there; it is sent again later.")
    steps.append(Step("Not found", "The record was never written; it is sent again."))
    crm_record.move(
        Status.RESERVED,
        telephony_session_id=call.telephony_session_id,
        extension_id=call.extension_id,
    )
    return False


def settled_at(crm_record: CrmRecord, connector: Connector) -> datetime:
    """Return when a record that is not found was surely never written.

    A CRM that refuses a second record with the same marker need not be waited for.
    """
    if connector.marker_support is MarkerSupport.UNIQUE:
        return crm_record.sent_at
    return shown_at(crm_record, connector)


class Verdict(models.TextChoices):
    """What an admin may say about a call whose record may or may not be in the CRM."""

    LOOK_AGAIN = "LOOK_AGAIN", _("Look again")
    THERE = "THERE", _("It is in the CRM")
    NOT_THERE = "NOT_THERE", _("It is not: log it")
    LEAVE = "LEAVE", _("Leave it as it is")

    @classmethod
    def choices_for(cls, platform: str) -> list[tuple[str, str]]:
        """Return what can be said where this CRM is logged to: not each can be asked."""
        connector = get_connector_class(platform)
        can_look = connector.marker_support is not MarkerSupport.NONE
        return [c for c in cls.choices if can_look or c[0] != cls.LOOK_AGAIN]


@transaction.atomic
def decide_undecided(call: CallSession, verdict: Verdict, *, now: datetime) -> bool:
    """Take a person's word about an undecided call.

    Where it was decided meanwhile, nothing happens: False. So it is where the call would
    have to be logged, and who called is not known here any more.
    """
    call = CallSession.objects.lock(call.pk)
    crm_record = find_crm_record(call)
    if crm_record is None or not call.is_undecided:
        return False
    if not call.details and verdict in (Verdict.LOOK_AGAIN, Verdict.NOT_THERE):
        return False
    if crm_record.status == Status.LOGGED:  # it was known before anybody was asked
        call.advance(call.Status.WAITING_TO_LOG, at=now, now=now)
        return True
    match verdict:
        case Verdict.LOOK_AGAIN:
            step = Step("Looked for again", "An admin had the CRM asked once more.")
            call.advance(call.Status.WAITING_TO_LOG, at=now, steps=[step], now=now)
        case Verdict.THERE:
            crm_record.move(Status.LOGGED)
            step = Step("Logged", "An admin found the record in the CRM.")
            call.mark_logged(steps=[step], now=now)
        case Verdict.NOT_THERE:
            crm_record.move(Status.RESERVED)
            step = Step("Not there", "An admin did not find the record in the CRM.")
            call.advance(call.Status.WAITING_TO_LOG, at=now, steps=[step], now=now)
        case Verdict.LEAVE:
            reason = SkipReason.LEFT_BY_ADMIN
            step = Step("Skipped", str(reason.label))
            call.mark_skipped(reason, steps=[step], now=now)
    return True
