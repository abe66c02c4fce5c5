"""Salesforce as its reference describes it: people, tasks and users of one organization."""

import re
from itertools import count
from typing import Any

from tests.support.fakes.salesforce_judge import (
    CHOICES,
    REQUIRED,
    VERSION,
    NotUnderstood,
    Source,
    parse_soql,
    parse_sosl,
    parts_of,
)
from tests.support.fakes.server import Answer, FakeCrm, Request

MAX_PER_PAGE = 2
DATA = f"/services/data/{VERSION}"
PHONES = {
    "Contact": ("Phone", "MobilePhone", "HomePhone", "OtherPhone"),
    "Lead": ("Phone", "MobilePhone"),
    "Account": ("Phone", "PersonMobilePhone", "PersonHomePhone", "PersonOtherPhone"),
}
PREFIXES = {"Contact": "003", "Lead": "00Q", "Account": "001", "Task": "00T"}
MADE = "2025-01-02T03:04:05.000+0000"


class FakeSalesforce(FakeCrm):
    """An organization with an app that signs in by client credentials."""

    client_id, client_secret = "key-3MVG9", "secret-51FA"
    settings = {"consumerKey": client_id, "consumerSecret": client_secret}
    hostname = "acme.my.salesforce.com"

    def __init__(self) -> None:
        super().__init__()
        self._serial = count(1001)
        self.token = ""
        self.token_error: dict[str, str] = {}
        """What the app is refused with, for another reason than its key and secret."""
        self.hidden: set[str] = set()
        """Fields that the user that the app runs as may not see."""
        self.required: set[str] = set()
        """Fields of tasks that this organization requires."""
        self.may_create_tasks = self.sees_opportunities = True
        self.has_person_accounts = False
        self.records: dict[str, dict[str, Any]] = {}
        """Id → the fields of a record, and its `type`."""
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.add("TaskStatus", "01JA", ApiName="Open", SortOrder=1, IsClosed=False)
        self.add("TaskStatus", "01JB", ApiName="Erledigt", SortOrder=2, IsClosed=True)
        self.add_user("005A", "Ann Agent")
        self.add_user("005B", "Ben Brown")
        self.add_user("005C", "Cy Stone")
        self.add_user("005D", "Dee Left", IsActive=False)
        self.add_user("005E", "Portal Pat", UserType="CspLitePortal")
        self.add_person("Contact", "Ada Example", Phone="(510) 555-0100")
        self.add_person("Lead", "Bea Law", MobilePhone="+44 510 555 0100")
        for number in range(3):
            self.add_person("Contact", f"Twin {number}", HomePhone="510-555-0102")

    def add(self, type_: str, id_: str = "", **fields: Any) -> str:
        id_ = id_ or f"{PREFIXES[type_]}{next(self._serial):012}"
        self.records[id_] = {"Id": id_, "type": type_, "IsDeleted": False, **fields}
        return id_

    def add_user(self, user_id: str, name: str, **fields: Any) -> None:
        fields = {"IsActive": True, "UserType": "Standard", **fields}
        email = f"{name.split()[0].lower()}@example.com"
        zone = "America/New_York"
        self.add("User", user_id, Name=name, Email=email, TimeZoneSidKey=zone, **fields)

    def add_person(self, type_: str, name: str, **fields: Any) -> str:
        times = {"CreatedDate": MADE, "LastModifiedDate": MADE}
        empty = {**dict.fromkeys(PHONES[type_]), "LastActivityDate": None}
        converted = {"IsConverted": False} if type_ == "Lead" else {}
        return self.add(type_, **{**empty, **times, **converted, **fields}, Name=name)

    def add_opportunity(self, contact_id: str, *, is_closed: bool = False) -> str:
        serial = next(self._serial)
        self.add(
            "OpportunityContactRole",
            f"00K{serial}",
            ContactId=contact_id,
            OpportunityId=f"006{serial}",
            **{"Opportunity.IsClosed": is_closed},
        )
        return f"006{serial}"

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """The tasks that are not deleted."""
        tasks = [r for r in self.records.values() if r["type"] == "Task"]
        return [task for task in tasks if not task["IsDeleted"]]

    def answer(self, request: Request) -> Answer:
        service, name, record_id = parts_of(request) or ("", "", "")
        if service == "token":
            return self.sign_in(request.form)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")
        try:
            match service:
                case "search":
                    return self.search(*parse_sosl(request.query["q"]))
                case "query":
                    return self.query(parse_soql(request.query["q"]))
                case "more":
                    return self.page(request.path.rpartition("/")[2])
        except NotUnderstood as fault:
            return refuse(400, "MALFORMED_QUERY", str(fault))
        match service:
            case "object":
                described = {"name": "Task", "createable": self.may_create_tasks}
                return Answer(200, {"objectDescribe": described, "recentItems": []})
            case "new":
                return self.create(name, request.json)
            case "record":
                return self.one_task(record_id, request)
        return refuse(404, "NOT_FOUND", "The requested resource does not exist")

    def sign_in(self, form: dict[str, str]) -> Answer:
        if (form["client_id"], form["client_secret"]) != (
            self.client_id,
            self.client_secret,
        ):
            error = {"error": "invalid_client"}
            return Answer(
                400, error | {"error_description": "invalid client credentials"}
            )
        if self.token_error:
            return Answer(400, self.token_error)
        self.token = f"00D!{next(self._serial)}"
        return Answer(
            200,
            {
                "access_token": self.token,
                "instance_url": f"https://{self.hostname}",
                "id": "https://login.salesforce.com/id/00DA/005A",
                "token_type": "Bearer",
                "scope": "api",
                "issued_at": "1700000000000",
                "signature": "c2ln",
            },
        )

    def search(self, phrases: list[str], sources: list[Source]) -> Answer:
        found = []
        for source in sources:
            self.check_visible(source)
            found += [
                record
                for record in self.matching(source)
                if any(
                    is_hit(phrase, record[field] or "")
                    for phrase in phrases
                    for field in PHONES[source.name]
                )
            ]
        return Answer(200, {"searchRecords": [self.shown(r, sources) for r in found]})

    def query(self, source: Source) -> Answer:
        self.check_visible(source)
        if source.name == "OpportunityContactRole" and not self.sees_opportunities:
            return refuse(400, "INVALID_TYPE", "sObject type is not supported")
        found = self.matching(source)
        if source.order:
            found.sort(key=lambda record: record[source.order])
        shown = [self.shown(record, [source]) for record in found[: source.limit]]
        name = f"01g{next(self._serial)}"
        self.lists[name] = shown
        return self.page(f"{name}-0")

    def page(self, locator: str) -> Answer:
        name, _, start = locator.partition("-")
        end = int(start) + MAX_PER_PAGE
        records = self.lists[name]
        body = {"totalSize": len(records), "done": end >= len(records)}
        if end < len(records):
            body["nextRecordsUrl"] = f"{DATA}/query/{name}-{end}"
        return Answer(200, {**body, "records": records[int(start) : end]})

    def matching(self, source: Source) -> list[dict[str, Any]]:
        return [
            record
            for record in self.records.values()
            if record["type"] == source.name
            and not record["IsDeleted"]
            and all(record.get(name) == value for name, value in source.conditions)
        ]

    def check_visible(self, source: Source) -> None:
        hidden = {f"{source.name}.{field}" for field in source.fields} & self.hidden
        if source.name == "Account" and not self.has_person_accounts:
            hidden |= {"Account.PersonContactId"}
        for field in hidden:
            message = f"No such column '{field}'"
            raise refuse(400, "INVALID_FIELD", message)

    def shown(self, record: dict[str, Any], sources: list[Source]) -> dict[str, Any]:
        [fields] = [s.fields for s in sources if s.name == record["type"]]
        return chosen(record, fields)

    def create(self, name: str, body: dict[str, Any]) -> Answer:
        if missing := REQUIRED[name] - body.keys():
            return refuse(400, "REQUIRED_FIELD_MISSING", f"missing: {sorted(missing)}")
        body = {k: v.strip() if isinstance(v, str) else v for k, v in body.items()}
        if name == "Task":
            self.check_task(body)
            return created(self.add("Task", **body))
        return created(self.add_person(name, body["LastName"], **body))

    def check_task(self, body: dict[str, Any]) -> None:
        if missing := self.required - body.keys():
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise refuse(400, "REQUIRED_FIELD_MISSING", message, fields=list(missing))
        owner = self.records.get(body.get("OwnerId", "005A"), {})
        if not owner.get("IsActive"):
            message = "operation performed with inactive user as owner of task"
            raise refuse(400, "INACTIVE_OWNER_OR_USER", message)
        if self.records.get(body["WhoId"], {"IsDeleted": True})["IsDeleted"]:
            raise refuse(400, "ENTITY_IS_DELETED", "entity is deleted", fields=[])
        if body["WhoId"].startswith("00Q") and "WhatId" in body:
            message = "Related To ID: a lead's task is related to nothing else"
            raise refuse(400, "FIELD_INTEGRITY_EXCEPTION", message)
        assert body["CallType"] in CHOICES["CallType"]

    def one_task(self, task_id: str, request: Request) -> Answer:
        task = self.records.get(task_id)
        if task is None or task["IsDeleted"]:
            return refuse(404, "NOT_FOUND", "The requested resource does not exist")
        if request.method == "PATCH":
            task.update(request.json)
            return Answer(204, "")
        return Answer(200, chosen(task, ["Id", *request.query["fields"].split(",")]))


def is_hit(phrase: str, stored: str) -> bool:
    """Return whether the phrase is all digits of a number, or some of its words in order."""
    words, there = (re.findall(r"\w+", text) for text in (phrase, stored))
    starts = range(len(there) - len(words) + 1)
    return phrase == re.sub(r"\D", "", stored) or any(
        there[start : start + len(words)] == words for start in starts
    )


def chosen(record: dict[str, Any], names: list[str]) -> dict[str, Any]:
    url = f"{DATA}/sobjects/{record['type']}/{record['Id']}"
    attributes = {"type": record["type"], "url": url}
    return {"attributes": attributes, **{name: record.get(name) for name in names}}


def created(record_id: str) -> Answer:
    return Answer(201, {"id": record_id, "success": True, "errors": []})


def refuse(status: int, code: str, message: str, **more: Any) -> Answer:
    return Answer(status, [{"errorCode": code, "message": message, **more}])
