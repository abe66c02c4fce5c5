"""Judges requests to NetSuite, and replies of its stand-in, by tables of its fields.

Oracle's description is per account. The fields of a phone call, its services, parameters
and choices follow a copy of Oracle's REST API Browser (Record REST v1, 2026.1); sign-in,
headers, the shape of SuiteQL's and of errors' replies docs.oracle.com; the columns of
SuiteQL what App Connect asks for. Strict: a field, a column, a parameter or a service
that is not in a table is a fault.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.fakes.server import Answer, Request

ROOT = "/services/rest"
FIELDS = {
    "phoneCall": (
        "accessLevel: bool; assigned: ref; company: ref; completedDate: date; "
        "contact: ref; customForm: ref; endTime: time; externalId: text; "
        "message: text; owner: ref; phone: text; priority: HIGH MEDIUM LOW; "
        "sendEmail: bool; startDate: date; startTime: time; "
        "status: SCHEDULED FAILED COMPLETE; supportCase: ref; timedEvent: bool; "
        "timezone: text; title: text; transaction: ref"
    ),
    "contact": "company: ref; entityId: text; lastName: text; phone: text",
}
"""Record → its fields that can be written, and their types."""
TABLES = {
    name: dict(field.split(": ") for field in table.split("; "))
    for name, table in FIELDS.items()
}
READ_ONLY = {"id", "links", "refName", "createdDate", "lastModifiedDate"}
COLUMNS = {
    "contact": (
        *("id", "entityid", "isinactive", "phone", "homephone", "mobilephone"),
        *("officephone", "datecreated", "lastmodifieddate"),
    ),
    "customer": (
        *("id", "entityid", "altname", "isinactive", "phone", "homephone"),
        *("mobilephone", "altphone", "datecreated", "lastmodifieddate"),
    ),
    "employee": (
        *("id", "entityid", "firstname", "lastname", "email", "isinactive"),
        "giveaccess",
    ),
    "phonecall": ("id", "externalid"),
}
"""Table of SuiteQL → its columns."""
FORM = {"grant_type", "client_assertion_type", "client_assertion"}
PARAMETERS = {"suiteql": {"limit", "offset"}, "list": {"limit", "offset", "q"}}
PARAMETERS |= {"one": {"fields", "expandSubResources", "simpleEnumFormat"}}
ERROR = {"type", "title", "status", "o:errorDetails"}
DETAIL = {"detail", "o:errorCode", "o:errorPath"}
LIST = {"links", "count", "hasMore", "items", "offset", "totalResults"}
QUERY = re.compile(
    r"SELECT (?P<columns>.+?) FROM (?P<table>\w+)"
    r"(?: WHERE (?P<where>.+?))?(?: ORDER BY (?P<order>\w+))?"
)
TIME = re.compile(r"TO_CHAR\((\w+), 'YYYY-MM-DD'\) AS (\w+)")
EQUALS = re.compile(r"(\w+) = '((?:[^']|'')*)'")
LIKE = re.compile(r"REGEXP_REPLACE\((\w+), '\[\^0-9\]', ''\) LIKE '%(\d+)%'")
Row = dict[str, Any]


class NotUnderstood(Exception):
    """The query is not one that the language has, or names what is not there."""


@dataclass
class Query:
    table: str
    columns: dict[str, str]
    """Name in the reply → column."""
    matches: Callable[[Row], bool]


def parse_suiteql(text: str) -> Query:
    """Raises `NotUnderstood`."""
    found = QUERY.fullmatch(text)
    if not found or found["table"] not in COLUMNS:
        raise NotUnderstood(f"{text} is no query")
    columns = {name: column for column, name in TIME.findall(found["columns"])}
    plain = TIME.sub("", found["columns"]).replace(" ", "").split(",")
    columns |= {name: name for name in plain if name}
    where = found["where"] or ""
    equal = EQUALS.findall(LIKE.sub("", where))
    digits = LIKE.findall(where)
    rest = EQUALS.sub("", LIKE.sub("", where))
    if re.sub(r"\b(AND|OR)\b|[() ]", "", rest):
        raise NotUnderstood(f"{where} is no condition")
    names = {*columns.values(), *(n for n, _ in equal), *(n for n, _ in digits)}
    for name in sorted(names - set(COLUMNS[found["table"]])):
        raise NotUnderstood(
            f"Field '{name}' for record '{found['table']}' was not found"
        )

    def matches(row: Row) -> bool:
        return all(row.get(n) == v.replace("''", "'") for n, v in equal) and (
            not digits
            or any(d in re.sub(r"\D", "", row.get(n) or "") for n, d in digits)
        )

    return Query(found["table"], columns, matches)


class NetSuiteJudge:
    def find(self, request: Request) -> object | None:
        return parts_of(request)

    def faults(self, request: Request, answer: Answer | None) -> list[str]:
        service, name, _ = parts_of(request) or ("", "", "")
        found = [
            f"query {parameter}: is not described"
            for parameter in request.query.keys() - PARAMETERS.get(service, set())
        ]
        match service:
            case "token":
                found += [f"form {n}: is wrong" for n in request.form.keys() ^ FORM]
            case "suiteql":
                if request.headers.get("prefer") != "transient":
                    found.append("header Prefer: SuiteQL wants transient")
                try:
                    parse_suiteql(request.json["q"])
                except NotUnderstood as fault:
                    found.append(f"q: {fault}")
            case "new" | "change":
                found += faults_of_body(request.json, name)
            case "one":
                names = request.query.get("fields", "title").split(",")
                found += [
                    f"{name}.{field}: there is no such field"
                    for field in names
                    if field not in TABLES[name]
                ]
        if answer is not None:
            found += faults_of_reply(request, answer, service)
        return found


def parts_of(request: Request) -> tuple[str, str, str] | None:
    """Return the service, the record's type and its id; None for no service."""
    match request.method, request.path.removeprefix(f"{ROOT}/").split("/"):
        case "POST", ["auth", "oauth2", "v1", "token"]:
            return "token", "", ""
        case "POST", ["query", "v1", "suiteql"]:
            return "suiteql", "", ""
        case "POST", ["record", "v1", name] if name in TABLES:
            return "new", name, ""
        case "GET", ["record", "v1", "phoneCall"]:
            return "list", "phoneCall", ""
        case "GET", ["record", "v1", name, record_id] if name in TABLES:
            return "one", name, record_id
        case "PATCH", ["record", "v1", "phoneCall", record_id]:
            return "change", "phoneCall", record_id
    return None


