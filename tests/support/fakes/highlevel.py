"""HighLevel: contacts, notes and users of one sub-account, and what its files say of them."""

import re
from functools import cache
from itertools import count
from typing import Any

from tests.support.fakes.field_tables import described, fields, operation
from tests.support.fakes.openapi_judge import Description
from tests.support.fakes.server import Answer, FakeCrm, Request

VERSION = "Version: 2021-07-28|2021-04-15!"
CONTACT = (
    "id: string; locationId: string; firstName: string; lastName: string; "
    "firstNameLowerCase: string; lastNameLowerCase: string; email: string; "
    "phone: string; additionalPhones: string[]; companyName: string; "
    "assignedTo: string; dateAdded: string; dateUpdated: string"
)
SCOPES = {"contacts": "contacts.readonly", "users": "users.readonly"}
SCOPES |= {"locations": "locations.readonly", "write": "contacts.write"}


@cache
def highlevel_judge() -> Description:
    """Return what apps/{contacts,users,locations}.json of highlevel-api-docs says.

    The files leave the body of a search open: this is from HighLevel's page on it.
    """
    filter_ = fields("field: string!; operator: eq|contains!; value: string!")
    group = fields("group: OR|AND!; filters: FILTER[]!", FILTER=filter_)
    search = fields(
        "locationId: string!; page: integer; pageLimit: integer!; filters: GROUP[]",
        GROUP=group,
    )
    note = fields(
        "id: string; body: string; userId: string; dateAdded: string; contactId: string"
    )
    one_note = fields("note: NOTE", NOTE=note)
    new_note = fields("userId: string; body: string!")
    user = fields(
        "id: string; name: string; firstName: string; lastName: string; email: string; "
        "phone: string; extension: string"
    )
    return described(
        operation(
            "POST",
            "/contacts/search",
            headers=VERSION,
            body=search,
            replies={
                200: fields(
                    "contacts: CONTACT[]!; total: number!", CONTACT=fields(CONTACT)
                )
            },
        ),
        operation(
            "POST",
            "/contacts/",
            headers=VERSION,
            body=fields(
                "locationId: string!; firstName: string?; lastName: string?; "
                "name: string?; email: string?; phone: string?; source: string; "
                "companyName: string?; assignedTo: string"
            ),
            replies={201: fields("contact: CONTACT", CONTACT=fields(CONTACT))},
        ),
        operation(
            "GET",
            "/contacts/{contactId}/notes",
            headers=VERSION,
            replies={200: fields("notes: NOTE[]", NOTE=note)},
        ),
        operation(
            "POST",
            "/contacts/{contactId}/notes",
            headers=VERSION,
            body=new_note,
            replies={201: one_note},
        ),
        operation(
            "GET",
            "/contacts/{contactId}/notes/{id}",
            headers=VERSION,
            replies={200: one_note},
        ),
        operation(
            "PUT",
            "/contacts/{contactId}/notes/{id}",
            headers=VERSION,
            body=new_note,
            replies={200: one_note},
        ),
        operation(
            "GET",
            "/users/",
            query="locationId: string!",
            headers=VERSION,
            replies={200: fields("users: USER[]", USER=user)},
        ),
        operation(
            "GET",
            "/locations/{locationId}",
            headers=VERSION,
            replies={
                200: fields(
                    "location: LOCATION",
                    LOCATION=fields("id: string; name: string; timezone: string"),
                )
            },
        ),
    )


