"""Tables for a spreadsheet program, which would take some cells for formulas."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """What `csv` writes to, and gets back."""

    def write(self, line: str) -> str:
        return line


def neutral(value: object) -> str:
    """Return a cell that is text, whatever a spreadsheet makes of its first letter."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_response(
    rows: Iterable[Iterable[object]], *, filename: str
) -> StreamingHttpResponse:
    """Send the rows as a CSV file, as they come."""

    def lines() -> Iterator[str]:
        writer = csv.writer(Echo())
        yield "\ufeff"  # or Excel reads UTF-8 as something else
        for row in rows:
            yield writer.writerow([neutral(cell) for cell in row])

    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
