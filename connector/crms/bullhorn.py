"""Bullhorn: calls become notes on a client contact, a candidate or a lead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connector.crms.bullhorn_sign_in import BullhornSignIn
from connector.errors import PermanentError, TemporaryError
from connector.phone_numbers import is_same_number, search_text
from connector.types import (
    Call,
    CallLogInfo,
    Contact,
    CrmUser,
    LogFormatType,
    MarkerSupport,
    UserInfo,
)

PHONES = ("phone", "mobile", "phone2", "phone3")
PEOPLE = {
    "ClientContact": (PHONES, ("Archive",)),
    "Candidate": ((*PHONES, "workPhone"), ("Archive", "Archived")),
    "Lead": (PHONES, ("Archive", "Converted")),
}
"""Entity → the fields with a phone number, and the statuses to leave out."""
PAGE_SIZE = 200
DEFAULT_ACTION = "pending note"
"""App Connect's note action where none was chosen."""


class Bullhorn(BullhornSignIn):
    """Logs with the API user of the settings, in the name of the mapped user.

    App Connect's manifest has `useAdminAssignedUserToken: true` together with fields for
    an API user. Here that would leave the API user unused: true means the admin's own
    session. So it is false, and notes are assigned all the same: a note's author is its
    `commentingPerson`, which the API user may set to anyone. Without a mapped user none
    is sent, and the note is the API user's own.

    The marker is the note's `externalID` (50 characters; a marker has 23), looked for
    with ``search``: ``query`` is not made for notes. Sources: bullhorn.github.io
    (Getting Started with REST, rest-api-docs), bullhorn/sdk-rest, App Connect's own
    connector. Not confirmed against a real account: how long the search index lags (five
    minutes are allowed), and that it finds digits in a number stored with punctuation.
    """

    platform = "bullhorn"
    marker_support = MarkerSupport.SEARCHABLE
    search_lag = timedelta(minutes=5)
    calls_per_minute = 200  # 1,500 requests are allowed, and a call takes about five

    def get_user_info(self) -> UserInfo:
        username = self._setting("apiUsername").replace("'", "''")
        users = self._users(f"username='{username}'", start=0)
        if not users:
            raise PermanentError("Bullhorn does not list the API user among its users.")
        return UserInfo(id=users[0].id, name=users[0].name)

    def find_contact(self, phone_number: str) -> list[Contact]:
        if not search_text(phone_number):
            return []
        return [c for entity in PEOPLE for c in self._search(entity, phone_number)]

    def _search(self, entity: str, phone_number: str) -> list[Contact]:
        term = search_text(phone_number)
        if not term.isdecimal():
            term = json.dumps(term)  # a phrase: Lucene quotes as JSON does
        phones, unused = PEOPLE[entity]
        numbers = " OR ".join(f"{phone}:{term}" for phone in phones)
        statuses = "".join(f' NOT status:"{status}"' for status in unused)
        reply = self.request(
            "POST",
            f"/search/{entity}",
            params={"fields": ",".join(("id", "name", *phones)), "count": PAGE_SIZE},
            json={"query": f"({numbers}) AND isDeleted:false{statuses}"},
        )
        return [
            Contact(id=str(person["id"]), name=person["name"] or "", type=entity)
            for person in reply["data"]
            if any(
                is_same_number(phone_number, person.get(p) or "", region=self.region)
                for p in phones
            )
        ]

    def create_call_log(
        self,
        call: Call,
        *,
        contact: Contact,
        owner: CrmUser | None,
        composed_log_details: str,
    ) -> str:
        body: dict[str, Any] = {
            **changing_fields(call, composed_log_details),
            "action": self._setting("noteAction") or DEFAULT_ACTION,
            "personReference": {
                "id": int(contact.id),
                "personSubtype": contact.type,
            },
            "dateAdded": round(call.started_at.timestamp() * 1000),
            "externalID": call.marker,
        }
        if owner is not None:
            body["commentingPerson"] = {
                "id": int(owner.id),
                "personSubtype": "CorporateUser",
            }
        reply = self.request("PUT", "/entity/Note", creates=True, json=body)
        return str(reply["changedEntityId"])

    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        if body := changing_fields(call, composed_log_details):
            self.request("POST", f"/entity/Note/{log_id}", json=body)

    def get_call_log(self, log_id: str) -> CallLogInfo | None:
        reply = self.send(
            "GET",
            f"/entity/Note/{log_id}",
            params={"fields": "action,comments,isDeleted"},
            expects=(404, 410),
        )
        note = None if reply.status in (404, 410) else reply.json["data"]
        if note is None or note.get("isDeleted"):
            return None
        text = note.get("comments") or ""
        return CallLogInfo(subject=note.get("action") or "", note=text, full_body=text)

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        reply = self.request(
            "POST",
            "/search/Note",
            params={"fields": "id,externalID", "count": PAGE_SIZE},
            json={"query": f'externalID:"{marker}" AND isDeleted:false'},
        )
        # A full-text index may also find similar ones.
        return [str(n["id"]) for n in reply["data"] if n.get("externalID") == marker]

    def get_log_format_type(self) -> LogFormatType:
        return LogFormatType.HTML

    def get_user_list(self) -> list[CrmUser]:
        users: dict[str, CrmUser] = {}
        while page := self._users("isDeleted=false", start=len(users)):
            before = len(users)
            users |= {user.id: user for user in page}
            if len(users) != before + len(page):
                raise TemporaryError("Bullhorn gave a page of its users twice.")
        return list(users.values())

    def _users(self, where: str, *, start: int) -> list[CrmUser]:
        reply = self.request(
            "GET",
            "/query/CorporateUser",
            params={
                "fields": "id,firstName,lastName,email,enabled",
                "where": where,
                "orderBy": "id",
                "start": start,
                "count": PAGE_SIZE,
            },
        )
        return [user_from(user) for user in reply["data"]]

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        self.sign_in({})
        return additional_field_values


def duration_of(call: Call) -> dict[str, int]:
    return {"minutesSpent": round(call.logged_seconds / 60)}


def changing_fields(call: Call, composed_log_details: str | None) -> dict[str, Any]:
    """Return the fields that an update may change."""
    changes = call.changed(duration_of)
    if composed_log_details is not None:
        changes["comments"] = composed_log_details
    return changes


def user_from(reply: Mapping[str, Any]) -> CrmUser:
    names = (reply.get("firstName"), reply.get("lastName"))
    return CrmUser(
        id=str(reply["id"]),
        name=" ".join(name for name in names if name),
        email=reply.get("email") or "",
        is_active=reply.get("enabled") is not False,
    )
