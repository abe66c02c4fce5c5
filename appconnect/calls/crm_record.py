"""Step 8: one record in the CRM, reserved here before anything is sent there."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from appconnect.calls.credentials import choose_credentials
from appconnect.calls.decision import Decision
from appconnect.calls.models import CallEvent, CallLog, Step
from appconnect.calls.note import compose
from appconnect.calls.reasons import AttentionReason, NeedsAttention
from appconnect.calls.retries import LOOK_UP_WINDOW
from appconnect.organizations.connectors import Connectors
from connector.base import Connector
from connector.errors import ConnectorError, NotSupported, UnknownOutcome
from connector.types import LogFormatType

Status = CallLog.Status


def create_record(
    event: CallEvent,
    decision: Decision,
    connectors: Connectors,
    *,
    steps: list[Step],
    now: datetime,
) -> None:
    """Write the record, once, and mark the call logged.

    The reservation is committed before a byte is sent. What was surely not written may
    be tried again; raises `UnknownOutcome` when the record may be there.
    """
    call_log = reserve(event, decision, now=now)
    connector = connectors.open(decision.credentials)
    try:
        crm_log_id = connector.create_call_log(
            event.call,
            contact=decision.contact,
            owner=decision.owner,
            composed_log_details=details_for(event, decision, connector),
        )
        if not crm_log_id:
            raise UnknownOutcome("The CRM's answer names no record.")
    except UnknownOutcome:
        move(call_log, Status.SENDING, Status.UNKNOWN)
        raise
    except ConnectorError:
        move(call_log, Status.SENDING, Status.RESERVED)
        raise
    steps.append(Step("Logged", f"The CRM confirmed record {crm_log_id}."))
    confirm(event, call_log, crm_log_id, steps=steps, now=now)


def details_for(event: CallEvent, decision: Decision, connector: Connector) -> str:
    """Compose the text of the record, unless the connector composes its own."""
    if connector.get_log_format_type() is LogFormatType.CUSTOM:
        return ""
    zone = ZoneInfo(event.organization.time_zone)
    return compose(event.call, decision.contact, time_zone=zone)


def reserve(event: CallEvent, decision: Decision, *, now: datetime) -> CallLog:
    """Commit that this worker, and no other, is about to send the record."""
    call_log, _ = CallLog.objects.get_or_create(**key_of(event))
    call_log.call_event = event
    call_log.sent_at = now
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
    now: datetime,
) -> bool:
    """Look for the record of an earlier attempt; mark the call logged when it is there.

    Returns False when it was surely never written and may be sent again. Raises
    `UnknownOutcome` while that cannot be said yet, and `NeedsAttention` for a CRM in
    which it can never be said.
    """
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
        raise NeedsAttention(AttentionReason.UNDECIDED) from None
    if crm_log_id is not None:
        steps.append(Step("Found", f"The record was there after all: {crm_log_id}."))
        confirm(event, call_log, crm_log_id, steps=steps, now=now)
        return True
    if now < call_log.sent_at + LOOK_UP_WINDOW:
        raise UnknownOutcome("The record is not in the CRM yet; it may still show.")
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
    call_log.crm_log_id, call_log.logged_at = crm_log_id, now
    move(call_log, call_log.status, Status.LOGGED, "crm_log_id", "logged_at")
    event.mark_logged(steps=steps, now=now)


def move(call_log: CallLog, was: Status, to: Status, *fields: str) -> bool:
    """Change the state, if it still is what it was; False when another worker was first."""
    call_log.status = to
    values = {name: getattr(call_log, name) for name in ("status", *fields)}
    return bool(CallLog.objects.filter(pk=call_log.pk, status=was).update(**values))
