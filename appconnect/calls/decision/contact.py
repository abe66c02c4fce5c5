"""Step 5: the contact in the CRM who was on the other side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from appconnect.calls.models.choices import (
    AttentionReason,
    Message,
    NeedsAttention,
    Sentence,
    Skip,
    SkipReason,
)
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector
from connector.errors import TemporaryError
from connector.phone_numbers import ways_to_write
from connector.types import Call, Contact

NoContact = ServerLoggingSettings.NoContact
Several = ServerLoggingSettings.SeveralContacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """A contact that the CRM does not have yet, and is to be created."""

    name: str = field(repr=False)
    type: str


def find_contact(
    connector: Connector,
    call_facts: Call,
    settings: ServerLoggingSettings,
    *,
    chosen: Mapping[str, str] | None = None,
) -> tuple[Contact | Placeholder, Message]:
    """Return the contact that the call is logged to, and why.

    `chosen` is the `id` and `type` of the contact that a person chose. Raises `Skip` or
    `NeedsAttention` where the settings say so, or no contact can be chosen.
    """
    match search(connector, call_facts, settings):
        case contacts if chosen:
            return chosen_among(contacts, chosen)
        case [contact]:
            return contact, Message(Sentence.ONE_CONTACT)
        case []:
            return make_placeholder(connector, call_facts, settings)
        case contacts:
            return choose_contact(contacts, settings.several_contacts)


def search(
    connector: Connector, call_facts: Call, settings: ServerLoggingSettings
) -> list[Contact]:
    """Return the contacts for the first format of the number that finds any, each once."""
    for number in numbers_to_try(call_facts, settings):
        found = connector.find_contact(number)
        if not isinstance(found, list):  # a failure that the connector took for nobody
            raise TemporaryError(f"{connector.display_name} gave no list of contacts.")
        if found:
            return list(
                {(contact.id, contact.type): contact for contact in found}.values()
            )
    return []


def numbers_to_try(call_facts: Call, settings: ServerLoggingSettings) -> Iterator[str]:
    """Yield the other side's number in each format that the CRM may use.

    In a call between extensions that is the colleague's number, then the extension's.
    """
    if call_facts.is_internal:
        party = call_facts.contact_party
        yield from filter(None, (party.phone_number, party.extension_number))
        return
    region = settings.organization.region
    formats = settings.phone_number_formats.splitlines()
    yield from ways_to_write(call_facts.contact_number, formats, region=region)


def make_placeholder(
    connector: Connector, call_facts: Call, settings: ServerLoggingSettings
) -> tuple[Placeholder, Message]:
    """Return the contact to be created for an unknown number, never for a colleague.

    Raises `Skip` or `NeedsAttention` where the settings want none.
    """
    match settings.no_contact:
        case NoContact.PLACEHOLDER if not call_facts.is_internal:
            if not connector.implements("create_contact"):
                raise NeedsAttention(
                    AttentionReason.NO_CONTACT,
                    Message(Sentence.CANNOT_CREATE_CONTACT),
                )
            name = f"{settings.placeholder_prefix} {call_facts.contact_number}".strip()
            placeholder = Placeholder(name=name, type=settings.placeholder_type)
            return placeholder, Message(Sentence.PLACEHOLDER_USED)
        case NoContact.NEEDS_ATTENTION:
            raise NeedsAttention(
                AttentionReason.NO_CONTACT, Message(Sentence.ADD_CONTACT)
            )
    raise Skip(SkipReason.NO_CONTACT)


def chosen_among(
    contacts: list[Contact], chosen: Mapping[str, str]
) -> tuple[Contact, Message]:
    """Return the contact that a person chose. Raises `NeedsAttention` if it is not there."""
    for contact in contacts:
        if (contact.id, contact.type) == (chosen["id"], chosen["type"]):
            values = {"contact": contact.id, "count": len(contacts)}
            return contact, Message(Sentence.CONTACT_WAS_CHOSEN, values)
    if not contacts:
        raise NeedsAttention(
            AttentionReason.NO_CONTACT,
            Message(Sentence.CHOSEN_CONTACT_GONE, {"contact": chosen["id"]}),
        )
    raise NeedsAttention(
        AttentionReason.SEVERAL_CONTACTS,
        Message(Sentence.CHOOSE_ANOTHER_CONTACT, {"contact": chosen["id"]}),
        candidates=contacts,
    )


def choose_contact(contacts: list[Contact], policy: str) -> tuple[Contact, Message]:
    """Return the contact that the policy chooses; of equal ones the first by id."""
    count = len(contacts)
    by_id = sorted(contacts, key=contact_order)
    match policy:
        case Several.SKIP:
            raise Skip(SkipReason.SEVERAL_CONTACTS)
        case Several.NEEDS_ATTENTION:
            raise NeedsAttention(
                AttentionReason.SEVERAL_CONTACTS,
                Message(Sentence.CHOOSE_CONTACT, {"count": count}),
                candidates=by_id,
            )
        case Several.MOST_RECENT_ACTIVITY:
            times = activity_times(by_id, "most_recent_activity_at")
            sentence = Sentence.MOST_RECENT_CONTACT
            chosen = by_id[times.index(max(times))]
        case Several.EARLIEST_CREATED:
            times = activity_times(by_id, "created_at")
            sentence = Sentence.EARLIEST_CONTACT
            chosen = by_id[times.index(min(times))]
        case Several.FIRST_ALPHABETICAL:
            sentence = Sentence.FIRST_CONTACT
            chosen = min(by_id, key=lambda contact: contact.name.casefold())
    return chosen, Message(sentence, {"count": count, "contact": chosen.id})


def contact_order(contact: Contact) -> tuple:
    """Return what contacts are sorted by: their ids, numbers by their value and first."""
    if contact.id.isdecimal():
        digits = contact.id.lstrip("0")
        return (0, len(digits), digits, contact.id, contact.type)
    return (1, 0, "", contact.id, contact.type)


def activity_times(contacts: list[Contact], name: str) -> list[datetime]:
    """Return this time of each contact. Raises `NeedsAttention` where one has none."""
    times = [getattr(contact, name) for contact in contacts]
    if None in times:
        raise NeedsAttention(
            AttentionReason.SEVERAL_CONTACTS,
            Message(Sentence.CONTACT_TIMES_UNKNOWN, {"count": len(times)}),
            candidates=contacts,
        )
    return times
