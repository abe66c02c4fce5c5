"""The sandbox's CRM: users, contacts and call records."""

import itertools
import secrets
import threading
from datetime import timedelta
from typing import Any

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.clock import Clock

SERVICE = {"id": "service", "name": "Service account", "email": ""}


class Crm:
    """Everything the CRM knows."""

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
        self.call_logs: dict[str, dict[str, Any]] = {}
        self.password = seed.SERVICE_ACCOUNT["password"]
        self.fails_with = 0
        """The HTTP status of every answer, as when the CRM is down; 0 when it is up."""
        self.loses_replies = 0.0
        """How often, from 0 to 1, a record is written and the answer then is a 500."""
        self.delay_seconds = 0.0
        """How long every answer takes."""
        self.search_lag_seconds = 0.0
        """How long a search does not find a record or a contact that was just written."""
        self.is_read_only = False
        """Whether nobody may create a record."""
        self.refuses_duplicates = False
        """Whether a second record with the same external id is refused."""

    def sign_in(self, username: str, password: str) -> str | None:
        if (username, password) != (seed.SERVICE_ACCOUNT["username"], self.password):
            return None
        token = secrets.token_urlsafe(16)
        self._sessions[token] = SERVICE["id"]
        return token

    def change_password(self, password: str) -> None:
        """Take another password for the service account; whoever is signed in is no more."""
        self.password = password
        self.end_sessions()

    def end_sessions(self) -> None:
        self._sessions.clear()

    def who_is(self, token: str) -> dict[str, Any] | None:
        """Return the user of a session token or an API key."""
        if token in self._sessions:
            return SERVICE
        users = self.users.values()
        return next((u for u in users if seed.api_key_of(u["id"]) == token), None)

    def find_contacts(self, phone: str) -> list[dict[str, Any]]:
        everybody = self.indexed(self.contacts)
        return [contact for contact in everybody if contact["phone"] == phone]

    def create_contact(self, body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            contact_id = f"c{100 + next(self._ids)}"
        times = {"createdAt": self._clock.now().isoformat(), "lastActivityAt": None}
        contact = {"id": contact_id, "type": "Contact", **times, **body}
        self.contacts[contact["id"]] = contact
        return contact

    def create_call_log(self, body: dict[str, Any], creator: str) -> dict[str, Any]:
        with self._lock:
            log_id = f"r{next(self._ids)}"
        created = {"createdBy": creator, "createdAt": self._clock.now().isoformat()}
        log = {"id": log_id, "ownerId": creator, **created, **body}
        self.call_logs[log_id] = log
        if contact := self.contacts.get(log["contactId"]):
            contact["lastActivityAt"] = log["createdAt"]
        return log

    def find_call_logs(self, name: str, value: str) -> list[dict[str, Any]]:
        return [log for log in list(self.call_logs.values()) if log[name] == value]

    def search_call_logs(self, external_id: str) -> list[dict[str, Any]]:
        """Return the records with this external id, as far as the index has come."""
        records = self.indexed(self.call_logs)
        return [log for log in records if log["externalId"] == external_id]

    def indexed(self, rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """Return those that a search sees already."""
        lag = timedelta(seconds=self.search_lag_seconds)
        until = (self._clock.now() - lag).isoformat()
        return [row for row in list(rows.values()) if row["createdAt"] <= until]

    def is_duplicate(self, body: dict[str, Any]) -> bool:
        """Tell whether the CRM refuses the record, because it has it already."""
        external_id = body.get("externalId", "")
        known = self.refuses_duplicates and external_id
        return bool(known and self.find_call_logs("externalId", external_id))

    def described(self) -> list[dict[str, Any]]:
        """Return all records, the newest first, each with its owner and contact."""
        people = {**self.users, SERVICE["id"]: SERVICE}
        return [
            {
                **log,
                "owner": people.get(log["ownerId"]),
                "contact": self.contacts.get(log["contactId"]),
            }
            for log in reversed(list(self.call_logs.values()))
        ]