class FakeHighLevel(FakeCrm):
    """A sub-account, and the token of its private integration."""

    settings = {"privateToken": "pit-right", "locationId": "ve9EPM428h8vShlRW1KT"}

    def __init__(self) -> None:
        super().__init__()
        self.scopes = set(SCOPES.values())
        self.allows_duplicates = False
        self._serial = count(9001)
        self.users = [
            {"id": f"user{name}", "name": name, "email": f"{name.lower()}@example.com"}
            for name in ("Ann", "Ben", "Cy")
        ]
        self.contacts: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        self.add_contact("Ada Example", "+15105550100")
        self.add_contact("Bea", "+15105550111", additionalPhones=["(510) 555-0101"])
        for number in range(103):
            self.add_contact(f"Twin {number}", "+15105550102")

    def add_contact(self, name: str, phone: str, **fields: Any) -> dict[str, Any]:
        first, _, last = name.partition(" ")
        contact_id = f"contact{next(self._serial)}"
        contact = {
            "id": contact_id,
            "locationId": self.settings["locationId"],
            "firstName": first,
            "lastName": last,
            "phone": phone,
            "dateAdded": "2025-01-02T03:04:05.678Z",
            "dateUpdated": "2025-06-07T08:09:10.111Z",
            **fields,
        }
        self.contacts[contact_id] = contact
        return contact

    def answer(self, request: Request) -> Answer:
        token = request.headers.get("authorization", "")
        if token != f"Bearer {self.settings['privateToken']}":
            return refuse(401, "Invalid Private Integration token")
        path = request.path.strip("/").split("/")
        writes = request.method in ("POST", "PUT") and "search" not in path
        needed = SCOPES["write" if writes else path[0]]
        if needed not in self.scopes:
            return refuse(401, "The token is not authorized for this scope.")
        own = self.settings["locationId"]
        body = request.json if request.body else {}
        location = body.get("locationId", request.query.get("locationId", own))
        if path[0] == "locations":
            location = path[1]
        if location != own:
            return refuse(403, "The token does not have access to this location.")
        match request.method, path:
            case "GET", ["locations", _]:
                about = {"id": own, "name": "Acme Dental", "timezone": "US/Central"}
                return Answer(200, {"location": about})
            case "GET", ["users"]:
                return Answer(200, {"users": self.users})
            case "POST", ["contacts", "search"]:
                return self.search(body)
            case "POST", ["contacts"]:
                return self.create_contact(body)
            case method, ["contacts", contact_id, "notes", *note_id]:
                if contact_id not in self.contacts:
                    return refuse(404, f"Contact with id {contact_id} not found")
                return self.noted(method, contact_id, note_id, body)
        return refuse(404, "Cannot find it")

    def search(self, body: dict[str, Any]) -> Answer:
        found = list(self.contacts.values())
        for group in body.get("filters", []):
            found = [c for c in found if any(is_like(c, f) for f in group["filters"])]
        start = (body["page"] - 1) * body["pageLimit"]
        shown = found[start : start + body["pageLimit"]]
        return Answer(200, {"contacts": shown, "total": len(found)})

    def create_contact(self, body: dict[str, Any]) -> Answer:
        same = [c for c in self.contacts.values() if c["phone"] == body["phone"]]
        if same and not self.allows_duplicates:
            message = "This location does not allow duplicated contacts."
            meta = {"contactId": same[0]["id"], "matchingField": "phone"}
            return Answer(400, {"statusCode": 400, "message": message, "meta": meta})
        owner = {"assignedTo": body["assignedTo"]} if "assignedTo" in body else {}
        contact = self.add_contact(body["firstName"], body["phone"], **owner)
        return Answer(201, {"contact": contact})

    def noted(
        self, method: str, contact_id: str, path: list[str], body: dict[str, Any]
    ) -> Answer:
        own = [n for n in self.notes.values() if n["contactId"] == contact_id]
        if not path and method == "GET":
            return Answer(200, {"notes": own})
        user_id = body.get("userId", "userAnn")
        if user_id not in [user["id"] for user in self.users]:
            return refuse(422, [f"userId {user_id} is not a user of this location"])
        if not path:
            note = {"id": f"note{next(self._serial)}", "contactId": contact_id}
            note |= {"userId": user_id, "dateAdded": "2026-03-02T10:16:00Z", **body}
            self.notes[note["id"]] = note
            return Answer(201, {"note": note})
        note = self.notes.get(path[0])
        if note not in own:
            return refuse(404, "Note not found")
        note.update(body)
        return Answer(200, {"note": note})


def is_like(contact: dict[str, Any], filter_: dict[str, str]) -> bool:
    """HighLevel has its main number in E.164; only this is searched."""
    stored, value = contact[filter_["field"]], filter_["value"]
    if filter_["operator"] == "eq":
        return stored == value
    assert not re.search(r"\W", value), "no special characters"
    return value in stored


def refuse(status: int, message: Any) -> Answer:
    return Answer(status, {"statusCode": status, "message": message})
