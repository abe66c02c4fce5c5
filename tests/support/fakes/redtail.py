"""Redtail: contacts, activities and users of one database."""

from base64 import b64encode
from functools import cache
from itertools import count
from typing import Any

from tests.support.fakes.field_tables import Schema, described, fields, operation
from tests.support.fakes.openapi_judge import Description
from tests.support.fakes.server import Answer, FakeCrm, Request

MAX_PER_PAGE = 50
BASE = "/api/public/v1"
ACTIVITY = (
    "subject: string!; description: string; start_date: date-time!; "
    "end_date: date-time!; activity_code_id: integer; category_id: integer; "
    "repeats: never|daily|weekly|monthly|yearly!; completed: boolean; "
    "linked_contacts: LINK[]; attendees: ATTENDEE[]"
)
PERSON = (
    "id: integer; full_name: string; first_name: string; last_name: string; "
    "job_title: string?; created_at: date-time; updated_at: date-time; phones: PHONE[]"
)


@cache
def redtail_judge() -> Description:
    """Return what Redtail's Postman collection has, as others describe it."""
    attendee = fields("type: Crm::Activity::Attendee::User|other!; user_id: integer!")
    parts = {"LINK": fields("contact_id: integer!"), "ATTENDEE": attendee}
    activity = fields(f"id: integer!; {ACTIVITY}", **parts)
    one_activity = fields("activity: ACTIVITY!", ACTIVITY=activity)
    phone = fields(
        "phone_type: integer; number: string!; country_code: integer; id: integer"
    )
    user = fields("id: integer!; first_name: string; last_name: string")
    meta = fields("total_records: integer; total_pages: integer")

    def listed(name: str, item: Schema) -> Schema:
        return fields(f"{name}: ITEM[]!; meta: META", ITEM=item, META=meta)

    return described(
        operation(
            "GET",
            f"{BASE}/authentication",
            replies={
                200: fields(
                    "redtail_database_id: integer; redtail_user_id: integer; "
                    "user_key: string; authenticated_user: USER",
                    USER=fields("id: integer; user_key: string"),
                )
            },
        ),
        operation(
            "GET",
            f"{BASE}/lists/database_users",
            query="page: integer",
            replies={200: listed("database_users", user)},
        ),
        operation(
            "GET",
            f"{BASE}/lists/database_users/{{id}}",
            replies={200: fields("database_users: USER", USER=user)},
        ),
        operation(
            "GET",
            f"{BASE}/contacts/search_basic",
            query="phone_number: /[0-9]+/!; page: integer",
            headers="include: phones|phones,emails",
            replies={200: listed("contacts", fields(PERSON, PHONE=phone))},
        ),
        operation(
            "POST",
            f"{BASE}/contacts",
            body=fields(
                "type: Crm::Contact::Individual|Crm::Contact::Business!; "
                "first_name: string; last_name: string!; phones: PHONE[]",
                PHONE=phone,
            ),
            replies={
                201: fields("contact: PERSON", PERSON=fields(PERSON, PHONE=phone))
            },
        ),
        operation(
            "POST",
            f"{BASE}/activities",
            body=fields(ACTIVITY, **parts),
            replies={201: one_activity},
        ),
        operation("GET", f"{BASE}/activities/{{id}}", replies={200: one_activity}),
        operation(
            "PUT",
            f"{BASE}/activities/{{id}}",
            body=fields(ACTIVITY.replace("!", ""), **parts),
            replies={200: one_activity},
        ),
    )


