"""Close as its description and its chapters describe it: members, contacts and calls."""

from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any
from xml.etree import ElementTree

from tests.support.fakes.openapi_judge import Description, find_description
from tests.support.fakes.server import Answer, FakeCrm, Request

API = "/api/v1"
MAX_PER_PAGE = 2
ORGANIZATION = "orga_1"


def member_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


TEXT = {"type": "string"}
ADVANCED_FILTERING = {
    "type": "object",
    "properties": {
        "query": {
            "oneOf": [
                member_of(type={"const": "object_type"}, object_type=TEXT),
                member_of(
                    type={"const": "and"},
                    queries={
                        "prefixItems": [
                            member_of(type={"const": "object_type"}, object_type=TEXT),
                            member_of(
                                type={"const": "has_related"},
                                this_object_type={"const": "contact"},
                                related_object_type={"const": "contact_phone"},
                                related_query=member_of(
                                    type={"const": "field_condition"},
                                    field=member_of(
                                        type={"const": "regular_field"},
                                        object_type={"const": "contact_phone"},
                                        field_name={"const": "phone"},
                                    ),
                                    condition=member_of(
                                        type={"const": "text"},
                                        mode={"enum": ["full_words", "phrase"]},
                                        value=TEXT,
                                    ),
                                ),
                            ),
                        ],
                        "minItems": 2,
                        "maxItems": 2,
                    },
                ),
            ]
        },
        "_fields": member_of(contact={"type": "array", "items": TEXT}),
        "_limit": {"type": "integer", "maximum": 200},
        "cursor": TEXT,
    },
    "required": ["query"],
}
"""What the chapter on Advanced Filtering says of the search; the description leaves it out."""
FOUND = {
    "type": "object",
    "properties": {"data": {"type": "array"}, "cursor": {"type": ["string", "null"]}},
    "required": ["data", "cursor"],
}
CHAPTERS = {
    "paths": {
        "/data/search/": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": ADVANCED_FILTERING}},
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": FOUND}}}
                },
            }
        }
    }
}


@cache
def close_judges() -> list[Description]:
    # A created call has these, and a call of its list and of its chapter as well.
    own_faults = (
        r"^reply(\.data\[\d+\])?\.(direction|duration|note|note_html|phone): is not",
    )
    path = find_description("close/close.yml")
    return [
        Description(path, prefix=API, allowed=own_faults),
        Description(CHAPTERS, prefix=API),
    ]


