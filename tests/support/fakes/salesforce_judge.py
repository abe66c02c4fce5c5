"""Judges requests to Salesforce, and replies of its stand-in, by tables of its fields.

Each organization has another description. The tables follow npm @jsforce/jsforce-node
3.10.16 (lib/types/standard-schema.d.ts): names, types, and what may be null. Lengths,
choices, what is read-only, `Lead.MobilePhone`, the fields of person accounts, and the
grammar of SOSL and SOQL are those of developer.salesforce.com. Strict: a field, a
parameter or a service that is not in a table is a fault.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.fakes.server import Answer, Request

VERSION = "v62.0"
TIMES = "CreatedDate: date; LastModifiedDate: date; LastActivityDate: date?"
TABLES = {
    "Task": (
        "Id: string; WhoId: string?; WhatId: string?; Subject: string?; "
        "ActivityDate: date?; Status: string; Priority: string; OwnerId: string; "
        "Description: string?; IsDeleted: boolean; AccountId: string?; "
        "IsClosed: boolean; CallDurationInSeconds: number?; CallType: string?; "
        "CallDisposition: string?; CallObject: string?; TaskSubtype: string?; "
        "CreatedDate: date; LastModifiedDate: date"
    ),
    "Contact": (
        "Id: string; AccountId: string?; LastName: string; FirstName: string?; "
        "Name: string; Phone: string?; MobilePhone: string?; HomePhone: string?; "
        f"OtherPhone: string?; OwnerId: string; {TIMES}"
    ),
    "Lead": (
        "Id: string; LastName: string; FirstName: string?; Name: string; "
        "Company: string; Phone: string?; MobilePhone: string?; Status: string; "
        f"OwnerId: string; IsConverted: boolean; {TIMES}"
    ),
    "Account": (
        "Id: string; Name: string; Phone: string?; PersonContactId: string?; "
        "IsPersonAccount: boolean; PersonMobilePhone: string?; "
        f"PersonHomePhone: string?; PersonOtherPhone: string?; {TIMES}"
    ),
    "User": (
        "Id: string; Name: string; Email: string; IsActive: boolean; "
        "TimeZoneSidKey: string; UserType: string?"
    ),
    "TaskStatus": (
        "Id: string; ApiName: string; SortOrder: number?; IsDefault: boolean; "
        "IsClosed: boolean"
    ),
    "Opportunity": "Id: string; IsClosed: boolean",
    "OpportunityContactRole": (
        "Id: string; OpportunityId: string; ContactId: string; IsPrimary: boolean"
    ),
}
FIELDS = {
    name: dict(field.split(": ") for field in table.split("; "))
    for name, table in TABLES.items()
}
"""Object → field → its type; with a question mark it may be null."""
PARENTS = {"OpportunityContactRole": {"Opportunity": "Opportunity"}}
"""Object → name of a relationship → the object it leads to."""
LENGTHS = {
    "Subject": 255,
    "Description": 32000,
    "CallDisposition": 255,
    "CallObject": 255,
    "LastName": 80,
    "Company": 255,
    "Phone": 40,
}
CHOICES = {
    "CallType": {"Inbound", "Internal", "Outbound"},
    "TaskSubtype": {"Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn"},
}
REQUIRED = {"Task": set(), "Contact": {"LastName"}, "Lead": {"LastName", "Company"}}
"""What a new record needs; only these objects are created."""
READ_ONLY = {
    *("Id", "Name", "IsDeleted", "IsClosed", "IsConverted"),
    *("CreatedDate", "LastModifiedDate", "LastActivityDate"),
}
TYPES = {"string": str, "date": str, "boolean": bool, "number": int}
PARAMETERS = {
    "token": set(),
    "search": {"q"},
    "query": {"q"},
    "more": set(),
    "object": set(),
    "new": set(),
    "record": {"fields"},
}
FORM = {"grant_type", "client_id", "client_secret"}
ERROR = {"errorCode", "message", "fields"}
TOKEN_ERROR = {"error", "error_description"}
REPLIES = {
    "token": {
        *("access_token", "signature", "scope", "instance_url", "id", "token_type"),
        *("issued_at", "api_instance_url"),
    },
    "search": {"searchRecords", "metadata"},
    "query": {"totalSize", "done", "records", "nextRecordsUrl"},
    "more": {"totalSize", "done", "records", "nextRecordsUrl"},
    "object": {"objectDescribe", "recentItems"},
    "new": {"id", "success", "errors"},
}
RESERVED = "?&|!{}[]()^~*:\\\"'+-"
"""In the text of a search each of these follows a backslash."""
SOSL = re.compile(r"FIND \{(.*?)(?<!\\)\} IN PHONE FIELDS RETURNING (.+)")
TERM = re.compile(r'"((?:[^"\\]|\\.)*)"')
SOURCE = re.compile(r"(\w+)\(([\w, ]+?)(?: WHERE ([^()]+?))?(?: LIMIT (\d+))?\)")
SOQL = re.compile(
    r"SELECT ([\w, ]+) FROM (\w+)(?: WHERE (.+?))?(?: ORDER BY (\w+))?(?: LIMIT (\d+))?"
)
CONDITION = re.compile(r"([\w.]+) = ('(?:[^'\\]|\\.)*'|true|false)")


class NotUnderstood(Exception):
    """The query is not one that the language has."""


@dataclass
class Source:
    """One object of a query: its fields, conditions (field, value), order and limit."""

    name: str
    fields: list[str]
    conditions: list[tuple[str, str | bool]]
    order: str = ""
    limit: int = 2000

    @property
    def names(self) -> set[str]:
        return {*self.fields, *(name for name, _ in self.conditions)} | (
            {self.order} if self.order else set()
        )


class SalesforceJudge:
    def find(self, request: Request) -> object | None:
        return parts_of(request)

    def faults(self, request: Request, answer: Answer | None) -> list[str]:
        service, name, _ = parts_of(request) or ("", "", "")
        found = [
            f"query {parameter}: is not described"
            for parameter in request.query.keys() - PARAMETERS[service]
        ]
        try:
            sources = sources_of(service, request)
        except NotUnderstood as fault:
            return [*found, f"query q: {fault}"]
        for source in sources:
            found += list(faults_of_names(source.name, source.names))
        if service == "token":
            found += [f"form {n}: is wrong" for n in request.form.keys() ^ FORM]
        elif request.method in ("POST", "PATCH"):
            is_new = request.method == "POST"
            found += list(faults_of_body(request.json, name, is_new=is_new))
        elif service == "record":
            names = request.query.get("fields", "Id").split(",")
            found += list(faults_of_names(name, names))
        if answer is not None and service:
            found += list(faults_of_reply(request, answer, service, sources))
        return found


def parts_of(request: Request) -> tuple[str, str, str] | None:
    """Return the service, the object and the record of a request; None for no service."""
    path = request.path.strip("/").split("/")
    if (request.method, path) == ("POST", ["services", "oauth2", "token"]):
        return "token", "", ""
    if path[:3] != ["services", "data", VERSION]:
        return None
    match request.method, path[3:]:
        case "GET", ["search"]:
            return "search", "", ""
        case "GET", ["query"]:
            return "query", "", ""
        case "GET", ["query", _]:
            return "more", "", ""
        case "GET", ["sobjects", "Task"]:
            return "object", "Task", ""
        case "POST", ["sobjects", name] if name in REQUIRED:
            return "new", name, ""
        case "GET" | "PATCH", ["sobjects", "Task", record_id]:
            return "record", "Task", record_id
    return None


def sources_of(service: str, request: Request) -> list[Source]:
    """Return the objects that a search or query asks. Raises `NotUnderstood`."""
    if service == "search":
        return parse_sosl(request.query.get("q", ""))[1]
    return [parse_soql(request.query.get("q", ""))] if service == "query" else []


def parse_sosl(text: str) -> tuple[list[str], list[Source]]:
    """Return the phrases of a search, as people typed them, and its objects."""
    found = SOSL.fullmatch(text)
    if not found:
        raise NotUnderstood("is no SOSL")
    phrases = TERM.findall(found[1])
    if TERM.sub("", found[1]).strip(" OR"):
        raise NotUnderstood("has text outside of quotes")
    for phrase in phrases:
        plain = re.sub(r"\\.", "", phrase)
        if wrong := [sign for sign in plain if sign in RESERVED]:
            raise NotUnderstood(f"{wrong[0]} is reserved, and without a backslash")
    if SOURCE.sub("", found[2]).strip(", "):
        raise NotUnderstood("has no list of objects after RETURNING")
    sources = [
        Source(name, fields.split(", "), conditions_of(where), limit=int(limit or 2000))
        for name, fields, where, limit in SOURCE.findall(found[2])
    ]
    return [re.sub(r"\\(.)", r"\1", phrase) for phrase in phrases], sources


def parse_soql(text: str) -> Source:
    found = SOQL.fullmatch(text)
    if not found:
        raise NotUnderstood("is no SOQL")
    fields, name, where, order, limit = found.groups()
    return Source(
        name,
        fields.split(", "),
        conditions_of(where or ""),
        order=order or "",
        limit=int(limit or 2000),
    )


def conditions_of(where: str) -> list[tuple[str, str | bool]]:
    if CONDITION.sub("", where).replace(" AND ", ""):
        raise NotUnderstood(f"{where} is no condition")
    return [
        (
            name,
            re.sub(r"\\(.)", r"\1", value[1:-1]) if "'" in value else value == "true",
        )
        for name, value in CONDITION.findall(where)
    ]


def faults_of_names(name: str, fields: Any) -> Iterator[str]:
    for field in sorted(fields):
        relation, _, own = field.rpartition(".")
        table = PARENTS.get(name, {}).get(relation, "") if relation else name
        if own not in FIELDS.get(table, {}):
            yield f"{name}.{field}: there is no such field"


def faults_of_body(body: dict[str, Any], name: str, *, is_new: bool) -> Iterator[str]:
    for field, value in body.items():
        kind = FIELDS[name].get(field)
        if kind is None:
            yield f"{name}.{field}: there is no such field"
        elif field in READ_ONLY:
            yield f"body.{field}: is read-only"
        elif not is_of(kind, value):
            yield f"body.{field}: is no {kind}"
        elif kind.startswith("date") and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            yield f"body.{field}: is no day"
        elif len(str(value)) > LENGTHS.get(field, 2**31):
            yield f"body.{field}: is longer than {LENGTHS[field]} characters"
        elif field in CHOICES and value not in CHOICES[field]:
            yield f"body.{field}: is not among {sorted(CHOICES[field])}"
    for field in REQUIRED[name] - body.keys() if is_new else ():
        yield f"body.{field}: is required and missing"


def is_of(kind: str, value: Any) -> bool:
    """Return whether a value has the type; null where that is allowed."""
    if value is None:
        return kind.endswith("?")
    return type(value) is TYPES[kind.rstrip("?")]


def faults_of_reply(
    request: Request, answer: Answer, service: str, sources: list[Source]
) -> Iterator[str]:
    body = answer.body
    if answer.status >= 400:
        errors = [body] if service == "token" else body
        for name in {n for e in errors for n in e} - (
            TOKEN_ERROR if service == "token" else ERROR
        ):
            yield f"reply.{name}: is not described"
        return
    if request.method == "PATCH":
        if (answer.status, body) != (204, ""):
            yield "reply: a change is answered with 204 and nothing"
        return
    if service == "record":
        names = {*request.query["fields"].split(","), "Id"}
        yield from faults_of_record(body, "Task", names)
        return
    if answer.status != (201 if service == "new" else 200):
        yield f"status {answer.status}: is not described"
    for name in body.keys() - REPLIES[service]:
        yield f"reply.{name}: is not described"
    for record in body.get("records", []) + body.get("searchRecords", []):
        name = record["attributes"]["type"]
        asked = {s.name: set(s.fields) for s in sources}
        if service != "more" and name not in asked:
            yield f"reply.{name}: was not asked for"
        yield from faults_of_record(record, name, asked.get(name))


def faults_of_record(
    record: dict[str, Any], name: str, fields: set[str] | None
) -> Iterator[str]:
    """Yield what is wrong with a record; `fields` are its names, None for any."""
    values = {k: v for k, v in record.items() if k != "attributes"}
    if record["attributes"].keys() != {"type", "url"}:
        yield "reply.attributes: has a type and a url"
    if fields is not None and values.keys() != fields:
        yield f"reply.{name}: has {sorted(values)} instead of {sorted(fields)}"
    for field, value in values.items():
        kind = FIELDS[name].get(field)
        if kind is None or not is_of(kind, value):
            yield f"reply.{name}.{field}: {value!r} is no {kind}"
