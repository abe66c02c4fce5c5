"""Zendesk as its reference describes it: users, tickets and comments of one account."""

import re
from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.support.fakes.server import Answer, FakeCrm, Request

MAX_PER_PAGE = 2
ACCESS_SECONDS = 1800
COMMENT = '<div class="zd-comment" dir="auto">'
"""What Zendesk puts around a comment, and closes after it."""
MADE = "2025-01-02T03:04:05Z"


class FakeZendesk(FakeCrm):
    """An account with a confidential OAuth client, which acts for an admin."""

    hostname = "acme.zendesk.com"
    client_id, client_secret = "call-logging", "secret-9f"

    def __init__(self) -> None:
        super().__init__()
        self._serial = count(1001)
        self.token, self.expires_at = "", 0.0
        self.is_confidential = True
        self.scopes = {"users:read", "users:write", "tickets:read", "tickets:write"}
        self.required_to_solve = ""
        """A field that a solved ticket must have."""
        self.users: list[dict[str, Any]] = []
        self.tickets: list[dict[str, Any]] = []
        self.add_user("Ann Admin", role="admin")
        self.add_user("Ben Brown", role="agent")
        self.add_user("Cy Stone", role="agent")
        self.add_user("Dee Suspended", role="agent", suspended=True)
        self.add_user("Eve Deleted", role="agent", active=False)
        self.add_user("Ada Example", phone="(510) 555-0100")
        self.add_user("Bea Law", phone="+44 510 555 0100")
        for number in range(3):
            self.add_user(f"Twin {number}", phone="510-555-0102")
        self.settings = {
            "clientIdentifier": self.client_id,
            "clientSecret": self.client_secret,
        }

    def add_user(
        self, name: str, *, role: str = "end-user", **fields: Any
    ) -> dict[str, Any]:
        user = {
            "id": next(self._serial),
            "name": name,
            "email": f"{name.split()[0].lower()}@example.com",
            "phone": None,
            "role": role,
            "active": True,
            "suspended": False,
            "time_zone": "Eastern Time (US & Canada)",
            "iana_time_zone": "America/New_York",
            "created_at": MADE,
            "updated_at": MADE,
            **fields,
        }
        self.users.append(user)
        return user

    def answer(self, request: Request) -> Answer:
        if request.headers.get("host", self.hostname) != self.hostname:
            return Answer(404, "<html>No help desk at this address</html>")
        path = request.path.strip("/").split("/")
        if path == ["oauth", "tokens"]:
            return self.sign_in(request.json)
        token = request.headers.get("authorization")
        if token != f"Bearer {self.token}" or self.now >= self.expires_at:
            return Answer(401, {"error": "invalid_token"})
        resource = path[2].removesuffix(".json")
        access = "read" if request.method == "GET" else "write"
        if f"{resource}:{access}" not in self.scopes:
            return Answer(403, {"error": "Forbidden", "description": "Missing scope"})
        match request.method, path[2:]:
            case "GET", ["users", "me.json"]:
                return Answer(200, {"user": self.users[0]})
            case "GET", ["users.json"]:
                agents = [user for user in self.users if user["role"] != "end-user"]
                return self.cursor_page(agents, request)
            case "GET", ["users", "search.json"]:
                found = self.search(request.query["query"])
                return self.offset_page("users", found, request)
            case "POST", ["users.json"]:
                fields = request.json["user"]
                fields.pop("skip_verify_email")
                return Answer(201, {"user": self.add_user(**fields)})
            case "GET", ["tickets.json"]:
                wanted = request.query.get("external_id")
                found = [
                    each
                    for each in self.tickets
                    if wanted in (None, each["external_id"])
                ]
                return self.offset_page("tickets", list(map(visible, found)), request)
            case "POST", ["tickets.json"]:
                return self.create(request.json["ticket"])
            case "PUT", ["tickets", name]:
                return self.update(self.ticket(name), request.json["ticket"])
            case "GET", ["tickets", ticket_id, "comments.json"]:
                comments = self.ticket(ticket_id)["comments"]
                is_newest_first = request.query.get("sort_order") == "desc"
                ordered = comments[::-1] if is_newest_first else comments
                return Answer(
                    200,
                    {
                        "comments": ordered,
                        "count": len(ordered),
                        "next_page": None,
                        "previous_page": None,
                    },
                )
        return Answer(404, {"error": "InvalidEndpoint", "description": "Not found"})

    def sign_in(self, body: dict[str, str]) -> Answer:
        pair = body["client_id"], body["client_secret"]
        if pair != (self.client_id, self.client_secret):
            error = {"error": "invalid_client", "error_description": "Unknown client"}
            return Answer(401, error)
        if not self.is_confidential:
            return Answer(400, {"error": "unauthorized_client"})
        self.token = f"token-{next(self._serial)}"
        self.expires_at = self.now + ACCESS_SECONDS
        token = {"access_token": self.token, "token_type": "bearer"}
        return Answer(
            200, {**token, "scope": body["scope"], "expires_in": ACCESS_SECONDS}
        )

    def search(self, query: str) -> list[dict[str, Any]]:
        [digits] = re.fullmatch(r"role:end-user phone:\*(\d+)", query).groups()
        return [
            user
            for user in self.users
            if user["role"] == "end-user"
            and re.sub(r"\D", "", user["phone"] or "").endswith(digits)
        ]

    def create(self, fields: dict[str, Any]) -> Answer:
        users = {user["id"]: user for user in self.users}
        requester, assignee = (
            users.get(fields[f"{role}_id"]) for role in ("requester", "assignee")
        )
        if requester is None or not requester["active"]:
            refuse("requester", "Requester: is invalid")
        if requester["suspended"]:
            refuse("requester", f"Requester: {requester['name']} is suspended.")
        if assignee is None or not assignee["active"] or assignee["suspended"]:
            refuse("assignee", "Assignee: is invalid")
        if fields["status"] == "solved" and self.required_to_solve:
            fault = f"{self.required_to_solve}: is required when solving a ticket"
            refuse("base", fault, ticket_field_id=360001)
        ticket = {"id": next(self._serial), "comments": [], **fields}
        self.comment(ticket, **ticket.pop("comment"))
        self.tickets.append(ticket)
        return Answer(201, {"ticket": visible(ticket)})

    def update(self, ticket: dict[str, Any], fields: dict[str, Any]) -> Answer:
        if ticket["status"] == "closed":
            refuse("status", "Status: closed prevents ticket update")
        if "comment" in fields:
            self.comment(ticket, **fields.pop("comment"))
        ticket.update(fields)
        return Answer(200, {"ticket": visible(ticket)})

    def comment(
        self, ticket: dict[str, Any], html_body: str, *, public: bool = True
    ) -> None:
        body = f"{COMMENT}{html_body}</div>"
        comment = {"id": next(self._serial), "author_id": self.users[0]["id"]}
        ticket["comments"].append({**comment, "html_body": body, "public": public})

    def ticket(self, name: str) -> dict[str, Any]:
        number = int(name.removesuffix(".json"))
        for ticket in self.tickets:
            if ticket["id"] == number:
                return ticket
        raise Answer(404, {"error": "RecordNotFound", "description": "Not found"})

    def offset_page(self, name: str, items: list[Any], request: Request) -> Answer:
        number = int(request.query.get("page", 1))
        end = number * MAX_PER_PAGE
        body = {name: items[end - MAX_PER_PAGE : end], "count": len(items)}
        following = self.address(request, page=number + 1)
        return Answer(
            200,
            body
            | {
                "next_page": following if end < len(items) else None,
                "previous_page": None,
            },
        )

    def cursor_page(self, items: list[Any], request: Request) -> Answer:
        """Give an address of a next page on the last one too, as Zendesk does."""
        start = int(request.query.get("page[after]", 0))
        end = start + min(int(request.query["page[size]"]), MAX_PER_PAGE)
        meta = {"has_more": end < len(items), "after_cursor": str(end)}
        links = {"next": self.address(request, **{"page[after]": end}), "prev": None}
        return Answer(200, {"users": items[start:end], "meta": meta, "links": links})

    def address(self, request: Request, **changed: object) -> str:
        query = urlencode({**request.query, **changed})
        return f"https://{self.hostname}{request.path}?{query}"


def visible(ticket: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in ticket.items() if name != "comments"}
    return shown | {"is_public": any(c["public"] for c in ticket["comments"])}


def refuse(field: str, description: str, **more: object) -> None:
    details = {field: [{"description": description, **more}]}
    body = {"error": "RecordInvalid", "description": "Record validation errors"}
    raise Answer(422, {**body, "details": details})
