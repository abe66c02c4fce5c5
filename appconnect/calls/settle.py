"""Step 2: has the call ended? One party's end is not the end of the call."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from appconnect.calls.models import CallEvent, CallParty, Step
from appconnect.calls.retries import LOST_END, record_delays


def has_ended(parties: Iterable[CallParty]) -> bool:
    """Tell whether every party of ours has ended.

    A party outside the account counts only where there is no other: RingCentral does
    not promise to tell its end (ringcentral.md 4.4).
    """
    parties = list(parties)
    ours = [party for party in parties if party.extension_id]
    return all(party.has_ended for party in ours or parties)


@transaction.atomic
def settle(event: CallEvent, *, now: datetime) -> None:
    """Go on to the call's record when it has been quiet and every party has ended."""
    event = CallEvent.objects.select_for_update().get(pk=event.pk)
    if event.status != CallEvent.Status.CALLING:
        return
    lost_at = event.last_event_at + LOST_END
    if not has_ended(event.parties.all()) and now < lost_at:
        event.wait(lost_at, counts=False, now=now)
        return
    event.advance(
        CallEvent.Status.WAITING_FOR_RECORD,
        at=now + record_delays()[0],
        steps=[Step("Ended", "Every party of the call has ended.")],
        now=now,
    )
