"""The contacts with a number, for clients.

One search in the CRM answers all of a person's requests that wait. Other people's do not
count: the CRM decides which contacts a person may see.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from appconnect.calls.client.bulkhead import bulkhead
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.client.queries import claim_search, find_search
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
    asker = [str(session.pk), session.crm_user_id, organization.crm_hostname]
    question = organization.digest(json.dumps([*asker, *numbers]))
    since = clock() - (timedelta(0) if is_forced else ANSWER_LIFETIME)
    search = find_search(organization, question)

    def is_answered() -> bool:
        nonlocal search
        claimed = claim_search(
            organization,
            question,
            looked_up_at=search and search.looked_up_at,
            until=clock() + LEASE,
            now=clock(),
        )
        if claimed is not None:
            search = claimed
            ask(session, search, numbers, clock=clock)
            return True
        search = find_search(organization, question)
        return is_current(search, since=since, now=clock())

    if not is_current(search, since=since, now=clock()):
        with bulkhead():
            if not wait_until(
                is_answered,
                timeout_seconds=SEARCH_TIMEOUT_SECONDS,
                interval_seconds=0.05,
            ):
                raise TemporaryError(
                    "The CRM has not answered another look-up of this number yet."
                )
    return [contact_from(contact) for contact in search.contacts]


def is_current(search: ContactSearch | None, *, since: datetime, now: datetime) -> bool:
    """Return whether the stored answer counts."""
    if search is None or search.looked_up_at is None or search.looked_up_at < since:
        return False
    return bool(search.contacts) or now < search.looked_up_at + EMPTY_ANSWER_LIFETIME


def ask(
    session: CrmSession,
    search: ContactSearch,
    numbers: Sequence[str],
    *,
    clock: Clock,
) -> None:
    """Search the CRM and store its answer, for all requests that wait for it."""
    organization = session.organization
    contacts: list[Contact] = []
    try:
        settings = get_settings(organization)
        with asking_crm(session, settings, clock=clock) as connector:
            for number in numbers:
                if contacts := connector.find_contact(number):
                    break
        search.contacts = [as_json(contact) for contact in contacts]
        search.looked_up_at = clock()
    finally:
        search.end()


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
