"""Step 1: a notification is stored, in the transaction in which it is acknowledged."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from appconnect.calls.intake.settle import has_ended
from appconnect.calls.models import CallParty, CallSession
from appconnect.calls.models.choices import CallStatus, FailureReason
from appconnect.calls.models.timing import LOST_END, late_notification
from appconnect.organizations.models import Organization
from appconnect.ringcentral.notifications import Notification, PartyChange
from appconnect.rows import (
    adapt,
    for_update,
    insert_new,
    read_row,
    update,
    with_columns,
)

MAX_NOTIFICATION_AGE = timedelta(days=7)
"""Anything older is a replay: the call log has had it long since."""
SESSION_FIELDS = (
    "started_at",
    "last_event_at",
    "status",
    "attempts",
    "next_attempt_at",
    "reason",
    "ended_at",
)
FIND = with_columns(
    """
    SELECT {call} FROM calls_callsession call
    WHERE organization_id = %s AND telephony_session_id = %s
    """,
    call=CallSession,
)
"""In SQL: the ORM takes longer to write it than the database to run it."""

logger = logging.getLogger(__name__)


@transaction.atomic
def record_notification(
    organization: Organization, notification: Notification, *, received_at: datetime
) -> list[CallSession]:
    """Store what a notification says; return the calls that it changed.

    Order and repetition do not matter: for each party the newest change counts. A
    change older than `MAX_NOTIFICATION_AGE` is ignored. No number and no name is stored
    here: they come with the call log's record, after the do-not-log list was checked.
    """
    oldest = received_at - MAX_NOTIFICATION_AGE
    news = [change for change in notification.changes if change.event_time >= oldest]
    if ignored := len(notification.changes) - len(news):
        logger.warning("%d changes of parties were too old, and ignored", ignored)
    calls = (
        record_party_change(organization, change, received_at=received_at)
        for change in news
    )
    return [call for call in calls if call is not None]


def record_party_change(
    organization: Organization, change: PartyChange, *, received_at: datetime
) -> CallSession | None:
    """Store what is new about one party; return the call, or None when nothing is."""
    call = find(organization, change.telephony_session_id)
    if call is None:
        if call := create(organization, change, received_at=received_at):
            return call
        # Another notification has just created it.
        call = find(organization, change.telephony_session_id)
    parties = {party.party_id: party for party in CallParty.of([call])}
    party = parties.setdefault(
        change.party_id, CallParty(call=call, party_id=change.party_id)
    )
    is_news = party.apply_notification(change)
    call.started_at = min(call.started_at, change.event_time)
    call.last_event_at = max(call.last_event_at, change.event_time)
    if is_news:
        party.store()
        await_settling(call, received_at, is_ending=has_ended(parties.values()))
    update(call, {name: getattr(call, name) for name in SESSION_FIELDS})
    return call if is_news else None


def create(
    organization: Organization, change: PartyChange, *, received_at: datetime
) -> CallSession | None:
    """Store a call with its first change; return None where it is there already."""
    call = CallSession(
        organization=organization,
        telephony_session_id=change.telephony_session_id,
        started_at=change.event_time,
        last_event_at=change.event_time,
        received_at=received_at,
    )
    party = CallParty(call=call, party_id=change.party_id)
    party.apply_notification(change)
    await_settling(call, received_at, is_ending=has_ended([party]))
    if not insert_new(call):
        return None
    party.store()
    return call


def await_settling(
    call: CallSession, received_at: datetime, *, is_ending: bool
) -> None:
    """Put the call (back) on the phone, and schedule when it counts as ended.

    A call that is ending may still go on, with a party that is only being set up:
    nothing may come for the settle time. A call that is further on already stays there;
    one that was given up for want of a record begins again.
    """
    on_the_way = (CallStatus.CALLING, CallStatus.WAITING_FOR_RECORD)
    if call.status not in on_the_way and call.reason != FailureReason.NO_RECORD:
        return
    call.status, call.attempts = CallStatus.CALLING, 0
    call.reason, call.ended_at = "", None
    if is_ending:
        delay = timedelta(seconds=settings.CALL_SETTLE_SECONDS)
    else:
        delay = late_notification() if call.has_ended_in_log else LOST_END
    call.next_attempt_at = received_at + delay


def find(organization: Organization, telephony_session_id: str) -> CallSession | None:
    """Return the call where it is known, locked: its changes wait for each other."""
    key = adapt(CallSession, "organization", organization)
    return read_row(CallSession, for_update(FIND), [key, telephony_session_id])
