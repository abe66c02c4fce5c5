"""What a client tells about a call, and how it is kept for when it tells more."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from appconnect.calls.models import ClientDetails, CrmRecord
from appconnect.organizations.models import NoteSection
from connector.types import Call, Contact, Direction, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCall:
    """What a client says about a call, and who of us had it."""

    call_facts: Call
    extension_id: str
    contact: Contact
    note: str = field(default="", repr=False)
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What else the record's text is to say, by section of it."""
    owner_extension_id: str = ""
    """Whose mapping names the owner; empty: the record belongs to who logs it."""
    owner_crm_user_id: str = ""
    """Who owns it where there is no such mapping."""
    is_from_service: bool = False
    """Whether a logging service says so, and nobody typed the note."""
    is_pending: bool = False
    """Whether the call goes on: its duration and result are not known."""


def keep_details(
    crm_record: CrmRecord,
    call_facts: Call,
    contact_name: str,
    *,
    words: Mapping[str, str],
    is_pending: bool,
) -> None:
    """Keep what a client told of a call, for when it tells more."""
    facts = {
        "call": asdict(call_facts) | {"started_at": call_facts.started_at.isoformat()},
        "contact_name": contact_name,
        "is_pending": is_pending,
    }
    keep_words(crm_record, words, **facts)


def keep_words(
    crm_record: CrmRecord, words: Mapping[str, str], **facts: object
) -> None:
    """Keep what a client told for a record's text; what it left out stays as it was."""
    known = ClientDetails.of(crm_record)
    kept = known or ClientDetails(crm_record=crm_record)
    told = ClientDetails.words_of(crm_record) | words
    kept.details = {**(kept.details or {}), **facts, "words": told}
    kept.save(force_insert=known is None)


def contact_name_of(crm_record: CrmRecord) -> str:
    """Return the name under which a call is logged; empty where it is not known any more."""
    call = crm_record.call
    known = call.contact_name if call else ""
    return known or ClientDetails.contact_name_of(crm_record)


def call_from(details: dict[str, Any]) -> Call:
    """Return the call that `keep_details` has kept."""
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


def with_words(call_facts: Call, told: Mapping[str, Any]) -> Call:
    """Return the call with what a client tells anew; what it leaves out stays."""
    known = {name: value for name, value in told.items() if value not in (None, "")}
    return replace(call_facts, **known)


def with_subject(call_facts: Call, words: Mapping[str, str]) -> Call:
    """Return the call under the subject that a client gives it; unnamed where it gives none."""
    return replace(call_facts, custom_subject=words.get(NoteSection.SUBJECT, ""))
