"""Pipedrive as its documentation describes it: OAuth, v2 persons and activities, limits."""

import re
from base64 import b64encode
from functools import cache
from itertools import count
from typing import Any

from tests.support.fakes.openapi_judge import Description, find_description
from tests.support.fakes.server import Answer, FakeCrm, Request

ACCESS_SECONDS = 3600
MAX_PER_PAGE = 2
COSTS = {
    "GET /users": 20,
    "GET /users/me": 2,
    "GET /activityTypes": 20,
    "GET /persons": 10,
    "POST /persons": 5,
    "GET /persons/search": 20,
    "GET /persons/{id}": 1,
    "GET /activities": 10,
    "POST /activities": 5,
    "GET /activities/{id}": 1,
    "PATCH /activities/{id}": 5,
}
"""Operation → how many tokens it costs."""
TYPES = {
    "owner_id": int,
    "org_id": int,
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
OWN_FAULTS = (
    # "null if you have reached the end", says the text beside the type.
    r"^reply\['additional_data'\]\['next_cursor'\]: None is not of type 'string'",
    # RFC 7636; a server that does not know it ignores it (RFC 6749, 3.2).
    r"^body\.code_verifier: is not described",
    # Described for the path `/oauth/token/`, since one path cannot have two POSTs.
    r"^body\.refresh_token: is not described",
)


@cache
def pipedrive_judges() -> list[Description]:
    return [
        Description(
            find_description(f"pipedrive/{version}.yaml"),
            prefix=f"/api/{version}",
            allowed=OWN_FAULTS,
        )
        for version in ("v2", "v1")
    ]


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
        self.searches_digits = True
        """Whether the search ignores a number's punctuation: not documented."""
        self.activities: dict[int, dict[str, Any]] = {}
        self.kinds = [
            kind(1, "Phone call (old)", "old_call", active=False),
            kind(2, "Meeting", "meeting"),
            kind(3, "Phone Call", "phone_call"),
        ]
        self.users = [
            make_user(1, "Ann Admin"),
            make_user(2, "Ben Agent"),
            make_user(3, "Cy Left", is_deleted=True),
            make_user(4, "Dee Paused", active=False),
        ]
        self.persons = [
            person(71, "Ada Example", "(510) 555-0100", org_id=7),
            person(72, "Bea London", "+44 5105550100", "12"),
            *(person(80 + n, f"Twin {n}", "+1 510-555-0102", age=n) for n in range(5)),
        ]
        self._serial = count(1000)

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
        self.pay(request)
        match request.method, path:
            case "GET", ["api", "v1", "users", "me"]:
                return data({**self.users[0], "timezone_name": "Europe/Tallinn"})
            case "GET", ["api", "v1", "users"]:
                return data(self.users)
            case "GET", ["api", "v1", "activityTypes"]:
                return data(self.kinds)
            case "GET", ["api", "v2", "persons", "search"]:
                return self.search(request.query)
            case "GET", ["api", "v2", "persons"]:
                return self.list_persons(request.query)
            case "POST", ["api", "v2", "persons"]:
                return self.create_person(request.json)
            case "GET", ["api", "v2", "persons", person_id]:
                return self.one_person(int(person_id))
            case "GET", ["api", "v2", "activities"]:
                return self.list_activities(request.query)
            case "POST", ["api", "v2", "activities"]:
                return self.create(request.json)
            case method, ["api", "v2", "activities", activity_id]:
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

    def pay(self, request: Request) -> None:
        path = re.sub(r"^/api/v\d", "", re.sub(r"/\d+$", "/{id}", request.path))
        cost = COSTS.get(f"{request.method} {path}", 0)
        if self.budget < cost:
            midnight = str(int(86_400 - self.now % 86_400))
            raise Answer(429, {"success": False}, {"Retry-After": midnight})
        self.budget -= cost

    # Persons

    def search(self, query: dict[str, str]) -> Answer:
        term = query["term"]
        if len(term) < 2 or query["fields"] != "phone":
            return Answer(400, {"success": False, "error": "term is too short"})
        people = [
            {"result_score": 1, "item": as_found(p)}
            for p in self.persons
            if any(self.is_hit(term, phone["value"]) for phone in p["phones"])
        ]
        page, more = paged(people, query)
        return listed({"items": page}, more)

    def is_hit(self, term: str, phone: str) -> bool:
        if self.searches_digits:
            return re.sub(r"\D", "", term) in re.sub(r"\D", "", phone)
        return term in phone

    def list_persons(self, query: dict[str, str]) -> Answer:
        ids = query["ids"].split(",")
        if len(ids) > 100:
            return Answer(400, {"success": False, "error": "too many ids"})
        people = [p for p in self.persons if str(p["id"]) in ids]
        page, more = paged(people, query)
        return listed(page, more)

    def one_person(self, person_id: int) -> Answer:
        for each in self.persons:
            if each["id"] == person_id:
                return data(each)
        return Answer(404, {"success": False, "error": "Person not found"})

    def create_person(self, body: dict[str, Any]) -> Answer:
        phones = [phone["value"] for phone in body.get("phones", [])]
        new = person(next(self._serial), body["name"], *phones)
        self.persons.append(new | {"owner_id": body.get("owner_id", 1)})
        return data(self.persons[-1])

    # Activities

    def list_activities(self, query: dict[str, str]) -> Answer:
        found = [
            activity
            for activity in self.activities.values()
            if str(activity["person_id"]) == query["person_id"]
            and not activity["is_deleted"]
        ]
        page, more = paged(found[::-1], query)
        return listed(page, more)

    def create(self, body: dict[str, Any]) -> Answer:
        body.setdefault("owner_id", 1)
        participants = body.get("participants") or [{}]
        if (
            not is_valid(body)
            or participants[0].get("person_id") not in [p["id"] for p in self.persons]
            or participants[0].get("primary") is not True
            or body["type"] not in [k["key_string"] for k in self.kinds]
            or body["owner_id"] not in [u["id"] for u in self.users]
        ):
            return Answer(400, {"success": False, "code": "ERR_BAD_REQUEST"})
        activity_id = next(self._serial)
        self.activities[activity_id] = as_stored(body) | {
            "id": activity_id,
            "person_id": participants[0]["person_id"],
            "is_deleted": False,
        }
        return data(self.activities[activity_id])

    def one(self, method: str, activity_id: int, request: Request) -> Answer:
        activity = self.activities.get(activity_id)
        if activity is None or (activity["is_deleted"] and self.deleted_is_gone):
            return Answer(404, {"success": False, "error": "Activity not found"})
        if method == "PATCH":
            if not is_valid(request.json):
                return Answer(400, {"success": False, "code": "ERR_BAD_REQUEST"})
            activity.update(as_stored(request.json))
        return data(activity)


def is_valid(body: dict[str, Any]) -> bool:
    """Return whether each member may be written; `person_id`, for one, may not."""
    has_types = all(type(value) is TYPES.get(name) for name, value in body.items())
    times = (body.get("due_time", "00:00"), body.get("duration", "00:00"))
    return has_types and all(re.fullmatch(r"\d\d:\d\d", time) for time in times)


def as_stored(body: dict[str, Any]) -> dict[str, Any]:
    """Return an activity as it is given back: times have seconds."""
    times = {
        name: f"{body[name]}:00" for name in body.keys() & {"due_time", "duration"}
    }
    return body | times


def as_found(person: dict[str, Any]) -> dict[str, Any]:
    """Return a person as the search gives them."""
    found = {"id": person["id"], "type": "person", "name": person["name"]}
    found["phones"] = [phone["value"] for phone in person["phones"]]
    if "org_id" in person:
        found["organization"] = {"id": person["org_id"], "name": "Example Inc."}
    return found


def paged(items: list[Any], query: dict[str, str]) -> tuple[list[Any], str | None]:
    start = int(query.get("cursor", "from-0").removeprefix("from-"))
    end = start + min(int(query.get("limit", 100)), MAX_PER_PAGE)
    return items[start:end], f"from-{end}" if end < len(items) else None


def data(body: Any) -> Answer:
    return Answer(200, {"success": True, "data": body})


def listed(body: Any, next_cursor: str | None) -> Answer:
    answer = data(body)
    answer.body["additional_data"] = {"next_cursor": next_cursor}
    return answer


def kind(kind_id: int, name: str, key: str, *, active: bool = True) -> dict[str, Any]:
    return {"id": kind_id, "name": name, "key_string": key, "active_flag": active}


def make_user(
    user_id: int, name: str, *, active: bool = True, is_deleted: bool = False
):
    return {
        "id": user_id,
        "name": name,
        "email": f"{name.split()[0].lower()}@example.com",
        "active_flag": active,
        "is_deleted": is_deleted,
    }


def person(
    person_id: int, name: str, *phones: str, org_id: int | None = None, age: int = 0
) -> dict[str, Any]:
    """Return a person who was added, and then changed, `age` years before 2026."""
    added = {
        "id": person_id,
        "name": name,
        "phones": [
            {"value": phone, "primary": number == 0, "label": "work"}
            for number, phone in enumerate(phones)
        ],
        "add_time": f"{2025 - age}-01-02T03:04:05Z",
        "update_time": f"{2025 - age}-06-07T08:09:10Z",
    }
    return added if org_id is None else added | {"org_id": org_id}