class FakeClose(FakeCrm):
    """One organization, and the API key of one of its users."""

    api_key = "api_right"
    settings = {"closeApiKey": api_key}

    def __init__(self) -> None:
        super().__init__()
        self._serial = count(1001)
        self.may_log = True
        """Whether the role of the key's user allows to see and log calls."""
        self.members = [
            {"id": "user_a", "first_name": "Ann", "last_name": "Agent"},
            {"id": "user_b", "first_name": "Ben", "last_name": "Brown"},
            {"id": "user_c", "first_name": "Cy", "last_name": "Stone"},
        ]
        for user in self.members:
            user["email"] = f"{user['first_name'].lower()}@example.com"
        self.contacts: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.add_contact("Ada Example", "+15105550100")
        self.add_contact("Bea Law", "+445105550100")
        for number in range(3):
            self.add_contact(f"Twin {number}", "+15105550102")

    def stamp(self) -> dict[str, Any]:
        now = datetime.fromtimestamp(self.now, UTC).isoformat()
        made = {"date_created": now, "date_updated": now, "created_by": "user_a"}
        return {**made, "updated_by": "user_a", "organization_id": ORGANIZATION}

    def add_contact(self, name: str, *numbers: str) -> dict[str, Any]:
        contact = {
            "id": f"cont_{next(self._serial)}",
            "lead_id": f"lead_{next(self._serial)}",
            "name": name,
            "display_name": name,
            "title": "",
            "phones": [{"phone": number, "type": "office"} for number in numbers],
            **self.stamp(),
        }
        self.contacts.append(contact)
        return contact

    def answer(self, request: Request) -> Answer:
        key = b64encode(f"{self.api_key}:".encode()).decode()
        if request.headers.get("authorization") != f"Basic {key}":
            return Answer(401, {"error": "The API key is invalid."})
        path = request.path.removeprefix(API).strip("/").split("/")
        if "activity" in path and not self.may_log:
            return Answer(403, {"error": "You do not have permission to do this."})
        match request.method, path:
            case "GET", ["me"]:
                organizations = [{"id": ORGANIZATION, "name": "Acme"}]
                return Answer(200, self.members[0] | {"organizations": organizations})
            case "GET", ["user"]:
                return paged(self.members, request.query)
            case "GET", ["organization", "orga_1"]:
                left = {"user_id": "user_d", "user_email": "dee@example.com"}
                left |= {"user_first_name": "Dee", "user_last_name": "Left"}
                return Answer(200, {"memberships": [], "inactive_memberships": [left]})
            case "POST", ["data", "search"]:
                return self.search(request.json)
            case "POST", ["contact"]:
                numbers = [phone["phone"] for phone in request.json["phones"]]
                return Answer(200, self.add_contact(request.json["name"], *numbers))
            case "GET", ["contact", contact_id]:
                found = [each for each in self.contacts if each["id"] == contact_id]
                return Answer(200, found[0]) if found else NOT_THERE
            case "GET", ["activity", "call"]:
                contact_id = request.query.get("contact_id")
                calls = [c for c in self.calls if c["contact_id"] == contact_id]
                return paged(calls, request.query)
            case "POST", ["activity", "call"]:
                return self.create(request.json)
            case method, ["activity", "call", call_id]:
                found = [each for each in self.calls if each["id"] == call_id]
                if found and method == "PUT":
                    self.check(request.json)
                    found[0].update(request.json)
                return Answer(200, found[0]) if found else NOT_THERE
        return NOT_THERE

    def search(self, body: dict[str, Any]) -> Answer:
        found = self.contacts
        if body["query"]["type"] == "and":
            number = body["query"]["queries"][1]["related_query"]["condition"]["value"]
            found = [
                contact
                for contact in self.contacts
                if any(number in phone["phone"] for phone in contact["phones"])
            ]
        start = int(body.get("cursor", 0))
        end = start + min(body["_limit"], MAX_PER_PAGE)
        fields = {*body["_fields"]["contact"], "__object_type"}
        page = [
            {name: value for name, value in contact.items() if name in fields}
            for contact in found[start:end]
        ]
        return Answer(
            200, {"data": page, "cursor": str(end) if end < len(found) else None}
        )

    def create(self, body: dict[str, Any]) -> Answer:
        self.check(body)
        call = {
            "id": f"acti_{next(self._serial)}",
            "_type": "Call",
            "outcome_id": None,
            "source": "External",
            "user_id": "user_a",
            "users": [],
            **self.stamp(),
            **body,
        }
        self.calls.append(call)
        return Answer(200, call)

    def check(self, body: dict[str, Any]) -> None:
        """Refuse a call of nobody, for a user who left, or with a note that is no XHTML."""
        members = [user["id"] for user in self.members]
        if body.get("user_id", members[0]) not in members:
            refuse("user_id", "This user is not a member of the organization.")
        leads = [contact["lead_id"] for contact in self.contacts]
        if body.get("lead_id", leads[0]) not in leads:
            refuse("lead_id", "Object does not exist.")
        if "note_html" in body:
            try:
                note = ElementTree.fromstring(body["note_html"])  # noqa: S314  ours
            except ElementTree.ParseError:
                refuse("note_html", "Invalid HTML.")
            if note.tag != "body":
                refuse("note_html", "Must begin and end with <body></body>.")


NOT_THERE = Answer(404, {"error": "Not found."})


def refuse(field: str, reason: str) -> None:
    raise Answer(400, {"errors": [], "field-errors": {field: reason}})


def paged(items: list[Any], query: dict[str, str]) -> Answer:
    start = int(query.get("_skip", 0))
    end = start + min(int(query["_limit"]), MAX_PER_PAGE)
    return Answer(200, {"data": items[start:end], "has_more": end < len(items)})
