"""Google Sheets: the values of one spreadsheet, and the sign-in of a service account."""

import json
import re
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.support.fakes.field_tables import described, fields, list_of, operation
from tests.support.fakes.openapi_judge import Description
from tests.support.fakes.server import Answer, FakeCrm, Request

ACCESS_SECONDS = 3600
VALUES = "/v4/spreadsheets/{spreadsheetId}/values"
ACCOUNT = "logging@acme.iam.gserviceaccount.com"
ROWS = list_of(list_of({"type": ["string", "number", "boolean", "null"]}))


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def key_file(*, address: str = "https://oauth2.googleapis.com/token") -> str:
    """Return the key of a service account as Google gives it."""
    pem = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    about = {"type": "service_account", "client_email": ACCOUNT}
    about |= {"private_key": pem.decode(), "token_uri": address}
    return json.dumps(about, indent=2)


@cache
def sheets_judge() -> Description:
    """Return what Google's reference says of the values of a spreadsheet; we read it."""
    values = fields(
        "range: string; majorDimension: ROWS|COLUMNS; values: CELLS", CELLS=ROWS
    )
    updated = fields(
        "spreadsheetId: string; updatedRange: string; updatedRows: integer; "
        "updatedColumns: integer; updatedCells: integer"
    )
    return described(
        operation(
            "GET",
            VALUES + "/{range}",
            query="majorDimension: ROWS|COLUMNS; valueRenderOption: "
            "FORMATTED_VALUE|UNFORMATTED_VALUE|FORMULA",
            replies={200: values},
        ),
        operation(
            "POST",
            VALUES + "/{range}:append",
            query="valueInputOption: RAW|USER_ENTERED!; "
            "insertDataOption: OVERWRITE|INSERT_ROWS",
            body=values,
            replies={
                200: fields(
                    "spreadsheetId: string; tableRange: string; updates: UPDATED",
                    UPDATED=updated,
                )
            },
        ),
        operation(
            "POST",
            VALUES + ":batchUpdate",
            body=fields(
                "valueInputOption: RAW|USER_ENTERED!; data: VALUES[]!", VALUES=values
            ),
            replies={
                200: fields(
                    "spreadsheetId: string; totalUpdatedCells: integer; "
                    "responses: UPDATED[]",
                    UPDATED=updated,
                )
            },
        ),
        operation(
            "GET",
            "/v4/spreadsheets/{spreadsheetId}",
            query="fields: string",
            replies={
                200: fields(
                    "spreadsheetId: string; properties: ABOUT",
                    ABOUT=fields("title: string; timeZone: string"),
                )
            },
        ),
    )


class TokenJudge:
    """The sign-in is no part of the API; RFC 7523, 2.1, has it."""

    def find(self, request: Request) -> object | None:
        return request.path == "/token" or None

    def faults(self, request: Request, answer: Answer | None) -> list[str]:
        wrong = request.form.keys() ^ {"grant_type", "assertion"}
        return [f"form {name}: is wrong" for name in wrong]


