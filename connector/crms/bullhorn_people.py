"""Bullhorn's client contacts, candidates and leads, and its search."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from connector.crms.bullhorn_sign_in import BullhornSignIn
from connector.crms.members import (
    JsonObject,
    as_number,
    get_id,
    get_member,
    get_new_id,
    get_number,
    get_text,
    get_time,
)
from connector.errors import PermanentError, TemporaryError
from connector.phone_numbers import is_same_number, same_numbers, search_text
from connector.types import Contact, CrmUser

PAGE_SIZE = 200
MAX_PAGES = 50

PHONES = ("phone", "mobile", "phone2", "phone3")


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of person: the statuses to leave out, and the fields that are read."""

    unused_statuses: tuple[str, ...]
    activity_times: tuple[str, ...]
    phones: tuple[str, ...] = PHONES

    @property
    def fields(self) -> str:
        return ",".join(("id", "name", "dateAdded", *self.phones, *self.activity_times))


PEOPLE = {
    "ClientContact": Entity(("Archive",), ("dateLastModified", "dateLastVisit")),
    "Candidate": Entity(
        ("Archive", "Archived"),
        ("dateLastModified", "dateLastComment"),
        (*PHONES, "workPhone"),
    ),
    "Lead": Entity(
        ("Archive", "Converted"),
        ("dateLastModified", "dateLastComment", "dateLastVisited"),
    ),
}
NEW_CONTACT = "Lead"
"""What an unknown caller becomes where the admin has chosen no type."""
MAX_NAME_LENGTH = 49
"""A first or last name has 50 characters, both with a blank between them 100."""


class BullhornPeople(BullhornSignIn):
    """Who can be on the other side of a call, by their number."""

    def find_contact(self, phone_number: str) -> list[Contact]:
        if not search_text(phone_number):
            return []
        found = [self._find_people(entity, phone_number) for entity in PEOPLE]
        if all(people is None for people in found):
            raise PermanentError(
                "Bullhorn shows this API user no contacts, candidates or leads."
            )
        return [contact for people in found for contact in people or ()]

    def _find_people(self, entity: str, phone_number: str) -> list[Contact] | None:
        """Return the people of one entity; None where the API user may not see it."""
        about = PEOPLE[entity]
        numbers = " OR ".join(
            f"{phone}:{term}"
            for phone in about.phones
            for term in search_terms(phone_number)
        )
        statuses = "".join(f' NOT status:"{name}"' for name in about.unused_statuses)
        query = f"({numbers}) AND isDeleted:false{statuses}"
        people = self.search(entity, about.fields, query, expects=403)
        if people is None:
            return None
        return [
            contact_from(person, entity)
            for person in people
            if any(
                is_same_number(phone_number, get_text(person, p), region=self.region)
                for p in about.phones
            )
        ]

    def search(
        self, entity: str, fields: str, query: str, **options: Any
    ) -> list[JsonObject] | None:
        """Return what is found over all pages, each once; None for an expected failure.

        Raises `TemporaryError` where there are too many pages.
        """
        found: dict[str, JsonObject] = {}
        start = 0
        for _ in range(MAX_PAGES):
            reply = self.send(
                "POST",
                f"/search/{entity}",
                params={
                    "fields": fields,
                    "sort": "id",
                    "start": start,
                    "count": PAGE_SIZE,
                },
                json={"query": query},
                **options,
            )
            if not 200 <= reply.status < 300:
                return None
            page = get_member(reply.json, "data", kind=list)
            found |= {get_id(item): item for item in page if get_id(item)}
            start += len(page)
            if not page or start >= (get_number(reply.json, "total") or 0):
                return list(found.values())
        raise TemporaryError("Bullhorn has more pages than are read.")

    def create_contact(
        self,
        phone_number: str,
        *,
        name: str,
        contact_type: str = "",
        owner: CrmUser | None = None,
    ) -> Contact:
        entity = contact_type or NEW_CONTACT
        if entity not in ("Candidate", "Lead"):
            raise PermanentError(
                "A client contact of Bullhorn's belongs to a company: choose Candidate "
                "or Lead for new contacts in the settings."
            )
        first, _, last = name.partition(" ")
        first, last = first[:MAX_NAME_LENGTH], last[:MAX_NAME_LENGTH].strip()
        name = f"{first} {last}".strip()
        body: JsonObject = {
            "name": name,
            "firstName": first,
            "lastName": last,
            "phone": phone_number,
        }
        if owner is not None:
            body["owner"] = {"id": as_number(owner.id)}
        reply = self.request("PUT", f"/entity/{entity}", creates=True, json=body)
        return Contact(
            id=get_new_id(reply, "changedEntityId"),
            name=name,
            type=entity,
            phone_number=phone_number,
        )


def search_terms(number: str) -> list[str]:
    """Return what to search for, in Lucene's syntax, in a field with a phone number.

    An E.164 number without and with its country; another format as a phrase.
    """
    if not number.startswith("+"):
        return [json.dumps(search_text(number))]  # Lucene quotes as JSON does
    numbers = same_numbers(number)
    return [
        *(search_text(each) for each in numbers),
        *(each.removeprefix("+") for each in numbers),
    ]


def contact_from(person: JsonObject, entity: str) -> Contact:
    times = (get_time(person, name) for name in PEOPLE[entity].activity_times)
    return Contact(
        id=get_id(person),
        name=get_text(person, "name"),
        type=entity,
        created_at=get_time(person, "dateAdded"),
        most_recent_activity_at=max(filter(None, times), default=None),
    )
