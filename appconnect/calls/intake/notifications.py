"""Step 1: a notification is stored, in the transaction in which it is acknowledged."""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from appconnect.calls.intake.settle import has_ended
from appconnect.calls.models import CallParty, CallSession
from appconnect.organizations.models import Organization
from appconnect.ringcentral.notifications import Notification, PartyChange

OLDEST_NEWS = timedelta(days=7)
"""What RingCentral has kept back for longer is a replay: its call log has told the rest."""

logger = logging.getLogger(__name__)


@transaction.atomic
def record_notification(
    organization: Organization, notification: Notification, *, received_at: datetime
) -> list[CallSession]:
    """Store what a notification says; return the calls that now have something to do.

    Order and repetition do not matter: of each party the newest word counts, and what
    is known already changes nothing; nor does what is older than `OLDEST_NEWS`. No
    number and no name is stored here: the call log will tell them, and the do-not-log
    list is asked first.
    """
    oldest = received_at - OLDEST_NEWS
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
    """Store what is new about one party; return the call, or None when nothing was."""
    call = find_or_begin(organization, change, received_at=received_at)
    parties = {party.party_id: party for party in call.parties.all()}
    party = parties.setdefault(
        change.party_id, CallParty(call=call, party_id=change.party_id)
    )
    is_news = party.hear(change)
    call.hear(change)
    if is_news:
        call.expect_news(received_at, is_ending=has_ended(parties.values()))
    call.save(update_fields=CallSession.HEARD_FIELDS)
    return call if is_news else None


def find_or_begin(
    organization: Organization, change: PartyChange, *, received_at: datetime
) -> CallSession:
    """Return the call, locked: changes of one call wait for each other."""
    locked = CallSession.objects.select_for_update()
    key = {
        "organization": organization,
        "telephony_session_id": change.telephony_session_id,
    }
    call = locked.filter(**key).first()
    if call is not None:
        return call
    try:
        with transaction.atomic():
            return CallSession.objects.create(
                **key,
                started_at=change.event_time,
                last_event_at=change.event_time,
                received_at=received_at,
            )
    except IntegrityError:  # another notification of it was faster
        return locked.get(**key)
