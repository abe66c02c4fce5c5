"""What is to be in the CRM once: keeping what is known of it while it is sent, and after."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from appconnect.calls.crm.sending_lock import is_being_sent
from appconnect.calls.models.choices import NotYet
from appconnect.calls.models.crm_record import Reservation
from appconnect.calls.models.timing import SEARCH_WINDOW, Clock
from connector.base import Connector
from connector.errors import ConnectorError, UnknownOutcome


@contextmanager
def keeping_outcome(reservation: Reservation, *, clock: Clock) -> Iterator[None]:
    """Keep what is known of what the block sends, where it ends with an error."""
    status = reservation.Status
    try:
        yield
    except ConnectorError as error:
        if isinstance(error, UnknownOutcome):
            # Until now it may still have been on its way.
            reservation.move(status.UNKNOWN, sent_at=clock())
        else:
            reservation.move(status.RESERVED)
        raise
    except Exception:  # a fault of the connector's own: who knows what it has sent
        reservation.move(status.UNKNOWN, sent_at=clock())
        raise


def take_over(
    reservation: Reservation, *, look_again_after: timedelta, now: datetime
) -> None:
    """Take it from a worker that died while it was sending; from no other.

    When it died is not known: as late as now it may have been on its way. Raises
    `NotYet` while the worker lives, however slow it is.
    """
    if reservation.status != reservation.Status.SENDING:
        return
    if is_being_sent(reservation.lock_id):
        sentence = "Another worker is still sending it to the CRM."
        raise NotYet(now + look_again_after, sentence)
    reservation.move(reservation.Status.UNKNOWN, sent_at=now)


def shown_at(reservation: Reservation, connector: Connector) -> datetime:
    """Return when what was sent would be found at the latest, if it was ever written."""
    return reservation.sent_at + SEARCH_WINDOW + connector.search_lag
