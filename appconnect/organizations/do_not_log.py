"""The do-not-log list: phone numbers and extensions whose calls leave no trace."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.organizations.models import DoNotLogNumber, Organization
from appconnect.organizations.phone_numbers import EXTENSION_MAX_DIGITS, to_e164

SEPARATORS = re.compile(r"[,;\n\r]+")


def parse_do_not_log(
    text: str, organization: Organization
) -> tuple[list[str], list[str]]:
    """Read a list as people type it; return what was understood and what is wrong.

    An entry is a phone number, returned in E.164, or the number of an extension that
    the directory has. Each fault names its entry.
    """
    known = set(organization.extensions.values_list("extension_number", flat=True))
    understood, faults = [], []
    for entry in split_entries(text):
        if entry.isdigit() and len(entry) <= EXTENSION_MAX_DIGITS:
            if entry in known:
                understood.append(entry)
            else:
                faults.append(
                    _("%(entry)s: there is no such extension.") % {"entry": entry}
                )
        elif number := to_e164(entry, region=organization.region):
            understood.append(number)
        else:
            faults.append(
                _("%(entry)s: not a complete phone number.") % {"entry": entry}
            )
    return list(dict.fromkeys(understood)), faults


def split_entries(text: str) -> list[str]:
    """Return the entries of a list as people type it: by commas, semicolons or lines."""
    return list(filter(None, map(str.strip, SEPARATORS.split(text))))


def get_do_not_log_numbers(organization: Organization) -> list[str]:
    """Return the list: E.164 and extension numbers."""
    return sorted(row.number for row in organization.do_not_log_numbers.all())


@transaction.atomic
def set_do_not_log_numbers(
    organization: Organization, numbers: Iterable[str]
) -> list[dict[str, Any]]:
    """Replace the list with `numbers`, as `parse_do_not_log` understood them.

    Return the change for the audit log: how many, as the numbers leave no trace.
    """
    old, new = set(get_do_not_log_numbers(organization)), set(numbers)
    if new == old:
        return []
    organization.do_not_log_numbers.all().delete()
    DoNotLogNumber.objects.bulk_create(
        DoNotLogNumber(
            organization=organization,
            number=number,
            number_hash=organization.number_hash(number),
        )
        for number in new
    )
    counts = f"{len(new - old)} added, {len(old - new)} removed"
    return [{"field": "do_not_log_numbers", "before": len(old), "after": counts}]


def add_do_not_log_number(organization: Organization, number: str) -> None:
    """Put one number, in E.164, on the list, if it is not there yet."""
    number_hash = organization.number_hash(number)
    if not organization.do_not_log_numbers.filter(number_hash=number_hash).exists():
        DoNotLogNumber.objects.create(
            organization=organization, number=number, number_hash=number_hash
        )


def is_listed(organization: Organization, numbers: Iterable[str]) -> bool:
    """Tell whether any of `numbers`, in E.164 or as extension numbers, is on the list."""
    hashes = [organization.number_hash(number) for number in numbers if number]
    return organization.do_not_log_numbers.filter(number_hash__in=hashes).exists()
