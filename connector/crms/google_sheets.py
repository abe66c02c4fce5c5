"""Google Sheets: a call is a row of the tab *Calls*, found again by its column *Call ID*.

A class, because a document cannot find a column by its title, nor a row by what is in it.
Not tried with the real service.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from connector.crms.google_sheets_api import Spreadsheet, row_of
from connector.crms.members import get_member
from connector.errors import PermanentError, TemporaryError
from connector.phone_numbers import is_same_number
from connector.types import (
    Call,
    CallLogInfo,
    Contact,
    CrmUser,
    MarkerSupport,
    UserInfo,
)

CONTACTS, USERS, CALLS = "Contacts", "Users", "Calls"
NEEDED = {
    CONTACTS: ("Name", "Phone"),
    USERS: ("Name", "Email"),
    CALLS: ("Call ID", "Contact", "Owner", "Details"),
}
"""Tab → the titles it must have. Other columns are filled where they are there."""
PHONES = ("Phone", "Mobile", "Phone 2")


class GoogleSheets(Spreadsheet):
    """Logs with a service account, with which the spreadsheet is shared."""

    platform = "googleSheets"
    marker_support = MarkerSupport.SEARCHABLE
    max_text_length = 50_000
    calls_per_minute = 8
    """A service account may read 60 times a minute; a call and its update read seven times."""

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        self._signed_in = self.sign_in({})
        self.check_call_log_access()
        return additional_field_values

    def check_call_log_access(self) -> None:
        for tab, needed in NEEDED.items():
            self.titles(tab, needed)

    def get_user_info(self) -> UserInfo:
        fields = {"fields": "spreadsheetId,properties(title,timeZone)"}
        reply = self.request("GET", self.path, params=fields)
        return UserInfo(
            id=get_member(reply, "spreadsheetId", kind=str),
            name=get_member(reply, "properties", "title", kind=str),
            time_zone=get_member(reply, "properties", "timeZone", kind=str),
        )

    def get_user_list(self) -> list[CrmUser]:
        users = [
            CrmUser(id=email.lower(), name=row["Name"], email=email)
            for row in self.rows(USERS, NEEDED[USERS])
            if (email := row["Email"].strip())
        ]
        return list({user.id: user for user in users}.values())

    # Contacts

    def find_contact(self, phone_number: str) -> list[Contact]:
        """Read all contacts: Google has no search in a spreadsheet."""
        found = [
            Contact(id=id_of(row), name=row["Name"].strip(), phone_number=phone_number)
            for row in self.rows(CONTACTS, NEEDED[CONTACTS])
            if any(
                is_same_number(phone_number, row.get(title, ""), region=self.region)
                for title in PHONES
            )
        ]
        return list({contact.id: contact for contact in found}.values())

    def create_contact(
        self, phone_number: str, *, name: str, contact_type: str = ""
    ) -> Contact:
        titles = self.titles(CONTACTS, NEEDED[CONTACTS])
        row = {"Name": name, "Phone": phone_number}
        self.append(CONTACTS, titles, row)
        return Contact(id=id_of(row), name=name, phone_number=phone_number)

    # Call records

    def create_call_log(
        self,
        call: Call,
        *,
        contact: Contact,
        owner: CrmUser | None,
        composed_log_details: str,
    ) -> str:
        titles = self.titles(CALLS, NEEDED[CALLS])
        values = {
            **changing_fields(call),
            "Call ID": call.marker,
            "Contact": contact.name,
            "Contact ID": contact.id,
            "Phone": call.contact_number,
            "Owner": f"{owner.name} ({owner.id})" if owner else "",
            "Subject": call.subject(contact),
            "Details": composed_log_details,
        }
        self.append(CALLS, titles, values)
        return call.marker

    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        values = call.changed(changing_fields)
        if call.custom_subject:
            values["Subject"] = call.custom_subject
        if composed_log_details is not None:
            values["Details"] = composed_log_details
        if values:
            titles, row = self._find(log_id)
            if row is None:
                raise PermanentError("The row of this call is not there any more.")
            self.write(CALLS, titles, row, values)

    def get_call_log(self, log_id: str) -> CallLogInfo | None:
        titles, row = self._find(log_id)
        if row is None:
            return None
        rows = self.read(f"{CALLS}!{row}:{row}")
        cells = row_of(titles, rows[0]) if rows else {}
        if cells.get("Call ID") != log_id:
            raise TemporaryError("The row of this call was moved while it was read.")
        text = cells["Details"]
        return CallLogInfo(subject=cells.get("Subject", ""), note=text, full_body=text)

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        _, row = self._find(marker)
        return [] if row is None else [marker]

    def _find(self, log_id: str) -> tuple[list[str], int | None]:
        """Return the titles of the calls, and the number of the record's row."""
        titles = self.titles(CALLS, NEEDED[CALLS])
        return titles, self.find_row(CALLS, titles.index("Call ID"), log_id)


def changing_fields(call: Call) -> dict[str, Any]:
    return {
        "Started": f"{call.local_start:%Y-%m-%d %H:%M %Z}",
        "Direction": call.direction.value,
        "Result": call.result,
        "Duration": call.logged_seconds,
        "Recording": call.recording_url or "",
    }


def id_of(row: Mapping[str, str]) -> str:
    """Return what identifies a contact: its ID, else a mark of its name and number."""
    mark = sha256(f"{row['Name']}\n{row['Phone']}".encode()).hexdigest()[:16]
    return row.get("ID") or mark
