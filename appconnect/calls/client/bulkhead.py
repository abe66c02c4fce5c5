"""A limit to the threads of a web process that wait for CRMs."""

from appconnect.ringcentral.bulkhead import Bulkhead
from connector.errors import TemporaryError

PLACES = 16
"""Half of the threads of a web process; the others are free for RingCentral."""

bulkhead = Bulkhead(
    PLACES,
    refusal=lambda: TemporaryError(
        "The CRM answers too slowly. Try again in a moment."
    ),
)
"""For requests to a CRM while a client waits.

A CRM that hangs keeps each thread for half a minute. Without a limit RingCentral's
notifications would wait for a thread.
"""
