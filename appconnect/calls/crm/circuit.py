"""The circuit breaker and rate limiter in front of an organization's CRM."""

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

MAX_SCATTERED_WAIT = scaled(seconds=30)
"""Calls come back by themselves from a shorter wait, and by `release` from a longer one."""
RELEASE_TIMEOUT = timedelta(hours=1)
"""How long a call waits at most that `release` is expected to make due before."""
RATE_LIMIT_DELAY = scaled(minutes=1)
"""How long nothing is sent after a rate limit that names no time."""


def wait_for_crm(call: CallSession, circuit: CrmCircuit, *, now: datetime) -> bool:
    """Make the call wait if nothing may be sent to its CRM now; return whether it waits.

    The wait does not count as an attempt. Calls come back from a short wait at scattered
    times, and the first one is the probe. A long wait is ended by `release`, when the
    probe that `send_probes` has chosen gets an answer.
    """
    if not circuit.is_open(now) and waits_for_slot(call, circuit, now=now):
        return True
    until = circuit.admit(now)
    if until is None:
        return False
    wait = until - now
    if wait <= MAX_SCATTERED_WAIT:
        call.wait(scattered(wait, now), counts=False, now=now)
        return True
    call.wait(scattered(RELEASE_TIMEOUT, now), counts=False, now=now)
    if CrmCircuit.objects.filter(pk=circuit.pk, open_until=None).exists():
        # It closed after it was read: `release` may have come before this wait.
        release(call.organization, now=now)
        call.next_attempt_at = now
    return True


def waits_for_slot(call: CallSession, circuit: CrmCircuit, *, now: datetime) -> bool:
    """Make the call wait for its slot where the CRM limits the calls per minute."""
    if not call.organization.has_crm:
        return False  # what follows says so
    allowed = get_connector_class(call.organization.platform).calls_per_minute
    if allowed is None or call.has_slot(now):
        return False
    if call.slot_at is not None and now < call.slot_at <= now + circuit.MAX_SLOT_WAIT:
        # It has a slot, and was released too early.
        call.wait(call.slot_at, counts=False, now=now)
        return True
    slot = circuit.take_slot(now, calls_per_minute=allowed)
    if slot == now:
        return False
    call.slot_at = slot
    until = slot or scattered(circuit.MAX_SLOT_WAIT, now)
    call.wait(until, counts=False, now=now)
    return True


def scattered(wait: timedelta, now: datetime) -> datetime:
    """Return when to come back, so that calls that wait together do not return together."""
    return now + wait * (1 + random.random())  # noqa: S311  no secret


@contextmanager
def updating_circuit(
    circuit: CrmCircuit,
    settings: ServerLoggingSettings,
    connectors: Connectors,
    *,
    clock: Clock,
) -> Iterator[None]:
    """Open or close the circuit by how the CRM answers the requests of the block."""
    try:
        yield
    except EXPECTED_ERRORS as error:
        outcome = outcome_of(error, is_shared=lambda: connectors.used_for(settings))
        now = clock()
        match outcome.retry:
            case Retry.RATE_LIMIT:
                wait = RATE_LIMIT_DELAY
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
                close_circuit(circuit, connectors, now=now)  # its answer was clear
        raise
    else:
        close_circuit(circuit, connectors, now=clock())


def close_circuit(
    circuit: CrmCircuit, connectors: Connectors, *, now: datetime
) -> None:
    """Close the circuit, and make its calls due, if the CRM was asked and has answered."""
    if connectors.are_used and circuit.succeeded():
        release(circuit.organization, now=now)


def credentials_refused(
    organization: Organization, failure: str, *, now: datetime
) -> None:
    """Reject the credentials that the CRM refused while something else was read than a call.

    The next call is sent all the same: perhaps only that reading is not allowed.
    """
    circuit = CrmCircuit.objects.at(organization)
    if circuit.rejected_at is None:
        version = organization.configuration_version
        circuit.reject(failure, now=now, version=version)
        circuit.retry(now)


def credentials_accepted(organization: Organization, *, now: datetime) -> None:
    """Close the circuit if it was opened by refused credentials."""
    circuit = CrmCircuit.objects.at(organization)
    if circuit.rejected_at is not None and circuit.succeeded():
        release(organization, now=now)


def release(organization: Organization, *, now: datetime) -> int:
    """Make the calls due that wait to be logged, except those that a worker has."""
    return waiting_calls(organization.pk, now=now).update(next_attempt_at=now)


def waiting_calls(organization_id: uuid.UUID, *, now: datetime) -> QuerySet:
    """Return the calls that wait to be logged; what a worker has is due within its lease."""
    return CallSession.objects.filter(
        organization_id=organization_id,
        status=CallSession.Status.WAITING_TO_LOG,
        next_attempt_at__gt=now + LEASE,
    )


def send_probes(*, now: datetime) -> None:
    """Make one waiting call due for each circuit whose open time is over."""
    for circuit in CrmCircuit.objects.filter(open_until__lte=now):
        waiting = waiting_calls(circuit.organization_id, now=now)
        if first := waiting.order_by("next_attempt_at").first():
            waiting.filter(pk=first.pk).update(next_attempt_at=now)


def try_changed_configurations(*, now: datetime) -> None:
    """Retry refused credentials where the organization's configuration has changed since."""
    changed = CrmCircuit.objects.changed_since_rejection()
    for circuit in changed.select_related("organization"):
        circuit.retry(now)
        release(circuit.organization, now=now)
