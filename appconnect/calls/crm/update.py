"""Bringing the CRM's record of a logged call up to what RingCentral says later."""

from datetime import datetime

from django.db import transaction

from appconnect.calls.crm.circuit import is_kept_away, noting
from appconnect.calls.crm.sending_lock import changing
from appconnect.calls.decision.credentials import choose_credentials
from appconnect.calls.models import CallEvent, CallLog, CrmCircuit, PostedDetails, Step
from appconnect.calls.models.timing import (
    FINAL_DEADLINE,
    LEASE,
    LOG_DELAYS,
    Clock,
    retry_at,
)
from appconnect.calls.text.compose import UNREADABLE, updated_text
from appconnect.organizations.connections.connectors import (
    Connectors,
    NoCredentials,
    get_settings,
)
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector
from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    NotSupported,
    TemporaryError,
    UnknownOutcome,
)

DELETED = Step("Deleted", "The record was deleted in the CRM; it is not written again.")


def update_record(event: CallEvent, *, clock: Clock) -> None:
    """Bring the CRM's record of a logged call up to what is known now."""
    call_log = event.crm_record
    is_there = call_log is not None and call_log.is_in_present_crm
    if not is_there or event.details is None:  # or it was erased meanwhile
        event.rest(now=clock())
        return
    circuit = CrmCircuit.objects.at(event.organization)
    if is_kept_away(event, circuit, now=clock()):
        return
    settings = get_settings(event.organization)
    connectors = Connectors(event.organization)
    try:
        with connectors, noting(circuit, settings, connectors, clock=clock):
            credentials, _whose = choose_credentials(
                settings, extension_id=event.extension_id
            )
            connector = connectors.open(credentials)
            with changing(call_log.lock_id, waits=False):
                step = write_update(event, call_log, settings, connector, now=clock())
    except BlockingIOError:  # a client is about it, or a worker that hangs
        event.wait(clock() + LEASE, counts=False, now=clock())
        return
    except (TemporaryError, UnknownOutcome, CredentialsRejected) as error:
        retry = retry_at(LOG_DELAYS, attempts=event.attempts, now=clock())
        if retry is not None:
            event.wait(retry, steps=[Step("Not updated yet", str(error))], now=clock())
            return
        step = Step("Not updated", str(error))
    except (ConnectorError, NoCredentials) as error:
        step = Step("Not updated", str(error))
    finish_update(event, step, now=clock())


def write_update(
    event: CallEvent,
    call_log: CallLog,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    now: datetime,
) -> Step:
    """Write what is known now, unless the record was deleted; return what was done.

    What a person writes in the moment between the reading and the writing is lost.
    """
    log_id = call_log.crm_log_id
    try:
        record = connector.get_call_log(log_id)
    except NotSupported:
        text, why = None, UNREADABLE
    else:
        if record is None:
            return DELETED
        text, why = updated_text(
            record.full_body,
            event,
            settings,
            connector,
            words=PostedDetails.words_of(call_log),
            now=now,
        )
    call = settings.as_logged(event.call)
    connector.update_call_log(log_id, call, composed_log_details=text)
    said = f"{event.result}, {event.duration_seconds} seconds"
    return Step("Updated", f"The CRM's record now says: {said}. {why}".rstrip())


@transaction.atomic
def finish_update(updated: CallEvent, step: Step, *, now: datetime) -> None:
    """Leave the call alone, unless RingCentral has said more while the CRM was told.

    Where another worker told it meanwhile, nobody knows which of the two came last: the
    CRM is told once more.
    """
    event = CallEvent.objects.lock(updated.pk)
    if event.fence != updated.fence:
        if event.status == CallEvent.Status.LOGGED:
            event.schedule_update(at=now + LEASE)
        return
    event.rest(steps=[step], now=now)
    if step == DELETED:
        return
    if (event.call, event.is_final) != (updated.call, updated.is_final):
        event.schedule_update(at=now)
    else:
        schedule_deadline(event, now=now)


def schedule_deadline(event: CallEvent, *, now: datetime) -> None:
    """See to it that a record that RingCentral never confirms says so in the end."""
    deadline = event.ended_at + FINAL_DEADLINE
    if not event.is_final and now < deadline:
        event.schedule_update(at=deadline)
