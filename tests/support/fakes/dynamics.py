"""Dataverse as Microsoft describes it: people, phone calls and users of one environment."""

import re
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tests.support.fakes.dynamics_judge import (
    BIND,
    ROOT,
    NotUnderstood,
    matcher_of,
    parts_of,
)
from tests.support.fakes.server import Answer, FakeCrm, Request

KEYS = {
    "phonecalls": "activityid",
    "contacts": "contactid",
    "leads": "leadid",
    "accounts": "accountid",
    "systemusers": "systemuserid",
}
PHONES = ("telephone1", "telephone2", "telephone3")
MADE = "2025-01-02T03:04:05Z"
SIGN_IN_ERRORS = {
    "clientSecret": (401, "invalid_client", 7000215),
    "clientId": (400, "unauthorized_client", 700016),
    "tenantId": (400, "invalid_request", 90002),
    "scope": (400, "invalid_resource", 500011),
}
"""What is wrong → status, error and number of Microsoft Entra's refusal."""


class FakeDynamics(FakeCrm):
    """An environment with an app that signs in by client credentials."""

    hostname = "acme.crm4.dynamics.com"
    settings = {
        "tenantId": "11111111-2222-3333-4444-555555555555",
        "clientId": "66666666-7777-8888-9999-000000000000",
        "clientSecret": "secret~8Q",
    }

    def __init__(self) -> None:
        super().__init__()
        self._serial = count(1001)
        self.token = ""
        self.has_expired_secret = False
        self.max_per_page = 2
        self.privileges = {"prvCreateActivity"}
        self.app_is_user = self.has_leads = True
        self.plug_in_error = ""
        """What a plug-in refuses phone calls with."""
        self.tables: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in KEYS}
        self.me = self.add_user("Call logging", applicationid=self.id())
        self.ann = self.add_user("Ann Agent")
        self.ben = self.add_user("Ben Brown")
        self.dee = self.add_user("Dee Left", isdisabled=True)
        self.add_user("Cy Stone")
        self.add_user("Support Sam", accessmode=3)
        self.add_person("contacts", "Ada Example", telephone1="(510) 555-0100")
        self.add_person("leads", "Bea Law", mobilephone="+44 510 555 0100")

    def id(self) -> str:
        return str(UUID(int=next(self._serial)))

    def add(self, table: str, **fields: Any) -> str:
        record_id = self.id()
        key = KEYS[table]
        self.tables[table][record_id] = {key: record_id, "statecode": 0, **fields}
        return record_id

    def add_user(self, name: str, **fields: Any) -> str:
        defaults = {"isdisabled": False, "accessmode": 0, "applicationid": None}
        email = f"{name.split()[0].lower()}@example.com"
        values = {**defaults, "internalemailaddress": email, **fields}
        return self.add("systemusers", fullname=name, **values)

    def add_person(self, table: str, title: str, **fields: Any) -> str:
        is_account = table == "accounts"
        phones = dict.fromkeys(PHONES if is_account else (*PHONES, "mobilephone"))
        times = {"createdon": MADE, "modifiedon": MADE}
        named = {"name" if is_account else "fullname": title}
        return self.add(table, **{**phones, **times, **named, **fields})

    @property
    def calls(self) -> list[dict[str, Any]]:
        return list(self.tables["phonecalls"].values())

    def answer(self, request: Request) -> Answer:
        service, name, record_id = parts_of(request) or ("", "", "")
        if service == "token":
            return self.sign_in(request)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(401, "")
        if not self.app_is_user:
            message = "The user is not a member of the organization."
            return refuse(403, "0x80072560", message)
        if name == "leads" and not self.has_leads:
            message = "Resource not found for the segment 'leads'."
            return refuse(404, "0x80060888", message)
        match service:
            case "me":
                ids = {"BusinessUnitId": self.id(), "OrganizationId": self.id()}
                return Answer(200, {**ids, "UserId": self.me})
            case "privilege":
                has = (
                    [{"PrivilegeId": self.id()}] if record_id in self.privileges else []
                )
                return Answer(200, {"RolePrivileges": has})
            case "list":
                return self.list(name, request.query)
            case "new":
                return self.create(name, request)
            case "one" | "change":
                return self.one(name, record_id, request)
        return refuse(404, "0x80060888", "Resource not found for the segment.")

    def sign_in(self, request: Request) -> Answer:
        form = request.form
        wrong = {
            "tenantId": request.path.split("/")[1] != self.settings["tenantId"],
            "clientId": form["client_id"] != self.settings["clientId"],
            "clientSecret": form["client_secret"] != self.settings["clientSecret"],
            "scope": form["scope"] != f"https://{self.hostname}/.default",
        }
        if self.has_expired_secret:
            return refuse_sign_in(401, "invalid_client", 7000222)
        for what, is_wrong in wrong.items():
            if is_wrong:
                return refuse_sign_in(*SIGN_IN_ERRORS[what])
        self.token = f"eyJ{next(self._serial)}"
        return Answer(
            200,
            {"token_type": "Bearer", "expires_in": 3599, "access_token": self.token},
        )

    def list(self, name: str, query: dict[str, str]) -> Answer:
        try:
            matches = matcher_of(query.get("$filter", ""))
        except NotUnderstood as fault:
            return refuse(400, "0x80060888", str(fault))
        rows = [row for row in self.tables[name].values() if matches(row)]
        start = int(query.get("$skiptoken", 0))
        size = int(query.get("$top", self.max_per_page))
        page = [chosen(row, query["$select"]) for row in rows[start : start + size]]
        body = {"@odata.context": f"$metadata#{name}", "value": page}
        if "$top" not in query and start + size < len(rows):
            more = {**query, "$skiptoken": str(start + size)}
            text = "&".join(f"{quote(k)}={quote(v)}" for k, v in more.items())
            body["@odata.nextLink"] = f"https://{self.hostname}{ROOT}/{name}?{text}"
        return Answer(200, body)

    def create(self, name: str, request: Request) -> Answer:
        body = request.json
        if name == "phonecalls":
            self.check_call(body)
        else:
            body = {**body, "fullname": body["lastname"]}
        add = self.add if name == "phonecalls" else self.add_new_person
        defaults = {"ownerid@odata.bind": f"/systemusers({self.me})"}
        record_id = add(name, **{**defaults, **body})
        row = chosen(self.tables[name][record_id], request.query["$select"])
        return Answer(201, {"@odata.context": f"$metadata#{name}/$entity", **row})

    def add_new_person(self, name: str, *, fullname: str, **fields: Any) -> str:
        return self.add_person(name, fullname, **fields)

    def check_call(self, body: dict[str, Any]) -> None:
        if self.plug_in_error:
            raise refuse(400, "0x80040265", self.plug_in_error)
        bindings = {k: v for k, v in body.items() if k.endswith("@odata.bind")}
        for party in body["phonecall_activity_parties"]:
            bindings |= {k: v for k, v in party.items() if k.endswith("@odata.bind")}
        for value in bindings.values():
            found = BIND.fullmatch(value)
            row = self.tables[found[1]].get(found[2]) if found else None
            if row is None:
                message = f"{value} With Id = {value} Does Not Exist"
                raise refuse(404, "0x80040217", message)
            if row.get("isdisabled"):
                raise refuse(
                    400, "0x80040225", f"The specified user {value} is disabled."
                )

    def one(self, name: str, record_id: str, request: Request) -> Answer:
        row = self.tables[name].get(record_id)
        if row is None:
            message = f"{name} With Id = {record_id} Does Not Exist"
            return refuse(404, "0x80040217", message)
        if request.method == "GET":
            return Answer(200, chosen(row, request.query["$select"]))
        changes = request.json
        if name == "phonecalls" and row["statecode"] and "statecode" not in changes:
            message = "Cannot update a phone call that is completed or canceled."
            return refuse(400, "0x80043ffc", message)
        row.update(changes)
        return Answer(204, "")


def chosen(row: dict[str, Any], names: str) -> dict[str, Any]:
    values = {name: row.get(name) for name in names.split(",")}
    return {"@odata.etag": 'W/"1"', **values}


def refuse(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}})


def refuse_sign_in(status: int, error: str, number: int) -> Answer:
    description = f"AADSTS{number}: refused. Trace ID: {UUID(int=number)}"
    return Answer(
        status,
        {"error": error, "error_description": description, "error_codes": [number]},
    )


def bound_id(value: str) -> str:
    """Return the id in a binding such as ``/contacts(…)``."""
    return re.sub(r".*\((.*)\)", r"\1", value)
