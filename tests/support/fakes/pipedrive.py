"""Pipedrive as its documentation describes it: OAuth, v2 persons and activities, limits."""

import re
from base64 import b64encode
from itertools import count
from typing import Any

from tests.support.fakes.server import Answer, FakeCrm, Request

ACCESS_SECONDS = 3600
MAX_PER_PAGE = 2
COSTS = {"search": 20, "list": 10, "get": 1, "write": 5}
TYPES = {
    "owner_id": int,
    "subject": str,
    "type": str,
    "done": bool,
    "due_date": str,
    "due_time": str,
    "duration": str,
    "note": str,
    "participants": list,
}
"""What v2 takes for an activity; a string in place of a number is refused."""


class FakePipedrive(FakeCrm):
    """One company; every refresh token works once, unless set otherwise."""

    client_id, client_secret = "market-app", "market-secret"

    def __init__(self) -> None:
        super().__init__()
        self.codes = {"a-code": "https://here.example.com/back"}
        """Authorization code → the redirect address it was given for."""
        self.access_tokens: dict[str, float] = {}
        self.refresh_tokens: set[str] = set()
        self.replaces_refresh_tokens = True
        self.budget = 30_000
        """Tokens left today."""
        self.deleted_is_gone = True
        self.activities: dict[int, dict[str, Any]] = {}
        self.kinds = [
            kind(1, "Phone call (old)", "old_call", active=False),
            kind(2, "Meeting", "meeting"),
            kind(3, "Phone Call", "phone_call"),
        ]
        self.users = [
            user(1, "Ann Admin"),
            user(2, "Ben Agent"),
            user(3, "Cy Left", is_deleted=True),
            user(4, "Dee Paused", active=False),
        ]
        self.persons = [
            {"id": 71, "name": "Ada Example", "phones": ["(510) 555-0100"]},
            {"id": 72, "name": "Bea London", "phones": ["+44 5105550100", "12"]},
            *(
                {"id": 80 + n, "name": f"Twin {n}", "phones": ["+1 510-555-0102"]}
                for n in range(5)
            ),
        ]
        self._serial = count(1)

    def sign_in(self) -> dict[str, str]:
        """Return what the framework keeps after somebody has connected."""
        names = ("access_token", "refresh_token", "api_domain")
        tokens = self.make_tokens()
        return {name: tokens[name] for name in names}

    def answer(self, request: Request) -> Answer:
        path = request.path.split("/")[1:]
        if path == ["oauth", "token"]:
            return self.token(request)
        self.check_access(request)
        match request.method, path:
            case "GET", ["api", "v1", "users", "me"]:
                self.pay("get")
                return data({**self.users[0], "timezone_name": "Europe/Tallinn"})
            case "GET", ["api", "v1", "users"]:
                self.pay("list")
                return data(self.users)
            case "GET", ["api", "v1", "activityTypes"]:
                self.pay("list")
                return data(self.kinds)
            case "GET", ["api", "v2", "persons", "search"]:
                self.pay("search")
                return self.search(request.query)
            case "GET", ["api", "v2", "activities"]:
                self.pay("list")
                return self.list_activities(request.query)
            case "POST", ["api", "v2", "activities"]:
                self.pay("write")
                return self.create(request.json)
            case method, ["api", "v2", "activities", activity_id]:
                self.pay("get" if method == "GET" else "write")
                return self.one(method, int(activity_id), request)
        return Answer(404, {"success": False, "error": "unknown path"})

    # Sign-in

    def token(self, request: Request) -> Answer:
        pair = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            message = "Invalid client: client is invalid"
            return Answer(400, {"success": False, "message": message})
        form = request.form
        if form["grant_type"] == "refresh_token":
            token = form.get("refresh_token", "")
            is_known = token in self.refresh_tokens
            if self.replaces_refresh_tokens:
                self.refresh_tokens.discard(token)
        else:
            is_known = self.codes.pop(form["code"], None) == form["redirect_uri"]
        if not is_known:
            message = f"Invalid grant: {form['grant_type']} is invalid"
            return Answer(400, {"success": False, "message": message})
        tokens = self.make_tokens()
        if not self.replaces_refresh_tokens:
            self.refresh_tokens.discard(tokens.pop("refresh_token"))
        return Answer(200, tokens)

    def make_tokens(self) -> dict[str, Any]:
        number = next(self._serial)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self.access_tokens[access] = self.now + ACCESS_SECONDS
        self.refresh_tokens.add(refresh)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "api_domain": f"http://{self.host}",
        }

    def check_access(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.access_tokens.get(token, 0) <= self.now:
            raise Answer(401, {"success": False, "error": "Unauthorized"})

    def pay(self, what: str) -> None:
        if self.budget < COSTS[what]:
            midnight = str(int(86_400 - self.now % 86_400))
            raise Answer(429, {"success": False}, {"Retry-After": midnight})
        self.budget -= COSTS[what]

    # Data

    def search(self, query: dict[str, str]) -> Answer:
        if len(query["term"]) < 2 or query["fields"] != "phone":
            return Answer(400, {"success": False, "error": "term is too short"})
        people = [
            {"result_score": 1, "item": p}
            for p in self.persons
            if any(query["term"] in re.sub(r"\D", "", phone) for phone in p["phones"])
        ]
        page, more = paged(people, query)
        return data({"items": page}, more)

    def list_activities(self, query: dict[str, str]) -> Answer:
        mine = [
            activity
            for activity in self.activities.values()
            if str(activity["participants"][0]["person_id"]) == query["person_id"]
            and not activity["is_deleted"]
        ]
        return data(*paged(mine[::-1], query))

    def create(self, body: dict[str, Any]) -> Answer:
        body.setdefault("owner_id", 1)
        participants = body.get("participants") or [{}]
        if (
            not is_valid(body)
            or type(participants[0].get("person_id")) is not int
            or participants[0].get("primary") is not True
            or body["type"] not in [k["key_string"] for k in self.kinds]
            or body["owner_id"] not in [u["id"] for u in self.users]
        ):
            return Answer(400, {"success": False, "code": "ERR_BAD_REQUEST"})
        activity_id = next(self._serial)
        self.activities[activity_id] = body | {"id": activity_id, "is_deleted": False}
        return Answer(201, {"success": True, "data": self.activities[activity_id]})

    def one(self, method: str, activity_id: int, request: Request) -> Answer:
        activity = self.activities.get(activity_id)
        if activity is None or (activity["is_deleted"] and self.deleted_is_gone):
            return Answer(404, {"success": False, "error": "Activity not found"})
        if method == "PATCH":
            if not is_valid(request.json):
                return Answer(400, {"success": False, "code": "ERR_BAD_REQUEST"})
            activity.update(request.json)
        return data(activity)


def is_valid(body: dict[str, Any]) -> bool:
    has_types = all(type(value) is TYPES.get(name) for name, value in body.items())
    times = (body.get("due_time", "00:00"), body.get("duration", "00:00"))
    return has_types and all(re.fullmatch(r"\d\d:\d\d", time) for time in times)


def paged(items: list[Any], query: dict[str, str]) -> tuple[list[Any], str | None]:
    start = int(query.get("cursor", "from-0").removeprefix("from-"))
    end = start + min(int(query.get("limit", 100)), MAX_PER_PAGE)
    return items[start:end], f"from-{end}" if end < len(items) else None


def data(body: Any, next_cursor: str | None = None) -> Answer:
    more = {"next_cursor": next_cursor}
    return Answer(200, {"success": True, "data": body, "additional_data": more})


def kind(kind_id: int, name: str, key: str, *, active: bool = True) -> dict[str, Any]:
    return {"id": kind_id, "name": name, "key_string": key, "active_flag": active}


def user(user_id: int, name: str, *, active: bool = True, is_deleted: bool = False):
    return {
        "id": user_id,
        "name": name,
        "email": f"{name.split()[0].lower()}@example.com",
        "active_flag": active,
        "is_deleted": is_deleted,
    }
