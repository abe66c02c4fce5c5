"""The CRM of the sandbox: the smallest connector, and the one to copy from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector.errors import CredentialsRejected, PermanentError
from connector.http import HttpConnector
from connector.phone_numbers import is_same_number
from connector.types import (
    AuthType,
    Call,
    CallLogInfo,
    Contact,
    CrmUser,
    LicenseStatus,
    MarkerSupport,
    SignedIn,
    UserInfo,
)


class Sandbox(HttpConnector):
    """Logs with a service account, or with a person's API key where it is given one."""

    platform = "sandbox"
    marker_support = MarkerSupport.SEARCHABLE

    @property
    def base_url(self) -> str:
        return f"http://{self.credentials.hostname}/crm/api"

    def auth_headers(self) -> Mapping[str, str]:
        token = self.credentials.access_token or self.signed_in["token"]
        return {"Authorization": f"Bearer {token}"}

    def sign_in(self, last: SignedIn) -> SignedIn:
        settings = self.credentials.server_logging_settings
        if not (settings.get("apiUsername") and settings.get("apiPassword")):
            raise CredentialsRejected("The service account is not filled in.")
        reply = self.request(
            "POST",
            "/sessions",
            json={
                "username": settings["apiUsername"],
                "password": settings["apiPassword"],
            },
            headers={},
        )
        return {"token": str(reply["token"])}

    def get_auth_type(self) -> AuthType:
        return AuthType.API_KEY

    def get_basic_auth(self, api_key: str) -> str:
        return api_key

    def get_user_info(self) -> UserInfo:
        user = self.request("GET", "/me")
        return UserInfo(id=user["id"], name=user["name"], time_zone=user["timeZone"])

    def check_call_log_access(self) -> None:
        if not self.request("GET", "/me")["mayCreateCallLogs"]:
            raise PermanentError("The service account may not create call records.")

    def find_contact(self, phone_number: str) -> list[Contact]:
        reply = self.request("GET", "/contacts", params={"phone": phone_number})
        return [
            contact_from(contact)
            for contact in reply["contacts"]
            if is_same_number(phone_number, contact["phone"], region=self.region)
        ]

    def find_contact_with_name(self, name: str) -> list[Contact]:
        reply = self.request("GET", "/contacts", params={"name": name})
        return [contact_from(contact) for contact in reply["contacts"]]

    def create_contact(
        self, phone_number: str, *, name: str, contact_type: str = ""
    ) -> Contact:
        body = {"phone": phone_number, "name": name, "type": contact_type or "Contact"}
        return contact_from(self.request("POST", "/contacts", creates=True, json=body))

    def create_call_log(
        self,
        call: Call,
        *,
        contact: Contact,
        owner: CrmUser | None,
        composed_log_details: str,
    ) -> str:
        settings = self.credentials.server_logging_settings
        body = {
            **call_body(call),
            "subject": call.subject(contact),
            "contactId": contact.id,
            "note": composed_log_details,
            "externalId": call.marker,
            "activityType": settings.get("activityType", "call"),
            "done": settings.get("markAsDone", "true") == "true",
        }
        if owner is not None:
            body["ownerId"] = owner.id
        reply = self.request("POST", "/call-logs", creates=True, json=body)
        return str(reply["id"])

    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        body = call.changed(call_body)
        if call.custom_subject:
            body["subject"] = call.custom_subject
        if composed_log_details is not None:
            body["note"] = composed_log_details
        if body:
            self.request("PATCH", f"/call-logs/{log_id}", json=body)

    def assign_call_log(self, log_id: str, owner: CrmUser) -> None:
        self.request("PATCH", f"/call-logs/{log_id}", json={"ownerId": owner.id})

    def get_call_log(self, log_id: str) -> CallLogInfo | None:
        reply = self.request("GET", "/call-logs", params={"id": log_id})
        for log in reply["callLogs"]:
            return CallLogInfo(
                subject=log["subject"], note=log["note"], full_body=log["note"]
            )
        return None

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        reply = self.request("GET", "/call-logs", params={"externalId": marker})
        return [str(log["id"]) for log in reply["callLogs"]]

    def get_user_list(self) -> list[CrmUser]:
        users, page = [], "1"
        while page:
            reply = self.request("GET", "/users", params={"page": page})
            users += [user_from(user) for user in reply["users"]]
            page = reply["nextPage"]
        return users

    def get_license_status(self, user_id: str) -> LicenseStatus:
        reply = self.request("GET", f"/users/{user_id}/license")
        return LicenseStatus(
            is_license_valid=reply["valid"],
            license_status=reply["plan"],
            license_status_description=reply["description"],
        )

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        self.sign_in({})
        return additional_field_values


class SandboxAdminToken(Sandbox):
    """The same CRM, declared to log in the admin's own session and assign to the agent."""

    platform = "sandboxAdminToken"

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        return additional_field_values


class SandboxWithoutMapping(Sandbox):
    """The same CRM, declared without user mapping: records belong to the service account."""

    platform = "sandboxWithoutMapping"


def call_body(call: Call) -> dict[str, Any]:
    return {
        "direction": call.direction.value,
        "startedAt": call.started_at.isoformat(),
        "durationSeconds": call.logged_seconds,
        "result": call.result,
        "recordingUrl": call.recording_url,
    }


def contact_from(reply: Mapping[str, Any]) -> Contact:
    return Contact(
        id=reply["id"],
        name=reply["name"],
        type=reply["type"],
        phone_number=reply["phone"],
        created_at=instant(reply.get("createdAt")),
        most_recent_activity_at=instant(reply.get("lastActivityAt")),
    )


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def user_from(reply: Mapping[str, Any]) -> CrmUser:
    return CrmUser(
        id=reply["id"],
        name=reply["name"],
        email=reply["email"],
        is_active=reply["active"],
    )
