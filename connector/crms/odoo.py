"""Odoo: a call is a phone call of the OCA's add-on, or a done activity of a contact's.

https://pypi.org/project/odoo-addon-crm-phonecall/ · tried with Odoo 19, see
tests/connector/crms/test_odoo_live.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connector.crms.odoo_api import OdooApi, record_number
from connector.crms.odoo_phone import (
    COMPUTED,
    SANITIZED,
    TYPED,
    contact_from,
    has_number,
    phone_domain,
)
from connector.errors import (
    ConnectorError,
    InvalidSettings,
    PermanentError,
    UnknownOutcome,
)
from connector.types import (
    AuthType,
    Call,
    CallLogInfo,
    Contact,
    CrmUser,
    LogFormatType,
    MarkerSupport,
    SignedIn,
    UserInfo,
)

PHONE_CALL, ACTIVITY = "crm.phonecall", "mail.activity"
TEXT_FIELDS = {PHONE_CALL: "description", ACTIVITY: "note"}
SUBJECT_FIELDS = {PHONE_CALL: "name", ACTIVITY: "summary"}
WITHOUT_EMAIL = {"mail_activity_quick_update": True}
"""Without it Odoo sends the owner an e-mail about each activity."""
WITH_DONE = {"active_test": False}
REFERENCE = "Reference: "
"""How the line with the marker begins, below the details."""


class Odoo(OdooApi):
    """Logs with a service account's API key. A record's id is its model and number."""

    platform = "odoo"
    marker_support = MarkerSupport.IN_TEXT

    def get_auth_type(self) -> AuthType:
        return AuthType.API_KEY

    def get_basic_auth(self, api_key: str) -> str:
        return api_key

    def sign_in(self, last: SignedIn) -> SignedIn:
        signed_in = super().sign_in(last)
        phone_fields = self.fields_of(signed_in, "res.partner", [*COMPUTED, *TYPED])
        record_type = self.settings.get("recordType")
        if record_type not in (PHONE_CALL, ACTIVITY):
            has_phone_calls = self.may_create(signed_in, PHONE_CALL) is not None
            record_type = PHONE_CALL if has_phone_calls else ACTIVITY
        return {
            **signed_in,
            "phone_fields": " ".join(phone_fields),
            "record_type": record_type,
        }

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        self._check_records(self.sign_in({}))
        return additional_field_values

    def check_call_log_access(self) -> None:
        self._check_records(self.signed_in)

    def _check_records(self, signed_in: SignedIn) -> None:
        record_type = signed_in["record_type"]
        may_create = self.may_create(signed_in, record_type)
        if may_create is None:
            raise InvalidSettings("This Odoo has no phone calls.", const="recordType")
        if not may_create:
            raise PermanentError(
                f"The service account may not create {record_type} records: "
                "it needs a role in Sales."
            )
        if record_type == ACTIVITY and not self.fields_of(
            signed_in, ACTIVITY, ["active"]
        ):
            raise InvalidSettings(
                "This Odoo deletes activities that are done: install the add-on crm_phonecall.",
                const="recordType",
            )

    def get_user_info(self) -> UserInfo:
        me = int(self.signed_in["uid"])
        [user] = self.call("res.users", "read", ids=[me], fields=["name", "tz"])
        return UserInfo(id=str(me), name=user["name"], time_zone=user["tz"] or "")

    def get_user_list(self) -> list[CrmUser]:
        users = self.call(
            "res.users",
            "search_read",
            domain=[["share", "=", False], ["active", "=", True]],
            fields=["name", "login", "email"],
            order="id",
        )
        return [user_from(user) for user in users]

    # Contacts

    def find_contact(self, phone_number: str) -> list[Contact]:
        if not phone_number:
            return []
        phone_fields = self.signed_in["phone_fields"].split()
        readable = [field for field in phone_fields if field in (SANITIZED, *TYPED)]
        contacts = self.call(
            "res.partner",
            "search_read",
            domain=phone_domain(phone_number, phone_fields),
            fields=["name", "display_name", *readable],
            order="id",
        )
        return [
            contact_from(contact)
            for contact in contacts
            if has_number(contact, phone_number, region=self.region)
        ]

    def create_contact(
        self, phone_number: str, *, name: str, contact_type: str = ""
    ) -> Contact:
        values = {"name": name, "phone": phone_number}
        contact_id = self.save("res.partner", [], values, creates=True)
        return Contact(id=str(contact_id), name=name, phone_number=phone_number)

    # Call records

    def create_call_log(
        self,
        call: Call,
        *,
        contact: Contact,
        owner: CrmUser | None,
        composed_log_details: str,
    ) -> str:
        owned = {"user_id": record_number(owner.id)} if owner else {}
        if self.signed_in["record_type"] == ACTIVITY:
            return self._create_activity(call, contact, owned, composed_log_details)
        values = {
            "name": call.subject(contact),
            "partner_id": record_number(contact.id),
            "partner_phone": call.contact_number,
            "direction": "in" if call.direction == "Inbound" else "out",
            "state": "done",
            "date": call.started_at.strftime("%Y-%m-%d %H:%M:%S"),
            **duration_of(call),
            "description": f"{composed_log_details}{REFERENCE}{call.marker}\n",
            **owned,
        }
        return f"{PHONE_CALL}/{self.save(PHONE_CALL, [], values, creates=True)}"

    def _create_activity(
        self, call: Call, contact: Contact, owned: dict[str, int], details: str
    ) -> str:
        """Create an activity that is done, and a message in the contact's history.

        The history does not show done activities; Odoo's own "done" would post a text
        there that could not be updated.
        """
        partner_id = record_number(contact.id)
        note = f"{details}<p>{REFERENCE}{call.marker}</p>"
        created = self.call(
            "res.partner",
            "activity_schedule",
            ids=[partner_id],
            act_type_xmlid="mail.mail_activity_data_call",
            summary=call.subject(contact),
            note=note,
            date_deadline=call.local_start.date().isoformat(),
            active=False,
            context=WITHOUT_EMAIL,
            creates=True,
            **owned,
        )
        # Over JSON-RPC an Odoo before 19 answers with the text "mail.activity(12,)".
        numbers = re.findall(r"[0-9]+", str(created))
        if len(numbers) != 1:
            raise UnknownOutcome("Odoo's answer names no activity.")
        try:
            self._write_history(partner_id, [], note)
        except ConnectorError as error:
            raise UnknownOutcome(
                "The record is there, but not in the contact's history yet."
            ) from error
        return f"{ACTIVITY}/{numbers[0]}"

    def _write_history(
        self, partner_id: int, message_ids: list[int], note: str
    ) -> None:
        values: dict[str, Any] = {"body": note}
        if not message_ids:  # to set the contact again needs the right to change it
            values |= {"model": "res.partner", "res_id": partner_id}
            values["message_type"] = "comment"
        self.save("mail.message", message_ids, values)

    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        model, number = model_and_number(log_id)
        text = composed_log_details
        changes: dict[str, Any] = {} if text is None else {TEXT_FIELDS[model]: text}
        if call.custom_subject:
            changes[SUBJECT_FIELDS[model]] = call.custom_subject
        if model == PHONE_CALL:
            # Without the state: with it, crm_phonecall computes a duration of its own.
            changes |= call.changed(duration_of)
        if changes:
            self.save(model, [number], changes)
        if model == ACTIVITY and text is not None:
            self._update_history(number, call, text)

    def assign_call_log(self, log_id: str, owner: CrmUser) -> None:
        model, number = model_and_number(log_id)
        self.save(model, [number], {"user_id": int(owner.id)})

    def _update_history(self, number: int, call: Call, note: str) -> None:
        [record] = self.call(ACTIVITY, "read", ids=[number], fields=["res_id"])
        about = [["model", "=", "res.partner"], ["res_id", "=", record["res_id"]]]
        message_ids = self._find("mail.message", "body", call.marker, about)
        self._write_history(record["res_id"], message_ids[:1], note)

    def get_call_log(self, log_id: str) -> CallLogInfo | None:
        model, number = model_and_number(log_id)
        text_field, subject_field = TEXT_FIELDS[model], SUBJECT_FIELDS[model]
        fields = [text_field, subject_field]
        for record in self.call(model, "read", ids=[number], fields=fields):
            text = record[text_field] or ""
            subject = record[subject_field] or ""
            return CallLogInfo(subject=subject, note=text, full_body=text)
        return None

    def get_log_format_type(self) -> LogFormatType:
        is_activity = self.signed_in["record_type"] == ACTIVITY
        return LogFormatType.HTML if is_activity else LogFormatType.PLAIN_TEXT

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        log_ids = []
        for model, field in TEXT_FIELDS.items():  # an admin may have changed the type
            try:
                numbers = self._find(model, field, marker, [])
            except PermanentError:
                if model == self.signed_in["record_type"]:
                    raise
                continue  # there are no such records here
            log_ids += [f"{model}/{number}" for number in numbers]
        return log_ids

    def _find(
        self, model: str, field: str, marker: str, domain: list[Any]
    ) -> list[int]:
        records = self.call(
            model,
            "search_read",
            domain=[*domain, [field, "ilike", marker]],
            fields=[field],
            order="id",
            context=WITH_DONE,
        )
        return [record["id"] for record in records if marker in record[field]]


def duration_of(call: Call) -> dict[str, float]:
    return {"duration": round(call.logged_seconds / 60, 4)}


def model_and_number(log_id: str) -> tuple[str, int]:
    model, _, number = log_id.rpartition("/")
    if model not in TEXT_FIELDS:
        raise PermanentError("This is not the id of a call's record in Odoo.")
    return model, record_number(number)


def user_from(reply: Mapping[str, Any]) -> CrmUser:
    login_as_email = reply["login"] if "@" in reply["login"] else ""
    return CrmUser(
        id=str(reply["id"]), name=reply["name"], email=reply["email"] or login_as_email
    )
