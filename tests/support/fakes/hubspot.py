"""HubSpot as its descriptions describe it: contacts, calls and owners of one account."""

import re
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

from tests.support.fakes.openapi_judge import Description, find_description
from tests.support.fakes.server import Answer, FakeCrm, Request

MAX_PER_PAGE = 2
INDEX_LAG_SECONDS = 30
CALL_TO_CONTACT = 194
SCOPES = {
    "contacts": {"crm.objects.contacts.read", "crm.objects.contacts.write"},
    "calls": {"crm.objects.contacts.read", "crm.objects.contacts.write"},
    "owners": {"crm.objects.owners.read"},
}
STATUSES = {"BUSY", "CANCELED", "COMPLETED", "FAILED", "NO_ANSWER"}


@cache
def hubspot_judges() -> list[Description]:
    names = ("calls", "contacts", "owners", "accountInfo")
    return [Description(find_description(f"hubspot/{name}.json")) for name in names]


class FakeHubSpot(FakeCrm):
    """An account with a private app; its search index lags behind its database."""

    token = "pat-na1-right"
    settings = {"accessToken": token}

    def __init__(self) -> None:
        super().__init__()
        self.scopes = set.union(*SCOPES.values())
        self._serial = count(9001)
        self.owners = [
            owner(1, "Ann", "Agent"),
            owner(2, "Ben", "Brown"),
            owner(3, "Cy", "Stone"),
            owner(4, "Support", "", type="QUEUE"),
            owner(5, "Dee", "Left", archived=True),
        ]
        self.contacts: dict[str, dict[str, Any]] = {}
        self.calls: dict[str, dict[str, Any]] = {}
        self.add_contact(firstname="Ada", lastname="Example", phone="(510) 555-0100")
        self.add_contact(firstname="Bea", mobilephone="+15105550101")
        for number in range(3):
            self.add_contact(firstname=f"Twin {number}", phone="510-555-0102")

    def add_contact(self, **properties: str) -> str:
        return self.store(self.contacts, properties)["id"]

    def store(self, objects: dict[str, Any], properties: dict[str, str]):
        object_id = str(next(self._serial))
        stored = {
            "id": object_id,
            "properties": properties,
            "createdAt": self.time(),
            "updatedAt": self.time(),
            "archived": False,
        }
        objects[object_id] = stored
        return stored

    def time(self, ago: float = 0) -> str:
        return f"{datetime.fromtimestamp(self.now - ago, UTC):%Y-%m-%dT%H:%M:%S}Z"

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return refuse(401, "INVALID_AUTHENTICATION", "Authentication not found.")
        path = request.path.strip("/").split("/")
        kind = next((kind for kind in SCOPES if kind in path), "")
        if SCOPES.get(kind, set()) - self.scopes:
            return refuse(403, "MISSING_SCOPES", "This app lacks required scopes.")
        match request.method, path:
            case "GET", ["account-info", "v3", "details"]:
                return Answer(200, ACCOUNT)
            case "GET", ["crm", "v3", "owners"]:
                archived = request.query.get("archived") == "true"
                owners = [o for o in self.owners if o["archived"] == archived]
                return paged(owners, request.query)
            case "POST", ["crm", "v3", "objects", "contacts", "search"]:
                return self.search(self.contacts, request.json)
            case "POST", ["crm", "v3", "objects", "contacts"]:
                stored = self.store(self.contacts, request.json["properties"])
                return Answer(201, stored)
            case "GET", ["crm", "v3", "objects", "calls"]:
                return paged(list(map(visible, self.calls.values())), request.query)
            case "POST", ["crm", "v3", "objects", "calls", "search"]:
                return self.search(self.calls, request.json)
            case "POST", ["crm", "v3", "objects", "calls"]:
                return self.create_call(request.json)
            case method, ["crm", "v3", "objects", "calls", call_id]:
                return self.one_call(method, call_id, request)
        return refuse(404, "OBJECT_NOT_FOUND", "no such path")

    def search(self, objects: dict[str, Any], query: dict[str, Any]) -> Answer:
        found = [
            {**each, "properties": chosen(each, query["properties"])}
            for each in objects.values()
            if not each["archived"]
            and each["createdAt"]
            <= self.time(ago=INDEX_LAG_SECONDS * (objects is self.calls))
            and any(
                all(has(each["properties"], filter_) for filter_ in group["filters"])
                for group in query["filterGroups"]
            )
        ]
        answer = paged(list(map(visible, found)), query)
        answer.body["total"] = len(found)
        return answer

    def create_call(self, body: dict[str, Any]) -> Answer:
        properties = body["properties"]
        [link] = body["associations"]
        if link["to"]["id"] not in self.contacts:
            return refuse(400, "VALIDATION_ERROR", "The contact does not exist.")
        if link["types"][0]["associationTypeId"] != CALL_TO_CONTACT:
            return refuse(400, "VALIDATION_ERROR", "This is no association of calls.")
        if fault := self.fault_of(properties):
            return refuse(400, "VALIDATION_ERROR", fault)
        stored = self.store(self.calls, properties)
        stored["contact"] = link["to"]["id"]
        return Answer(201, visible(stored))

    def one_call(self, method: str, call_id: str, request: Request) -> Answer:
        call = self.calls.get(call_id)
        if call is None or call["archived"]:
            return refuse(404, "OBJECT_NOT_FOUND", "resource not found")
        if method == "PATCH":
            properties = request.json["properties"]
            if fault := self.fault_of({**call["properties"], **properties}):
                return refuse(400, "VALIDATION_ERROR", fault)
            call["properties"] |= properties
        names = request.query.get("properties", "").split(",")
        return Answer(200, visible({**call, "properties": chosen(call, names)}))

    def fault_of(self, properties: dict[str, str]) -> str:
        owner_id = properties.get("hubspot_owner_id")
        owners = [o["id"] for o in self.owners if not o["archived"]]
        if owner_id is not None and owner_id not in owners:
            return "hubspot_owner_id was not a valid owner."
        if properties["hs_call_status"] not in STATUSES:
            return "hs_call_status was not one of the allowed options."
        if properties["hs_call_direction"] not in ("INBOUND", "OUTBOUND"):
            return "hs_call_direction was not one of the allowed options."
        if not re.fullmatch(r"\d+", properties["hs_call_duration"]):
            return "hs_call_duration was not a valid number."
        return ""


