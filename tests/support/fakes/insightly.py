"""Insightly: contacts, leads, events and users of one instance, in one pod."""

from base64 import b64encode
from functools import cache
from itertools import count
from typing import Any

from tests.support.fakes.field_tables import described, fields, list_of, operation
from tests.support.fakes.openapi_judge import Description
from tests.support.fakes.server import Answer, FakeCrm, Request

TIME = r"/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/"
LINK = "LINK_OBJECT_NAME: Contact|Lead|Organisation|Opportunity|Project!; "
LINK += "LINK_OBJECT_ID: integer!; LINK_ID: integer"
PAGE = "brief: boolean; skip: integer; top: integer; count_total: boolean"
PERSON = (
    "FIRST_NAME: string?; LAST_NAME: string?; PHONE: string?; OWNER_USER_ID: integer; "
    f"DATE_CREATED_UTC: {TIME}; DATE_UPDATED_UTC: {TIME}; "
    f"LAST_ACTIVITY_DATE_UTC: {TIME}?"
)
CONTACT = "CONTACT_ID: integer; PHONE_HOME: string?; PHONE_MOBILE: string?; "
CONTACT += f"PHONE_OTHER: string?; {PERSON}"
LEAD = f"LEAD_ID: integer; MOBILE: string?; CONVERTED: boolean; {PERSON}"
EVENT = (
    "EVENT_ID: integer; TITLE: string; LOCATION: string?; DETAILS: string?; "
    f"START_DATE_UTC: {TIME}; END_DATE_UTC: {TIME}; ALL_DAY: boolean; "
    "OWNER_USER_ID: integer; LINKS: LINK[]"
)


@cache
def insightly_judge() -> Description:
    """Return what Insightly's help on version 3.1 of its API says; we read it."""
    link = fields(LINK)
    event = fields(EVENT, LINK=link)
    new_event = EVENT.replace("string;", "string!;", 1).replace(f"{TIME};", f"{TIME}!;")
    user = fields(
        "USER_ID: integer; FIRST_NAME: string; LAST_NAME: string; ACTIVE: boolean; "
        "EMAIL_ADDRESS: string; TIMEZONE_ID: string; ADMINISTRATOR: boolean"
    )
    lists = {"Users": user, "Events": event}
    lists |= {"Contacts": fields(CONTACT), "Leads": fields(LEAD)}
    operations = [
        operation("GET", f"/v3.1/{name}", query=PAGE, replies={200: list_of(item)})
        for name, item in lists.items()
    ]
    for name in ("Contacts", "Leads"):
        operations += [
            operation(
                "GET",
                f"/v3.1/{name}/Search",
                query=f"field_name: string!; field_value: string!; {PAGE}",
                replies={200: list_of(lists[name])},
            ),
            operation(
                "GET",
                f"/v3.1/{name}/{{id}}/Events",
                query=PAGE,
                replies={200: list_of(event)},
            ),
            operation(
                "POST",
                f"/v3.1/{name}",
                body=lists[name],
                replies={201: lists[name]},
            ),
        ]
    return described(
        *operations,
        operation("GET", "/v3.1/Users/Me", replies={200: user}),
        operation(
            "POST",
            "/v3.1/Events",
            body=fields(new_event, LINK=link),
            replies={201: event},
        ),
        operation("PUT", "/v3.1/Events", body=event, replies={200: event}),
        operation("GET", "/v3.1/Events/{id}", replies={200: event}),
        operation("POST", "/v3.1/Events/{id}/Links", body=link, replies={201: link}),
    )


