"""A contact is found however people have typed their number, in each CRM with a class."""

from contextlib import contextmanager

import pytest
import requests

from connector.crms.bullhorn import Bullhorn
from connector.crms.odoo import Odoo
from connector.crms.odoo_api import JSON_2
from connector.crms.pipedrive import Pipedrive
from connector.http.session import open_session
from connector.testing import CannedReplies
from connector.types import Credentials, SignInKeeper
from tests.support.fakes import bullhorn, pipedrive
from tests.support.fakes.openapi_judge import are_required


@contextmanager
def pipedrive_with(stored, *, searches_digits=True):
    with pipedrive.FakePipedrive() as fake:
        fake.judges = pipedrive.pipedrive_judges() if are_required() else ()
        fake.searches_digits = searches_digits
        fake.persons = [pipedrive.person(7, "Ada", stored)]
        yield Pipedrive(
            Credentials(hostname=fake.host),
            session=open_session(private_hosts=[fake.host]),
            sign_in_keeper=SignInKeeper(fake.sign_in()),
        )
    assert fake.faults == []


@contextmanager
def bullhorn_with(stored, *, searches_digits=True):
    with bullhorn.FakeBullhorn() as fake:
        fake.searches_digits = searches_digits
        fake.people = [bullhorn.person("Lead", 7, "Ada", mobile=stored)]
        values = {"apiUsername": fake.username, "apiPassword": fake.password}
        yield Bullhorn(
            Credentials(
                hostname=fake.host, server_logging_settings=values, **fake.client
            ),
            session=open_session(private_hosts=[fake.host]),
        )
    assert fake.faults == []


@contextmanager
def odoo_with(stored):
    """An Odoo without `phone_validation`, which finds the contact by a part of the number."""
    contact = {"id": 7, "name": "Ada", "phone": stored, "mobile": False}
    session = requests.Session()
    session.mount("https://", CannedReplies((200, [contact])))
    signed_in = {"api": JSON_2, "uid": "2", "phone_fields": "phone mobile"}
    signed_in["record_type"] = "crm.phonecall"
    yield Odoo(
        Credentials(
            hostname="crm.example.com", server_logging_settings={"apiKey": "k"}
        ),
        session=session,
        sign_in_keeper=SignInKeeper(signed_in),
    )


CRMS = [pipedrive_with, bullhorn_with, odoo_with]
US, UK, DE, SE = "+16505550100", "+442079460018", "+4930123456", "+46701234567"
MX, AR, BR = "+525512345678", "+5491123456789", "+5511987654321"
FOUND = [
    # Two numbers, or a number and a word, in one field
    (US, "650-555-0100 / 650-555-0101", "US"),
    (US, "650-555-0101 / 650-555-0100", "US"),
    (US, "650-555-0100; 650-555-0101", "US"),
    (US, "650-555-0100, 650-555-0101", "US"),
    (US, "650-555-0100 or 650-555-0101", "US"),
    (US, "650-555-0100 (home)", "US"),
    (US, "650-555-0100 cell", "US"),
    (US, "650 555 0100 (do not call)", "US"),
    (US, "650-555-0100 - Bob", "US"),
    (DE, "030/123456 od. 0170/1234567", "DE"),
    (SE, "070 123 45 67 (Axel)", "SE"),
    ("+491701234567", "0170/1234567 privat", "DE"),
    # As the CRM's own country dials them
    (US, "001 650 555 0100", "DE"),
    (UK, "011 44 20 7946 0018", "US"),
    (UK, "011442079460018", "US"),
    # Mexico's 1, Argentina's 9, Brazil's ninth digit
    (MX, "+52 1 55 1234 5678", "MX"),
    (MX, "521 55 1234 5678", "MX"),
    (MX, "55 1234 5678", "MX"),
    ("+5215512345678", "+52 55 1234 5678", "MX"),
    (AR, "+54 11 2345 6789", "AR"),
    ("+541123456789", "+54 9 11 2345 6789", "AR"),
    (BR, "+55 11 8765-4321", "BR"),
    ("+551187654321", "(11) 98765-4321", "BR"),
]
ANOTHER = [
    (US, "650-555-0101 / 650-555-0102", "US"),
    (US, "16505550100 9", "US"),
    ("+445105550100", "510-555-0100", "US"),
]


@pytest.mark.parametrize("crm_with", CRMS)
@pytest.mark.parametrize(("number", "stored", "region"), FOUND)
def test_number_is_found_as_people_have_typed_it(crm_with, number, stored, region):
    with crm_with(stored) as connector:
        connector.region = region

        assert [contact.id for contact in connector.find_contact(number)] == ["7"]


@pytest.mark.parametrize("crm_with", CRMS)
@pytest.mark.parametrize(("number", "stored", "region"), ANOTHER)
def test_another_number_is_not_taken_for_it(crm_with, number, stored, region):
    with crm_with(stored) as connector:
        connector.region = region

        assert connector.find_contact(number) == []


@pytest.mark.parametrize("crm_with", [pipedrive_with, bullhorn_with])
@pytest.mark.parametrize("stored", ["(650) 555-0100", "650.555.0100"])
def test_search_for_the_very_text_finds_a_number_in_its_format(crm_with, stored):
    """Where a CRM does not ignore punctuation, the admin's formats are the way out."""
    with crm_with(stored, searches_digits=False) as connector:
        connector.region = "US"

        assert connector.find_contact(US) == []
        assert [contact.id for contact in connector.find_contact(stored)] == ["7"]