def faults_of_body(body: Row, name: str) -> Iterator[str]:
    for field, value in body.items():
        kind = TABLES[name].get(field)
        if field in READ_ONLY:
            yield f"body.{field}: is read-only"
        elif kind is None:
            yield f"{name}.{field}: there is no such field"
        elif not is_of(kind, value):
            yield f"body.{field}: {value!r} is no {kind}"
    external_id = body.get("externalId", "")
    if not re.fullmatch(r"[\w-]*", external_id):
        yield "body.externalId: has letters, numbers, _ and - only"
    if body.get("endTime", "99:99") <= body.get("startTime", ""):
        yield "body.endTime: is not after startTime"


def is_of(kind: str, value: Any) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "bool":
            return type(value) is bool
        case "date":
            return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)))
        case "time":
            return bool(re.fullmatch(r"\d\d:\d\d", str(value)))
        case "ref":
            return isinstance(value, dict) and value.keys() == {"id"}
    return isinstance(value, dict) and value.get("id") in kind.split()


def faults_of_reply(request: Request, answer: Answer, service: str) -> Iterator[str]:
    body = answer.body
    if 300 <= answer.status < 400:  # another account's
        return
    if answer.status >= 400:
        if service == "token":
            if body.keys() != {"error"}:
                yield "reply: an error of the sign-in has error alone"
            return
        for name in body.keys() - ERROR:
            yield f"reply.{name}: is not described"
        for name in {n for d in body["o:errorDetails"] for n in d} - DETAIL:
            yield f"reply.o:errorDetails.{name}: is not described"
        return
    if service in ("new", "change"):
        if (answer.status, body) != (204, ""):
            yield "reply: is answered with 204 and nothing"
        if service == "new" and "Location" not in answer.headers:
            yield "reply: a new record has a Location"
    elif answer.status != 200:
        yield f"status {answer.status}: is not 200"
    elif service in ("suiteql", "list"):
        if body.keys() != LIST:
            yield f"reply: has {sorted(body)} instead of {sorted(LIST)}"
        if service == "suiteql":
            asked = set(parse_suiteql(request.json["q"]).columns) | {"links"}
            for name in {n for item in body["items"] for n in item} - asked:
                yield f"reply.items.{name}: was not asked for"
