"""The CRM in a person's own session, for clients, unless its circuit is open."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from appconnect.calls.client.bulkhead import bulkhead
from appconnect.calls.crm.circuit import RATE_LIMIT_DELAY
from appconnect.calls.models import CrmCircuit
from appconnect.calls.models.timing import Clock
from appconnect.organizations.connections.connectors import (
    open_connector,
    session_credentials,
)
from appconnect.organizations.models import CrmSession, ServerLoggingSettings
from connector.base import Connector
from connector.errors import RateLimited, TemporaryError


@contextmanager
def asking_crm(
    session: CrmSession, settings: ServerLoggingSettings, *, clock: Clock
) -> Iterator[Connector]:
    """Open the CRM in a person's own session, with their organization's `settings`.

    Raises `TemporaryError` while the circuit is open, which holds for clients as for
    workers, or where too many threads wait for CRMs.
    """
    organization = session.organization
    circuit = CrmCircuit.objects.find(organization)
    if circuit and circuit.is_open(clock()):
        raise TemporaryError(f"{circuit.failure} The CRM is left alone for a moment.")
    try:
        credentials = session_credentials(session, settings)
        with bulkhead(), open_connector(organization, credentials) as connector:
            yield connector
    except RateLimited as error:
        wait = RATE_LIMIT_DELAY
        if error.retry_after is not None:
            wait = timedelta(seconds=error.retry_after)
        circuit = CrmCircuit.objects.at(organization)
        circuit.hold(clock() + wait, failure=str(error), now=clock())
        raise
