"""The values of one spreadsheet: tabs whose first row has the titles of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.crms.google_sign_in import GoogleSignIn
from connector.crms.members import get_member, get_new_id
from connector.errors import (
    ConnectorError,
    InvalidSettings,
    PermanentError,
    TemporaryError,
)
from connector.http import Reply

MAX_TAB_BYTES = 8_000_000
"""Of a tab that is read whole: some 100,000 contacts."""
AS_TYPED = {"valueRenderOption": "UNFORMATTED_VALUE"}
"""A number as it is in the cell, not as the cell shows it."""
AS_TEXT = {"valueInputOption": "RAW"}
"""What is written is text: a name like ``=A1`` does not become a formula."""


class Spreadsheet(GoogleSignIn):
    """Reads and writes the tabs of the spreadsheet that the settings name.

    Columns are found by their titles, so that people may add and move them. Source:
    developers.google.com/workspace/sheets/api/reference/rest.
    """

    scope = "https://www.googleapis.com/auth/spreadsheets"

    @property
    def base_url(self) -> str:
        return "https://sheets.googleapis.com/v4/spreadsheets"

    @property
    def path(self) -> str:
        settings = self.credentials.server_logging_settings
        return f"/{settings.get('spreadsheetId', '')}"

    def read(self, cells: str, **options: Any) -> list[list[Any]]:
        """Return the rows of a range such as ``Calls!1:1``, which may be short or missing."""
        reply = self.request(
            "GET",
            f"{self.path}/values/{cells}",
            params={**AS_TYPED, **options},
            max_bytes=MAX_TAB_BYTES,
            judge=judge_for(cells.partition("!")[0]),
        )
        get_member(reply, "range", kind=str)  # else it is no answer of Google's
        rows = get_member({"values": [], **reply}, "values", kind=list)
        if not all(isinstance(row, list) for row in rows):
            raise TemporaryError("Google Sheets answered without rows.")
        return rows

    def titles(self, tab: str, needed: Sequence[str]) -> list[str]:
        """Return a tab's titles. Raises `PermanentError` where one of `needed` is missing."""
        return titles_of(tab, self.read(f"{tab}!1:1"), needed)

    def rows(self, tab: str, needed: Sequence[str]) -> Iterator[dict[str, str]]:
        """Yield the rows of a whole tab: title → text."""
        rows = self.read(tab)
        titles = titles_of(tab, rows[:1], needed)
        for row in rows[1:]:
            yield row_of(titles, row)

    def append(
        self, tab: str, titles: Sequence[str], values: Mapping[str, Any]
    ) -> None:
        """Add one row below a tab's last one; values without a column are left out.

        A column of people's own is left alone: it may have a formula for all rows.
        """
        reply = self.request(
            "POST",
            f"{self.path}/values/{tab}!A1:append",
            params={**AS_TEXT, "insertDataOption": "INSERT_ROWS"},
            json={"values": [[values.get(title) for title in titles]]},
            creates=True,
            judge=judge_for(tab),
        )
        get_new_id(reply, "updates", "updatedRange")

    def write(
        self, tab: str, titles: Sequence[str], row: int, values: Mapping[str, Any]
    ) -> None:
        """Write single cells of a row; values without a column are left out."""
        data = [
            {
                "range": f"{tab}!{letters_of(titles.index(title))}{row}",
                "values": [[value]],
            }
            for title, value in values.items()
            if title in titles
        ]
        if data:
            self.request(
                "POST",
                f"{self.path}/values:batchUpdate",
                json={**AS_TEXT, "data": data},
                judge=judge_for(tab),
            )

    def find_row(self, tab: str, column: int, text: str) -> int | None:
        """Return the number of the first row with this text in a column; None without."""
        letters = letters_of(column)
        columns = self.read(f"{tab}!{letters}:{letters}", majorDimension="COLUMNS")
        cells = [text_of(cell) for cell in columns[0]] if columns else []
        return cells.index(text) + 1 if text in cells else None


def titles_of(tab: str, rows: list[list[Any]], needed: Sequence[str]) -> list[str]:
    titles = [text_of(cell).strip() for cell in rows[0]] if rows else []
    if missing := [title for title in needed if title not in titles]:
        raise PermanentError(
            f"The tab “{tab}” of the spreadsheet has no column “{missing[0]}”. "
            "Write this title into its first row."
        )
    if "" in titles:
        raise PermanentError(
            f"The tab “{tab}” of the spreadsheet has a column without a title. "
            "Write one into its first row, or delete the column."
        )
    return titles


def row_of(titles: Sequence[str], row: Sequence[Any]) -> dict[str, str]:
    """Return a row as title → text; Google leaves out empty cells at its end."""
    cells = [*map(text_of, row), *[""] * (len(titles) - len(row))]
    return dict(zip(titles, cells, strict=False))


def text_of(cell: Any) -> str:
    is_whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if is_whole else cell)


def letters_of(column: int) -> str:
    """Return a column's letters: A of 0, Z of 25, AA of 26."""
    start, last = divmod(column, 26)
    return (letters_of(start - 1) if start else "") + chr(ord("A") + last)


def judge_for(tab: str) -> Any:
    """Return what says which setting or right is missing, where Google only has a code."""

    def judge(reply: Reply, error: ConnectorError | None) -> ConnectorError | None:
        about = reply.json.get("error") if isinstance(reply.json, dict) else None
        message = str(about.get("message", "")) if isinstance(about, dict) else ""
        if reply.status == 403 and "has not been used" in message:
            return PermanentError(
                "The Google Sheets API is not enabled in the project of the service "
                "account. Enable it in the Google Cloud console."
            )
        if reply.status == 403 and "protected" not in message:
            return PermanentError(
                "The service account may not use or change the spreadsheet. Share it "
                "with the service account's address as an Editor."
            )
        if reply.status == 404:
            return InvalidSettings(
                "There is no spreadsheet with this ID.", const="spreadsheetId"
            )
        if reply.status == 400 and "Unable to parse range" in message:
            return PermanentError(f"The spreadsheet has no tab “{tab}”. Add one.")
        return error

    return judge
