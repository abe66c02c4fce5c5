"""A record that was sent, or may have been: is it in the CRM?"""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from appconnect.calls.crm.outcome import shown_at, take_over
from appconnect.calls.crm.write import adopt, find_call_log, only
from appconnect.calls.decision.credentials import choose_credentials
from appconnect.calls.models import CallEvent, CallLog, Step
from appconnect.calls.models.choices import (
    AttentionReason,
    NeedsAttention,
    NotYet,
    SkipReason,
)
from appconnect.calls.models.timing import (
    LOG_DELAYS,
    LOOK_UP_DELAY,
    Clock,
    send_again_at,
)
from appconnect.organizations.connections.connectors import Connectors
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector
from connector.registry import get_connector_class
from connector.types import Contact, MarkerSupport

Status = CallLog.Status


def look_up(
    event: CallEvent,
    call_log: CallLog,
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
    if call_log.status == Status.LOGGED:
        steps.append(Step("Logged", f"Logged before: record {call_log.crm_log_id}."))
        adopt(event, call_log, call_log.crm_log_id, steps=steps, now=now)
        return True
    take_over(call_log, look_again_after=LOOK_UP_DELAY, now=now)
    if get_connector_class(call_log.platform).marker_support is MarkerSupport.NONE:
        raise NeedsAttention(AttentionReason.UNDECIDED)
    credentials, _whose = choose_credentials(settings, extension_id=event.extension_id)
    connector = connectors.open(credentials)
    contact = Contact(
        id=call_log.contact_id, type=call_log.contact_type, name=event.contact_name
    )
    found = connector.find_call_logs(call_log.marker, contact=contact)
    if crm_log_id := only(found):
        steps.append(Step("Found", f"The record was there after all: {crm_log_id}."))
        adopt(event, call_log, crm_log_id, steps=steps, now=now)
        return True
    if now < settled_at(call_log, connector):
        sentence = "The record is not in the CRM yet; it may still show."
        raise NotYet(now + LOOK_UP_DELAY, sentence)
    sent = event.attempts - 1  # this attempt has sent nothing yet
    if sent >= len(LOG_DELAYS):
        raise NeedsAttention(AttentionReason.UNDECIDED)
    later = send_again_at(call_log.sent_at, attempts=sent)
    if now < later:
        raise NotYet(later, "The record is not there; it is sent again later.")
    steps.append(Step("Not found", "The record was never written; it is sent again."))
    call_log.move(
        Status.RESERVED,
        telephony_session_id=event.telephony_session_id,
        extension_id=event.extension_id,
    )
    return False


def settled_at(call_log: CallLog, connector: Connector) -> datetime:
    """Return when a record that is not found was surely never written.

    A CRM that refuses a second record with the same marker need not be waited for.
    """
    if connector.marker_support is MarkerSupport.UNIQUE:
        return call_log.sent_at
    return shown_at(call_log, connector)


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
def decide_undecided(event: CallEvent, verdict: Verdict, *, now: datetime) -> bool:
    """Take a person's word about an undecided call.

    Where it was decided meanwhile, nothing happens: False. So it is where the call would
    have to be logged, and who called is not known here any more.
    """
    event = CallEvent.objects.lock(event.pk)
    call_log = find_call_log(event)
    if call_log is None or not event.is_undecided:
        return False
    if not event.details and verdict in (Verdict.LOOK_AGAIN, Verdict.NOT_THERE):
        return False
    if call_log.status == Status.LOGGED:  # it was known before anybody was asked
        event.advance(event.Status.WAITING_TO_LOG, at=now, now=now)
        return True
    match verdict:
        case Verdict.LOOK_AGAIN:
            step = Step("Looked for again", "An admin had the CRM asked once more.")
            event.advance(event.Status.WAITING_TO_LOG, at=now, steps=[step], now=now)
        case Verdict.THERE:
            call_log.move(Status.LOGGED)
            step = Step("Logged", "An admin found the record in the CRM.")
            event.mark_logged(steps=[step], now=now)
        case Verdict.NOT_THERE:
            call_log.move(Status.RESERVED)
            step = Step("Not there", "An admin did not find the record in the CRM.")
            event.advance(event.Status.WAITING_TO_LOG, at=now, steps=[step], now=now)
        case Verdict.LEAVE:
            reason = SkipReason.LEFT_BY_ADMIN
            step = Step("Skipped", str(reason.label))
            event.mark_skipped(reason, steps=[step], now=now)
    return True
