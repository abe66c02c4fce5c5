"""The sandbox's CRM: users, contacts and call records."""

import itertools
import json
import secrets
import threading
from datetime import timedelta
from typing import Any

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.clock import Clock

SERVICE = {"id": "service", "name": "Service account", "email": ""}


class Crm:
    """The CRM's data, in memory."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._sessions: dict[str, str] = {}
        self.users = {
            user_id: {"id": user_id, "name": name, "email": email, "active": True}
            for user_id, name, email in seed.CRM_USERS
        }
        self.unlicensed: set[str] = set()
        self.contacts = {
            contact_id: {
                "id": contact_id,
                "name": name,
                "phone": phone,
                "type": "Contact",
                "createdAt": f"2024-01-{day:02}T09:00:00+00:00",
                "lastActivityAt": f"2025-01-{day:02}T09:00:00+00:00",
            }
            for day, (contact_id, name, phone) in enumerate(seed.CONTACTS, start=1)
        }
        self.records: dict[str, dict[str, Any]] = {}
        self.password = seed.SERVICE_ACCOUNT["password"]
        self.inactive: set[str] = set()
        """The users who are switched off, and can own no new record."""
        self.fails_with = 0
        """The HTTP status of every reply while the CRM is down; 0 when it is up."""
        self.loses_replies = 0.0
        """The share of record creations, from 0 to 1, that succeed and reply with a 500."""
        self.delay_seconds = 0.0
        """How long every reply takes."""
        self.search_lag_seconds = 0.0
        """How long a search misses a record or a contact that was just written."""
        self.is_read_only = False
        """Whether creating a record is refused."""
        self.is_fuzzy = False
        """Whether a search also finds contacts in whose name or notes the number stands."""
        self.numbers_are_unique = False
        """Whether a second contact with a number, in any spelling, is refused."""
        self.refuses_duplicates = False
        """Whether a second record with the same external id is refused."""

    def sign_in(self, username: str, password: str) -> str | None:
        if (username, password) != (seed.SERVICE_ACCOUNT["username"], self.password):
            return None
        token = secrets.token_urlsafe(16)
        self._sessions[token] = SERVICE["id"]
        return token

    def change_password(self, password: str) -> None:
        """Change the service account's password and end every session."""
        self.password = password
        self.end_sessions()

    def end_sessions(self) -> None:
        self._sessions.clear()

    def user_of(self, token: str) -> dict[str, Any] | None:
        """Return the user of a session token or an API key."""
        if token in self._sessions:
            return SERVICE
        users = self.users.values()
        return next((u for u in users if seed.api_key_of(u["id"]) == token), None)

    def find_contacts(self, phone: str) -> list[dict[str, Any]]:
        contacts = self.searchable(self.contacts)
        if self.is_fuzzy:
            digits = digits_of(phone)[-7:]
            return [c for c in contacts if digits in digits_of(json.dumps(c))]
        return [contact for contact in contacts if contact["phone"] == phone]

    def find_contacts_by_name(self, name: str) -> list[dict[str, Any]]:
        return [c for c in self.searchable(self.contacts) if c["name"] == name]

    def has_number(self, phone: str) -> bool:
        """Return whether a contact has this number, in whatever spelling."""
        digits = digits_of(phone)[-10:]
        return any(digits in digits_of(c["phone"]) for c in self.contacts.values())

    def create_contact(self, body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            contact_id = f"c{100 + next(self._ids)}"
        times = {"createdAt": self._clock.now().isoformat(), "lastActivityAt": None}
        contact = {"id": contact_id, "type": "Contact", **times, **body}
        self.contacts[contact["id"]] = contact
        return contact

    def create_record(self, body: dict[str, Any], creator: str) -> dict[str, Any]:
        with self._lock:
            record_id = f"r{next(self._ids)}"
        created = {"createdBy": creator, "createdAt": self._clock.now().isoformat()}
        record = {"id": record_id, "ownerId": creator, **created, **body}
        self.records[record_id] = record
        if contact := self.contacts.get(record["contactId"]):
            contact["lastActivityAt"] = record["createdAt"]
        return record

    def find_records(self, name: str, value: str) -> list[dict[str, Any]]:
        """Return the records with this value in one of their fields."""
        records = list(self.records.values())
        return [record for record in records if record[name] == value]

    def search_records(self, external_id: str) -> list[dict[str, Any]]:
        """Return the records with this external id that a search finds by now."""
        records = self.searchable(self.records)
        return [record for record in records if record["externalId"] == external_id]

    def searchable(self, rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows that are older than the search lag."""
        lag = timedelta(seconds=self.search_lag_seconds)
        until = (self._clock.now() - lag).isoformat()
        return [row for row in list(rows.values()) if row["createdAt"] <= until]

    def is_duplicate(self, body: dict[str, Any]) -> bool:
        """Return whether the CRM refuses this record because it has it already."""
        external_id = body.get("externalId", "")
        if not self.refuses_duplicates or not external_id:
            return False
        return bool(self.find_records("externalId", external_id))

    def list_records(self) -> list[dict[str, Any]]:
        """Return all records, newest first, each with its owner and contact."""
        people = {**self.users, SERVICE["id"]: SERVICE}
        return [
            {
                **record,
                "owner": people.get(record["ownerId"]),
                "contact": self.contacts.get(record["contactId"]),
            }
            for record in reversed(list(self.records.values()))
        ]


def digits_of(text: str) -> str:
    return "".join(filter(str.isdigit, text))
