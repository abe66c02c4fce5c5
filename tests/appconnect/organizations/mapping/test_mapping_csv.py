import csv
import io

import pytest

from appconnect.organizations.mapping.csv_file import write_rows
from appconnect.organizations.mapping.mapping_changes import apply_changes
from appconnect.organizations.mapping.mapping_csv import (
    Comparison,
    compare,
    exported_rows,
    write_changes,
)
from appconnect.organizations.models import MappingBatch, UserMapping
from appconnect.sandbox.ringcentral.seed import extension_id
from tests.support.organization import ADA, map_by_hand

HEADER = ("extension_id", "crm_user_id", "version")


def exported(organization) -> list[dict[str, str]]:
    text = "".join(write_rows(exported_rows(organization)))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def compared(organization, *rows: tuple) -> Comparison:
    """Compare a file that has these rows: extension number, CRM user, version."""
    written = [(extension_id(number), *rest) for number, *rest in rows]
    return compare(organization, "".join(write_rows([HEADER, *written])).encode())


def wrong(comparison: Comparison) -> list[tuple[int, str, str]]:
    return [(e.row, e.column, e.sentence) for e in comparison.errors]


def owner_of(organization, number: str) -> UserMapping:
    return organization.user_mappings.get(extension__extension_number=number)


def add_user(organization, crm_user_id: str, **fields):
    return organization.crm_users.create(
        platform="sandbox", crm_user_id=crm_user_id, name="Somebody", **fields
    )


def test_the_export_has_every_extension(organization):
    rows = exported(organization)

    assert [row["extension_number"] for row in rows] == [
        *("101", "102", "103", "104", "105", "106", "107", "108"),
        *("200", "400", "500"),
    ]
    assert rows[3] == {
        "extension_id": extension_id("104"),
        "extension_number": "104",
        "name": "Dan Diaz",
        "email": "dan.diaz@example.com",
        "type": "user",
        "crm_user_id": "u4",
        "crm_user_name": "Daniel Diaz",
        "match": "Email",
        "version": "0",
    }


def test_an_unchanged_export_changes_nothing(organization):
    odd = add_user(organization, "=1+1")
    map_by_hand(owner_of(organization, "108"), odd)
    organization.extensions.update(name='\'-2, "x";\r\ny')
    data = "".join(write_rows(exported_rows(organization))).encode()

    comparison = compare(organization, data)

    assert (comparison.changes, comparison.errors) == ([], [])
    assert comparison.unchanged == 11


def test_edited_file_is_applied(organization, now):
    comparison = compared(
        organization, ("107", "u7", 0), ("102", "", 0), ("101", "u1", 0)
    )
    assert (len(comparison.changes), comparison.unchanged) == (2, 1)

    again = compare(organization, write_changes(comparison.changes).encode())
    apply_changes(
        organization,
        again.changes,
        source=MappingBatch.Source.CSV,
        actor=ADA,
        now=now,
    )

    sam, ben = owner_of(organization, "107"), owner_of(organization, "102")
    assert (sam.crm_user.crm_user_id, sam.match) == ("u7", UserMapping.Match.CSV)
    assert (ben.crm_user, ben.match) == (None, UserMapping.Match.MANUAL)


@pytest.mark.parametrize(
    "crm_user_id",
    [
        *("a-b", "8d2c 11;ee", "9007199254740993", "=SUM(A1)", "'=x", "''-x"),
        *('"', "ü/ø", " ", "007", "12E45", "two\nlines", "tab\tin", "\r"),
    ],
)
def test_any_id_survives_export_and_import(organization, crm_user_id):
    user = add_user(organization, crm_user_id)

    comparison = compared(organization, ("108", crm_user_id, 0))
    again = compare(organization, write_changes(comparison.changes).encode())

    assert [change.crm_user for change in again.changes] == [user]


