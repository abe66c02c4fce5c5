"""Tables for a spreadsheet program."""

from collections.abc import Iterable, Sequence
from itertools import chain

from django.http import StreamingHttpResponse

from appconnect.organizations.mapping.csv_file import BOM, write_rows


def csv_response(
    rows: Iterable[Sequence[object]], *, filename: str
) -> StreamingHttpResponse:
    """Stream the rows as a CSV file; cells that look like formulas are escaped."""
    return StreamingHttpResponse(
        chain([BOM], write_rows(rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