class FakeSheets(FakeCrm):
    """One spreadsheet, shared with one service account."""

    spreadsheet_id = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs"

    def __init__(self) -> None:
        super().__init__()
        self.role = "writer"
        """Of the service account: writer, reader, or nothing."""
        self.is_api_enabled = self.is_account_enabled = True
        self.tokens: dict[str, float] = {}
        self._serial = count(1)
        self.tabs: dict[str, list[list[Any]]] = {
            "Contacts": [
                ["Name", "Company", "Phone", "Mobile"],
                ["Ada Example", "Acme", 5105550100],
                ["Bea", "", "", "+1 510-555-0101"],
                ["Nobody"],
            ],
            "Users": [
                ["Name", "Email"],
                ["Ann Agent", "Ann@example.com"],
                ["Ben Brown", "ben@example.com"],
                ["Without address"],
            ],
            "Calls": [
                [
                    *("Started", "Contact", "Owner", "Direction", "Result"),
                    *("Duration", "Follow-up", "Details", "Recording", "Call ID"),
                ],
            ],
        }

    @property
    def settings(self) -> dict[str, str]:
        return {"spreadsheetId": self.spreadsheet_id, "serviceAccountKey": key_file()}

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The rows of the calls: title → value."""
        titles, *rows = self.tabs["Calls"]
        return [dict(zip(titles, row, strict=False)) for row in rows]

    def answer(self, request: Request) -> Answer:
        if request.headers["host"] == "oauth2.googleapis.com":
            return self.token(request.form)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= self.now:
            return refuse(401, "UNAUTHENTICATED", "Request had invalid credentials.")
        if not self.is_api_enabled:
            message = "Google Sheets API has not been used in project 1 before or it is"
            return refuse(403, "PERMISSION_DENIED", f"{message} disabled.")
        path = unquote(request.path).removeprefix("/v4/spreadsheets/")
        spreadsheet_id, _, rest = path.partition("/")
        if spreadsheet_id.partition(":")[0] != self.spreadsheet_id:
            return refuse(404, "NOT_FOUND", "Requested entity was not found.")
        needed = ("writer",) if request.method == "POST" else ("writer", "reader")
        if self.role not in needed:
            return refuse(403, "PERMISSION_DENIED", "The caller has no permission")
        if not rest:
            about = {"title": "Acme's calls", "timeZone": "America/New_York"}
            own = {"spreadsheetId": spreadsheet_id, "properties": about}
            return Answer(200, own)
        if rest == "values:batchUpdate":
            for each in request.json["data"]:
                self.write(each["range"], each["values"])
            return Answer(200, {"spreadsheetId": spreadsheet_id})
        cells = rest.removeprefix("values/").removesuffix(":append")
        tab, _, part = cells.partition("!")
        if tab not in self.tabs:
            return refuse(400, "INVALID_ARGUMENT", f"Unable to parse range: {cells}")
        if request.method == "POST":
            self.tabs[tab] += request.json["values"]
            number = len(self.tabs[tab])
            updates = {"updatedRange": f"{tab}!A{number}", "updatedRows": 1}
            return Answer(200, {"spreadsheetId": spreadsheet_id, "updates": updates})
        values = self.cells_of(tab, part)
        return Answer(200, {"range": cells, **({"values": values} if values else {})})

    def token(self, form: dict[str, str]) -> Answer:
        public = RSAKey.import_key(private_key().public_key())
        try:
            claims = jwt.decode(form["assertion"], public, algorithms=["RS256"]).claims
        except ValueError:
            return Answer(400, invalid_grant("Invalid JWT Signature."))
        assert claims["aud"] == "https://oauth2.googleapis.com/token"
        assert claims["scope"] == "https://www.googleapis.com/auth/spreadsheets"
        assert claims["exp"] - claims["iat"] <= ACCESS_SECONDS
        if claims["iss"] != ACCOUNT or not self.is_account_enabled:
            return Answer(400, invalid_grant("Invalid grant: account not found"))
        token = f"ya29.{next(self._serial)}"
        self.tokens[token] = self.now + ACCESS_SECONDS
        body = {"access_token": token, "token_type": "Bearer", "expires_in": 3599}
        return Answer(200, body)

    def cells_of(self, tab: str, part: str) -> list[list[Any]]:
        """Return a whole tab, one row or one column, without empty cells at the end."""
        rows = [trimmed(row) for row in self.tabs[tab]]
        if not part:
            return trimmed(rows)
        first = part.partition(":")[0]
        if first.isdecimal():
            number = int(first) - 1
            return trimmed(rows[number : number + 1])
        column = ord(first) - ord("A")
        cells = [row[column] if column < len(row) else "" for row in rows]
        return trimmed([trimmed(cells)])

    def write(self, cell: str, values: list[list[Any]]) -> None:
        tab, column, number = re.fullmatch(r"(\w+)!([A-Z])(\d+)", cell).groups()
        row, at = self.tabs[tab][int(number) - 1], ord(column) - ord("A")
        row += [None] * (at + 1 - len(row))
        row[at] = values[0][0]


def trimmed(cells: list[Any]) -> list[Any]:
    cells = ["" if cell is None else cell for cell in cells]
    while cells and cells[-1] in ("", []):
        cells.pop()
    return cells


def invalid_grant(description: str) -> dict[str, str]:
    return {"error": "invalid_grant", "error_description": description}


def refuse(code: int, status: str, message: str) -> Answer:
    error = {"code": code, "message": message, "status": status}
    return Answer(code, {"error": error})
