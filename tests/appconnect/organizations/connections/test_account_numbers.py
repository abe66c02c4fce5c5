"""The account's phone numbers are read with the directory, and kept until they change."""

from functools import partial

import pytest

from appconnect.organizations.connections.account_numbers import (
    account_numbers,
    store_account_numbers,
)
from appconnect.organizations.mapping.user_mapping import refresh_directory
from appconnect.organizations.models import Organization, RingCentralConnection
from appconnect.ringcentral import extensions
from appconnect.sandbox.ringcentral import seed

DIRECT = seed.direct_number("102")
PATH = "/phone-number"


def test_refresh_of_the_directory_reads_the_numbers(connected, sandbox, now):
    refresh_directory(connected, now=now)

    numbers = account_numbers(connected)
    assert numbers[DIRECT] == seed.extension_id("102")
    assert numbers[seed.MAIN_NUMBER] == ""
    assert len(sandbox.asked(PATH)) == 1
    version = connected.configuration_version
    refresh_directory(connected, now=now)
    assert connected.configuration_version == version, "nothing has changed"


def test_long_list_is_read_on_at_the_next_refresh(
    connected, sandbox, settings, monkeypatch, now
):
    settings.CALL_LOG_READS_PER_MINUTE = 0
    list_pages = extensions.RingCentral.get

    def get_few(client, path, params=None):
        if path.endswith(PATH):
            params = {**params, "perPage": 3}
        return list_pages(client, path, params)

    monkeypatch.setattr(extensions.RingCentral, "get", get_few)

    refresh_directory(connected, now=now)
    assert len(account_numbers(connected)) == 3 * RingCentralConnection.BURST
    RingCentralConnection.objects.update(call_log_tokens=3)
    connected.refresh_from_db()
    refresh_directory(connected, now=now)

    assert len(account_numbers(connected)) == len(seed.phone_numbers())
    assert len(sandbox.asked(PATH)) == 5
    connection = RingCentralConnection.objects.get()
    assert connection.phone_numbers_page == 1


def test_refused_list_is_named_and_stops_nothing(connected, sandbox, now):
    refused = {"path": PATH, "status": 403, "code": "CMN-408"}
    sandbox.switch(replies=[refused])
    connected.extensions.all().delete()

    refresh_directory(connected, now=now)

    assert "the right to read company phone numbers" in connected.directory_oddities
    assert connected.directory_failure == ""
    assert connected.user_mappings.mapped().count() == 6
    assert connected.ringcentral_connection.is_connected


@pytest.mark.parametrize(
    ("listed", "number"),
    [
        ("16505550102", "+16505550102"),
        ("+16505550102", "+16505550102"),
        ("(650) 555-0102", "+16505550102"),
        ("3212345678", "+3212345678"),  # with its country, not one of Florida
        ("442079460018", "+442079460018"),
    ],
)
def test_listed_number_has_its_country(organization, listed, number):
    store_account_numbers(organization, {listed: ""}, is_end_of_list=True)

    assert list(account_numbers(organization)) == [number]


@pytest.mark.parametrize(
    ("is_end_of_list", "numbers"),
    [(True, {"+16505550199": "9"}), (False, {DIRECT: "2", "+16505550199": "9"})],
)
def test_changed_list_counts_at_the_next_call(organization, is_end_of_list, numbers):
    store_account_numbers(organization, {"16505550102": "2"}, is_end_of_list=True)
    assert account_numbers(organization) == {DIRECT: "2"}

    found = {"(650) 555-0199": "9", "16505550199": "9", "no number": ""}
    store_account_numbers(organization, found, is_end_of_list=is_end_of_list)

    assert account_numbers(organization) == numbers


def test_number_given_up_is_forgotten_after_a_list_in_parts(organization):
    store = partial(store_account_numbers, organization)
    store({"16505550101": "1", "16505550102": "2"}, is_end_of_list=True)

    store({"16505550101": "1"}, is_end_of_list=False)
    assert len(account_numbers(organization)) == 2, "the rest may still be listed"
    store({"16505550199": "9"}, is_end_of_list=True)

    assert account_numbers(organization) == {"+16505550101": "1", "+16505550199": "9"}


def test_list_stored_by_another_process_counts_too(organization):
    another = Organization.objects.get(pk=organization.pk)
    store_account_numbers(organization, {"16505550102": "2"}, is_end_of_list=True)
    assert account_numbers(organization) == {DIRECT: "2"}

    store_account_numbers(another, {"16505550199": "9"}, is_end_of_list=True)

    assert account_numbers(another) == {"+16505550199": "9"}
