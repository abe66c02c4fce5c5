"""The facts of a call as a client gives them, stored for its later updates."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from appconnect.calls.models import CallSession, ClientDetails, CrmRecord, Overtaken
from appconnect.organizations.models import NoteSection
from appconnect.rows import insert_new
from connector.types import Call, Contact, Direction, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCall:
    """A logged call with a client's changes, stored before the CRM is given them."""

    call_facts: Call
    previous: Call | None
    """As the CRM's record was last given it."""
    contact_name: str
    row: CallSession | ClientDetails
    is_pending: bool = False

    def confirm(self) -> None:
        """Store that the CRM's record has been given the changes."""
        if self.previous != self.call_facts:
            self.row.confirm_written()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCall:
    """A call as a client logs it."""

    call_facts: Call
    extension_id: str
    contact: Contact
    note: str = field(default="", repr=False)
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More words for the record's text, by section of the text."""
    owner_extension_id: str = ""
    """The extension whose mapping names the owner; empty: the owner is the signed-in user."""
    owner_crm_user_id: str = ""
    """The owner where there is no such mapping."""
    is_from_service: bool = False
    """Whether a logging service sends it, and the note is not an agent's."""
    is_pending: bool = False
    """Whether the call goes on: its duration and result are not known."""


def store_details(
    crm_record: CrmRecord,
    call_facts: Call,
    contact_name: str,
    *,
    words: Mapping[str, str],
    is_pending: bool,
    written: Mapping[str, Any] | None = None,
) -> None:
    """Store a call as a client gave it.

    `written` has what the CRM's record was last given, where that differs.
    """
    facts = {
        "call": asdict(call_facts) | {"started_at": call_facts.started_at.isoformat()},
        "contact_name": contact_name,
        "is_pending": is_pending,
        "written": written,
    }
    store_words(crm_record, words, **facts)


def store_words(
    crm_record: CrmRecord, words: Mapping[str, str], **facts: object
) -> None:
    """Store the words for a record's text, in place of those that were stored."""
    stored = ClientDetails.of(crm_record)
    new = {**facts, "words": dict(words)}
    if stored is None:
        if insert_new(ClientDetails(crm_record=crm_record, details=new)) is None:
            raise Overtaken
    else:
        stored.change({**(stored.details or {}), **new})


def contact_name_of(crm_record: CrmRecord) -> str:
    """Return the contact's name in the record; empty once it was deleted here."""
    call = crm_record.call
    name = call.contact_name if call else ""
    return name or ClientDetails.contact_name_of(crm_record)


def call_from(details: dict[str, Any]) -> Call:
    """Return the call that `store_details` has stored."""
    stored = details["call"]
    return Call(
        **stored
        | {
            "direction": Direction(stored["direction"]),
            "caller": Party(**stored["caller"]),
            "callee": Party(**stored["callee"]),
            "started_at": datetime.fromisoformat(stored["started_at"]),
        }
    )


def with_changes(call_facts: Call, changes: Mapping[str, Any]) -> Call:
    """Return the call with a client's changes; empty values change nothing."""
    return replace(
        call_facts,
        **{name: value for name, value in changes.items() if value not in (None, "")},
    )


def with_subject(call_facts: Call, words: Mapping[str, str]) -> Call:
    """Return the call with the client's subject; with the usual one where it gives none."""
    return replace(call_facts, custom_subject=words.get(NoteSection.SUBJECT, ""))
