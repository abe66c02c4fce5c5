"""Zoho CRM: contacts, leads, calls and users of one organization in one data center."""

import re
from itertools import count
from typing import Any

from tests.support.fakes.server import Answer, FakeCrm, Request

MAX_PER_PAGE = 2
ACCESS_SECONDS = 3600
TIME = "2025-01-02T03:04:05-08:00"
PHONES = ("Phone", "Mobile", "Home_Phone", "Other_Phone", "Asst_Phone")
SCOPES = {
    "Contacts": "ZohoCRM.modules.contacts.ALL",
    "Leads": "ZohoCRM.modules.leads.ALL",
    "Calls": "ZohoCRM.modules.calls.ALL",
    "users": "ZohoCRM.users.READ",
    "coql": "ZohoCRM.coql.READ",
    "search": "ZohoSearch.securesearch.READ",
}
QUERY = re.compile(
    r"select id, Description from Calls where (Who_Id|What_Id) = '((?:[^']|'')*)'"
    r" order by Created_Time desc limit 200"
)
PROOF = "select id from Calls where id is not null limit 1"


class FakeZoho(FakeCrm):
    """One organization, and a self client that is registered in its data center."""

    settings = {
        "selfClientId": "1000.SELFCLIENT",
        "selfClientSecret": "self-client-secret",
        "refreshToken": "1000.refresh",
    }

    def __init__(
        self, hostname: str = "www.zohoapis.com", accounts: str = "accounts.zoho.com"
    ) -> None:
        super().__init__()
        self.hostname, self.accounts = hostname, accounts
        self.tokens: dict[str, float] = {}
        self.is_client_registered = self.has_leads = True
        self.scopes = set(SCOPES.values())
        self.required_field = ""
        """The API name of a field that each call must have."""
        self._serial = count(5725767000000001000)
        self.users = [
            self.user("Ann Admin"),
            self.user("Ben Brown"),
            self.user("Cy Stone"),
            self.user("Dee Left", status="disabled"),
        ]
        self.records: dict[str, list[dict[str, Any]]]
        self.records = {"Contacts": [], "Leads": [], "Calls": []}
        self.add("Contacts", Full_Name="Ada Example", Phone="(510) 555-0100")
        self.add("Leads", Full_Name="Bea Lead", Mobile="+15105550101")
        for number in range(3):
            self.add("Contacts", Full_Name=f"Twin {number}", Other_Phone="510-555-0102")

    @property
    def calls(self) -> list[dict[str, Any]]:
        return self.records["Calls"]

    def user(self, name: str, status: str = "active") -> dict[str, Any]:
        email = f"{name.split()[0].lower()}@example.com"
        return {
            "id": str(next(self._serial)),
            "full_name": name,
            "email": email,
            "status": status,
            "time_zone": "America/Los_Angeles",
        }

    def add(self, module: str, **fields: Any) -> dict[str, Any]:
        record = {
            "id": str(next(self._serial)),
            "Created_Time": TIME,
            "Last_Activity_Time": TIME,
            **fields,
        }
        self.records[module].append(record)
        return record

    def answer(self, request: Request) -> Answer:
        if request.path == "/oauth/v2/token":
            return self.token(request)
        token = request.headers["authorization"].removeprefix("Zoho-oauthtoken ")
        is_here = request.headers["host"] == self.hostname
        if self.tokens.get(token, 0) <= self.now or not is_here:
            return refuse(401, "INVALID_TOKEN", "invalid oauth token")
        path = request.path.removeprefix("/crm/v8/").split("/")
        needed = {SCOPES[part] for part in path if part in SCOPES}
        if not needed <= self.scopes:
            return refuse(401, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope")
        if path[0] == "Leads" and not self.has_leads:
            return refuse(403, "NO_PERMISSION", "permission denied")
        match request.method, path:
            case "GET", ["users"]:
                return self.listed_users(request.query)
            case "POST", ["coql"]:
                return self.query(request.json["select_query"])
            case "GET", [("Contacts" | "Leads") as module, "search"]:
                digits = re.sub(r"\D", "", request.query["phone"])
                return paged(
                    "data",
                    [
                        chosen(record, request.query)
                        for record in self.records[module]
                        if digits
                        in re.sub(
                            r"\D", "", " ".join(record.get(n, "") for n in PHONES)
                        )
                    ],
                    request.query,
                )
            case "GET", ["Calls"]:
                calls = [chosen(call, request.query) for call in self.calls]
                return paged("data", calls, request.query)
            case "POST", [("Contacts" | "Leads") as module]:
                [fields] = request.json["data"]
                name = {"Full_Name": fields["Last_Name"]}
                return self.done(
                    201, "record added", self.add(module, **fields, **name)
                )
            case "POST", ["Calls"]:
                return self.create_call(request.json["data"][0])
            case method, ["Calls", call_id]:
                return self.one_call(method, call_id, request)
        return refuse(404, "INVALID_URL_PATTERN", "Please check if the URL is right")

    def token(self, request: Request) -> Answer:
        form = request.form
        assert form["grant_type"] == "refresh_token"
        is_here = request.headers["host"] == self.accounts
        if not (
            is_here
            and self.is_client_registered
            and form["client_id"] == self.settings["selfClientId"]
        ):
            return Answer(200, {"error": "invalid_client"})
        if form["client_secret"] != self.settings["selfClientSecret"]:
            return Answer(200, {"error": "invalid_client_secret"})
        if form["refresh_token"] != self.settings["refreshToken"]:
            return Answer(200, {"error": "invalid_code"})
        token = f"1000.access-{next(self._serial)}"
        self.tokens[token] = self.now + ACCESS_SECONDS
        body = {"access_token": token, "api_domain": f"https://{self.hostname}"}
        return Answer(200, body | {"token_type": "Bearer", "expires_in": 3600})

    def listed_users(self, query: dict[str, str]) -> Answer:
        statuses = {"ActiveUsers": "active", "DeactiveUsers": "disabled"}
        users = (
            self.users[:1]
            if query["type"] == "CurrentUser"
            else [u for u in self.users if u["status"] == statuses[query["type"]]]
        )
        return paged("users", users, query)

    def query(self, text: str) -> Answer:
        if text == PROOF:
            return paged("data", [{"id": c["id"]} for c in self.calls[:1]], {})
        found = QUERY.fullmatch(text)
        if found is None:
            return refuse(400, "SYNTAX_ERROR", "invalid query formed")
        field, record_id = found[1], found[2].replace("''", "'")
        calls = [
            {"id": call["id"], "Description": call["Description"]}
            for call in reversed(self.calls)
            if call.get(field) == {"id": record_id}
        ]
        return Answer(200, wrapped("data", calls)) if calls else NOTHING

    def create_call(self, call: dict[str, Any]) -> Answer:
        """Zoho's post on the Calls API has these rules."""
        lead = call.get("$se_module") == "Leads"
        field, module = ("What_Id", "Leads") if lead else ("Who_Id", "Contacts")
        active = [user["id"] for user in self.users if user["status"] == "active"]
        times = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
        duration = call.get("Call_Duration", "")
        is_missed = call["Call_Type"] == "Missed"
        statuses = {"Outbound": "Completed"}
        if call[field]["id"] not in [each["id"] for each in self.records[module]]:
            return refuse_record(
                "INVALID_DATA", "the given id seems to be invalid", field
            )
        if call.get("Owner", {"id": active[0]})["id"] not in active:
            return refuse_record(
                "INVALID_DATA", "the given id seems to be invalid", "Owner"
            )
        for name, is_right in {
            "Call_Type": call["Call_Type"] in ("Inbound", "Outbound", "Missed"),
            "Call_Start_Time": re.fullmatch(times, call["Call_Start_Time"]),
            "Call_Duration": is_missed or re.fullmatch(r"\d\d+:[0-5]\d", duration),
            "Outgoing_Call_Status": call.get("Outgoing_Call_Status")
            == statuses.get(call["Call_Type"]),
            "Subject": len(call["Subject"]) <= 255,
        }.items():
            if not is_right:
                return refuse_record("INVALID_DATA", "invalid data", name)
        if self.required_field and self.required_field not in call:
            return refuse_record(
                "MANDATORY_NOT_FOUND", "required field not found", self.required_field
            )
        owner = {"Owner": {"id": self.users[0]["id"]}}
        return self.done(201, "record added", self.add("Calls", **{**owner, **call}))

    def one_call(self, method: str, call_id: str, request: Request) -> Answer:
        call = next((each for each in self.calls if each["id"] == call_id), None)
        if method == "GET":
            if call is None:
                return NOTHING
            return Answer(200, {"data": [chosen(call, request.query)]})
        if call is None:
            message = "the id given seems to be invalid"
            return refuse_record("INVALID_DATA", message, "id")
        [fields] = request.json["data"]
        for name in ("Call_Type", "Call_Start_Time", "Owner"):
            if name in fields:
                return refuse_record("INVALID_DATA", "invalid data", name)
        call.update(fields)
        return self.done(200, "record updated", call)

    def done(self, status: int, message: str, record: dict[str, Any]) -> Answer:
        person = {"name": self.users[0]["full_name"], "id": self.users[0]["id"]}
        details = {
            "id": record["id"],
            **{"Created_Time": TIME, "Modified_Time": TIME},
            **{"Created_By": person, "Modified_By": person},
        }
        done = {"code": "SUCCESS", "status": "success", "message": message}
        return Answer(status, {"data": [{**done, "details": details}]})


NOTHING = Answer(204, "")


def chosen(record: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    names = ["id", *query["fields"].split(",")]
    return {name: record.get(name) for name in names}


def wrapped(name: str, items: list[Any], page: int = 1, more: bool = False) -> Any:
    info = {"per_page": MAX_PER_PAGE, "count": len(items), "page": page}
    return {name: items, "info": {**info, "more_records": more}}


def paged(name: str, items: list[Any], query: dict[str, str]) -> Answer:
    size = min(int(query.get("per_page", 200)), MAX_PER_PAGE)
    page = int(query.get("page", 1))
    shown = items[(page - 1) * size : page * size]
    if not shown:
        return NOTHING
    return Answer(200, wrapped(name, shown, page, more=page * size < len(items)))


def refuse(status: int, code: str, message: str) -> Answer:
    body = {"code": code, "details": {}, "message": message, "status": "error"}
    return Answer(status, body)


def refuse_record(code: str, message: str, field: str) -> Answer:
    """Refuse one record, which Zoho answers with a status of success."""
    details = {"api_name": field, "json_path": f"$.data[0].{field}"}
    refusal = {"code": code, "status": "error", "message": message, "details": details}
    return Answer(202, {"data": [refusal]})