class FakeInsightly(FakeCrm):
    """An instance, and the API key of an administrator."""

    hostname = "crm.na1.insightly.com"
    settings = {"apiKey": "11111111-2222-3333"}

    def __init__(self) -> None:
        super().__init__()
        self.is_administrator = self.takes_links_at_once = True
        self.required_field = ""
        """A custom field that each event must have."""
        self._serial = count(9001)
        names = {"Ann": "Agent", "Ben": "Brown", "Cy": "Stone", "Dee": "Left"}
        self.users = [
            {
                "USER_ID": number,
                "FIRST_NAME": first,
                "LAST_NAME": last,
                "EMAIL_ADDRESS": f"{first.lower()}@example.com",
                "ACTIVE": last != "Left",
            }
            for number, (first, last) in enumerate(names.items(), start=1)
        ]
        self.people: dict[str, list[dict[str, Any]]] = {"Contacts": [], "Leads": []}
        self.events: dict[int, dict[str, Any]] = {}
        self.add(
            "Contacts", FIRST_NAME="Ada", LAST_NAME="Example", PHONE="+15105550100"
        )
        self.add("Leads", FIRST_NAME="Bea", LAST_NAME="Lead", MOBILE="+15105550101")

    def add(self, kind: str, **values: Any) -> dict[str, Any]:
        key = {"Contacts": "CONTACT_ID", "Leads": "LEAD_ID"}[kind]
        person = {
            key: next(self._serial),
            "DATE_CREATED_UTC": "2025-01-02 03:04:05",
            "DATE_UPDATED_UTC": "2025-06-07 08:09:10",
            **({"CONVERTED": False} if kind == "Leads" else {}),
            **values,
        }
        self.people[kind].append(person)
        return person

    def answer(self, request: Request) -> Answer:
        key = b64encode(f"{self.settings['apiKey']}:".encode()).decode()
        is_here = request.headers["host"] == self.hostname.replace("crm", "api", 1)
        if request.headers.get("authorization") != f"Basic {key}" or not is_here:
            return Answer(401, {"Message": "Authorization has been denied."})
        path = request.path.removeprefix("/v3.1/").split("/")
        if path[0] == "Users" and path[1:] != ["Me"] and not self.is_administrator:
            return Answer(403, {"Message": "User does not have permission."})
        match request.method, path:
            case "GET", ["Users", "Me"]:
                return Answer(200, self.users[0])
            case "GET", ["Users"]:
                return paged(self.users, request.query)
            case "GET", ["Events"]:
                return paged(list(self.events.values()), request.query)
            case "GET", [("Contacts" | "Leads") as kind]:
                return paged(self.people[kind], request.query)
            case "GET", [("Contacts" | "Leads") as kind, "Search"]:
                name, value = request.query["field_name"], request.query["field_value"]
                found = [p for p in self.people[kind] if p.get(name) == value]
                return paged(found, request.query)
            case "GET", [("Contacts" | "Leads") as kind, number, "Events"]:
                link = link_to(kind, int(number))
                own = [e for e in self.events.values() if link in e["LINKS"]]
                return paged(own, request.query)
            case "POST", [("Contacts" | "Leads") as kind]:
                return Answer(201, self.add(kind, **request.json))
            case "POST", ["Events"]:
                return self.create_event(request.json)
            case "POST", ["Events", number, "Links"]:
                self.events[int(number)]["LINKS"].append(request.json)
                return Answer(201, request.json)
            case "PUT", ["Events"]:
                return self.one_event(request.json["EVENT_ID"], request.json)
            case "GET", ["Events", number]:
                return self.one_event(int(number), {})
        return Answer(404, {"Message": "No HTTP resource was found."})

    def create_event(self, body: dict[str, Any]) -> Answer:
        if self.required_field and self.required_field not in body:
            return Answer(400, {"Message": f"{self.required_field} is required."})
        active = [user["USER_ID"] for user in self.users if user["ACTIVE"]]
        if body.get("OWNER_USER_ID", active[0]) not in active:
            return Answer(400, {"Message": "OWNER_USER_ID is not a valid user."})
        [link] = body["LINKS"]
        people = [
            link_to(kind, person.get("CONTACT_ID", person.get("LEAD_ID", 0)))
            for kind, persons in self.people.items()
            for person in persons
        ]
        if link not in people:
            return Answer(400, {"Message": "LINK_OBJECT_ID is not a valid record."})
        links = [link] if self.takes_links_at_once else []
        owner = {"OWNER_USER_ID": active[0]}
        event = {**owner, **body, "EVENT_ID": next(self._serial), "LINKS": links}
        self.events[event["EVENT_ID"]] = event
        return Answer(201, event)

    def one_event(self, number: int, changes: dict[str, Any]) -> Answer:
        if number not in self.events:
            return Answer(404, {"Message": "Record not found."})
        self.events[number] |= changes
        return Answer(200, self.events[number])


def link_to(kind: str, number: int) -> dict[str, Any]:
    return {"LINK_OBJECT_NAME": kind.removesuffix("s"), "LINK_OBJECT_ID": number}


def paged(items: list[Any], query: dict[str, str]) -> Answer:
    skip, top = int(query.get("skip", 0)), min(int(query.get("top", 100)), 500)
    return Answer(200, items[skip : skip + top])
