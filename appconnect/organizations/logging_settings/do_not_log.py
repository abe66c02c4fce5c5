"""The do-not-log list: phone numbers and extensions whose calls leave no trace."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.organizations.logging_settings.number_faults import NUMBER_FAULTS
from appconnect.organizations.models import AuditEntry, DoNotLogNumber, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from connector.phone_numbers import (
    EXTENSION_MAX_DIGITS,
    NotANumber,
    read_number,
    same_numbers,
)

SEPARATORS = re.compile(r"[,\n\r]+|;(?!ext=)")
EXTENSION = re.compile(rf"[0-9]{{1,{EXTENSION_MAX_DIGITS}}}")
PREFIX_MIN_DIGITS = 6
"""With fewer a typing mistake could leave a whole country unlogged."""
PREFIX = re.compile(rf"\+[1-9][0-9]{{{PREFIX_MIN_DIGITS - 1},13}}\*")
PREFIX_FAULT = gettext_lazy(
    "what numbers begin with needs the country code and at least %d digits, such as "
    "+1650555*."
)
PUNCTUATION = re.compile(r"[\s()./-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a list as people type it: its number, or the reason why it is wrong."""

    typed: str = field(repr=False)
    number: str = field(default="", repr=False)
    """E.164, the number of an extension, or the beginning of numbers: ``+1650555*``."""
    fault: str = ""


def read_entries(
    text: str, organization: Organization, *, any_extension: bool = False
) -> list[Entry]:
    """Read a list as people type it.

    Six digits or fewer must be an extension: one that the directory has or that is
    listed, or, with `any_extension`, any that the directory may have later.
    """
    extension_numbers = set(
        organization.extensions.values_list("extension_number", flat=True)
    )
    hashes = organization.do_not_log_numbers.values_list("number_hash", flat=True)
    listed = set(hashes)
    region = organization.region

    def is_extension(typed: str) -> bool:
        return (
            any_extension
            or typed in extension_numbers
            or organization.number_hash(typed) in listed
        )

    def read(typed: str) -> Entry:
        if typed.endswith("*"):
            prefix = PUNCTUATION.sub("", typed)
            if PREFIX.fullmatch(prefix):
                return Entry(typed=typed, number=prefix)
            return Entry(typed=typed, fault=PREFIX_FAULT % PREFIX_MIN_DIGITS)
        if EXTENSION.fullmatch(typed):
            if is_extension(typed):
                return Entry(typed=typed, number=typed)
            return Entry(typed=typed, fault=_("there is no such extension."))
        try:
            return Entry(typed=typed, number=read_number(typed, region=region))
        except NotANumber as error:
            return Entry(typed=typed, fault=str(NUMBER_FAULTS[error.fault]))

    return [read(typed) for typed in split_entries(text)]


def split_entries(text: str) -> list[str]:
    """Return the entries of a list as people type it: by commas, semicolons or lines."""
    return list(filter(None, map(str.strip, SEPARATORS.split(text))))


def get_do_not_log_numbers(organization: Organization) -> list[str]:
    """Return the list: E.164 and extension numbers."""
    return sorted(row.number for row in organization.do_not_log_numbers.all())


