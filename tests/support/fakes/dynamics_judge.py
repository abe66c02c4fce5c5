"""Judges requests to Dataverse, and replies of its stand-in, by tables of its columns.

Microsoft publishes no description that is the same for all environments. The tables
follow github MicrosoftDocs/powerapps-docs, developer/data-platform/reference/entities
(phonecall.md, contact.md, lead.md, account.md, systemuser.md): names, types, lengths, and
what is valid for create and for update. The query language, the headers and the shape of
replies are those of learn.microsoft.com (Dataverse Web API). Strict: a column, a
parameter or a service that is not in a table is a fault.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from tests.support.fakes.server import Answer, Request

ROOT = "/api/data/v9.2"
PERSON = (
    "statecode: int; fullname: text 160; lastname: text 50; telephone1: text 50; "
    "telephone2: text 50; telephone3: text 50; mobilephone: text 50; "
    "createdon: time; modifiedon: time"
)
TABLES = {
    "phonecalls": (
        "activityid: key; subject: text 200; description: text 2000; "
        "directioncode: bool; phonenumber: text 200; actualstart: time; "
        "actualend: time; actualdurationminutes: int; leftvoicemail: bool; "
        "category: text 250; subcategory: text 250; statecode: int; statuscode: int; "
        "createdon: time; modifiedon: time"
    ),
    "contacts": f"contactid: key; {PERSON}",
    "leads": f"leadid: key; subject: text 300; {PERSON}",
    "accounts": (
        "accountid: key; name: text 160; statecode: int; telephone1: text 50; "
        "telephone2: text 50; telephone3: text 50; createdon: time; modifiedon: time"
    ),
    "systemusers": (
        "systemuserid: key; fullname: text 200; internalemailaddress: text 100; "
        "isdisabled: bool; accessmode: int; applicationid: key"
    ),
}
COLUMNS = {
    name: dict(column.split(": ") for column in table.split("; "))
    for name, table in TABLES.items()
}
"""Entity set → column → its type, and its length where it is a text."""
TARGETS = {
    "ownerid": {"systemusers"},
    "regardingobjectid_contact_phonecall": {"contacts"},
    "regardingobjectid_lead_phonecall": {"leads"},
    "regardingobjectid_account_phonecall": {"accounts"},
    "partyid_contact": {"contacts"},
    "partyid_lead": {"leads"},
    "partyid_account": {"accounts"},
    "partyid_systemuser": {"systemusers"},
}
"""Navigation property → the entity sets that it may be bound to."""
NOT_FOR_CREATE = {"statecode"}
READ_ONLY = {"fullname", "createdon", "modifiedon"}
REQUIRED = {
    "phonecalls": {"subject", "phonecall_activity_parties"},
    "contacts": {"lastname"},
    "leads": {"lastname", "subject"},
}
STATUSES = {0: {1}, 1: {2, 4}, 2: {3}}
"""State of a phone call → the status reasons that it can have."""
FORM = {"grant_type", "client_id", "client_secret", "scope"}
PARAMETERS = {
    "list": {"$select", "$filter", "$orderby", "$top", "$skiptoken"},
    "one": {"$select"},
    "new": {"$select"},
}
PRIVILEGE = "Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName"
LIST_PATH = re.compile(r"(\w+)")
ONE_PATH = re.compile(r"(\w+)\(([0-9a-f-]{36})\)")
PRIVILEGE_PATH = re.compile(
    rf"systemusers\(([0-9a-f-]{{36}})\)/{re.escape(PRIVILEGE)}\(PrivilegeName='(\w+)'\)"
)
BIND = re.compile(r"/(\w+)\(([0-9a-f-]{36})\)")
TOKEN = re.compile(
    r"(contains)\((\w+),'((?:[^']|'')*)'\)|(\w+) (eq|ne) ('(?:[^']|'')*'|null|\d+)"
)
ERROR = {"code", "message"}
Row = dict[str, Any]


class NotUnderstood(Exception):
    """The query is not one that the language has."""


class DynamicsJudge:
    def find(self, request: Request) -> object | None:
        return parts_of(request)

    def faults(self, request: Request, answer: Answer | None) -> list[str]:
        service, name, _ = parts_of(request) or ("", "", "")
        found = [
            f"query {parameter}: is not described"
            for parameter in request.query.keys() - PARAMETERS.get(service, set())
        ]
        if service == "token":
            found += [f"form {n}: is wrong" for n in request.form.keys() ^ FORM]
        elif name:
            found += faults_of_query(name, request.query)
        if service in ("new", "change"):
            found += faults_of_body(request.json, name, is_new=service == "new")
        if service == "change" and request.headers.get("if-match") != "*":
            found.append("header If-Match: a change without it may create a record")
        if answer is not None:
            found += faults_of_reply(request, answer, service, name)
        return found


def parts_of(request: Request) -> tuple[str, str, str] | None:
    """Return the service, the entity set and the record; None for no service."""
    if re.fullmatch(r"/[\w.-]+/oauth2/v2\.0/token", request.path):
        return ("token", "", "") if request.method == "POST" else None
    path = request.path.removeprefix(f"{ROOT}/").replace("%27", "'")
    if path == request.path:
        return None
    if found := PRIVILEGE_PATH.fullmatch(path):
        return ("privilege", "", found[2]) if request.method == "GET" else None
    if found := ONE_PATH.fullmatch(path):
        service = {"GET": "one", "PATCH": "change"}.get(request.method)
        return (service, found[1], found[2]) if service else None
    if (request.method, path) == ("GET", "WhoAmI"):
        return "me", "", ""
    if LIST_PATH.fullmatch(path) and path in TABLES:
        service = {"GET": "list", "POST": "new"}.get(request.method)
        return (service, path, "") if service else None
    return None


def faults_of_query(name: str, query: dict[str, str]) -> Iterator[str]:
    selected = query.get("$select", "").split(",") if "$select" in query else []
    ordered = [query["$orderby"]] if "$orderby" in query else []
    try:
        filtered = names_in(query.get("$filter", ""))
    except NotUnderstood as fault:
        yield f"query $filter: {fault}"
        filtered = []
    for column in sorted({*selected, *ordered, *filtered} - COLUMNS[name].keys()):
        yield f"{name}.{column}: there is no such column"


def names_in(text: str) -> list[str]:
    """Return the columns of a filter. Raises `NotUnderstood`."""
    rest = re.sub(r"\b(and|or)\b|[()]", "", TOKEN.sub("", text)).strip()
    if rest:
        raise NotUnderstood(f"{rest} is no condition")
    return [found[2] or found[4] for found in TOKEN.finditer(text)]


def matcher_of(text: str) -> Callable[[Row], bool]:
    """Return a function that says whether a row matches a filter."""
    names_in(text)
    conditions = list(TOKEN.finditer(text))
    numbers = iter(range(len(conditions)))
    logic = TOKEN.sub(lambda _: f" c{next(numbers)} ", text) or "True"

    def matches(row: Row) -> bool:
        values = {f"c{n}": holds(c, row) for n, c in enumerate(conditions)}
        return bool(eval(logic, {"__builtins__": {}}, values))  # noqa: S307  only and, or, brackets

    return matches


def holds(condition: re.Match[str], row: Row) -> bool:
    if condition[1]:
        pattern = "".join(
            ".*" if sign == "%" else re.escape(sign)
            for sign in condition[3].replace("''", "'")
        )
        return re.search(pattern, row.get(condition[2]) or "", re.I) is not None
    wanted: Any = condition[6]
    if wanted.startswith("'"):
        wanted = wanted[1:-1].replace("''", "'")
    else:
        wanted = None if wanted == "null" else int(wanted)
    return (row.get(condition[4]) == wanted) is (condition[5] == "eq")


def faults_of_body(body: Row, name: str, *, is_new: bool) -> Iterator[str]:
    for member, value in body.items():
        if member == "phonecall_activity_parties" and name == "phonecalls":
            yield from faults_of_parties(value)
        elif member.endswith("@odata.bind"):
            yield from faults_of_binding(member, value)
        elif (kind := COLUMNS[name].get(member)) is None:
            yield f"{name}.{member}: there is no such column"
        elif member in READ_ONLY or (is_new and member in NOT_FOR_CREATE):
            yield f"body.{member}: cannot be set"
        elif not is_of(kind, value):
            yield f"body.{member}: is no {kind}"
    for member in REQUIRED.get(name, set()) - body.keys() if is_new else ():
        yield f"body.{member}: is required and missing"
    state = body.get("statecode")
    if state is not None:
        if body.get("statuscode") not in STATUSES.get(state, {}):
            yield f"body.statuscode: is none of the state {state}"
        if body.keys() - {"statecode", "statuscode"}:
            yield "body: a state is set by itself"


def faults_of_parties(parties: list[Row]) -> Iterator[str]:
    for party in parties:
        bound = [member for member in party if member.startswith("partyid_")]
        if len(bound) != 1 or party.keys() - {*bound, "participationtypemask"}:
            yield "body.phonecall_activity_parties: a party is one record and its role"
        for member in bound:
            yield from faults_of_binding(member, party[member])
    masks = sorted(party.get("participationtypemask", 0) for party in parties)
    if masks != [1, 2]:
        yield f"body.phonecall_activity_parties: has the roles {masks}, not [1, 2]"


def faults_of_binding(member: str, value: Any) -> Iterator[str]:
    targets = TARGETS.get(member.removesuffix("@odata.bind"), set())
    found = BIND.fullmatch(value)
    if not member.endswith("@odata.bind") or not found or found[1] not in targets:
        yield f"body.{member}: {value} cannot be bound"


def is_of(kind: str, value: Any) -> bool:
    kind, _, length = kind.partition(" ")
    match kind:
        case "text":
            return isinstance(value, str) and len(value) <= int(length)
        case "int":
            return type(value) is int
        case "bool":
            return type(value) is bool
        case "time":
            ending = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
            return isinstance(value, str) and bool(re.fullmatch(ending, value))
    try:
        return bool(UUID(value))
    except ValueError:
        return False


def faults_of_reply(
    request: Request, answer: Answer, service: str, name: str
) -> Iterator[str]:
    body = answer.body
    if answer.status >= 400:
        if answer.status == 401 and not body:
            return
        members = body if service == "token" else body["error"]
        allowed = {"error", "error_description", "error_codes"}
        for member in members.keys() - (allowed if service == "token" else ERROR):
            yield f"reply.{member}: is not described"
        return
    expected = {"new": 201, "change": 204}.get(service, 200)
    if answer.status != expected:
        yield f"status {answer.status}: is not {expected}"
    if not name or service == "change":
        return
    is_list = service == "list"
    allowed = {"@odata.context", "@odata.nextLink", "value"} if is_list else set()
    for member in body.keys() - allowed if is_list else ():
        yield f"reply.{member}: is not described"
    selected = set(request.query.get("$select", "").split(","))
    for row in body["value"] if is_list else [body]:
        values = {k: v for k, v in row.items() if not k.startswith("@")}
        if "$select" in request.query and values.keys() != selected:
            yield f"reply: has {sorted(values)} instead of {sorted(selected)}"
        for column, value in values.items():
            kind = COLUMNS[name].get(column)
            if kind is None or not (value is None or is_of(kind, value)):
                yield f"reply.{column}: {value!r} is no {kind}"
