"""When the CRM is not to be asked, and how that ends."""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import QuerySet

from appconnect.calls.decision.outcome import EXPECTED_ERRORS, Retry, outcome_of
from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import AttentionReason
from appconnect.calls.models.timing import LEASE, Clock, scaled
from appconnect.organizations.connections.connectors import Connectors
from appconnect.organizations.models import Organization, ServerLoggingSettings
from connector.registry import get_connector_class

SHORT = scaled(seconds=30)
UNTIL_RELEASED = timedelta(hours=1)
"""How long a call waits that is expected to be released before."""
HOLD = scaled(minutes=1)
"""How long a CRM that wants fewer requests, and does not say when, is left alone."""


def is_kept_away(call: CallSession, circuit: CrmCircuit, *, now: datetime) -> bool:
    """Have the call wait where its CRM is not to be asked now; that is no attempt.

    Calls come back from a short wait scattered, and the first of them tries. A long wait
    is ended by `release`, when the one that `try_again_to_ask` has chosen gets an answer.
    """
    if not circuit.is_open(now) and waits_for_slot(call, circuit, now=now):
        return True
    until = circuit.admit(now)
    if until is None:
        return False
    wait = until - now
    if wait > SHORT:
        wait = UNTIL_RELEASED
    call.wait(scattered(wait, now), counts=False, now=now)
    return True


def waits_for_slot(call: CallSession, circuit: CrmCircuit, *, now: datetime) -> bool:
    """Have the call wait for its turn where the CRM allows so many calls a minute."""
    allowed = get_connector_class(call.organization.platform).calls_per_minute
    if allowed is None or call.has_slot(now):
        return False
    if call.slot_at is not None and now < call.slot_at <= now + circuit.FARTHEST_SLOT:
        # It has one, and was released too early.
        call.wait(call.slot_at, counts=False, now=now)
        return True
    slot = circuit.take_slot(now, calls_per_minute=allowed)
    if slot == now:
        return False
    call.slot_at = slot
    until = slot or scattered(circuit.FARTHEST_SLOT, now)
    call.wait(until, counts=False, now=now)
    return True


def scattered(wait: timedelta, now: datetime) -> datetime:
    """Return when to come back, so that those who left together do not come together."""
    return now + wait * (1 + random.random())  # noqa: S311  no secret


@contextmanager
def noting(
    circuit: CrmCircuit,
    settings: ServerLoggingSettings,
    connectors: Connectors,
    *,
    clock: Clock,
) -> Iterator[None]:
    """Have the circuit learn how the CRM answers to what is done in the block."""
    try:
        yield
    except EXPECTED_ERRORS as error:
        outcome = outcome_of(error, is_shared=lambda: connectors.used_for(settings))
        now = clock()
        match outcome.retry:
            case Retry.RATE_LIMIT:
                wait = HOLD
                if outcome.retry_after is not None:
                    wait = timedelta(seconds=outcome.retry_after)
                circuit.hold(now + wait, failure=str(error), now=now)
            case Retry.BACKOFF | Retry.SEARCH:
                circuit.failed(str(error), now=now)
            case Retry.NEW_CREDENTIALS:
                # The version with which they were read: if they were replaced since,
                # the new ones are tried.
                version = settings.organization.configuration_version
                circuit.reject(str(error), now=now, version=version)
            case _ if outcome.reason != AttentionReason.CREDENTIALS_REJECTED:
                note_answer(circuit, connectors, now=now)  # its answer was clear
        raise
    else:
        note_answer(circuit, connectors, now=clock())


def note_answer(circuit: CrmCircuit, connectors: Connectors, *, now: datetime) -> None:
    """Go on with the calls that were kept away, if the CRM was asked and answered clearly."""
    if connectors.are_used and circuit.succeeded():
        release(circuit.organization, now=now)


def credentials_refused(organization: Organization, why: str, *, now: datetime) -> None:
    """Take in that the CRM refused the organization's credentials, without any call.

    It is told as if a call had been refused; the next call tries all the same, in case
    only what was asked for is not allowed.
    """
    circuit = CrmCircuit.objects.at(organization)
    if circuit.rejected_at is None:
        version = organization.configuration_version
        circuit.reject(why, now=now, version=version)
        circuit.retry(now)


def credentials_accepted(organization: Organization, *, now: datetime) -> None:
    """Take in that the CRM takes the organization's credentials (again)."""
    circuit = CrmCircuit.objects.at(organization)
    if circuit.rejected_at is not None and circuit.succeeded():
        release(organization, now=now)


def release(organization: Organization, *, now: datetime) -> int:
    """Go on with the calls that wait to be logged; none that a worker has."""
    return waiting_calls(organization.pk, now=now).update(next_attempt_at=now)


def waiting_calls(organization_id: uuid.UUID, *, now: datetime) -> QuerySet:
    """Return the calls that wait to be logged; what a worker has is due within its lease."""
    return CallSession.objects.filter(
        organization_id=organization_id,
        status=CallSession.Status.WAITING_TO_LOG,
        next_attempt_at__gt=now + LEASE,
    )


def try_again_to_ask(*, now: datetime) -> None:
    """Send one of the calls that are kept from a CRM whose time is over."""
    for circuit in CrmCircuit.objects.filter(open_until__lte=now):
        kept = waiting_calls(circuit.organization_id, now=now)
        if first := kept.order_by("next_attempt_at").first():
            kept.filter(pk=first.pk).update(next_attempt_at=now)


def try_changed_configurations(*, now: datetime) -> None:
    """Ask the CRMs that refused their credentials once more where something was changed."""
    changed = CrmCircuit.objects.changed_since_rejection()
    for circuit in changed.select_related("organization"):
        circuit.retry(now)
        release(circuit.organization, now=now)
