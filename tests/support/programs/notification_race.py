"""Deliver notifications of one call at once, then claim calls at once.

Prints whether the parties are as the last notification says, and how often the one call,
and each of 500 others, was claimed.
"""

from datetime import timedelta
from functools import partial

import django

django.setup()

from django.utils import timezone

from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.models import CallSession
from appconnect.organizations.models import Organization
from appconnect.ringcentral.notifications import Notification, PartyChange
from tests.support.programs.at_once import run_at_once

now = timezone.now()
organization = Organization.objects.create(name="O", rc_account_id="1", region="US")
changes = [
    PartyChange(
        telephony_session_id="s",
        party_id=f"p{party}",
        extension_id="1",
        sequence=sequence,
        status=status,
        reason="",
        event_time=now,
    )
    for party in range(3)
    for sequence, status in ((2, "setup"), (3, "answered"), (4, "disconnected"))
]


def deliver(change: PartyChange) -> None:
    notification = Notification(subscription_id="x", changes=(change,))
    record_notification(organization, notification, received_at=now)


def claim(call: CallSession) -> None:
    if CallSession.objects.claim(call.pk, now + timedelta(minutes=1)):
        claimed.append(call.pk)


claimed: list = []
failures = run_at_once(*(partial(deliver, change) for change in changes * 2))
call = CallSession.objects.get()
parties = sorted(call.parties.values_list("sequence", "status", "was_answered"))
failures += run_at_once(*[partial(claim, call)] * 18)
print(parties == [(4, "disconnected", True)] * 3, len(claimed))

others = CallSession.objects.bulk_create(
    CallSession(
        organization=organization,
        telephony_session_id=f"s-{number}",
        started_at=now,
        last_event_at=now,
        received_at=now,
        next_attempt_at=now,
    )
    for number in range(500)
)
claimed = []
failures += run_at_once(*[lambda: [claim(other) for other in others]] * 4)
print(len(claimed), len(set(claimed)), len(failures))
