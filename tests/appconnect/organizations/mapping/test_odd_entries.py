"""An odd entry of RingCentral's or the CRM's list is cleaned or left out, and named; an odd list is refused."""

import pytest

from appconnect.organizations.mapping import user_mapping
from appconnect.organizations.mapping.directory import (
    describe_oddities,
    store_crm_users,
    store_extensions,
)
from appconnect.organizations.mapping.user_mapping import refresh_directory
from appconnect.ringcentral.extensions import ExtensionInfo
from appconnect.sandbox.ringcentral import seed
from connector.errors import PermanentError
from connector.types import CrmUser
from tests.support.helpers import text_of

FINE = CrmUser(id="u9", name="Zoë 🙂 O'Neil", email="zoe@example.com")


def make_extension(**members) -> ExtensionInfo:
    defaults = {"id": "1", "extension_number": "900", "name": "Ann", "email": ""}
    return ExtensionInfo(**defaults | {"type": "User", "is_enabled": True} | members)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Ada \x00 Admin", "Ada Admin"),
        ("Ada \ud83d", "Ada"),
        ("Ada\x1b[31m\r\nAdmin", "Ada [31m Admin"),
        (None, ""),
        (FINE.name, FINE.name),
        ("ن\u200cا", "ن\u200cا"),
    ],
)
def test_names_are_stored_without_what_a_database_refuses(organization, name, stored):
    store_crm_users(organization, [FINE, CrmUser(id="u1", name=name, email=None)])
    store_extensions(organization, [make_extension(name=name, email=None)])

    assert organization.crm_users.get(crm_user_id="u1").name == stored
    assert organization.crm_users.get(crm_user_id="u9").name == FINE.name
    assert organization.extensions.get(extension_id="1").name == stored


@pytest.mark.parametrize("odd_id", ["", None, "u\x00", "u\udc00", "u" * 201])
def test_entry_without_a_usable_id_is_left_out_and_named(organization, odd_id):
    odd = CrmUser(id=odd_id, name="Bob")

    store_crm_users(organization, [odd, FINE])
    store_extensions(organization, [make_extension(id=odd_id)])

    assert organization.crm_users.filter(is_active=True).get().crm_user_id == "u9"
    assert not organization.extensions.filter(name="Ann").exists()
    assert "CRM user Bob was left out: it has no usable ID." in describe_oddities(
        [], [odd, FINE]
    )


def test_oddities_are_counted_and_the_first_five_named():
    assert describe_oddities([make_extension()], [FINE]) == ""

    users = [CrmUser(id=f"u{n}", name=f"Ada {n}\x00") for n in range(6)]
    lines = describe_oddities([make_extension(name="")], users).splitlines()

    assert lines == [
        "7 entries have errors. All others were refreshed.",
        "Extension 1 has no name.",
        *[
            f"CRM user Ada {n}: characters that can't be stored were removed from the "
            "name or email."
            for n in range(4)
        ],
        "And 2 more.",
    ]


def test_unused_entry_needs_no_name():
    unused = make_extension(name="", is_enabled=False)

    assert (
        describe_oddities([unused], [CrmUser(id="1", name="", is_active=False)]) == ""
    )


def test_address_that_is_too_long_is_none(organization):
    long = "a" * 250 + "@example.com"

    store_crm_users(organization, [CrmUser(id="u1", name="Ada", email=long)])

    assert organization.crm_users.get(crm_user_id="u1").email == ""


def test_refresh_goes_on_past_odd_entries_and_the_page_names_them(
    console, connected, now, monkeypatch
):
    users = [CrmUser(id="u1", name="Ada \x00 Admin"), CrmUser(id="", name="Bob"), FINE]
    monkeypatch.setattr(user_mapping, "fetch_crm_users", lambda _: users)

    refresh_directory(connected, now=now)

    assert connected.directory_failure == ""
    assert connected.crm_users.get(crm_user_id="u9").is_active
    shown = text_of(console.get("/user-mapping/"))
    assert "2 entries have errors. All others were refreshed." in shown
    assert "CRM user Ada Admin: characters" in shown
    assert "CRM user Bob was left out" in shown

    monkeypatch.setattr(user_mapping, "fetch_crm_users", lambda _: [FINE])
    refresh_directory(connected, now=now)
    assert "have errors" not in text_of(console.get("/user-mapping/"))


@pytest.mark.parametrize("listed", [[], ["102", "103"]])
def test_list_without_the_connected_extension_disables_nobody(
    connected, now, monkeypatch, listed
):
    entries = [make_extension(id=seed.extension_id(number)) for number in listed]
    monkeypatch.setattr(user_mapping, "list_extensions", lambda client: entries)
    enabled = connected.extensions.filter(is_enabled=True)
    count = enabled.count()

    refresh_directory(connected, now=now)

    connected.refresh_from_db()
    assert "lacks the connected one" in connected.directory_failure
    assert enabled.count() == count


def test_failure_is_stored_without_what_a_database_refuses(connected, now, monkeypatch):
    def fail(organization):
        raise PermanentError("The CRM said \ud83d\x00 no.")

    monkeypatch.setattr(user_mapping, "fetch_crm_users", fail)

    refresh_directory(connected, now=now)

    connected.refresh_from_db()
    assert connected.directory_failure == "The CRM said no."


def test_unexpected_failure_is_stored_so_that_nothing_is_read_each_minute(
    connected, now, monkeypatch
):
    monkeypatch.setattr(user_mapping, "fetch_crm_users", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        refresh_directory(connected, now=now)

    connected.refresh_from_db()
    assert connected.directory_refreshed_at == now
    assert "Unexpected error." in connected.directory_failure
