"""NetSuite as Oracle describes it: contacts, customers, employees and phone calls."""

from functools import cache
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from tests.support.fakes.netsuite_judge import (
    ROOT,
    NotUnderstood,
    parse_suiteql,
    parts_of,
)
from tests.support.fakes.server import Answer, FakeCrm, Request

MADE = "2025-01-02"
MAX_LIFETIME_SECONDS = 3600


@cache
def key_pair() -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key, key.private_bytes(*form).decode()


class FakeNetSuite(FakeCrm):
    """An account with an integration that signs in by a certificate."""

    hostname = "1234567-sb1.app.netsuite.com"
    api = "1234567-sb1.suitetalk.api.netsuite.com"

    def __init__(self) -> None:
        super().__init__()
        key, pem = key_pair()
        self.settings = {
            "clientId": "client-5e1f",
            "certificateId": "cert-77",
            "privateKey": pem.replace("\n", ""),  # as a box of one line has it
        }
        self.public_key = ECKey.import_key(key.public_key())
        self._serial = count(1001)
        self.token = ""
        self.sign_in_error = ""
        """What the sign-in is refused with, for another reason than its credentials."""
        self.max_per_page = 2
        self.hidden: set[str] = set()
        """Tables that the role of the integration may not see."""
        self.required = ""
        """A field that the form of phone calls requires."""
        self.tables: dict[str, dict[str, dict[str, Any]]] = {
            name: {} for name in ("contact", "customer", "employee", "phonecall")
        }
        self.ann = self.add_employee("Ann", "Agent")
        self.ben = self.add_employee("Ben", "Brown")
        self.dee = self.add_employee("Dee", "Left", isinactive="T")
        self.add_employee("Cy", "Stone", email=None)
        self.add_employee("Nora", "NoAccess", giveaccess="F")
        self.company = self.add("customer", entityid="CUST7", altname="Example Ltd")
        self.ada = self.add(
            "contact",
            entityid="Ada Example",
            phone="(510) 555-0100",
            company=self.company,
        )

    def add(self, table: str, **fields: Any) -> str:
        record_id = str(next(self._serial))
        times = {"datecreated": MADE, "lastmodifieddate": MADE}
        self.tables[table][record_id] = {
            **{"id": record_id, "isinactive": "F"},
            **times,
            **fields,
        }
        return record_id

    def add_employee(self, first: str, last: str, **fields: Any) -> str:
        names = {"firstname": first, "lastname": last, "entityid": f"{first} {last}"}
        email = f"{first.lower()}@example.com"
        values = {**names, "email": email, "giveaccess": "T", **fields}
        return self.add("employee", **values)

    @property
    def calls(self) -> list[dict[str, Any]]:
        return list(self.tables["phonecall"].values())

    def answer(self, request: Request) -> Answer:
        service, name, record_id = parts_of(request) or ("", "", "")
        if request.headers["host"] != self.api:
            return Answer(302, "", {"Location": "https://system.netsuite.com/"})
        if service == "token":
            return self.sign_in(request.form["client_assertion"])
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return refuse(401, "INVALID_LOGIN", "Invalid login attempt.")
        match service:
            case "suiteql":
                return self.query(request.json["q"], request.query)
            case "list":
                if "phonecall" in self.hidden:
                    detail = "Permission Violation: You need a higher permission."
                    return refuse(403, "INSUFFICIENT_PERMISSION", detail)
                return Answer(200, page_of([], 0, 1))
            case "new":
                return self.create(name, request.json)
            case "one" | "change":
                return self.one(name.lower(), record_id, request)
        return refuse(404, "NONEXISTENT_ID", "The record does not exist.")

    def sign_in(self, assertion: str) -> Answer:
        if self.sign_in_error:
            return Answer(400, {"error": self.sign_in_error})
        try:
            token = jwt.decode(assertion, self.public_key, algorithms=["ES256"])
        except (JoseError, ValueError):
            return Answer(401, {"error": "invalid_client"})
        claims = token.claims
        lifetime = claims["exp"] - claims["iat"]
        url = f"https://{self.api}{ROOT}/auth/oauth2/v1/token"
        expected = (self.settings["certificateId"], self.settings["clientId"], url)
        if (
            (token.header["kid"], claims["iss"], claims["aud"]) != expected
            or "rest_webservices" not in claims["scope"]
            or not 0 < lifetime < MAX_LIFETIME_SECONDS
        ):
            return Answer(401, {"error": "invalid_client"})
        self.token = f"eyJ{next(self._serial)}"
        members = {"access_token": self.token, "expires_in": "3600"}
        return Answer(200, {**members, "token_type": "bearer"})

    def query(self, text: str, parameters: dict[str, str]) -> Answer:
        try:
            query = parse_suiteql(text)
        except NotUnderstood as fault:
            return refuse(400, "INVALID_PARAMETER", f"Invalid search query. {fault}.")
        if query.table in self.hidden:
            detail = f"Invalid search query. Record '{query.table}' was not found."
            return refuse(400, "INVALID_PARAMETER", detail)
        rows = [
            {
                name: row[column]
                for name, column in query.columns.items()
                if row.get(column) is not None  # it leaves out what is empty
            }
            for row in self.tables[query.table].values()
            if query.matches(row)
        ]
        limit = min(int(parameters["limit"]), self.max_per_page)
        return Answer(200, page_of(rows, int(parameters.get("offset", 0)), limit))

    def create(self, name: str, body: dict[str, Any]) -> Answer:
        if name == "contact":
            names = {"entityid": body["entityId"], "phone": body.get("phone")}
            return created("contact", self.add("contact", **names))
        self.check_call(body)
        external_id = {"externalid": body["externalId"]}
        return created("phoneCall", self.add("phonecall", **external_id, **body))

    def check_call(self, body: dict[str, Any]) -> None:
        if any(call["externalid"] == body["externalId"] for call in self.calls):
            raise refuse_content("This record already exists.")
        if self.required and self.required not in body:
            raise refuse_content(f"Please enter value(s) for: {self.required}.")
        for field, table in (
            *(("assigned", "employee"), ("company", "customer")),
            ("contact", "contact"),
        ):
            record = body.get(field)
            row = self.tables[table].get(record["id"]) if record else None
            if record and (row is None or row["isinactive"] == "T"):
                raise refuse_content(
                    f"You have entered an Invalid Field Value {record['id']} for the "
                    f"following field: {field}."
                )

    def one(self, table: str, record_id: str, request: Request) -> Answer:
        row = self.tables[table].get(record_id)
        if row is None:
            detail = "The record instance does not exist. Provide a valid ID."
            return refuse(404, "NONEXISTENT_ID", detail)
        if request.method == "PATCH":
            row.update(request.json)
            return Answer(204, "")
        shown = {
            name: {"id": row[name]} if name == "company" else row[name]
            for name in request.query["fields"].split(",")
            if row.get(name) is not None
        }
        return Answer(200, {"links": [], **shown})


def page_of(rows: list[dict[str, Any]], offset: int, limit: int) -> dict[str, Any]:
    items = [{"links": [], **row} for row in rows[offset : offset + limit]]
    return {
        "links": [],
        "count": len(items),
        "hasMore": offset + limit < len(rows),
        "items": items,
        "offset": offset,
        "totalResults": len(rows),
    }


def created(name: str, record_id: str) -> Answer:
    url = f"https://{FakeNetSuite.api}{ROOT}/record/v1/{name}/{record_id}"
    return Answer(204, "", {"Location": url})


def refuse(status: int, code: str, detail: str) -> Answer:
    details = [{"detail": detail, "o:errorCode": code}]
    about = {"type": "https://www.w3.org/Protocols/", "title": "Refused"}
    return Answer(status, {**about, "status": status, "o:errorDetails": details})


def refuse_content(detail: str) -> Answer:
    return refuse(400, "USER_ERROR", f"Error while accessing a resource. {detail}")
