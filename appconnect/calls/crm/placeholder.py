"""Step 8, for a number that the CRM does not know: one contact is created for it.

Other calls from the number wait meanwhile, and are logged to the same contact.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from appconnect.calls.crm.write_once import write_once
from appconnect.calls.decision.contact import Placeholder, contact_order, search
from appconnect.calls.decision.decision import Decision
from appconnect.calls.models import CallSession, Overtaken, PlaceholderContact, Step
from appconnect.calls.models.choices import (
    AttentionReason,
    Message,
    NeedsAttention,
    NotYet,
    Sentence,
    StepName,
    message_of,
)
from appconnect.calls.models.timing import Clock, resend_delay
from appconnect.organizations.connections.connectors import (
    Connectors,
    organization_credentials,
)
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector, accepted
from connector.errors import (
    AlreadyExists,
    ConnectorError,
    PermanentError,
    UnknownOutcome,
)
from connector.types import Contact

Status = PlaceholderContact.Status
TRUST_WINDOW = timedelta(minutes=10)
"""For so long after the CRM's own lag, a contact is used that its search does not show.

If a person deletes it within that time, the CRM refuses the record, and says so."""
DUPLICATE = re.compile(r"\balready\b|duplicat|(must|not) be unique|not unique", re.I)
"""What CRMs say that answer 400 or 422, and not 409, to a contact that they have."""
ROW_LIFETIME = timedelta(days=1)
"""By then the CRM's own search shows the contact."""


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

    Raises `NotYet` while another worker creates it, or while an earlier attempt may
    still turn up; `NeedsAttention` where the CRM has a contact that its search does not
    find; and a `ConnectorError`.
    """
    placeholder = decision.contact
    if isinstance(placeholder, Contact):
        return decision
    # With the credentials of the contact search, so that this finds it from then on.
    connector = connectors.open(organization_credentials(settings))
    row = find_placeholder(call)
    if is_trusted(row, connector, now=clock()):
        message = Message(Sentence.PLACEHOLDER_KNOWN, {"contact": row.contact_id})
        steps.append(Step(StepName.CONTACT, message))
        contact = Contact(
            id=row.contact_id, name=placeholder.name, type=row.contact_type
        )
        return replace(decision, contact=contact)

    was_sent = row.sent_at is not None
    namesakes: list[Contact] = []

    def find() -> Contact | None:
        if search(connector, call.call_facts, settings):  # since the decision
            until = clock() + row.SENDER_INTERVAL
            raise NotYet(until, Message(Sentence.CONTACT_AFTER_ALL))
        namesakes.extend(find_namesakes(connector, placeholder))
        return namesakes[0] if namesakes else None

    def create() -> Contact:
        try:
            contact = connector.create_contact(
                call.call_facts.contact_number,
                name=placeholder.name,
                contact_type=placeholder.type,
                **accepted(connector.create_contact, owner=decision.owner),
            )
        except ConnectorError as error:
            if not is_duplicate(error):
                raise
            if found := find():
                return found
            steps.append(Step(StepName.CONTACT, message_of(error)))
            if was_sent:  # and its search had its time to show it
                raise NeedsAttention(AttentionReason.HIDDEN_CONTACT) from error
            raise UnknownOutcome(str(error), reason=error.reason) from error
        if not contact.id:
            raise UnknownOutcome("The CRM's answer names no contact.")
        return contact

    try:
        contact = write_once(
            row,
            find=find,
            create=create,
            clock=clock,
            resend_delay=resend_delay(call.attempts - 1),
        )
    except Overtaken as error:
        until = clock() + row.SENDER_INTERVAL
        raise NotYet(until, Message(Sentence.CONTACT_BEING_CREATED)) from error
    delete_old_rows(call, now=clock())
    if contact in namesakes:
        message = Message(Sentence.PLACEHOLDER_FOUND, {"contact": contact.id})
        steps.append(Step(StepName.CONTACT, message))
    else:
        message = Message(Sentence.PLACEHOLDER_CREATED, {"contact": contact.id})
        steps.append(Step(StepName.CONTACT_CREATED, message))
    return replace(decision, contact=contact)


def is_duplicate(error: ConnectorError) -> bool:
    """Return whether the CRM did not create the contact because it has it already."""
    if isinstance(error, AlreadyExists):
        return True
    is_refusal = isinstance(error, PermanentError | UnknownOutcome)
    return is_refusal and bool(DUPLICATE.search(error.reason))


def find_namesakes(connector: Connector, placeholder: Placeholder) -> list[Contact]:
    """Return the contacts with the placeholder's name, which has the number in it."""
    if not connector.implements("find_contact_with_name"):
        return []
    found = connector.find_contact_with_name(placeholder.name)
    return sorted((c for c in found if c.name == placeholder.name), key=contact_order)


def find_placeholder(call: CallSession) -> PlaceholderContact:
    """Return the reservation for the number's placeholder; unsaved where there is none."""
    organization = call.organization
    key = {
        "organization": organization,
        "platform": organization.platform,
        "crm_hostname": organization.crm_hostname,
        "number_hash": organization.number_hash(call.call_facts.contact_number),
    }
    row = PlaceholderContact.objects.filter(**key).first()
    return row or PlaceholderContact(**key)


def is_trusted(row: PlaceholderContact, connector: Connector, *, now: datetime) -> bool:
    """Return whether it is so new that the CRM's search may not show it yet."""
    if row.status != Status.CREATED:
        return False
    return now < row.sent_at + TRUST_WINDOW + connector.search_lag


def delete_old_rows(call: CallSession, *, now: datetime) -> None:
    old = call.organization.placeholder_contacts.filter(sent_at__lt=now - ROW_LIFETIME)
    old.exclude(status=Status.SENDING).delete()
