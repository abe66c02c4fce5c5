"""Step 1: a notification is stored, in the transaction in which it is acknowledged."""

from datetime import datetime

from django.db import transaction

from appconnect.calls.models import CallEvent, CallParty
from appconnect.calls.settle import has_ended
from appconnect.organizations.models import Organization
from appconnect.ringcentral.notifications import Notification, PartyChange


@transaction.atomic
def record_notification(
    organization: Organization, notification: Notification, *, received_at: datetime
) -> list[CallEvent]:
    """Store what a notification says; return the calls that now have something to do.

    Order and repetition do not matter: of each party the newest word counts, and what
    is known already changes nothing. No number and no name is stored here: the call
    log will tell them, and the do-not-log list is asked first.
    """
    events = (
        record_party_change(organization, change, received_at=received_at)
        for change in notification.changes
    )
    return [event for event in events if event is not None]


def record_party_change(
    organization: Organization, change: PartyChange, *, received_at: datetime
) -> CallEvent | None:
    """Store what is new about one party; return the call, or None when nothing was."""
    event, _ = CallEvent.objects.get_or_create(
        organization=organization,
        telephony_session_id=change.telephony_session_id,
        defaults={
            "started_at": change.event_time,
            "last_event_at": change.event_time,
            "received_at": received_at,
        },
    )
    # Changes of one call wait for each other, so that none overwrites a newer one.
    event = CallEvent.objects.select_for_update().get(pk=event.pk)
    key = {"call_event": event, "party_id": change.party_id}
    party = CallParty.objects.filter(**key).first() or CallParty(**key)
    is_news = party.hear(change)
    event.hear(change)
    if is_news:
        event.expect_news(received_at, is_ending=has_ended(event.parties.all()))
    event.save(update_fields=CallEvent.HEARD_FIELDS)
    return event if is_news else None