@transaction.atomic
def set_do_not_log_numbers(
    organization: Organization,
    numbers: Iterable[str],
    *,
    added_by: str = "",
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """Replace the list by `numbers`, as `read_entries` returned them.

    Return the change for the audit log: only how many, as the numbers leave no trace.
    """
    organization.lock()
    before = organization.do_not_log_numbers.count()
    by_hash = {organization.number_hash(number): number for number in numbers}
    rows = organization.do_not_log_numbers.exclude(number_hash__in=by_hash)
    removed, _rows = rows.delete()
    added = _add(organization, by_hash, label="", added_by=added_by, now=now)
    if not added and not removed:
        return []
    organization.configuration_changed()
    return [_change(before, added, removed)]


@transaction.atomic
def replace_do_not_log_numbers(
    organization: Organization, numbers: Iterable[str], *, actor: Actor, now: datetime
) -> None:
    """Replace the list by `numbers`, as `read_entries` returned them, and log that."""
    organization.lock()
    changes = set_do_not_log_numbers(
        organization, numbers, added_by=actor.name, now=now
    )
    for change in changes:
        _log_change(organization, change, actor=actor, now=now)


@transaction.atomic
def add_do_not_log_numbers(
    organization: Organization,
    numbers: Iterable[str],
    *,
    label: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Add the numbers that are not on the list yet; return how many."""
    organization.lock()
    before = organization.do_not_log_numbers.count()
    by_hash = {organization.number_hash(number): number for number in numbers}
    added = _add(organization, by_hash, label=label, added_by=actor.name, now=now)
    if added:
        organization.configuration_changed()
        _log_change(organization, _change(before, added, 0), actor=actor, now=now)
    return added


@transaction.atomic
def remove_do_not_log_numbers(
    organization: Organization,
    rows: Iterable[DoNotLogNumber],
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Remove rows from the list; return how many were still on it."""
    before = organization.do_not_log_numbers.count()
    chosen = [row.pk for row in rows]
    removed, _rows = organization.do_not_log_numbers.filter(pk__in=chosen).delete()
    if removed:
        organization.configuration_changed()
        _log_change(organization, _change(before, 0, removed), actor=actor, now=now)
    return removed


def _add(
    organization: Organization,
    by_hash: dict[str, str],
    *,
    label: str,
    added_by: str,
    now: datetime | None,
) -> int:
    listed = organization.do_not_log_numbers.values_list("number_hash", flat=True)
    new = by_hash.keys() - set(listed)
    DoNotLogNumber.objects.bulk_create(
        DoNotLogNumber(
            organization=organization,
            number=by_hash[number_hash],
            number_hash=number_hash,
            label=label,
            added_by=added_by,
            added_at=now,
        )
        for number_hash in new
    )
    return len(new)


def _change(before: int, added: int, removed: int) -> dict[str, Any]:
    after = f"{added} added, {removed} removed"
    return {"field": "do_not_log_numbers", "before": before, "after": after}


def _log_change(
    organization: Organization, change: dict[str, Any], *, actor: Actor, now: datetime
) -> None:
    audit.log(
        organization,
        AuditEntry.Action.DO_NOT_LOG_CHANGED,
        actor=actor,
        changes=[change],
        now=now,
    )


@transaction.atomic
def add_do_not_log_number(
    organization: Organization, number: str, *, actor: Actor, now: datetime
) -> None:
    """Add one number, in E.164, to the list; the caller writes the audit entry."""
    organization.lock()
    by_hash = {organization.number_hash(number): number}
    _add(organization, by_hash, label="", added_by=actor.name, now=now)
    organization.configuration_changed()


def is_listed(organization: Organization, numbers: Iterable[str]) -> bool:
    """Return whether any of `numbers`, in E.164 or as extension numbers, is on the list.

    A number that begins like an entry with an asterisk is.
    """
    known = organization.configuration
    if known is not None and not known.do_not_log:
        return False
    entries = [entry for number in numbers for entry in entries_of(number)]
    hashes = [organization.number_hash(entry) for entry in entries]
    if known is not None:
        return not known.do_not_log.isdisjoint(hashes)
    return organization.do_not_log_numbers.filter(number_hash__in=hashes).exists()


def entries_of(number: str) -> list[str]:
    """Return every entry that matches a number: each way to dial it and their prefixes."""
    if not number.startswith("+"):
        return [number] if number else []
    shortest = len("+") + PREFIX_MIN_DIGITS
    return [
        entry
        for same in same_numbers(number)
        for entry in (
            same,
            *(f"{same[:end]}*" for end in range(shortest, len(same) + 1)),
        )
    ]