ACCOUNT = {
    "portalId": 12345,
    "accountType": "STANDARD",
    "timeZone": "US/Eastern",
    "companyCurrency": "USD",
    "additionalCurrencies": [],
    "utcOffset": "-05:00",
    "utcOffsetMilliseconds": -18000000,
    "uiDomain": "app.hubspot.com",
    "dataHostingLocation": "na1",
}


def has(properties: dict[str, str], filter_: dict[str, str]) -> bool:
    assert filter_["operator"] == "EQ"
    value, name = filter_["value"], filter_["propertyName"]
    calculated = {
        "hs_searchable_calculated_phone_number": "phone",
        "hs_searchable_calculated_mobile_number": "mobilephone",
    }
    if name in calculated:
        digits = re.sub(r"\D", "", properties.get(calculated[name], ""))
        return digits.removeprefix("1") == value
    return properties.get(name) == value


def chosen(item: dict[str, Any], names: list[str]) -> dict[str, str]:
    return {n: v for n, v in item["properties"].items() if n in names}


def visible(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "contact"}


def paged(items: list[Any], query: dict[str, Any]) -> Answer:
    start = int(query.get("after", 0))
    end = start + min(int(query["limit"]), MAX_PER_PAGE)
    body: dict[str, Any] = {"results": items[start:end]}
    if end < len(items):
        body["paging"] = {"next": {"after": str(end)}}
    return Answer(200, body)


def owner(
    owner_id: int,
    first: str,
    last: str,
    *,
    type: str = "PERSON",
    archived: bool = False,
) -> dict[str, Any]:
    return {
        "id": str(owner_id),
        "firstName": first,
        "lastName": last,
        "email": f"{first.lower()}@example.com",
        "type": type,
        "archived": archived,
        "createdAt": "2024-01-02T03:04:05Z",
        "updatedAt": "2024-01-02T03:04:05Z",
    }


def refuse(status: int, category: str, message: str) -> Answer:
    body = {"status": "error", "category": category, "message": message}
    return Answer(status, body | {"correlationId": "c-1"})
