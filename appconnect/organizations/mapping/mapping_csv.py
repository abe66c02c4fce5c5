"""The user mapping as a CSV file: exported, edited by people, compared with the stored one."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from appconnect.organizations.mapping.csv_file import (
    UnreadableFile,
    read_rows,
    undo_changes,
    write_rows,
)
from appconnect.organizations.mapping.mapping_changes import MappingChange
from appconnect.organizations.models import CrmUser, Organization, UserMapping

NEEDED = ("extension_id", "crm_user_id", "version")
"""The columns that are read; the others are for people."""
COLUMNS = (
    "extension_id",
    "extension_number",
    "name",
    "email",
    "type",
    "crm_user_id",
    "crm_user_name",
    "match",
    "version",
)
MAX_CHANGED_CHARACTERS = 2_000_000
"""The changes are sent in a form of the preview; Django accepts no larger one."""
EXACT_DIGITS = 15
"""A spreadsheet replaces the digits after these by zeros."""
SCIENTIFIC = re.compile(r"\d([.,]\d+)?E[+-]?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WrongCell:
    """An error in a file; `row` as a spreadsheet counts."""

    row: int
    column: str
    sentence: str


@dataclass(slots=True)
class Comparison:
    """The differences between a file and the stored mapping."""

    changes: list[MappingChange] = field(default_factory=list)
    errors: list[WrongCell] = field(default_factory=list)
    unchanged: int = 0


class Refused(Exception):
    """A cell is refused; the message says why, for people."""

    def __init__(self, column: str, sentence: str):
        super().__init__(sentence)
        self.column = column


def exported_rows(organization: Organization) -> Iterator[tuple[object, ...]]:
    """Yield the file's rows, the column names first: every extension that can own calls."""
    yield COLUMNS
    rows = mappings_of(organization).order_by("extension__extension_number", "pk")
    for mapping in rows.iterator(chunk_size=2000):
        extension, user = mapping.extension, mapping.crm_user
        yield (
            extension.extension_id,
            extension.extension_number,
            extension.name,
            extension.email,
            extension.kind,
            user.crm_user_id if user else "",
            user or "",
            mapping.get_match_display(),
            mapping.version,
        )


def write_changes(changes: Iterable[MappingChange]) -> str:
    """Return a file with these changes alone. Raises `UnreadableFile` where it is too large."""
    rows = [
        (
            change.mapping.extension.extension_id,
            change.crm_user.crm_user_id if change.crm_user else "",
            change.mapping.version,
        )
        for change in changes
    ]
    text = "".join(write_rows([NEEDED, *rows]))
    if len(text) > MAX_CHANGED_CHARACTERS:
        raise UnreadableFile(_("Too many changes at once. Split the file."))
    return text


def compare(organization: Organization, data: bytes) -> Comparison:
    """Compare a file with the mapping. Raises `UnreadableFile`."""
    mappings = {m.extension.extension_id: m for m in mappings_of(organization)}
    users = organization.crm_users.filter(platform=organization.platform)
    known_extensions = KnownIds(mappings)
    known_users = KnownIds({user.crm_user_id: user for user in users})
    row_of: dict[UserMapping, int] = {}
    comparison = Comparison()
    for number, row in read_rows(data, needed=NEEDED):
        try:
            if not any(map(str.strip, row.values())):
                continue
            for column in NEEDED:
                if column not in row:
                    raise Refused(column, _("The row ends before this column."))
            mapping = known_extensions.get(row, "extension_id")
            if mapping in row_of:
                raise Refused(
                    "extension_id",
                    _("Row %d already has this extension.") % row_of[mapping],
                )
            row_of[mapping] = number
            user = known_users.find(row, "crm_user_id")
            if user == mapping.crm_user:
                comparison.unchanged += 1
            else:
                check(mapping, user, row["version"])
                match = UserMapping.Match.CSV if user else UserMapping.Match.MANUAL
                comparison.changes.append(MappingChange(mapping, user, match))
        except Refused as error:
            wrong = WrongCell(number, error.column, str(error))
            comparison.errors.append(wrong)
    return comparison


def check(mapping: UserMapping, user: CrmUser | None, version: str) -> None:
    """Refuse an inactive CRM user, and a mapping that was changed since the export."""
    if user and not user.is_active:
        raise Refused("crm_user_id", _("This CRM user is no longer active."))
    if undo_changes(version)[0] != str(mapping.version):
        raise Refused(
            "version",
            _("Changed since the export. Export the mapping again."),
        )


class KnownIds:
    """The rows that a file may name, by id."""

    def __init__(self, rows: dict[str, object]):
        self.rows = rows
        digits = [row_id for row_id in rows if row_id.isascii() and row_id.isdigit()]
        self.without_zeros = {row_id.lstrip("0") for row_id in digits}
        self.rounded = {
            row_id[:EXACT_DIGITS].ljust(len(row_id), "0") for row_id in digits
        }

    def find(self, row: dict[str, str], column: str):
        """Return what a cell names, None for a blank one. Raises `Refused`."""
        cell = row[column]
        is_blank = cell not in self.rows and not undo_changes(cell)[0]
        return None if is_blank else self.get(row, column)

    def get(self, row: dict[str, str], column: str):
        """Return what a cell names. Raises `Refused`."""
        cell = row[column]
        named, changes = undo_changes(cell)
        for spelling in (cell, named):
            if spelling in self.rows:
                return self.rows[spelling]
        if SCIENTIFIC.fullmatch(named):
            changes.append(_("its digits are cut, as in 8.1E+08"))
        elif named in self.without_zeros:
            changes.append(_("its leading zeros are gone"))
        elif named in self.rounded:
            changes.append(_("it is rounded after 15 digits"))
        if changes:
            raise Refused(
                column,
                _(
                    "A spreadsheet changed this number: %s. Open the file with this "
                    "column as text, or export it again."
                )
                % ", ".join(changes),
            )
        raise Refused(
            column,
            _("This ID isn't known. Refresh users if it's new."),
        )


def mappings_of(organization: Organization):
    return organization.user_mappings.filter(
        platform=organization.platform
    ).select_related("extension", "crm_user", "organization")
