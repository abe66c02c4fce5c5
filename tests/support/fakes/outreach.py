"""Outreach as its description describes it: users, prospects, numbers and calls."""

import re
from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.support.fakes.outreach_judge import KIND
from tests.support.fakes.server import Answer, FakeCrm, Request

MAX_PER_PAGE = 2
ACCESS_SECONDS = 7200
PHONES = ("mobilePhones", "workPhones", "homePhones", "otherPhones", "voipPhones")


class FakeOutreach(FakeCrm):
    """One organization, and an app that an admin has signed in to."""

    host_name = "api.outreach.io"
    client_id, client_secret = "outreach-app", "outreach-secret"

    def __init__(self) -> None:
        super().__init__()
        self._serial = count(1001)
        self.code, self.refresh_token = "a-code", "refresh-1"
        self.tokens: dict[str, float] = {}
        self.scopes = {
            *("calls.read", "calls.write", "phoneNumbers.read"),
            *("prospects.read", "prospects.write", "users.read"),
        }
        self.sees_calls = True
        """Whether the signed-in user's profile allows to see calls."""
        self.users: list[dict[str, Any]] = []
        self.prospects: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        for name in ("Ann Admin", "Ben Brown", "Cy Stone"):
            self.add_user(name)
        self.add_user("Dee Locked", locked=True)
        self.add_prospect("Ada", workPhones=["(510) 555-0100"])
        self.add_prospect("Bea", mobilePhones=["+44 510 555 0100"])
        for number in range(3):
            self.add_prospect(f"Twin {number}", homePhones=["510-555-0102"])

    def add(self, items: list[Any], type_: str, **attributes: Any) -> dict[str, Any]:
        made = {"createdAt": "2025-01-02T03:04:05Z", "updatedAt": self.stamp()}
        item = {"type": type_, "id": next(self._serial), "relationships": {}}
        items.append({**item, "attributes": {**made, **attributes}})
        return items[-1]

    def stamp(self) -> str:
        return "2025-06-07T08:09:10Z"

    def add_user(self, name: str, *, locked: bool = False) -> dict[str, Any]:
        email = f"{name.split()[0].lower()}@example.com"
        return self.add(self.users, "user", name=name, email=email, locked=locked)

    def add_prospect(self, first_name: str, **attributes: Any) -> dict[str, Any]:
        empty: dict[str, Any] = {kind: [] for kind in PHONES}
        names = {"firstName": first_name, "name": first_name, "touchedAt": None}
        return self.add(self.prospects, "prospect", **{**empty, **names, **attributes})

    def sign_in(self) -> dict[str, str]:
        """Return what the framework keeps after somebody has connected."""
        access = f"access-{next(self._serial)}"
        self.tokens[access] = self.now + ACCESS_SECONDS
        return {"access_token": access, "refresh_token": self.refresh_token}

    def answer(self, request: Request) -> Answer:
        if request.path == "/oauth/token":
            return self.token(request.form)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= self.now:
            return Answer(
                401, {"error": "Invalid JWT token.", "description": "Expired"}
            )
        if request.headers.get("content-type") != KIND:
            return refuse(415, "unsupportedMediaType", "Wrong media type")
        resource, *rest = request.path.removeprefix("/api/v2/").split("/")
        access = "read" if request.method == "GET" else "write"
        if f"{resource}.{access}" not in self.scopes:
            return refuse(403, "unauthorizedOauthScope", "Your token lacks a scope.")
        if resource == "calls" and not self.sees_calls:
            return refuse(403, "unauthorizedRequest", "You are not authorized.")
        match request.method, resource, rest:
            case "GET", "users", []:
                return self.page(self.users, request)
            case "GET", "prospects", []:
                return self.page(self.prospects, request)
            case "POST", "prospects", []:
                data = request.json["data"]
                self.check_user(data, "owner")
                return one(201, self.add_prospect("", **named(data["attributes"])))
            case "GET", "phoneNumbers", []:
                return self.numbers(request)
            case "GET", "calls", []:
                wanted = int(request.query.get("filter[prospect][id]", 0))
                found = [c for c in self.calls if wanted in (0, prospect_of(c))]
                return self.page(found, request)
            case "POST", "calls", []:
                return one(201, self.create(request.json["data"]))
            case "GET", "calls", [call_id]:
                found = [call for call in self.calls if call["id"] == int(call_id)]
                if found:
                    return one(200, found[0])
        return refuse(404, "resourceNotFound", "Could not find it.")

    def token(self, form: dict[str, str]) -> Answer:
        pair = (form.get("client_id"), form.get("client_secret"))
        if pair != (self.client_id, self.client_secret):
            return Answer(401, {"error": "invalid_client"})
        is_known = self.code == form.get("code") or (
            self.refresh_token == form.get("refresh_token")
        )
        if not is_known:
            return Answer(400, {"error": "invalid_grant"})
        tokens = self.sign_in()
        return Answer(200, tokens | {"token_type": "bearer", "expires_in": 7200})

    def numbers(self, request: Request) -> Answer:
        """Answer the numbers, and the prospects that they are of."""
        wanted = request.query.get("filter[number]", "")
        found = [
            prospect
            for prospect in self.prospects
            if any(in_e164(number) == wanted for number in numbers_of(prospect))
        ]
        answer = self.page(found, request)
        prospects = answer.body["data"]
        answer.body["data"] = [
            {"type": "phoneNumber", "id": each["id"], "attributes": {"number": wanted}}
            for each in prospects
        ]
        if prospects and request.query.get("include") == "prospect":
            answer.body["included"] = prospects
        return answer

    def create(self, data: dict[str, Any]) -> dict[str, Any]:
        self.check_user(data, "user")
        if prospect_of(data) not in [each["id"] for each in self.prospects]:
            raise refuse(422, "validationError", "Prospect must exist", "prospect")
        related = {"user": {"data": {"type": "user", "id": self.users[0]["id"]}}}
        call = self.add(self.calls, "call", **data["attributes"])
        call["relationships"] = related | data["relationships"]
        return call

    def check_user(self, data: dict[str, Any], role: str) -> None:
        user = data.get("relationships", {}).get(role, {}).get("data")
        active = [u["id"] for u in self.users if not u["attributes"]["locked"]]
        if user is not None and user["id"] not in active:
            raise refuse(422, "validationError", "User must be active", role)

    def page(self, items: list[Any], request: Request) -> Answer:
        start = int(request.query.get("page[after]", 0))
        end = start + min(int(request.query["page[size]"]), MAX_PER_PAGE)
        body: dict[str, Any] = {"data": items[start:end]}
        if end < len(items):
            query = urlencode({**request.query, "page[after]": end})
            body["links"] = {"next": f"https://{self.host_name}{request.path}?{query}"}
        return Answer(200, body, {"Content-Type": KIND})


def named(attributes: dict[str, Any]) -> dict[str, Any]:
    return {**attributes, "name": attributes["firstName"]}


def numbers_of(prospect: dict[str, Any]) -> list[str]:
    return [number for kind in PHONES for number in prospect["attributes"][kind]]


def in_e164(number: str) -> str:
    digits = re.sub(r"\D", "", number)
    return f"+{digits}" if number.startswith("+") else f"+1{digits}"


def prospect_of(call: dict[str, Any]) -> int:
    return call["relationships"]["prospect"]["data"]["id"]


def one(status: int, item: dict[str, Any]) -> Answer:
    return Answer(status, {"data": item}, {"Content-Type": KIND})


def refuse(status: int, error_id: str, detail: str, related: str = "") -> Answer:
    error: dict[str, Any] = {"id": error_id, "title": error_id, "detail": detail}
    if related:
        error["source"] = {"pointer": f"/data/relationships/{related}"}
    return Answer(status, {"errors": [error]}, {"Content-Type": KIND})
