"""The account's own phone numbers: a call with one of them is a call with a colleague."""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.organizations.models import AccountNumber, Organization
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import Refused
from appconnect.ringcentral.extensions import list_phone_numbers
from connector.phone_numbers import to_e164
from connector.phone_numbers.read import parse_valid

MAX_LISTS = 1000
"""How many organizations' numbers a process keeps; one number takes 200 bytes."""

logger = logging.getLogger(__name__)


def account_numbers(organization: Organization) -> Mapping[str, str]:
    """Return the account's phone numbers in E.164, each with the id of its extension.

    The id is empty for the company's own numbers. Read once for each version of the list.
    """
    return _read(organization.pk, organization.numbers_version)


@lru_cache(MAX_LISTS)
def _read(organization_id: UUID, version: int) -> Mapping[str, str]:
    if version == 0:
        return {}
    numbers = AccountNumber.objects.filter(organization=organization_id)
    return dict(numbers.values_list("number", "extension_id"))


def refresh_account_numbers(
    organization: Organization, client: RingCentral, *, now: datetime
) -> str:
    """Read the numbers from RingCentral, as many pages as the call log's budget allows.

    The next refresh reads on from there. Return a sentence for admins where RingCentral
    refuses the list, else an empty string. Raises a `RingCentralError`.
    """
    try:
        read_pages(organization, client, now=now)
    except Refused as error:
        logger.warning("The account's phone numbers were not read: %s", error)
        return (
            _(
                "%s Calls to a colleague's direct number are logged as calls with a customer. "
                "Give the connected RingCentral user the right to read company phone numbers."
            )
            % error
        )
    return ""


def read_pages(
    organization: Organization, client: RingCentral, *, now: datetime
) -> None:
    connection = organization.ringcentral_connection
    page = connection.phone_numbers_page
    found: dict[str, str] = {}
    while page and connection.take_call_log_token(now):
        numbers, page = list_phone_numbers(client, page=page)
        found |= numbers
    store_account_numbers(organization, found, is_end_of_list=page == 0)
    connection.phone_numbers_page = page or 1
    connection.save(update_fields=["phone_numbers_page"])


@transaction.atomic
def store_account_numbers(
    organization: Organization, found: Mapping[str, str], *, is_end_of_list: bool
) -> None:
    """Store numbers with the ids of their extensions.

    A list may be read in parts. With its end, the numbers in none of its parts are
    deleted: the account has given them up.
    """
    current = organization.lock()
    rows = organization.account_numbers
    stored = dict(rows.values_list("number", "extension_id"))
    numbers = {
        number: extension_id
        for text, extension_id in found.items()
        if (number := read_listed(text, region=organization.region))
    }
    AccountNumber.objects.bulk_create(
        [
            AccountNumber(
                organization=organization,
                number=number,
                extension_id=extension_id[:40],
                was_found=True,
            )
            for number, extension_id in numbers.items()
        ],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["organization", "number"],
        update_fields=["extension_id", "was_found"],
    )
    if is_end_of_list:
        rows.filter(was_found=False).delete()
        rows.update(was_found=False)
    if dict(rows.values_list("number", "extension_id")) == stored:
        return
    organization.numbers_version = current.numbers_version + 1
    organization.save(update_fields=["numbers_version"])
    organization.configuration_changed()


def read_listed(text: str, *, region: str) -> str | None:
    """Return a number of the list in E.164: it has its country, and often no plus."""
    number = parse_valid(f"+{text}") if text.isdecimal() else None
    return number or to_e164(text, region=region)