class FakeRedtail(FakeCrm):
    """A database, a partner's API key, and the user who signs in with it."""

    hostname = "crm.redtailtechnology.com"
    settings = {"apiKey": "key", "apiUsername": "service", "apiPassword": "pass"}

    def __init__(self) -> None:
        super().__init__()
        self.user_key = "user-key-1"
        self.completes_at_once = self.shows_phones = True
        self.may_write = True
        self._serial = count(9001)
        names = [("Ann", "Agent"), ("Ben", "Brown"), ("Cy", "Stone")]
        self.users = [
            {"id": number, "first_name": first, "last_name": last}
            for number, (first, last) in enumerate(names, start=1)
        ]
        self.contacts: dict[int, dict[str, Any]] = {}
        self.activities: dict[int, dict[str, Any]] = {}
        self.add_contact("Ada Example", "5105550100")
        self.add_contact("Bea Law", "5105550100", country_code=44)
        for number in range(52):
            self.add_contact(f"Twin {number}", "5105550102")

    def add_contact(
        self, name: str, number: str, country_code: int = 1, **fields: Any
    ) -> dict[str, Any]:
        first, _, last = name.partition(" ")
        contact = {
            "id": next(self._serial),
            "full_name": name,
            "first_name": first,
            "last_name": last,
            "created_at": "2025-01-02T03:04:05.000Z",
            "updated_at": "2025-06-07T08:09:10.000Z",
            "phones": [
                {"number": f"+{country_code} {number}", "country_code": country_code}
            ],
            **fields,
        }
        self.contacts[contact["id"]] = contact
        return contact

    def answer(self, request: Request) -> Answer:
        path = request.path.removeprefix(f"{BASE}/").split("/")
        given = request.headers.get("authorization", "")
        is_here = request.headers["host"] == self.hostname
        if path == ["authentication"]:
            if given != header("Basic", *self.settings.values()) or not is_here:
                return Answer(401, {"message": "Invalid credentials"})
            signed_in = {"redtail_database_id": 280717, "redtail_user_id": 1}
            return Answer(200, {**signed_in, "user_key": self.user_key})
        if given != header("UserKeyAuth", self.settings["apiKey"], self.user_key):
            return Answer(401, {"message": "Unauthorized"})
        if request.method != "GET" and not self.may_write:
            return Answer(403, {"message": "User Forbidden from Updating Activity"})
        match request.method, path:
            case "GET", ["lists", "database_users"]:
                return paged("database_users", self.users, request.query)
            case "GET", ["lists", "database_users", number]:
                return Answer(200, {"database_users": self.users[int(number) - 1]})
            case "GET", ["contacts", "search_basic"]:
                return self.search(request)
            case "POST", ["contacts"]:
                body = request.json
                [phone] = body["phones"]
                name = f"{body.get('first_name', '')} {body['last_name']}".strip()
                contact = self.add_contact(name, phone["number"], phone["country_code"])
                return Answer(201, {"contact": contact})
            case "POST", ["activities"]:
                return self.create_activity(request.json)
            case method, ["activities", number]:
                activity = self.activities.get(int(number))
                if activity is None:
                    return Answer(404, {"message": "Activity not found"})
                if method == "PUT":
                    activity |= request.json
                return Answer(200, {"activity": activity})
        return Answer(404, {"message": "Not found"})

    def search(self, request: Request) -> Answer:
        digits = request.query["phone_number"]
        has_phones = self.shows_phones and "phones" in request.headers.get(
            "include", ""
        )
        found = [
            {k: v for k, v in contact.items() if has_phones or k != "phones"}
            for contact in self.contacts.values()
            if any(digits in phone["number"] for phone in contact["phones"])
        ]
        return paged("contacts", found, request.query)

    def create_activity(self, body: dict[str, Any]) -> Answer:
        [link] = body["linked_contacts"]
        users = [user["id"] for user in self.users]
        if link["contact_id"] not in self.contacts:
            return Answer(422, {"message": "Linked contacts contact must exist"})
        if any(each["user_id"] not in users for each in body.get("attendees", [])):
            return Answer(422, {"message": "Attendees user must exist"})
        is_completed = {"completed": self.completes_at_once and body["completed"]}
        activity = {**body, **is_completed, "id": next(self._serial)}
        self.activities[activity["id"]] = activity
        return Answer(201, {"activity": dict(activity)})


def header(scheme: str, *parts: str) -> str:
    return f"{scheme} {b64encode(':'.join(parts).encode()).decode()}"


def paged(name: str, items: list[Any], query: dict[str, str]) -> Answer:
    start = (int(query.get("page", 1)) - 1) * MAX_PER_PAGE
    pages = -(-len(items) // MAX_PER_PAGE)
    meta = {"total_records": len(items), "total_pages": pages}
    return Answer(200, {name: items[start : start + MAX_PER_PAGE], "meta": meta})
