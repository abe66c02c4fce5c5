"""Bullhorn as its documentation describes it: sign-in, REST sessions, search, notes."""

import json
import re
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

from tests.support.fakes.bullhorn_judge import FIELDS, BullhornJudge
from tests.support.fakes.server import Answer, FakeCrm, Request

ACCESS_SECONDS = 600
CODE_SECONDS = 120
INDEX_LAG_SECONDS = 60
MAX_PER_PAGE = 3


@dataclass
class Grant:
    expires_at: float
    is_used: bool = False


class FakeBullhorn(FakeCrm):
    """One data center with one API user; its index lags behind its database."""

    client = {"client_id": "partner-app", "client_secret": "partner-secret"}
    username = "acme.api's"
    password = "right-password"
    settings = {"apiUsername": username, "apiPassword": password}
    api_user_id = 5

    def __init__(self) -> None:
        super().__init__()
        self.judges = [BullhornJudge()]
        self.searches_digits = True
        """Whether the search ignores a number's punctuation: not documented."""
        self.search_fields = ["id", "comments", "externalID", "isDeleted"]
        """The fields of a note that can be searched."""
        self.hidden: set[str] = set()
        """The entities that the API user may not see."""
        self.purges_deleted = False
        """Whether a deleted note is gone for good."""
        self.has_accepted_terms = True
        self.center = "rest-services"
        """The data center that the account is in; every other one answers 307."""
        self.grants: dict[str, Grant] = {}
        self.sessions: dict[str, float] = {}
        self.notes: dict[int, dict[str, Any]] = {}
        self.users = [
            {
                "id": 5,
                "firstName": "API",
                "lastName": "User",
                "username": self.username,
            },
            *(
                {"id": 10 + n, "firstName": f"Agent{n}", "lastName": "Smith"}
                for n in range(6)
            ),
            {"id": 99, "firstName": "Gone", "lastName": "Away", "isDeleted": True},
        ]
        self.people = [
            person("ClientContact", 71, "Ada Client", phone="5105550100"),
            person("Candidate", 72, "Ben Candidate", workPhone="510.555.0101"),
            person("Lead", 73, "Cy Lead", mobile="+15105550102"),
            person("Lead", 74, "Old Lead", phone="5105550103", status="Converted"),
            person("Lead", 77, "Gone Lead", phone="5105550105", is_deleted=True),
            person("Candidate", 75, "Dee Both", phone="5105550104"),
            person("ClientContact", 76, "Dee Both", phone3="5105550104"),
        ]
        self._serial = count(1000)

    def end_sessions(self) -> None:
        """End every REST session, as Bullhorn does when it is restarted."""
        self.sessions.clear()

    def refuse_refresh_tokens(self) -> None:
        for name, grant in self.grants.items():
            grant.is_used = grant.is_used or name.startswith("refresh")

    def answer(self, request: Request) -> Answer:
        match request.path.split("/")[1:]:
            case ["rest-services", "loginInfo"]:
                return self.login_info(request)
            case ["oauth", "authorize"]:
                return self.authorize(request)
            case ["oauth", "token"]:
                return self.token(request.query | request.form)
            case [center, *_] if center != self.center:
                return Answer(307, "", {"Location": "https://rest-9.example.com/"})
            case [_, "login"]:
                return self.login(request.query)
            case [_, "e999", *path]:
                self.check_session(request)
                return self.rest(request, path)
        return Answer(404, {"errorMessage": "no such service"})

    # Sign-in

    def login_info(self, request: Request) -> Answer:
        if request.query.get("username") != self.username:
            return Answer(404, {"errorMessage": "unknown user"})
        origin = f"http://{self.host}"
        urls = {"oauthUrl": f"{origin}/oauth", "restUrl": f"{origin}/{self.center}"}
        return Answer(200, urls)

    def authorize(self, request: Request) -> Answer:
        parameters = request.query | request.form
        is_right = (
            parameters.get("client_id") == self.client["client_id"]
            and parameters.get("response_type") == "code"
            and parameters.get("action") == "Login"
            and (parameters.get("username"), parameters.get("password"))
            == (self.username, self.password)
        )
        if not (is_right and self.has_accepted_terms):
            return Answer(200, "<html><p class='error'>Please sign in</p></html>")
        code = self.grant("25184_1234:code", CODE_SECONDS)
        location = f"http://www.bullhorn.com/?code={quote(code)}&client_id=partner-app"
        return Answer(302, "", {"Location": location})

    def token(self, parameters: dict[str, str]) -> Answer:
        if {name: parameters.get(name) for name in self.client} != self.client:
            return Answer(401, {"error": "invalid_client"})
        kinds = {"authorization_code": "code", "refresh_token": "refresh_token"}
        name = parameters.get(kinds[parameters["grant_type"]], "")
        grant = self.grants.get(name)
        if grant is None or grant.is_used or grant.expires_at <= self.now:
            return Answer(400, {"error": "invalid_grant"})
        grant.is_used = True
        tokens = {
            "access_token": self.grant("access", ACCESS_SECONDS),
            "refresh_token": self.grant("refresh", 10**9),
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
        }
        return Answer(200, tokens)

    def login(self, parameters: dict[str, str]) -> Answer:
        grant = self.grants.get(parameters.get("access_token", ""))
        if (
            grant is None
            or grant.expires_at <= self.now
            or not parameters.get("version")
        ):
            return Answer(
                400, {"errorMessage": "Invalid or expired OAuth access token."}
            )
        token = f"session-{next(self._serial)}"
        self.sessions[token] = self.now + 60 * int(parameters.get("ttl", 10))
        rest_url = f"http://{self.host}/{self.center}/e999/"
        return Answer(200, {"BhRestToken": token, "restUrl": rest_url})

    def grant(self, kind: str, seconds: float) -> str:
        name = f"{kind}-{next(self._serial)}"
        self.grants[name] = Grant(self.now + seconds)
        return name

    def check_session(self, request: Request) -> None:
        token = request.headers.get("bhresttoken")
        if token is None:
            raise Answer(412, {"errorMessage": "BhRestToken is missing"})
        if self.sessions.get(token, 0) <= self.now:
            raise Answer(401, {"errorMessage": "Bad 'BhRestToken' or timed-out."})

    # REST

    def rest(self, request: Request, path: list[str]) -> Answer:
        match request.method, path:
            case _, ["search" | "entity", entity, *_] if entity in self.hidden:
                return Answer(403, {"errorMessage": "hidden for administrators only"})
            case "POST", ["search", entity]:
                return self.search(entity, request)
            case "GET", ["search", "Note"]:
                return Answer(200, self.search_fields)
            case "GET", ["query", "CorporateUser"]:
                return self.query_users(request.query)
            case "PUT", ["entity", "Note"]:
                return self.create_note(request.json)
            case "PUT", ["entity", entity]:
                return self.create_person(entity, request.json)
            case method, ["entity", "Note", note_id]:
                note = self.notes.get(int(note_id))
                if note is None:
                    return Answer(404, {"errorMessage": "entity not found"})
                if note["isDeleted"] and self.purges_deleted:
                    return Answer(410, {"errorMessage": "entity was removed"})
                if method == "GET":
                    fields = request.query["fields"].split(",")
                    return Answer(200, {"data": {f: note.get(f) for f in fields}})
                note.update(request.json)
                return changed("Note", int(note_id), "UPDATE")
        return Answer(400, {"errorMessage": "bad request"})

    def search(self, entity: str, request: Request) -> Answer:
        query = request.json["query"]
        if entity == "Note":
            [marker] = re.findall(r'^externalID:"([^"]*)" AND isDeleted:false$', query)
            found = [
                note
                for note in self.notes.values()
                if note["externalID"].startswith(marker)  # an index knows words
                and note["indexed_at"] <= self.now
                and not note["isDeleted"]
            ]
        else:
            numbers = re.findall(r'(\w+):(\d+|"(?:[^"\\]|\\.)*")', query)
            statuses = re.findall(r'NOT status:"(\w+)"', query)
            found = [
                p
                for p in self.people
                if p["entity"] == entity
                and p["status"] not in statuses
                and not (p["isDeleted"] and "isDeleted:false" in query)
                and any(self.is_hit(term, p.get(field, "")) for field, term in numbers)
            ]
        found.sort(key=lambda item: item["id"])
        start = int(request.query["start"])
        page = found[start : start + min(int(request.query["count"]), MAX_PER_PAGE)]
        fields = request.query["fields"].split(",")
        data = [{"_score": 1, **{f: item.get(f) for f in fields}} for item in page]
        reply = {"total": len(found), "start": start, "count": len(page), "data": data}
        return Answer(200, reply)

    def is_hit(self, term: str, stored: str) -> bool:
        if term.startswith('"'):
            term = json.loads(term)
        if self.searches_digits:
            return digits(term) in digits(stored)
        return term == stored

    def query_users(self, query: dict[str, str]) -> Answer:
        users = [user for user in self.users if not user.get("isDeleted")]
        if name := re.fullmatch(r"username='((?:[^']|'')*)'", query["where"]):
            username = name[1].replace("''", "'")
            users = [user for user in users if user.get("username") == username]
        elif query["where"] != "isDeleted=false":
            return Answer(400, {"errorMessage": "bad where"})
        start = int(query["start"])
        page = users[start : start + min(int(query["count"]), MAX_PER_PAGE)]
        return Answer(200, {"start": start, "count": len(page), "data": page})

    def create_note(self, body: dict[str, Any]) -> Answer:
        about = body.get("personReference", {})
        author = body.get("commentingPerson", {"id": self.api_user_id})
        people = {(p["id"], p["entity"]) for p in self.people}
        if (
            (about.get("id"), about.get("personSubtype")) not in people
            or author["id"] not in [user["id"] for user in self.users]
            or not body.get("comments")
        ):
            return Answer(400, {"errorMessage": "invalid note"})
        note_id = next(self._serial)
        indexed_at = self.now + INDEX_LAG_SECONDS
        self.notes[note_id] = body | {
            "id": note_id,
            "isDeleted": False,
            "commentingPerson": author,
            "is_on_page_of_person": "commentingPerson" in body,
            "indexed_at": indexed_at,
        }
        return changed("Note", note_id, "INSERT")

    def create_person(self, entity: str, body: dict[str, Any]) -> Answer:
        phone = {"phone": body["phone"]}
        self.people.append(person(entity, next(self._serial), body["name"], **phone))
        return changed(entity, self.people[-1]["id"], "INSERT")


def person(
    entity: str,
    person_id: int,
    name: str,
    *,
    status: str = "Active",
    is_deleted: bool = False,
    **phones: str,
) -> dict[str, Any]:
    """Return a person who was added when they got their id, and changed a day later."""
    added = 1_700_000_000_000 + person_id * 1000
    times = {name: added for name in FIELDS[entity] if name.startswith("date")}
    return {
        "entity": entity,
        "id": person_id,
        "name": name,
        "status": status,
        "isDeleted": is_deleted,
        **times,
        "dateLastModified": added + 86_400_000,
        **phones,
    }


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def changed(entity: str, entity_id: int, how: str) -> Answer:
    body = {
        "changedEntityType": entity,
        "changedEntityId": entity_id,
        "changeType": how,
    }
    return Answer(200, body)
