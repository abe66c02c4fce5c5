"""Step 8, for a number that the CRM does not know: one contact is created for it.

As a record is: reserved here, committed, sent, committed. Whoever calls again from the
number meanwhile waits, and is logged to the same contact.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from appconnect.calls.crm.outcome import keeping_outcome, shown_at, take_over
from appconnect.calls.crm.sending_lock import being_sent
from appconnect.calls.decision.contact import Placeholder, search
from appconnect.calls.decision.decision import Decision
from appconnect.calls.models import CallSession, Overtaken, PlaceholderContact, Step
from appconnect.calls.models.choices import NotYet
from appconnect.calls.models.timing import SEARCH_DELAY, Clock, send_again_at
from appconnect.organizations.connections.connectors import (
    Connectors,
    organization_credentials,
)
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector
from connector.errors import UnknownOutcome
from connector.types import Contact

Status = PlaceholderContact.Status
TRUSTED = timedelta(minutes=10)
"""For so long after the CRM's own lag a contact that its search does not show is there.

Of one that a person deletes sooner the CRM refuses the record, and says so."""
TURN = timedelta(seconds=5)
"""Until another worker, which is creating the contact, has done so."""
KEPT = timedelta(days=1)


def provide_contact(
    call: CallSession,
    decision: Decision,
    settings: ServerLoggingSettings,
    connectors: Connectors,
    *,
    steps: list[Step],
    clock: Clock,
) -> Decision:
    """Return the decision with a contact that is in the CRM.

    Raises `UnknownOutcome` where it may have been created, and `NotYet` while that
    cannot be said or another worker is about it.
    """
    if isinstance(decision.contact, Contact):
        return decision
    # Who looks a contact up creates it: so it is found again.
    connector = connectors.open(organization_credentials(settings))
    known = find_placeholder(call)
    if is_trusted(known, connector, now=clock()):
        text = f"Placeholder {known.contact_id} was created for this number just now."
        steps.append(Step("Contact", text))
        contact = contact_of(known, decision.contact)
    else:
        try:
            await_outcome(call, known, settings, connector, now=clock())
            contact = create(call, decision.contact, known, connector, clock=clock)
        except Overtaken as error:
            sentence = "Another call from this number has the contact created."
            raise NotYet(clock() + TURN, sentence) from error
        text = f"The CRM has created placeholder {contact.id}."
        steps.append(Step("Contact created", text))
    return replace(decision, contact=contact)


def find_placeholder(call: CallSession) -> PlaceholderContact:
    """Return what is known of the number's placeholder; unsaved where nothing is."""
    organization = call.organization
    key = {
        "organization": organization,
        "platform": organization.platform,
        "crm_hostname": organization.crm_hostname,
        "number_hash": organization.number_hash(call.call_facts.contact_number),
    }
    found = PlaceholderContact.objects.filter(**key).first()
    return found or PlaceholderContact(**key)


def is_trusted(
    known: PlaceholderContact, connector: Connector, *, now: datetime
) -> bool:
    """Tell whether it was created so recently that the CRM's search may not show it yet."""
    if known.status != Status.CREATED:
        return False
    return now < known.sent_at + TRUSTED + connector.search_lag


def contact_of(known: PlaceholderContact, placeholder: Placeholder) -> Contact:
    return Contact(id=known.contact_id, name=placeholder.name, type=known.contact_type)


def create(
    call: CallSession,
    placeholder: Placeholder,
    known: PlaceholderContact,
    connector: Connector,
    *,
    clock: Clock,
) -> Contact:
    """Create the contact. Raises `Overtaken` when another worker does."""
    with being_sent(known.lock_id):
        known.reserve(sent_at=clock())
        with keeping_outcome(known, clock=clock):
            contact = connector.create_contact(
                call.call_facts.contact_number,
                name=placeholder.name,
                contact_type=placeholder.type,
            )
            if not contact.id:
                raise UnknownOutcome("The CRM's answer names no contact.")
        known.move(
            Status.CREATED,
            contact_id=contact.id,
            contact_type=contact.type[:60],
            sent_at=clock(),
        )
    forget_old(call, now=clock())
    return contact


def await_outcome(
    call: CallSession,
    known: PlaceholderContact,
    settings: ServerLoggingSettings,
    connector: Connector,
    *,
    now: datetime,
) -> None:
    """Raise `NotYet` while an earlier attempt goes on, may still show, or was just now."""
    take_over(known, look_again_after=TURN, now=now)
    if known.status != Status.UNKNOWN:
        return
    if now < shown_at(known, connector):
        sentence = "The contact is not in the CRM yet; it may still show."
        raise NotYet(now + SEARCH_DELAY, sentence)
    later = send_again_at(known.sent_at, attempts=call.attempts - 1)
    if now < later:
        raise NotYet(later, "The contact is not there; it is created later.")
    if search(
        connector, call.call_facts, settings
    ):  # the decision may be older than it
        raise NotYet(now + TURN, "The contact is in the CRM after all.")


def forget_old(call: CallSession, *, now: datetime) -> None:
    """Delete what the CRM's own search answers by now."""
    old = call.organization.placeholder_contacts.filter(sent_at__lt=now - KEPT)
    old.exclude(status=Status.SENDING).delete()
