"""Pipedrive: calls become activities (API v2)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import requests

from connector.errors import (
    ConnectorError,
    InvalidSettings,
    PermanentError,
    RateLimited,
    TemporaryError,
)
from connector.http import origin_of
from connector.http.oauth import OAuthConnector
from connector.http.retry_after import MAX_RETRY_AFTER_SECONDS
from connector.phone_numbers import is_same_number, search_text
from connector.types import (
    Call,
    CallLogInfo,
    Contact,
    CrmUser,
    LogFormatType,
    MarkerSupport,
    OAuthInfo,
    UserInfo,
)

PAGE_SIZE = 100
"""500 activities are allowed, but their notes could exceed the size limit of a reply."""
MAX_PAGES = 100
TYPE_CACHE_SECONDS = 3600


class Pipedrive(OAuthConnector):
    """Logs in the admin's session, and makes the mapped user the activity's owner.

    The manifest therefore says `useAdminAssignedUserToken: true`, where App Connect's own
    has false: false, with a field to fill in, would ask for a service account, which
    Pipedrive does not have. Without a mapped user no owner is sent, and Pipedrive takes
    the user that is signed in.

    The marker is a line of the note: "Call reference: rc:…". An HTML comment or an
    attribute would be hidden, but it is not documented that Pipedrive's clean-up of notes
    keeps them; a line of text stays. It is searched among the contact's activities.

    Sources: developers.pipedrive.com (v2 activities, persons/search), App Connect's own
    connector. Not confirmed against a real account: that `persons/search` finds digits in
    a number stored with punctuation; what a deleted activity is answered with (404 and
    `is_deleted` are both understood); which reset a used-up daily budget is answered with.
    """

    platform = "pipedrive"
    marker_support = MarkerSupport.IN_TEXT
    token_members = ("api_domain",)

    _types: ClassVar[dict[str, tuple[str, float]]] = {}
    """Account → the activity type of its calls, and until when it is cached."""

    @property
    def base_url(self) -> str:
        return self.signed_in.get("api_domain") or self.host_url

    @property
    def host_url(self) -> str:
        return self._origin("api.pipedrive.com")

    def _origin(self, vendor: str) -> str:
        return origin_of(vendor, hostname=self.credentials.hostname)

    def get_oauth_info(self) -> OAuthInfo:
        sign_in = f"{self._origin('oauth.pipedrive.com')}/oauth"
        return OAuthInfo(
            client_id=self.credentials.client_id,
            client_secret=self.credentials.client_secret,
            authorization_uri=f"{sign_in}/authorize",
            access_token_uri=f"{sign_in}/token",
        )

    def get_user_info(self) -> UserInfo:
        user = self.request("GET", "/api/v1/users/me")["data"]
        return UserInfo(
            id=str(user["id"]),
            name=user["name"],
            time_zone=user.get("timezone_name") or "",
        )

    def find_contact(self, phone_number: str) -> list[Contact]:
        term = search_text(phone_number)
        if len(term) < 2:  # Pipedrive refuses to search for less
            return []
        pages = self._pages("/api/v2/persons/search", term=term, fields="phone")
        people = [item["item"] for page in pages for item in page["items"]]
        return [
            Contact(id=str(person["id"]), name=person["name"] or "")
            for person in people
            if any(
                is_same_number(phone_number, phone, region=self.region)
                for phone in person["phones"]
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
        body = {
            "subject": call.subject(contact),
            "type": self._activity_type(),
            "done": True,
            "due_date": f"{call.started_at:%Y-%m-%d}",
            "due_time": f"{call.started_at:%H:%M}",
            "participants": [{"person_id": int(contact.id), "primary": True}],
            **changing_fields(call, composed_log_details),
        }
        if owner is not None:
            body["owner_id"] = int(owner.id)
        reply = self.request("POST", "/api/v2/activities", creates=True, json=body)
        return str(reply["data"]["id"])

    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        body = changing_fields(call, composed_log_details)
        if call.custom_subject:
            body["subject"] = call.custom_subject
        self.request("PATCH", f"/api/v2/activities/{log_id}", json=body)

    def get_call_log(self, log_id: str) -> CallLogInfo | None:
        reply = self.send("GET", f"/api/v2/activities/{log_id}", expects=404)
        activity = None if reply.status == 404 else reply.json["data"]
        if activity is None or activity.get("is_deleted"):
            return None
        note = activity.get("note") or ""
        return CallLogInfo(subject=activity["subject"], note=note, full_body=note)

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        pages = self._pages(
            "/api/v2/activities",
            person_id=contact.id,
            sort_by="add_time",
            sort_direction="desc",
        )
        return [
            str(activity["id"])
            for activities in pages
            for activity in activities
            if marker in (activity.get("note") or "") and not activity.get("is_deleted")
        ]

    def get_log_format_type(self) -> LogFormatType:
        return LogFormatType.HTML

    def get_user_list(self) -> list[CrmUser]:
        users = self.request("GET", "/api/v1/users")["data"]
        return [
            CrmUser(
                id=str(user["id"]),
                name=user["name"],
                email=user["email"] or "",
                is_active=user["active_flag"],
            )
            for user in users
            if not user.get("is_deleted")
        ]

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        activity_type = additional_field_values.get("activityType")
        if not activity_type:
            self._find_call_type()
        elif activity_type not in {kind["key_string"] for kind in self._get_types()}:
            raise InvalidSettings(
                "Pipedrive has no active activity type with this key.",
                const="activityType",
            )
        return additional_field_values

    def error_from(
        self, response: requests.Response, *, creates: bool
    ) -> ConnectorError | None:
        error = super().error_from(response, creates=creates)
        reset = response.headers.get("x-ratelimit-reset", "")
        if isinstance(error, RateLimited) and reset.isdecimal():
            seconds = min(int(reset[:9]), MAX_RETRY_AFTER_SECONDS)
            error.retry_after = error.retry_after or seconds
        return error

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
            if "call" in kind["name"].lower():
                return str(kind["key_string"])
        raise PermanentError(
            "Pipedrive has no active activity type with “call” in its name: "
            "choose another in the settings, or make one in Pipedrive."
        )

    def _get_types(self) -> list[dict[str, Any]]:
        kinds = self.request("GET", "/api/v1/activityTypes")["data"]
        return [kind for kind in kinds if kind["active_flag"]]

    def _pages(self, path: str, **params: str) -> Iterator[Any]:
        """Yield the `data` of every page. Raises `TemporaryError` where there are too many."""
        for _ in range(MAX_PAGES):
            reply = self.request("GET", path, params={**params, "limit": PAGE_SIZE})
            yield reply["data"]
            cursor = (reply.get("additional_data") or {}).get("next_cursor")
            if not cursor:
                return
            params["cursor"] = cursor
        raise TemporaryError("Pipedrive has more pages than are read.")


def changing_fields(call: Call, composed_log_details: str | None) -> dict[str, str]:
    """Return the fields that an update may change, with the marker in the note."""
    minutes = round(call.logged_seconds / 60)
    changes = {"duration": f"{minutes // 60:02}:{minutes % 60:02}"}
    note = composed_log_details
    if note is not None:
        if call.marker not in note:
            note += f"<p>Call reference: {call.marker}</p>"
        changes["note"] = note
    return changes
