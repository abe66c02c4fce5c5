"""The contacts with a number, for clients: one search in the CRM answers all that wait."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from appconnect.calls.client.bulkhead import bulkhead
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.models import ContactSearch
from appconnect.calls.models.timing import Clock
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import CrmSession, wait_until
from connector.errors import TemporaryError
from connector.types import Contact

ANSWER_LIFETIME = timedelta(minutes=5)
EMPTY_ANSWER_LIFETIME = timedelta(seconds=5)
"""Shorter: the contact may just be added."""
LEASE = timedelta(seconds=60)
SEARCH_TIMEOUT_SECONDS = 10
"""Shorter than a client waits; each request that waits keeps a thread of the web server."""


def search_contacts(
    session: CrmSession, numbers: Sequence[str], *, is_forced: bool, clock: Clock
) -> list[Contact]:
    """Return the CRM's contacts with one of `numbers`, the ways to write one number.

    The first number with a contact counts. With `is_forced` no stored answer is used.
    Raises a `ConnectorError`.
    """
    organization = session.organization
    question = json.dumps([session.platform, organization.crm_hostname, *numbers])
    key = {"organization": organization, "question_hash": organization.digest(question)}
    since = clock() - (timedelta(0) if is_forced else ANSWER_LIFETIME)
    row, _is_new = ContactSearch.objects.get_or_create(**key)

    def is_answered() -> bool:
        nonlocal row
        looked_up_at = row.looked_up_at
        if row.take_lease(
            "looking_until", LEASE, now=clock(), looked_up_at=looked_up_at
        ):
            ask(session, row, numbers, clock=clock)
            return True
        row, _is_new = ContactSearch.objects.get_or_create(**key)
        return is_current(row, since=since, now=clock())

    if not is_current(row, since=since, now=clock()):
        with bulkhead():
            if not wait_until(
                is_answered,
                timeout_seconds=SEARCH_TIMEOUT_SECONDS,
                interval_seconds=0.05,
            ):
                raise TemporaryError(
                    "The CRM has not answered another look-up of this number yet."
                )
    return [contact_from(contact) for contact in row.contacts]


def is_current(row: ContactSearch, *, since: datetime, now: datetime) -> bool:
    """Return whether the stored answer counts."""
    if row.looked_up_at is None or row.looked_up_at < since:
        return False
    return bool(row.contacts) or now < row.looked_up_at + EMPTY_ANSWER_LIFETIME


def ask(
    session: CrmSession, row: ContactSearch, numbers: Sequence[str], *, clock: Clock
) -> None:
    """Search the CRM and store its answer, for all clients that wait for it."""
    organization = session.organization
    contacts: list[Contact] = []
    try:
        settings = get_settings(organization)
        with asking_crm(session, settings, clock=clock) as connector:
            for number in numbers:
                if contacts := connector.find_contact(number):
                    break
        row.contacts = [as_json(contact) for contact in contacts]
        row.looked_up_at = clock()
    finally:
        row.looking_until = None
        row.save()
    expired = organization.contact_searches.filter(
        looked_up_at__lt=clock() - ANSWER_LIFETIME
    )
    expired.exclude(looking_until__gt=clock()).delete()


def as_json(contact: Contact) -> dict[str, Any]:
    return asdict(contact) | {
        name: at and at.isoformat() for name in TIMES for at in [getattr(contact, name)]
    }


def contact_from(stored: dict[str, Any]) -> Contact:
    times = {
        name: stored[name] and datetime.fromisoformat(stored[name]) for name in TIMES
    }
    return Contact(**stored | times)


TIMES = ("created_at", "most_recent_activity_at")
