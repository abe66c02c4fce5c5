"""Judges requests to Bullhorn, and replies of its stand-in, by tables of its fields.

Bullhorn publishes no OpenAPI description of these services. The tables follow its
reference (bullhorn.github.io/rest-api-docs: entityref, search, query, entity) and, where
that says less, its own client (bullhorn/sdk-rest). Strict: a field, a parameter or a
service that is not in a table is a fault.
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.support.fakes.server import Answer, Request

ID, NUMBER, YES_NO, TIME = "id", "number", "yes or no", "time"
PERSON = {
    "id": ID,
    "name": 100,
    "firstName": 50,
    "lastName": 50,
    "owner": "one",
    "phone": 20,
    "phone2": 20,
    "phone3": 20,
    "mobile": 20,
    "status": 30,
    "isDeleted": YES_NO,
    "dateAdded": TIME,
    "dateLastModified": TIME,
}
FIELDS: dict[str, dict[str, Any]] = {
    "ClientContact": {**PERSON, "dateLastVisit": TIME, "clientCorporation": "one"},
    "Candidate": {**PERSON, "workPhone": 20, "dateLastComment": TIME},
    "Lead": {**PERSON, "dateLastComment": TIME, "dateLastVisited": TIME},
    "Note": {
        "id": ID,
        "action": 30,
        "comments": 2**31 - 1,
        "commentingPerson": "one",
        "personReference": "one",
        "dateAdded": TIME,
        "dateLastModified": TIME,
        "externalID": 50,  # the client's length; the reference says 100
        "isDeleted": YES_NO,
        "minutesSpent": NUMBER,
    },
    "CorporateUser": {
        "id": ID,
        "firstName": 50,
        "lastName": 50,
        "name": 100,
        "email": 100,
        "enabled": YES_NO,
        "isDeleted": YES_NO,
        "username": 100,
    },
}
"""Entity → field → its type; a length stands for a text."""
READ_ONLY = {"id", "dateLastModified", "dateLastComment"}
NOT_NULL = {
    "Note": {"comments", "commentingPerson", "personReference"},
    "ClientContact": {"name", "clientCorporation"},
    "Candidate": {"name", "firstName", "lastName"},
    "Lead": {"name"},
}
"""What a new entity needs: `commentingPerson` for the note to be linked to its person."""
PARAMETERS = {
    "loginInfo": {"username"},
    "login": {"version", "access_token", "ttl"},
    "search": {"fields", "sort", "start", "count"},
    "query": {"fields", "where", "orderBy", "start", "count"},
    "entity": {"fields"},
}
FORMS = {
    "authorize": {"client_id", "response_type", "action", "username", "password"},
    "token": {"grant_type", "code", "refresh_token", "client_id", "client_secret"},
}
REPLIES = {
    "search": {"total", "start", "count", "data"},
    "query": {"start", "count", "data"},
}
TYPES = {ID: int, NUMBER: int, YES_NO: bool, TIME: int}


class BullhornJudge:
    def find(self, request: Request) -> object | None:
        return parts_of(request)

    def faults(self, request: Request, answer: Answer | None) -> list[str]:
        service, entity, _record_id = parts_of(request) or ("", "", "")
        found = [
            f"query {name}: is not described"
            for name in request.query.keys() - PARAMETERS.get(service, set())
        ]
        if service in FORMS:
            found += [
                f"form {name}: is not described"
                for name in request.form.keys() - FORMS[service]
            ]
        if entity:
            found += list(self._faults_of_fields(request, service, entity))
            if answer is not None and answer.status < 300:
                found += list(faults_of_reply(answer.body, service, entity))
        return found

    def _faults_of_fields(
        self, request: Request, service: str, entity: str
    ) -> Iterator[str]:
        names = request.query.get("fields", "").split(",")
        names += re.findall(r"(\w+)(?=[=:])", request.query.get("where", ""))
        body = request.json if request.body else {}
        if service == "search":
            names += re.findall(
                r"(\w+):", re.sub(r'"[^"]*"', "", body.get("query", ""))
            )
            for name in body.keys() - {"query"}:
                yield f"body.{name}: is not described"
        elif body:
            names += body
            is_new = request.method == "PUT"
            yield from faults_of_body(body, FIELDS[entity])
            for name in NOT_NULL[entity] - body.keys() if is_new else ():
                yield f"body.{name}: is required and missing"
        for name in set(filter(None, names)) - FIELDS[entity].keys():
            yield f"{entity}.{name}: there is no such field"


def parts_of(request: Request) -> tuple[str, str, str] | None:
    """Return the service, the entity and the record of a request; None for no service."""
    match request.method, request.path.split("/")[1:]:
        case "GET", ["rest-services", "loginInfo"]:
            return "loginInfo", "", ""
        case "POST", ["oauth", "authorize" | "token" as service]:
            return service, "", ""
        case "POST", [_, "login"]:
            return "login", "", ""
        case "GET" | "POST", [_, "e999", "search", entity] if entity in FIELDS:
            return "search", entity, ""
        case "GET", [_, "e999", "query", entity] if entity in FIELDS:
            return "query", entity, ""
        case "PUT", [_, "e999", "entity", entity] if entity in NOT_NULL:
            return "entity", entity, ""
        case "GET" | "POST", [_, "e999", "entity", entity, record_id]:
            is_known = entity in NOT_NULL and record_id.isdecimal()
            return ("entity", entity, record_id) if is_known else None
    return None


def faults_of_body(body: dict[str, Any], fields: dict[str, Any]) -> Iterator[str]:
    for name, value in body.items():
        kind = fields.get(name)
        if name in READ_ONLY:
            yield f"body.{name}: is read-only"
        elif kind == "one":
            if type(value) is not dict or type(value.get("id")) is not int:
                yield f"body.{name}: is not an object with an id"
        elif isinstance(kind, int):
            if type(value) is not str or len(value) > kind:
                yield f"body.{name}: is not a text of {kind} characters"
        elif kind is not None and type(value) is not TYPES[kind]:
            yield f"body.{name}: is no {kind}"


def faults_of_reply(body: Any, service: str, entity: str) -> Iterator[str]:
    if not isinstance(body, dict) or "data" not in body:
        return
    for name in body.keys() - REPLIES.get(service, {"data"}):
        yield f"reply.{name}: is not described"
    items = body["data"] if isinstance(body["data"], list) else [body["data"]]
    for item in items:
        for name in item.keys() - FIELDS[entity].keys() - {"_score"}:
            yield f"reply.{entity}.{name}: there is no such field"
