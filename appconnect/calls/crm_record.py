"""Step 8: one record in the CRM, reserved here before anything is sent there."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from appconnect.calls.correction import compose_details, schedule_deadline
from appconnect.calls.credentials import choose_credentials
from appconnect.calls.decision import Decision
from appconnect.calls.models import CallEvent, CallLog, Step
from appconnect.calls.reasons import AttentionReason, NeedsAttention
from appconnect.calls.retries import LOG_DELAYS, LOOK_UP_DELAY, LOOK_UP_WINDOW
from appconnect.organizations.connectors import Connectors
from connector.errors import ConnectorError, NotSupported, UnknownOutcome

Status = CallLog.Status
Clock = Callable[[], datetime]


class NotYet(Exception):
    """A record of unknown outcome: at `until` more can be said."""

    def __init__(self, until: datetime, sentence: str):
        super().__init__(sentence)
        self.until = until


def create_record(
    event: CallEvent,
    decision: Decision,
    connectors: Connectors,
    *,
    steps: list[Step],
    clock: Clock,
) -> None:
    """Write the record, once, and mark the call logged.

    The reservation is committed before a byte is sent. What was surely not written may
    be tried again; raises `UnknownOutcome` when the record may be there.
    """
    connector = connectors.open(decision.credentials)
    event.take_contact(decision.contact)
    details = compose_details(event, connector, now=clock())
    call_log = reserve(event, decision, now=clock())
    try:
        crm_log_id = connector.create_call_log(
            event.call,
            contact=decision.contact,
            owner=decision.owner,
            composed_log_details=details,
        )
        if not crm_log_id:
            raise UnknownOutcome("The CRM's answer names no record.")
    except UnknownOutcome:
        call_log.sent_at = clock()  # it may still have been on its way until now
        move(call_log, Status.SENDING, Status.UNKNOWN, "sent_at")
        raise
    except ConnectorError:
        move(call_log, Status.SENDING, Status.RESERVED)
        raise
    steps.append(Step("Logged", f"The CRM confirmed record {crm_log_id}."))
    confirm(event, call_log, crm_log_id, steps=steps, now=clock())


def reserve(event: CallEvent, decision: Decision, *, now: datetime) -> CallLog:
    """Commit that this worker, and no other, is about to send the record."""
    call_log, _ = CallLog.objects.get_or_create(**key_of(event))
    call_log.call_event = event
    call_log.sent_at = now
    call_log.crm_hostname = event.organization.crm_hostname
    call_log.contact_id = decision.contact.id
    call_log.contact_type = decision.contact.type[:60]
    call_log.owner_id = decision.owner.id if decision.owner else ""
    call_log.owner_name = decision.owner.name if decision.owner else ""
    if not move(
        call_log,
        Status.RESERVED,
        Status.SENDING,
        "call_event",
        "sent_at",
        "crm_hostname",
        "contact_id",
        "contact_type",
        "owner_id",
        "owner_name",
    ):
        raise UnknownOutcome("Another attempt to log this call is under way.")
    return call_log


def key_of(event: CallEvent) -> dict[str, object]:
    """Return what a record belongs to, and there is one of."""
    return {
        "organization": event.organization,
        "platform": event.organization.platform,
        "telephony_session_id": event.telephony_session_id,
        "extension_id": event.extension_id,
    }


def find_earlier(event: CallEvent) -> CallLog | None:
    """Return the record of an earlier attempt that was sent, or may have been."""
    sent = CallLog.objects.exclude(status=Status.RESERVED)
    return sent.filter(**key_of(event)).first()


def look_up(
    event: CallEvent,
    call_log: CallLog,
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
        event.mark_logged(steps=steps, now=now)
        return True
    credentials, _ = choose_credentials(
        event.organization, extension_id=event.extension_id
    )
    try:
        crm_log_id = connectors.open(credentials).find_call_log(event.call.marker)
    except NotSupported:
        settled_at = call_log.sent_at + LOOK_UP_WINDOW
        if now < settled_at:  # whoever sent it may still get an answer
            raise NotYet(settled_at, "The CRM's answer may still come.") from None
        raise NeedsAttention(AttentionReason.UNDECIDED) from None
    if crm_log_id is not None:
        steps.append(Step("Found", f"The record was there after all: {crm_log_id}."))
        confirm(event, call_log, crm_log_id, steps=steps, now=now)
        return True
    if now < call_log.sent_at + LOOK_UP_WINDOW:
        sentence = "The record is not in the CRM yet; it may still show."
        raise NotYet(now + LOOK_UP_DELAY, sentence)
    sent = event.attempts - 1  # this attempt has sent nothing yet
    if sent >= len(LOG_DELAYS):
        raise NeedsAttention(AttentionReason.UNDECIDED)
    send_again_at = call_log.sent_at + LOG_DELAYS[max(sent, 1) - 1]
    if now < send_again_at:
        raise NotYet(send_again_at, "The record is not there; it is sent again later.")
    steps.append(Step("Not found", "The record was never written; it is sent again."))
    move(call_log, call_log.status, Status.RESERVED)
    return False


@transaction.atomic
def confirm(
    event: CallEvent,
    call_log: CallLog,
    crm_log_id: str,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    """Mark the call logged; what RingCentral said meanwhile is added right after."""
    call_log.crm_log_id, call_log.logged_at = crm_log_id, now
    move(call_log, call_log.status, Status.LOGGED, "crm_log_id", "logged_at")
    current = CallEvent.objects.lock(event.pk)
    current.mark_logged(steps=steps, now=now)
    if current.call != event.call:
        current.schedule_update(at=now)
    else:
        schedule_deadline(current, now=now)


@transaction.atomic
def decide_undecided(event: CallEvent, *, is_there: bool, now: datetime) -> None:
    """Take a person's word for whether the record of an undecided call is in the CRM.

    One that is not is sent again. Where it was decided meanwhile, nothing happens.
    """
    event = CallEvent.objects.lock(event.pk)
    call_log = find_earlier(event)
    is_open = event.reason == AttentionReason.UNDECIDED
    if call_log is None or not is_open or call_log.status == Status.LOGGED:
        return
    if is_there:
        move(call_log, call_log.status, Status.LOGGED)
        steps = [Step("Logged", "An admin found the record in the CRM.")]
        event.mark_logged(steps=steps, now=now)
    else:
        move(call_log, call_log.status, Status.RESERVED)
        steps = [Step("Not there", "An admin did not find the record in the CRM.")]
        event.advance(CallEvent.Status.WAITING_TO_LOG, at=now, steps=steps, now=now)


def move(call_log: CallLog, was: Status, to: Status, *fields: str) -> bool:
    """Change the state, if it still is what it was; False when another worker was first."""
    call_log.status = to
    values = {name: getattr(call_log, name) for name in ("status", *fields)}
    return bool(CallLog.objects.filter(pk=call_log.pk, status=was).update(**values))
