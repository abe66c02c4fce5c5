import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appconnect.organizations.mapping.csv_file import (
    MAX_BYTES,
    MAX_ROWS,
    UnreadableFile,
    neutralize,
    read_rows,
    restore,
    write_rows,
)

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
TRICKY = st.text("'=＝+-@\t\r\n\",; \u3000\ufeffa")


def read(data: bytes | str, *needed: str) -> list[dict[str, str]]:
    data = data.encode() if isinstance(data, str) else data
    return [row for _, row in read_rows(data, needed=needed or ("id", "user"))]


@given(st.lists(st.tuples(CELLS | TRICKY, CELLS | TRICKY), max_size=5))
def test_written_rows_are_read_back(rows):
    text = "".join(write_rows([("id", "user"), *rows]))

    assert [(row["id"], row["user"]) for row in read(text)] == [
        row for row in rows if any(row)
    ]


@given(CELLS | TRICKY)
def test_cells_are_never_formulas(value):
    for cell in re.split(r"[;\t\r\n]", neutralize(value)):
        assert not cell.strip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert restore(neutralize(value)) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("x;=1+1", "x;'=1+1"),
        ("x\t@SUM(1)", "x\t'@SUM(1)"),
        ("x\n +1", "x\n' +1"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ('x;"=1+1"', 'x;\'"=1+1"'),
        ("\tx", "'\tx"),
        ("a-b; c", "a-b; c"),
        ("O'Hara", "O'Hara"),
    ],
)
def test_an_apostrophe_stands_before_what_would_be_a_formula(value, written):
    assert neutralize(value) == written


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_spreadsheet_dialects_are_read(bom, delimiter, end):
    text = end.join(['note;"ID"; user', '"a, b";1;x', '"two\nlines";2;', ";;", "", ""])

    rows = read(bom + text.replace(";", delimiter))

    assert [(row["id"], row["user"]) for row in rows] == [("1", "x"), ("2", "")]


def test_rows_are_counted_as_a_spreadsheet_does():
    data = b'id,user\n"1\n1",a\n\n2,b\n3\n'

    rows = dict(read_rows(data, needed=("id", "user")))

    assert rows == {
        2: {"id": "1\n1", "user": "a"},
        4: {"id": "2", "user": "b"},
        5: {"id": "3"},
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("id,user\n1,Jürgen".encode("cp1252"), "save it as “CSV UTF-8”"),
        ("id,user\n1,a".encode("utf-16"), "in UTF-16.* save it as “CSV UTF-8”"),
        ("id,user\n1,a".encode("utf-16-le"), "in UTF-16.* save it as “CSV UTF-8”"),
        (b"id,user\n1,a\0b", "save it as “CSV UTF-8”"),
        (b"", "The column “id” is missing."),
        (b"id\n1", "The column “user” is missing."),
        (b"id,user,ID\n1,a,2", "The column “id” is there twice."),
        (b'id,user\n1,"a', "Line 2 is not CSV"),
        (b'id,user\n1,"a"b"\n2,b', "Line 2 is not CSV"),
        (b"id,user\n1," + b"x" * 1_000_000, "Line 2 is not CSV"),
        (b"x" * 1_000_000, "The column “id” is missing."),
        (b"x," * 10_000, "The column “id” is missing."),
        (b'"', "The column “id” is missing."),
        (b"id,user" + b"\n1,a" * (MAX_ROWS + 1), "more than 20000 rows"),
        (b"x" * (MAX_BYTES + 1), "larger than 5 MB"),
    ],
)
def test_unreadable_file_is_refused_with_the_reason(data, message):
    with pytest.raises(UnreadableFile, match=message):
        read(data)


def test_many_columns_are_read():
    data = b"id," + b"x," * 10_000 + b"user\n1," + b"y," * 10_000 + b"a"

    (row,) = read(data)

    assert (row["id"], row["user"]) == ("1", "a")
