"""How something comes to be in the CRM once: the record of a call, or a contact.

No transaction spans our database and the CRM, so a crash between the two leaves the outcome unknown.

1. The reservation, a row that its key makes unique, is committed as SENDING before a byte
   is sent. While it is sent, a lock shows that its sender is alive.
2. SENDING without the lock: the sender died, and what it sent may land in the CRM as late
   as now. The reservation becomes UNKNOWN, and the search window begins.
3. UNKNOWN is looked for in the CRM. Only what is not found after the search window was
   never written, and is sent again.
4. An error after which nothing can have been written makes it RESERVED: not sent. So does
   a `NeedsAttention`. After any other error it is UNKNOWN.
5. Where the CRM cannot be searched, or the attempts are used up, a person decides.

Each change of the row names the state and the fence with which it was read: a sender that
was overtaken changes nothing any more.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction

from appconnect.calls.crm.sending_lock import being_sent, is_being_sent
from appconnect.calls.models.choices import (
    AttentionReason,
    Message,
    NeedsAttention,
    NotYet,
    Sentence,
)
from appconnect.calls.models.crm_record import Reservation
from appconnect.calls.models.timing import SEARCH_DELAY, Clock
from connector.errors import ConnectorError, UnknownOutcome

Written = TypeVar("Written")


def write_once(
    reservation: Reservation,
    *,
    find: Callable[[], Written | None],
    create: Callable[[], Written],
    store: Callable[[], None] = lambda: None,
    clock: Clock,
    resend_delay: timedelta | None = timedelta(0),
    **columns: object,
) -> Written:
    """Return what `find` finds in the CRM, or else what `create` creates there.

    A caller that has to decide something in between calls `find_earlier` and `send`.
    """
    earlier = find_earlier(
        reservation, find=find, clock=clock, resend_delay=resend_delay
    )
    return earlier or send(
        reservation, create=create, store=store, clock=clock, **columns
    )


def find_earlier(
    reservation: Reservation,
    *,
    find: Callable[[], Written | None],
    clock: Clock,
    resend_delay: timedelta | None = timedelta(0),
) -> Written | None:
    """Return what an earlier attempt has written; None where it may be sent (again) now.

    `resend_delay` is the time between two attempts; None: there is no other. Raises
    `NotYet` while the earlier sender lives or it is too early to send it again, and
    `NeedsAttention` where a person has to decide.
    """
    now = clock()  # before the search: the window must be over when that begins
    take_over(reservation, now=now)
    if reservation.status != reservation.Status.UNKNOWN:
        return None
    window = reservation.search_window
    if window is None:
        raise NeedsAttention(AttentionReason.UNDECIDED)
    if written := find():
        reservation.confirm(written, now=now)
        return written
    if now < reservation.sent_at + window:
        raise NotYet(now + SEARCH_DELAY, Message(reservation.MAY_SHOW))
    if resend_delay is None:
        raise NeedsAttention(AttentionReason.UNDECIDED)
    resend_at = reservation.sent_at + resend_delay
    if now < resend_at:
        raise NotYet(resend_at, Message(reservation.SEND_LATER))
    reservation.move(reservation.Status.RESERVED)
    return None


def send(
    reservation: Reservation,
    *,
    create: Callable[[], Written],
    store: Callable[[], None] = lambda: None,
    clock: Clock,
    **columns: object,
) -> Written:
    """Reserve it, with `columns`, and return what `create` creates.

    `store` stores what else is to be known of it before it is sent, in the same commit.
    Raises `Overtaken` where another sender reserves it first, a `ConnectorError`, and what
    `create` raises.
    """
    with being_sent(reservation.lock_id):
        with transaction.atomic():
            reservation.reserve(sent_at=clock(), **columns)
            store()
        try:
            written = create()
        except Exception as error:
            is_answer = isinstance(error, ConnectorError | NeedsAttention)
            if is_answer and not isinstance(error, UnknownOutcome):
                reservation.move(reservation.Status.RESERVED)
            else:  # also a fault of the connector; until now it may have been on its way
                reservation.move(reservation.Status.UNKNOWN, sent_at=clock())
            raise
        reservation.confirm(written, now=clock())
        return written


def take_over(reservation: Reservation, *, now: datetime) -> None:
    """Make SENDING UNKNOWN when its sender is dead. Raises `NotYet` while it lives."""
    if reservation.status != reservation.Status.SENDING:
        return
    if is_being_sent(reservation.lock_id):
        until = now + reservation.SENDER_INTERVAL
        raise NotYet(until, Message(Sentence.STILL_SENDING))
    reservation.move(reservation.Status.UNKNOWN, sent_at=now)
