"""CSV files that people edit in a spreadsheet: written safely, and read back unchanged.

A spreadsheet treats a cell that begins with ``= + - @``, also in their full width or behind
blanks, or with a tab or a line end, as a formula. Where its language divides cells by
semicolons, or the text has tabs or line ends, the same goes for what stands behind those.
Each such place, and one that has apostrophes already, is written with one apostrophe more,
which reading removes.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 20_000
BOM = "\ufeff"
"""Marks the file as UTF-8 for a spreadsheet."""
DELIMITERS = ",;\t"
SIGN = r"=+\-@＝＋－＠"
IGNORED = r"""(?:[^\S\t\r\n]|['"\ufeff\u200b-\u200f\u2060])*+"""
"""Blanks and the like before a formula's sign, and apostrophes of ours."""
BEFORE_FORMULA = re.compile(
    rf"\A(?={IGNORED}[{SIGN}\t\r\n])|(?<=[;\t\r\n])(?={IGNORED}[{SIGN}])"
)
APOSTROPHE = re.compile(
    rf"\A'(?={IGNORED}[{SIGN}\t\r\n])|(?<=[;\t\r\n])'(?={IGNORED}[{SIGN}])"
)
SEPARATOR_LINE = re.compile(
    r"""\A"?sep=([^"\r\n])"?[,;\t ]*(?:\r\n|\r|\n)""", re.IGNORECASE
)
"""Excel's own first line, which names the delimiter and counts as no row."""
FORMULA_OF_TEXT = re.compile(r'="(.*)"', re.DOTALL)
DECIMALS = re.compile(r"([0-9][0-9.,'’\s]*)[.,]0{1,2}")
THOUSANDS = re.compile(r"[0-9]{1,3}(?:[.,'’\s][0-9]{3})+")


class UnreadableFile(Exception):
    """The file cannot be read; the message says why, for people."""


def neutralize(value: str) -> str:
    return BEFORE_FORMULA.sub("'", value)


def restore(cell: str) -> str:
    return APOSTROPHE.sub("", cell)


def undo_changes(cell: str) -> tuple[str, list[str]]:
    """Return an id as it was before a spreadsheet changed it, and how that shows.

    Blanks around it and invisible characters are not worth a word.
    """
    text = "".join(c for c in cell if unicodedata.category(c) != "Cf").strip()
    changes = []
    if formula := FORMULA_OF_TEXT.fullmatch(text):
        text = formula[1].strip()
        changes.append(_("it is written as a formula"))
    if decimals := DECIMALS.fullmatch(text):
        text = decimals[1]
        changes.append(_("it has decimals"))
    if THOUSANDS.fullmatch(text):
        text = re.sub("[^0-9]", "", text)
        changes.append(_("it has thousands separators"))
    return text, changes


def write_rows(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the file's text, row by row."""
    line = io.StringIO()
    writer = csv.writer(line)
    for row in rows:
        cells = ("" if value is None else str(value) for value in row)
        writer.writerow([neutralize(cell) for cell in cells])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def read_rows(
    data: bytes, *, needed: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row that is not empty: its number as a spreadsheet shows it, and its cells.

    The first row that is not blank names the columns, in any order; a comma, a semicolon
    or a tab divides them, or what a line ``sep=`` before it says. A row that ends early
    has no entry for what it lacks. Raises `UnreadableFile`.
    """
    text, delimiters = decode(data), DELIMITERS
    if line := SEPARATOR_LINE.match(text):
        text, delimiters = text[line.end() :], line[1]
    delimiter = max(delimiters, key=lambda d: len({*needed} & {*header(text, d)[1]}))
    first, columns = header(text, delimiter)
    for column in needed:
        if column not in columns:
            raise UnreadableFile(
                _("The column “%s” is missing. The first row names the columns.")
                % column
            )
        if columns.count(column) > 1:
            raise UnreadableFile(_("The column “%s” is there twice.") % column)
    reader = read(text, delimiter)
    try:
        for number, cells in enumerate(reader, start=1):
            if number > MAX_ROWS + first:
                raise UnreadableFile(
                    _("The file has more than %d rows. Split it.") % MAX_ROWS
                )
            if number > first and any(cells):
                restored = map(restore, cells)
                yield number, dict(zip(columns, restored, strict=False))
    except csv.Error as error:
        raise UnreadableFile(
            _("Line %d is not CSV: look for a quotation mark too many.")
            % reader.line_num
        ) from error


def decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise UnreadableFile(_("The file is larger than 5 MB. Split it."))
    utf_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if data.startswith(utf_16) or b"\0" in data[:2]:
        raise UnreadableFile(
            _(
                "The file is in UTF-16, not in UTF-8. In the spreadsheet, save it as "
                "“CSV UTF-8”."
            )
        )
    try:
        if b"\0" in data:
            raise UnicodeError
        return data.decode("utf-8-sig")
    except UnicodeError as error:
        raise UnreadableFile(
            _(
                "The file is not in UTF-8, so names could be misread. In the spreadsheet, "
                "save it as “CSV UTF-8”."
            )
        ) from error


def read(text: str, delimiter: str):
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=delimiter, strict=True)


def header(text: str, delimiter: str) -> tuple[int, list[str]]:
    """Return the row that names the columns, and the names; none where there are none."""
    try:
        for number, cells in enumerate(read(text, delimiter), start=1):
            names = [cell.strip().lower() for cell in cells]
            if any(names):
                return number, names
    except csv.Error:
        pass
    return 1, []
