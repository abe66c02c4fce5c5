"""Bullhorn: calls become notes on a client contact, a candidate or a lead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connector.crms.bullhorn_people import PAGE_SIZE, BullhornPeople
from connector.crms.members import (
    JsonObject,
    as_number,
    get_id,
    get_member,
    get_new_id,
    get_text,
)
from connector.errors import PermanentError, TemporaryError
from connector.types import (
    Call,
    CallLogInfo,
    Contact,
    CrmUser,
    LogFormatType,
    MarkerSupport,
    SignedIn,
    UserInfo,
)

DEFAULT_ACTION = "pending note"
"""App Connect's note action where none was chosen."""


class Bullhorn(BullhornPeople):
    """Logs with the API user of the settings, in the name of the mapped user.

    App Connect's manifest has `useAdminAssignedUserToken: true` together with fields for
    an API user. Here that would leave the API user unused: true means the admin's own
    session. So it is false, and notes are assigned all the same: a note's author is its
    `commentingPerson`, which the API user may set to anyone. Without a mapped user that
    is the API user: a note without it may not appear on the person's page.

    The marker is the note's `externalID` (50 characters; a marker has 23), looked for
    with ``search``: ``query`` is not made for notes. That it can be searched is checked
    when the settings are saved. Sources: bullhorn.github.io (Getting Started with REST,
    rest-api-docs), bullhorn/sdk-rest, App Connect's own connector. Not confirmed against
    a real account: how long the search index lags (five minutes are allowed); that it
    finds digits in a number stored with punctuation, else the admin enters the formats of
    numbers in the settings; in which form it lists the fields that can be searched; that
    a new lead needs no more than a name and a number.
    """

    platform = "bullhorn"
    marker_support = MarkerSupport.SEARCHABLE
    search_lag = timedelta(minutes=5)
    calls_per_minute = 200  # 1,500 requests are allowed, and a call takes about five

    def get_user_info(self) -> UserInfo:
        username = self._setting("apiUsername").replace("'", "''")
        for user in self._read_users(f"username='{username}'", start=0):
            if get_id(user):
                return UserInfo(id=get_id(user), name=user_from(user).name)
        raise PermanentError("Bullhorn does not list the API user among its users.")

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
                "id": as_number(contact.id),
                "personSubtype": contact.type,
            },
            "commentingPerson": author(owner.id if owner else self.get_user_info().id),
            "dateAdded": round(call.started_at.timestamp() * 1000),
            "externalID": call.marker,
        }
        reply = self.request("PUT", "/entity/Note", creates=True, json=body)
        return get_new_id(reply, "changedEntityId")

    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        if body := changing_fields(call, composed_log_details):
            self.request("POST", f"/entity/Note/{log_id}", json=body)

    def assign_call_log(self, log_id: str, owner: CrmUser) -> None:
        body = {"commentingPerson": author(owner.id)}
        self.request("POST", f"/entity/Note/{log_id}", json=body)

    def get_call_log(self, log_id: str) -> CallLogInfo | None:
        reply = self.send(
            "GET",
            f"/entity/Note/{log_id}",
            params={"fields": "action,comments,isDeleted"},
            expects=(404, 410),
        )
        if reply.status in (404, 410):
            return None
        note = get_member(reply.json, "data", kind=dict)
        if note.get("isDeleted"):
            return None
        text = get_text(note, "comments")
        return CallLogInfo(subject=get_text(note, "action"), note=text, full_body=text)

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        query = f'externalID:"{marker}" AND isDeleted:false'
        notes = self.search("Note", "id,externalID", query) or ()
        # A full-text index may also find similar ones.
        return [get_id(n) for n in notes if get_text(n, "externalID") == marker]

    def get_log_format_type(self) -> LogFormatType:
        return LogFormatType.HTML

    def get_user_list(self) -> list[CrmUser]:
        users: dict[str, CrmUser] = {}
        start = 0
        while page := self._read_users("isDeleted=false", start=start):
            start += len(page)
            listed = {get_id(user): user_from(user) for user in page if get_id(user)}
            if not listed or users.keys() & listed:
                raise TemporaryError(
                    "Bullhorn gave a page of its users twice, or without ids."
                )
            users |= listed
        return list(users.values())

    def _read_users(self, where: str, *, start: int) -> list[Any]:
        """Return a page of users as they are, empty after the last one."""
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
        return get_member(reply, "data", kind=list)

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        self._check_marker(self.sign_in({}))
        return additional_field_values

    def _check_marker(self, session: SignedIn) -> None:
        """Check that notes can be searched by their `externalID`.

        A search without parameters lists the fields that can be searched. Raises
        `PermanentError` where the list lacks it; a reply that is no such list proves
        nothing, and is accepted.
        """
        reply = self.request(
            "GET",
            f"{session['rest_url']}/search/Note",
            headers={"BhRestToken": session["rest_token"]},
        )
        names = json.dumps(reply)
        if '"isDeleted"' in names and '"externalID"' not in names:
            raise PermanentError(
                "Bullhorn's search does not know the external ID of notes, so calls "
                "could be logged twice. Ask Bullhorn Support to make Note.externalID "
                "searchable."
            )


def duration_of(call: Call) -> dict[str, int]:
    return {"minutesSpent": call.logged_minutes}


def changing_fields(call: Call, composed_log_details: str | None) -> dict[str, Any]:
    """Return the fields that an update may change."""
    changes = call.changed(duration_of)
    if composed_log_details is not None:
        changes["comments"] = composed_log_details
    return changes


def author(user_id: str) -> JsonObject:
    return {"id": as_number(user_id), "personSubtype": "CorporateUser"}


def user_from(user: JsonObject) -> CrmUser:
    names = (get_text(user, "firstName"), get_text(user, "lastName"))
    return CrmUser(
        id=get_id(user),
        name=" ".join(filter(None, names)),
        email=get_text(user, "email"),
        is_active=user.get("enabled") is not False,
    )
