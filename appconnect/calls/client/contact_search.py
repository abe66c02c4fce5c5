"""Whom a number belongs to, for clients: the CRM is asked once for all who ask together."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from appconnect.calls.client.bulkhead import bulkhead
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.models import ContactSearch
from appconnect.calls.models.timing import Clock
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import CrmSession
from connector.errors import TemporaryError
from connector.types import Contact

FRESH = timedelta(minutes=5)
"""How long the CRM's answer counts."""
FRESH_NOBODY = timedelta(seconds=5)
"""How long its answer that there is nobody does: somebody may just be added."""
LEASE = timedelta(seconds=60)
PATIENCE = timedelta(seconds=10)
"""Less than a client waits; whoever waits here keeps a thread of the web server."""
LOOK_SECONDS = 0.05


def search_contacts(
    session: CrmSession, numbers: Sequence[str], *, is_forced: bool, clock: Clock
) -> list[Contact]:
    """Return the CRM's contacts with one of `numbers`, the ways to write one number.

    The first that finds somebody counts. `is_forced`: the CRM is asked whatever is
    known. Raises a `ConnectorError`.
    """
    organization = session.organization
    question = json.dumps([session.platform, organization.crm_hostname, *numbers])
    key = {"organization": organization, "question_hash": organization.digest(question)}
    asked_at = clock()
    answered_since = asked_at if is_forced else asked_at - FRESH
    row, _is_new = ContactSearch.objects.get_or_create(**key)
    if is_answered(row, since=answered_since, now=asked_at):
        return [contact_from(contact) for contact in row.contacts]
    with bulkhead():
        while clock() < asked_at + PATIENCE:
            if row.take_lease(clock(), LEASE):
                return ask(session, row, numbers, clock=clock)
            time.sleep(LOOK_SECONDS)
            row, _is_new = ContactSearch.objects.get_or_create(**key)
            if is_answered(row, since=answered_since, now=clock()):
                return [contact_from(contact) for contact in row.contacts]
    raise TemporaryError("The CRM has not answered another look-up of this number yet.")


def is_answered(row: ContactSearch, *, since: datetime, now: datetime) -> bool:
    if row.looked_up_at is None or row.looked_up_at < since:
        return False
    return bool(row.contacts) or now < row.looked_up_at + FRESH_NOBODY


def ask(
    session: CrmSession, row: ContactSearch, numbers: Sequence[str], *, clock: Clock
) -> list[Contact]:
    """Ask the CRM, and keep its answer for the others."""
    organization = session.organization
    found: list[Contact] = []
    try:
        settings = get_settings(organization)
        with asking_crm(session, settings, clock=clock) as connector:
            for number in numbers:
                if found := connector.find_contact(number):
                    break
        row.contacts = [as_json(contact) for contact in found]
        row.looked_up_at = clock()
    finally:
        row.looking_until = None
        row.save()
    old = organization.contact_searches.filter(looked_up_at__lt=clock() - FRESH)
    old.exclude(looking_until__gt=clock()).delete()
    return found


def as_json(contact: Contact) -> dict[str, Any]:
    return asdict(contact) | {
        name: at and at.isoformat() for name in TIMES for at in [getattr(contact, name)]
    }


def contact_from(stored: dict[str, Any]) -> Contact:
    times = {name: parse(stored[name]) for name in TIMES}
    return Contact(**stored | times)


def parse(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


TIMES = ("created_at", "most_recent_activity_at")
