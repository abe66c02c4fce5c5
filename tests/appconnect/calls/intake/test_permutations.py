"""Whatever order a script's notifications come in, the calls end the same."""

import itertools
import random

import pytest

from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.models import CallSession
from appconnect.ringcentral.notifications import parse_notification
from appconnect.sandbox.ringcentral.session import Session
from appconnect.sandbox.scripts import SCRIPTS

MAX_ORDERS = 20


def notifications_of(script: str, now) -> list[dict]:
    """Return a script's notifications, as the sandbox would deliver them."""
    call = Session(outside="+14155550101", extension="104")
    SCRIPTS[script](call)
    return [
        {
            "uuid": "1",
            "event": "/restapi/v1.0/account/800100200/telephony/sessions",
            "subscriptionId": "x",
            "body": body,
        }
        for session in (call, *call.others)
        for body in session.bodies(now)
    ]


def orders(count: int):
    """Yield every order of so many, or a sample of them that is always the same."""
    if count <= 4:
        yield from itertools.permutations(range(count))
        return
    shuffle = random.Random(count)  # noqa: S311  the same in every run
    yield tuple(range(count))
    yield tuple(reversed(range(count)))
    for _ in range(MAX_ORDERS - 2):
        yield tuple(shuffle.sample(range(count), count))


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_order_of_notifications_gives_the_same_rows(organization, script, now):
    notifications = [parse_notification(n) for n in notifications_of(script, now)]
    outcomes = set()
    for order in orders(len(notifications)):
        for index in order:
            record_notification(organization, notifications[index], received_at=now)
            record_notification(organization, notifications[index], received_at=now)
        outcomes.add(rows(organization))
        organization.calls.all().delete()

    assert len(outcomes) == 1


def rows(organization) -> tuple:
    return tuple(
        (
            call.status,
            call.started_at,
            call.last_event_at,
            call.next_attempt_at,
            tuple(
                call.parties.order_by("party_id").values_list(
                    "party_id", "status", "reason", "has_ended", "was_answered"
                )
            ),
        )
        for call in CallSession.objects.filter(organization=organization).order_by(
            "telephony_session_id"
        )
    )
