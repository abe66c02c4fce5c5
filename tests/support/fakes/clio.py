"""Clio as its description describes it: contacts, communications, matters and users."""

import re
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.support.fakes.openapi_judge import Description, find_description
from tests.support.fakes.server import Answer, FakeCrm, Request

MAX_PER_PAGE = 2
ACCESS_SECONDS = 3600
KINDS = ("contacts", "communications", "matters", "users")


@cache
def clio_judges() -> list[Description]:
    # Its chapter on paging has `meta.paging.next`; the schemas of the lists do not.
    own_faults = (r"^reply\.meta: is not described",)
    path = find_description("clio/clio.json")
    return [Description(path, prefix="/api/v4", allowed=own_faults)]


class TokenJudge:
    """The description leaves out the token endpoint; RFC 6749, 4.1.3 and 6, has it."""

    names = {"grant_type", "code", "redirect_uri", "refresh_token", "code_verifier"}

    def find(self, request: Request) -> object | None:
        return request.path == "/oauth/token" or None

    def faults(self, request: Request, answer: Answer | None) -> list[str]:
        extra = request.form.keys() - self.names - {"client_id", "client_secret"}
        return [f"form {name}: is not described" for name in extra]


class FakeClio(FakeCrm):
    """One firm in one region, and an app that is registered there."""

    client_id, client_secret = "clio-app", "clio-secret"

    def __init__(self, hostname: str = "app.clio.com") -> None:
        super().__init__()
        self.hostname = hostname
        self.code = "a-code"
        self.tokens: dict[str, float] = {}
        self.refresh_token = "refresh-1"
        self.sees_matters = True
        self._serial = count(1000)
        self.users = [
            self.user(1, "Ann Admin"),
            self.user(2, "Ben Brown"),
            self.user(3, "Cy Left", enabled=False),
        ]
        self.contacts: list[dict[str, Any]] = []
        self.matters: list[dict[str, Any]] = []
        self.communications: list[dict[str, Any]] = []
        self.add_contact("Ada Example", "(510) 555-0100")
        self.add_contact("Bea Law", "+44 510 555 0100", type="Company")
        for number in range(3):
            self.add_contact(f"Twin {number}", "510-555-0102")

    def user(self, user_id: int, name: str, *, enabled: bool = True):
        email = f"{name.split()[0].lower()}@example.com"
        return {"id": user_id, "name": name, "email": email, "enabled": enabled}

    def add_contact(self, name: str, number: str, *, type: str = "Person"):
        self.contacts.append(
            {
                "id": next(self._serial),
                "name": name,
                "type": type,
                "primary_phone_number": number,
                "phone_numbers": [{"number": number}],
                "created_at": "2025-01-02T03:04:05-08:00",
                "updated_at": "2025-06-07T08:09:10-07:00",
            }
        )
        return self.contacts[-1]

    def add_matter(self, contact: dict[str, Any], status: str = "open") -> int:
        matter_id = next(self._serial)
        matter = {"id": matter_id, "client_id": contact["id"], "status": status}
        self.matters.append(matter)
        return matter_id

    def sign_in(self) -> dict[str, str]:
        """Return what the framework keeps after somebody has connected."""
        access = f"access-{next(self._serial)}"
        self.tokens[access] = self.now + ACCESS_SECONDS
        return {"access_token": access, "refresh_token": self.refresh_token}

    def answer(self, request: Request) -> Answer:
        if request.headers.get("host", self.hostname) != self.hostname:
            return Answer(401, {"error": {"type": "Unauthorized"}})
        if request.path == "/oauth/token":
            return self.token(request.form)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= self.now:
            return refuse(401, "UnauthorizedError", "The access token expired.")
        query = request.query
        match request.method, request.path.removeprefix("/api/v4/").split("/"):
            case "GET", ["users", "who_am_i.json"]:
                return one(self.users[0], query)
            case "GET", ["users.json"]:
                return self.listed(self.users, query, request)
            case "GET", ["contacts.json"]:
                found = [c for c in self.contacts if is_hit(query["query"], c)]
                return self.listed(found, query, request)
            case "POST", ["contacts.json"]:
                data = request.json["data"]
                number = data["phone_numbers"][0]["number"]
                new = self.add_contact(data["name"], number, type=data["type"])
                return Answer(201, one(new, query).body)
            case "GET", ["matters.json"]:
                if not self.sees_matters:
                    return refuse(403, "ForbiddenError", "User is forbidden.")
                found = [
                    matter
                    for matter in self.matters
                    if str(matter["client_id"]) == query["client_id"]
                    and matter["status"] == query["status"]
                ]
                return self.listed(found, query, request)
            case "GET", ["communications.json"]:
                wanted = {
                    "name": query.get("external_property_name"),
                    "value": query.get("external_property_value"),
                }
                found = [
                    each
                    for each in self.communications
                    if wanted in each["external_properties"]
                ]
                return self.listed(found, query, request)
            case "POST", ["communications.json"]:
                return self.create(request.json["data"], query)
            case method, ["communications", name]:
                number = int(name.removesuffix(".json"))
                found = [c for c in self.communications if c["id"] == number]
                if not found:
                    return refuse(404, "RecordNotFound", "Record not found")
                if method == "PATCH":
                    found[0].update(request.json["data"])
                return one(found[0], query)
        return refuse(404, "RecordNotFound", "no such path")

    def token(self, form: dict[str, str]) -> Answer:
        pair = (form.get("client_id"), form.get("client_secret"))
        if pair != (self.client_id, self.client_secret):
            return Answer(401, {"error": "invalid_client"})
        if self.code != form.get("code") and self.refresh_token != form.get(
            "refresh_token"
        ):
            return Answer(400, {"error": "invalid_grant"})
        tokens = self.sign_in()
        return Answer(200, tokens | {"token_type": "bearer", "expires_in": 3600})

    def create(self, data: dict[str, Any], query: dict[str, str]) -> Answer:
        people = {
            "User": [user["id"] for user in self.users if user["enabled"]],
            "Contact": [contact["id"] for contact in self.contacts],
        }
        for side in (*data["senders"], *data["receivers"]):
            if side["id"] not in people[side["type"]]:
                return refuse(422, "ArgumentError", f"{side['type']} was not found")
        self.communications.append({"id": next(self._serial), **data})
        return Answer(201, one(self.communications[-1], query).body)

    def listed(
        self, items: list[Any], query: dict[str, str], request: Request
    ) -> Answer:
        start = int(query.get("page_token", 0))
        end = start + min(int(query["limit"]), MAX_PER_PAGE)
        paging = {}
        if end < len(items):
            address = urlencode({**query, "page_token": end})
            paging["next"] = f"https://{self.hostname}{request.path}?{address}"
        body = {"data": [chosen(item, query) for item in items[start:end]]}
        return Answer(200, body | {"meta": {"records": len(items), "paging": paging}})


def is_hit(term: str, contact: dict[str, Any]) -> bool:
    digits = re.sub(r"\D", "", contact["primary_phone_number"])
    return re.sub(r"\D", "", term) in digits


def chosen(item: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    names = re.sub(r"\{[^}]*\}", "", query.get("fields", "id")).split(",")
    return {name: item[name] for name in names if name in item}


def one(item: dict[str, Any], query: dict[str, str]) -> Answer:
    return Answer(200, {"data": chosen(item, query)})


def refuse(status: int, kind: str, message: str) -> Answer:
    return Answer(status, {"error": {"type": kind, "message": message}})
