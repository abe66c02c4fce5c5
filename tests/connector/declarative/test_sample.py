"""A document passes the kit, with canned replies and against the sandbox's own CRM."""

import pytest

from connector import registry
from connector.declarative import connector_class
from connector.errors import CredentialsRejected
from connector.http.session import open_session
from connector.testing import HttpConnectorConformance
from connector.types import Contact, Credentials, UserInfo
from tests.connector.crms.sandbox_conformance import SandboxConformance
from tests.support.helpers import ROOT

DOCUMENT = str(ROOT / "tests/support/data/declarative/sample.declarative.json")
Sample = connector_class(DOCUMENT)


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(registry.CONNECTORS, "sample", DOCUMENT)


class TestSample(HttpConnectorConformance):
    connector_class = Sample
    signed_in = {"token": "a-token"}
    contact_reply = {
        "contacts": [
            {"id": "c1", "name": "Ada", "type": "Contact", "phone": "+15105550100"}
        ]
    }
    no_contact_reply = {"contacts": []}
    call_log_reply = {"id": "r1"}
    user_list_reply = {
        "users": [
            {"id": "u1", "name": "Ann", "email": "ann@example.com", "active": True},
            {"id": "u2", "name": "Ben", "email": "", "active": True},
        ],
        "nextPage": "",
    }
    license_status_reply = {"valid": True, "plan": "Full", "description": ""}


class TestSampleLive(SandboxConformance):
    def connect(self, sandbox, *, password):
        return connect(sandbox, password=password)

    def test_user_info_has_a_time_zone(self, connector):
        assert connector.get_user_info() == UserInfo(
            id="service", name="Service account", time_zone="America/Los_Angeles"
        )

    def test_all_pages_of_users_are_read(self, connector):
        assert len(connector.get_user_list()) == 8

    def test_a_contact_is_created(self, connector):
        contact = connector.create_contact("+15105557777", name="New & Co")

        assert connector.find_contact("+15105557777") == [contact]
        assert contact == Contact(
            id=contact.id, name="New & Co", phone_number="+15105557777"
        )

    def test_settings_are_checked_before_they_are_stored(self, connector, rejected):
        right = connector.credentials.server_logging_settings

        assert rejected.update_server_logging_settings(right) == right
        with pytest.raises(CredentialsRejected):
            connector.update_server_logging_settings({**right, "apiPassword": "wrong"})

    def test_ended_session_is_replaced(self, connector, contact, call, sandbox):
        later = connect(
            sandbox, password="sandbox", sign_in_keeper=connector.sign_in_keeper
        )
        sandbox.switch(crmEndsSessions=True)

        assert self.log(later, call, contact, None)
        assert len(sandbox.asked("/crm/api/sessions")) == 2


def connect(sandbox, *, password, **options):
    credentials = Credentials(
        hostname=sandbox.host,
        server_logging_settings={"apiUsername": "service", "apiPassword": password},
    )
    session = open_session(private_hosts=[sandbox.host])
    return Sample(credentials, session=session, **options)
