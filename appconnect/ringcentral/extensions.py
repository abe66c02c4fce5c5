"""The account and its extensions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import Unavailable

PEOPLE = frozenset({"User", "DigitalUser", "VirtualUser", "FlexibleUser", "Limited"})
SHARED = frozenset(
    {
        "Department",
        "SharedLinesGroup",
        "DelegatedLinesGroup",
        "Voicemail",
        "Announcement",
        "ApplicationExtension",
        "Room",
        "RoomConnector",
        "Bot",
    }
)
"""What calls can end at without a person: queues, shared lines, mailboxes, announcements,
apps (as the AI receptionist), rooms. They own calls only where an admin maps them."""
MAPPABLE = PEOPLE | SHARED
NOT_ACTIVATED = "NotActivated"
IN_USE = ("Enabled", NOT_ACTIVATED)
"""States of extensions that can be called."""

ACCOUNT = "/restapi/v1.0/account/~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A RingCentral account. `region` is ISO 3166, or empty; `time_zone` an IANA name."""

    id: str
    name: str
    region: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionInfo:
    """One entry of the account's directory; `type` is in RingCentral's words.

    `time_zone` is an IANA name; empty where it is unknown, as it is in the list.
    """

    id: str
    extension_number: str
    name: str
    email: str
    type: str
    is_enabled: bool
    is_activated: bool = True
    """False for a person who has not set up their account: their desk phone may ring."""
    is_admin: bool = False
    account_id: str = ""
    time_zone: str = ""


def get_account(client: RingCentral) -> Account:
    """Return the account that the token belongs to."""
    account = client.get(ACCOUNT)
    own = client.get(f"{ACCOUNT}/extension/~")
    country = member(member(account, "regionalSettings"), "homeCountry")
    return Account(
        id=str(account["id"]),
        name=text(member(own, "contact").get("company")) or str(account["id"]),
        region=text(country.get("isoCode")),
        time_zone=parse_time_zone(account) or "UTC",
    )


def get_own_extension(client: RingCentral) -> ExtensionInfo:
    """Return the extension of the token's user, with its admin right."""
    return get_extension(client, "~")


def get_extension(client: RingCentral, extension_id: str) -> ExtensionInfo:
    """Return one extension of the account, with its admin right."""
    return parse_extension(client.get(f"{ACCOUNT}/extension/{extension_id}"))


def list_extensions(client: RingCentral) -> Iterator[ExtensionInfo]:
    """Yield every extension of the account, page by page."""
    page = 1
    while page:
        reply = client.get(f"{ACCOUNT}/extension", {"page": page, "perPage": 1000})
        records = reply.get("records") if isinstance(reply, Mapping) else None
        if not isinstance(records, list):
            raise Unavailable("RingCentral's answer has no list of extensions.")
        yield from map(parse_extension, records)
        page = page + 1 if member(reply, "navigation").get("nextPage") else 0


def list_phone_numbers(client: RingCentral, *, page: int) -> tuple[dict[str, str], int]:
    """Return one page of the account's phone numbers, and the next page; 0 after the last.

    Each number, as RingCentral writes it, has the id of its extension; empty for the
    company's own numbers. A heavy request: RingCentral allows ten a minute.
    """
    reply = client.get(f"{ACCOUNT}/phone-number", {"page": page, "perPage": 1000})
    records = reply.get("records") if isinstance(reply, Mapping) else None
    if not isinstance(records, list):
        raise Unavailable("RingCentral's answer has no list of phone numbers.")
    numbers = {
        text(record.get("phoneNumber")): text(member(record, "extension").get("id"))
        for record in records
        if isinstance(record, Mapping)
    }
    return numbers, page + 1 if member(reply, "navigation").get("nextPage") else 0


def parse_extension(record: Any) -> ExtensionInfo:
    """Translate one extension; a member that is missing or null is empty, also the id.

    Ids are numbers in one reply and strings in another, and names and address are in a
    `contact` or beside the id.
    """
    record = record if isinstance(record, Mapping) else {}
    contact = member(record, "contact") or record
    names = (contact.get("firstName"), contact.get("lastName"))
    status = text(record.get("status"))
    return ExtensionInfo(
        id=text(record.get("id")),
        extension_number=text(record.get("extensionNumber")),
        name=text(record.get("name")) or " ".join(filter(None, map(text, names))),
        email=text(contact.get("email")),
        type=text(record.get("type")) or "Unknown",
        is_enabled=status in IN_USE,
        is_activated=status != NOT_ACTIVATED,
        is_admin=bool(member(member(record, "permissions"), "admin").get("enabled")),
        account_id=text(member(record, "account").get("id")),
        time_zone=parse_time_zone(record),
    )


def parse_time_zone(record: Mapping[str, Any]) -> str:
    """Return the time zone of an account or an extension; empty where none is known."""
    regional = member(record, "regionalSettings")
    name = text(member(regional, "timezone").get("name"))
    return name if name in known_time_zones() else ""


@cache
def known_time_zones() -> frozenset[str]:
    """Return the IANA names that this machine knows: looking them up reads hundreds of files."""
    return frozenset(available_timezones())


def member(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object in an object; empty where it is missing, null or no object."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    """Return a text or a number as text; empty where it is missing or null."""
    return "" if value is None else str(value)