def test_every_wrong_cell_is_named(organization):
    add_user(organization, "left", is_active=False)
    map_by_hand(owner_of(organization, "106"), None)

    comparison = compared(
        organization,
        ("999", "u1", 0),
        ("107", "nobody", 0),
        ("107", "u7", 0),
        ("108", "left", 0),
        ("106", "u6", 0),
        ("105", "u1"),
        ("104", "u1", 0),
    )

    assert len(comparison.changes) == 1
    unknown = "This ID isn't known. Refresh users if it's new."
    assert wrong(comparison) == [
        (2, "extension_id", unknown),
        (3, "crm_user_id", unknown),
        (4, "extension_id", "Row 3 already has this extension."),
        (5, "crm_user_id", "This CRM user is no longer active."),
        (
            6,
            "version",
            "Changed since the export. Export the mapping again.",
        ),
        (7, "version", "The row ends before this column."),
    ]


@pytest.mark.parametrize(
    ("crm_user_id", "written", "change"),
    [
        ("12345678901234567", "1.23E+16", "its digits are cut"),
        ("12345678901234567", "1,2345678901235e+16", "its digits are cut"),
        ("12345678901234567", "12345678901234500", "it is rounded after 15 digits"),
        ("00042", "42", "its leading zeros are gone"),
        ("00042", " 42.0", "it has decimals, its leading zeros are gone"),
        ("12345", "12.346", "it has thousands separators"),
        ("12345", "12346,0", "it has decimals"),
        ("12345", "12.346,00", "it has decimals, it has thousands separators"),
        ("12345", '="12346"', "it is written as a formula"),
    ],
)
def test_a_number_that_a_spreadsheet_changed_is_refused(
    organization, crm_user_id, written, change
):
    add_user(organization, crm_user_id)

    comparison = compared(organization, ("108", written, 0))

    ((row, column, sentence),) = wrong(comparison)
    assert (row, column) == (2, "crm_user_id")
    assert sentence.startswith(f"A spreadsheet changed this number: {change}")


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nextension_id;crm_user_id;version\r\n800100108;u2;0\r\n",
        '"sep=;"\r\nextension_id;crm_user_id;version\r\n800100108;u2;0\r\n',
        "sep=|\nextension_id|crm_user_id|version\n800100108|u2|0\n",
        "extension_id,crm_user_id,version\n800100108.0,u2,0.0\n",
        "extension_id,crm_user_id,version\n 800100108,u2 , 0\n",
        "extension_id,crm_user_id,version\n800100108\u00a0,\u200bu2\u00a0,0\u00a0\n",
        "extension_id;crm_user_id;version\n800.100.108;u2;0\n",
        "extension_id;crm_user_id;version\n800.100.108,00;u2;0\n",
        "extension_id;crm_user_id;version\n800\u202f100\u202f108;u2;0\n",
        'extension_id,crm_user_id,version\n"=""800100108""",u2,0\n',
        'extension_id,crm_user_id,version\n"800,100,108",u2,0\n',
        "\r\n\r\nextension_id,crm_user_id,version\r\n800100108,u2,0\r\n",
        ",,\n , ,\nextension_id,crm_user_id,version\n800100108,u2,0\n",
        "extension_id,crm_user_id,version\n800100108,u2,0\n , , \n",
    ],
)
def test_file_is_read_as_spreadsheets_write_it(organization, text):
    comparison = compare(organization, text.encode())

    assert comparison.errors == []
    [change] = comparison.changes
    assert change.mapping.extension.extension_id == "800100108"
    assert change.crm_user.crm_user_id == "u2"


def test_rows_are_counted_after_blank_ones_before_the_header(organization):
    text = "\n\nextension_id,crm_user_id,version\n800100999,u2,0\n"

    assert [row for row, *_ in wrong(compare(organization, text.encode()))] == [4]


def test_blank_cell_unmaps_an_extension(organization):
    comparison = compared(organization, ("101", " \u00a0", 0))

    assert [change.crm_user for change in comparison.changes] == [None]


def test_ids_of_another_organization_are_unknown(organization, stranger):
    stranger.organization.crm_users.create(platform="sandbox", crm_user_id="theirs")

    comparison = compared(organization, ("108", "theirs", 0))

    assert [error.column for error in comparison.errors] == ["crm_user_id"]


def test_twenty_thousand_rows_are_compared_in_a_few_queries(
    organization, django_assert_num_queries
):
    data = "".join(write_rows(exported_rows(organization))).encode()

    with django_assert_num_queries(2):
        compare(organization, data)
