"""Step 5: who in the CRM was on the other side?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from appconnect.calls.models.choices import (
    AttentionReason,
    NeedsAttention,
    Skip,
    SkipReason,
)
from appconnect.organizations.logging_settings.phone_numbers import write_as
from appconnect.organizations.models import ServerLoggingSettings
from connector.base import Connector
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
) -> tuple[Contact | Placeholder, str]:
    """Return whom the call is logged to, and why, in a sentence.

    `chosen` is the `id` and `type` of the contact that a person chose. Raises `Skip` or
    `NeedsAttention` where the settings say so, or nobody can be chosen.
    """
    match search(connector, call_facts, settings):
        case contacts if chosen:
            return chosen_among(contacts, chosen)
        case [contact]:
            return contact, "One contact in the CRM has this number."
        case []:
            return make_placeholder(connector, call_facts, settings)
        case contacts:
            return choose_contact(contacts, settings.several_contacts)


def search(
    connector: Connector, call_facts: Call, settings: ServerLoggingSettings
) -> list[Contact]:
    """Return the contacts of the first way to write the number that finds somebody."""
    for number in numbers_to_try(call_facts, settings):
        if found := connector.find_contact(number):
            return found
    return []


def numbers_to_try(call_facts: Call, settings: ServerLoggingSettings) -> Iterator[str]:
    """Yield what the other side's number may be in the CRM.

    An extension's number is one only in a call between extensions, which comes so far
    only where such calls are logged.
    """
    if call_facts.is_internal:
        party = call_facts.contact_party
        yield from filter(None, (party.phone_number, party.extension_number))
        return
    yield call_facts.contact_number
    region = settings.organization.region
    for format_mask in settings.phone_number_formats.splitlines():
        number = write_as(format_mask, call_facts.contact_number, region=region)
        if number is not None:
            yield number


def make_placeholder(
    connector: Connector, call_facts: Call, settings: ServerLoggingSettings
) -> tuple[Placeholder, str]:
    """Return the contact to be created for an unknown number; for no extension's."""
    match settings.no_contact:
        case NoContact.PLACEHOLDER if not call_facts.is_internal:
            if not connector.implements("create_contact"):
                raise NeedsAttention(
                    AttentionReason.NO_CONTACT,
                    "No contact in the CRM has this number, and none can be created "
                    "from here. Add one there, then try again.",
                )
            name = f"{settings.placeholder_prefix} {call_facts.contact_number}".strip()
            sentence = "No contact in the CRM has this number: a placeholder is used."
            return Placeholder(name=name, type=settings.placeholder_type), sentence
        case NoContact.NEEDS_ATTENTION:
            raise NeedsAttention(
                AttentionReason.NO_CONTACT,
                "No contact in the CRM has this number. Add one there, then try again.",
            )
    raise Skip(SkipReason.NO_CONTACT)


def chosen_among(
    contacts: list[Contact], chosen: Mapping[str, str]
) -> tuple[Contact, str]:
    """Return the contact that a person chose. Raises `NeedsAttention` if it is not there."""
    for contact in contacts:
        if (contact.id, contact.type) == (chosen["id"], chosen["type"]):
            count = len(contacts)
            sentence = f"A person chose {contact.id} of {count} with this number."
            return contact, sentence
    if not contacts:
        raise NeedsAttention(
            AttentionReason.NO_CONTACT,
            f"Contact {chosen['id']}, which was chosen, does not have this number in "
            "the CRM any more, and nobody else has. Add it there, then try again.",
        )
    raise NeedsAttention(
        AttentionReason.SEVERAL_CONTACTS,
        f"Contact {chosen['id']}, which was chosen, does not have this number in the "
        "CRM any more. Choose another.",
        candidates=contacts,
    )


def choose_contact(contacts: list[Contact], policy: str) -> tuple[Contact, str]:
    """Return the one of several that the policy chooses; of equal ones the first by id."""
    count = len(contacts)
    by_id = sorted(contacts, key=lambda contact: (contact.id, contact.type))
    match policy:
        case Several.SKIP:
            raise Skip(SkipReason.SEVERAL_CONTACTS)
        case Several.NEEDS_ATTENTION:
            raise NeedsAttention(
                AttentionReason.SEVERAL_CONTACTS,
                f"{count} contacts in the CRM have this number. "
                "Choose one of them, or leave it with one there and try again.",
                candidates=by_id,
            )
        case Several.MAX_RECENT_ACTIVITY:
            times = known_times(by_id, "most_recent_activity_at")
            which, chosen = "most recently active", by_id[times.index(max(times))]
        case Several.EARLIEST_CREATED:
            times = known_times(by_id, "created_at")
            which, chosen = "earliest created", by_id[times.index(min(times))]
        case Several.FIRST_ALPHABETICAL:
            which, chosen = "first by name", min(by_id, key=lambda c: c.name.casefold())
    sentence = f"{count} contacts have this number; the {which} was taken: {chosen.id}."
    return chosen, sentence


def known_times(contacts: list[Contact], name: str) -> list[datetime]:
    """Return this time of each, if the CRM tells all of them. Raises `NeedsAttention`."""
    times = [getattr(contact, name) for contact in contacts]
    known = [at for at in times if at is not None]
    if len(known) < len(times):
        raise NeedsAttention(
            AttentionReason.SEVERAL_CONTACTS,
            f"{len(times)} contacts in the CRM have this number, and it does not tell "
            "of all when that was which one is chosen by. Choose one of them, or "
            "another rule in the settings.",
            candidates=contacts,
        )
    return known
