"""After a call was logged: RingCentral's late words reach the CRM's record too.

A recording is there a minute after the call, and a duration may have been provisional.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from appconnect.calls.circuit import is_kept_away, noting
from appconnect.calls.clock import Clock
from appconnect.calls.credentials import choose_credentials
from appconnect.calls.models import CallEvent, CrmCircuit, Step
from appconnect.calls.note import compose
from appconnect.calls.retries import LEASE, LOG_DELAYS, retry_at
from appconnect.organizations.connectors import (
    Connectors,
    NoCredentials,
    get_settings,
)
from appconnect.ringcentral.call_log import CallRecord
from connector.base import Connector
from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    TemporaryError,
    UnknownOutcome,
)
from connector.types import Contact, LogFormatType

FINAL_DEADLINE = timedelta(hours=4)
"""How long RingCentral may take to confirm a record that was logged as it was.

Production systems take a record for final once it has been quiet that long."""


def correct(event: CallEvent, record: CallRecord, *, now: datetime) -> None:
    """Take over what a record says now of a call whose record was believed before."""
    was, says = event.call, record.call
    if says.direction != was.direction:
        return  # another record of the session, which came without the one that leads
    call = replace(
        was,
        duration_seconds=says.duration_seconds,
        result=says.result,
        recording_url=says.recording_url or was.recording_url,
        voicemail_url=says.voicemail_url or was.voicemail_url,
    )
    is_confirmed = not event.is_final and not record.is_provisional
    if call == was and not is_confirmed:
        return
    event.is_final = event.is_final or is_confirmed
    event.take_record(call, type=event.type, extension_id=event.extension_id)
    if event.status == CallEvent.Status.LOGGED:
        event.schedule_update(at=now)


def update_record(event: CallEvent, *, clock: Clock) -> None:
    """Bring the CRM's record of a logged call up to what is known now."""
    call_log = event.crm_record
    if call_log is None or not call_log.is_in_present_crm:
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
            connector.update_call_log(
                call_log.crm_log_id,
                event.call,
                composed_log_details=compose_details(
                    event, connector, contact_name=event.contact_name, now=clock()
                ),
            )
    except (TemporaryError, UnknownOutcome, CredentialsRejected) as error:
        retry = retry_at(LOG_DELAYS, attempts=event.attempts, now=clock())
        if retry is not None:
            event.wait(retry, steps=[Step("Not updated yet", str(error))], now=clock())
            return
        step = Step("Not updated", str(error))
    except (ConnectorError, NoCredentials) as error:
        step = Step("Not updated", str(error))
    else:
        said = f"{event.result}, {event.duration_seconds} seconds"
        step = Step("Updated", f"The CRM's record now says: {said}.")
    finish_update(event, step, now=clock())


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
    if (event.call, event.is_final) != (updated.call, updated.is_final):
        event.schedule_update(at=now)
    else:
        schedule_deadline(event, now=now)


def schedule_deadline(event: CallEvent, *, now: datetime) -> None:
    """See to it that a record that RingCentral never confirms says so in the end."""
    deadline = event.ended_at + FINAL_DEADLINE
    if not event.is_final and now < deadline:
        event.schedule_update(at=deadline)


def compose_details(
    event: CallEvent, connector: Connector, *, contact_name: str, now: datetime
) -> str:
    """Return the text of a call's record, unless the connector composes its own."""
    if connector.get_log_format_type() is LogFormatType.CUSTOM:
        return ""
    contact = Contact(id="", name=contact_name)
    zone = ZoneInfo(event.organization.time_zone)
    is_overdue = event.ended_at is not None and now >= event.ended_at + FINAL_DEADLINE
    return compose(
        event.call,
        contact,
        time_zone=zone,
        is_unconfirmed=is_overdue and not event.is_final,
    )
