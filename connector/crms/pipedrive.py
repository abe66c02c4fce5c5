"""Pipedrive: calls become activities (API v2)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from connector.crms.members import (
    JsonObject,
    as_number,
    get_id,
    get_member,
    get_new_id,
    get_number,
    get_objects,
    get_text,
    get_time,
)
from connector.crms.pipedrive_api import PipedriveApi
from connector.crms.pipedrive_phone import has_number, search_terms
from connector.errors import InvalidSettings, PermanentError, TemporaryError
from connector.types import (
    Call,
    CallLogInfo,
    Contact,
    CrmUser,
    LogFormatType,
    MarkerSupport,
    UserInfo,
)

MAX_IDS = 100
"""Persons that one request may name."""
MAX_USERS_BYTES = 16 * 2**20
"""All users come in one reply, about 1 KB each."""
TYPE_CACHE_SECONDS = 3600
MAX_SEARCHED = 2000
"""Of a contact that many share, such as a switchboard: the newest activities. A record is
looked for within days."""


class Pipedrive(PipedriveApi):
    """Logs in the admin's session, and makes the mapped user the activity's owner.

    The manifest therefore says `useAdminAssignedUserToken: true`, where App Connect's own
    has false: false, with a field to fill in, would ask for a service account, which
    Pipedrive does not have. Without a mapped user no owner is sent, and Pipedrive takes
    the user that is signed in.

    The marker is a line of the note: "Call reference: rc:…". An HTML comment or an
    attribute would be hidden, but it is not documented that Pipedrive's clean-up of notes
    keeps them; a line of text stays. It is searched among the contact's activities.

    An activity is linked to its contact and to the contact's organization, as in App
    Connect. The search does not say when a person was added or changed: that is read where
    several have the number.

    Sources: developers.pipedrive.com with its OpenAPI descriptions, by which the tests
    judge each request; App Connect's own connector. Not confirmed against a real account:
    that `persons/search` finds digits in a number stored with punctuation, else the admin
    enters the formats of numbers in the settings; how soon it finds a new person; what a
    deleted activity is answered with (404 and `is_deleted` are both understood); which
    reset a used-up daily budget is answered with.
    """

    platform = "pipedrive"
    marker_support = MarkerSupport.IN_TEXT

    _types: ClassVar[dict[str, tuple[str, float]]] = {}
    """Account → the activity type of its calls, and until when it is cached."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._organizations: dict[str, int | None] = {}
        """Person that was read → their organization."""

    def get_user_info(self) -> UserInfo:
        user = get_member(self.request("GET", "/api/v1/users/me"), "data", kind=dict)
        if not get_id(user):
            raise TemporaryError("Pipedrive answered without the user's id.")
        return UserInfo(
            id=get_id(user),
            name=get_text(user, "name"),
            time_zone=get_text(user, "timezone_name"),
        )

    def find_contact(self, phone_number: str) -> list[Contact]:
        names = {}  # by id: a person may be on two pages when the result changes
        for term in search_terms(phone_number):
            for hit in self.read_pages(
                "/api/v2/persons/search", "data", "items", term=term, fields="phone"
            ):
                person: JsonObject = hit.get("item") or {}
                if has_number(person, phone_number, region=self.region):
                    names[get_id(person)] = get_text(person, "name")
                    self._organizations[get_id(person)] = organization_of(person)
        persons = self._read_persons(list(names)) if len(names) > 1 else {}
        return [
            Contact(
                id=person_id,
                name=name,
                created_at=get_time(persons.get(person_id, {}), "add_time"),
                most_recent_activity_at=get_time(
                    persons.get(person_id, {}), "update_time"
                ),
            )
            for person_id, name in names.items()
        ]

    def _read_persons(self, ids: list[str]) -> dict[str, JsonObject]:
        """Return each person's fields, by id."""
        return {
            get_id(person): person
            for start in range(0, len(ids), MAX_IDS)
            for person in self.read_pages(
                "/api/v2/persons", "data", ids=",".join(ids[start : start + MAX_IDS])
            )
        }

    def create_contact(
        self,
        phone_number: str,
        *,
        name: str,
        contact_type: str = "",
        owner: CrmUser | None = None,
    ) -> Contact:
        phone = {"value": phone_number, "primary": True, "label": "work"}
        body: JsonObject = {"name": name, "phones": [phone]}
        if owner is not None:
            body["owner_id"] = as_number(owner.id)
        reply = self.request("POST", "/api/v2/persons", creates=True, json=body)
        return Contact(
            id=get_new_id(reply, "data", "id"), name=name, phone_number=phone_number
        )

    def create_call_log(
        self,
        call: Call,
        *,
        contact: Contact,
        owner: CrmUser | None,
        composed_log_details: str,
    ) -> str:
        person_id = as_number(contact.id)
        body = {
            "subject": call.subject(contact),
            "type": self._activity_type(),
            "done": True,
            "due_date": f"{call.started_at:%Y-%m-%d}",
            "due_time": f"{call.started_at:%H:%M}",
            "participants": [{"person_id": person_id, "primary": True}],
            **changing_fields(call, composed_log_details),
        }
        if organization_id := self._organization_id(contact.id):
            body["org_id"] = organization_id
        if owner is not None:
            body["owner_id"] = as_number(owner.id)
        reply = self.request("POST", "/api/v2/activities", creates=True, json=body)
        return get_new_id(reply, "data", "id")

    def _organization_id(self, person_id: str) -> int | None:
        """Return the person's organization; None where they have none or are not seen."""
        if person_id not in self._organizations:
            reply = self.send("GET", f"/api/v2/persons/{person_id}", expects=(403, 404))
            person = get_member(reply.json, "data", kind=dict) if reply.json else {}
            self._organizations[person_id] = get_number(person, "org_id")
        return self._organizations[person_id]

    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        body = changing_fields(call, composed_log_details)
        if call.custom_subject:
            body["subject"] = call.custom_subject
        if body:
            self.request("PATCH", f"/api/v2/activities/{log_id}", json=body)

    def assign_call_log(self, log_id: str, owner: CrmUser) -> None:
        body = {"owner_id": as_number(owner.id)}
        self.request("PATCH", f"/api/v2/activities/{log_id}", json=body)

    def get_call_log(self, log_id: str) -> CallLogInfo | None:
        reply = self.send("GET", f"/api/v2/activities/{log_id}", expects=(404, 410))
        if reply.status in (404, 410):
            return None
        activity = get_member(reply.json, "data", kind=dict)
        if activity.get("is_deleted"):
            return None
        note = get_text(activity, "note")
        subject = get_text(activity, "subject")
        return CallLogInfo(subject=subject, note=note, full_body=note)

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        activities = self.read_pages(
            "/api/v2/activities",
            "data",
            person_id=str(as_number(contact.id)),
            sort_by="add_time",
            sort_direction="desc",
        )
        found = {
            get_id(activity): None  # once, if it is on two pages
            for activity in islice(activities, MAX_SEARCHED)
            if marker in get_text(activity, "note") and not activity.get("is_deleted")
        }
        return list(filter(None, found))

    def get_log_format_type(self) -> LogFormatType:
        return LogFormatType.HTML

    def get_user_list(self) -> list[CrmUser]:
        reply = self.request("GET", "/api/v1/users", max_bytes=MAX_USERS_BYTES)
        return [
            CrmUser(
                id=get_id(user),
                name=get_text(user, "name"),
                email=get_text(user, "email"),
                is_active=user.get("active_flag") is not False,
            )
            for user in get_objects(reply, "data")
            if not user.get("is_deleted")
        ]

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        activity_type = additional_field_values.get("activityType")
        if not activity_type:
            self._find_call_type()
        elif activity_type not in {
            get_text(k, "key_string") for k in self._get_types()
        }:
            raise InvalidSettings(
                "Pipedrive has no active activity type with this key.",
                const="activityType",
            )
        return additional_field_values

    def _activity_type(self) -> str:
        """Return the `key_string` of the admin's choice, else of a type with "call" in its name."""
        chosen = self.credentials.server_logging_settings.get("activityType")
        if chosen:
            return chosen
        account = self.signed_in.get("api_domain", "")
        cached, expires_at = self._types.get(account, ("", 0))
        if time.monotonic() < expires_at:
            return cached
        key = self._find_call_type()
        if account:  # else the type cannot be cached for the right account
            self._types[account] = (key, time.monotonic() + TYPE_CACHE_SECONDS)
        return key

    def _find_call_type(self) -> str:
        for kind in self._get_types():
            if "call" in get_text(kind, "name").lower() and get_text(
                kind, "key_string"
            ):
                return get_text(kind, "key_string")
        raise PermanentError(
            "Pipedrive has no active activity type with “call” in its name: "
            "choose another in the settings, or make one in Pipedrive."
        )

    def _get_types(self) -> list[JsonObject]:
        kinds = get_objects(self.request("GET", "/api/v1/activityTypes"), "data")
        return [kind for kind in kinds if kind.get("active_flag") is not False]


def duration_of(call: Call) -> dict[str, str]:
    minutes = call.logged_minutes
    return {"duration": f"{minutes // 60:02}:{minutes % 60:02}"}


def changing_fields(call: Call, composed_log_details: str | None) -> dict[str, Any]:
    """Return the fields that an update may change, with the marker in the note."""
    changes = call.changed(duration_of)
    note = composed_log_details
    if note is not None:
        if call.marker not in note:
            note += f"<p>Call reference: {call.marker}</p>"
        changes["note"] = note
    return changes


def organization_of(person: JsonObject) -> int | None:
    organization = person.get("organization")
    return get_number(organization, "id") if isinstance(organization, dict) else None
