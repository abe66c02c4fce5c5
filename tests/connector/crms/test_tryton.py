"""A CRM of a foreign shape, by its document alone: JSON-RPC, employees as owners."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from connector.errors import CredentialsRejected, PermanentError
from connector.http.session import open_session
from connector.registry import get_connector_class
from connector.testing import HttpConnectorConformance, LiveConformance
from connector.testing.samples import SAMPLE_CALL, SECRET, CannedReplies
from connector.types import Contact, Credentials, CrmUser, SignInKeeper
from tests.support.tryton.server import DATABASE, KNOWN_NUMBER, PASSWORD, running_tryton

Connector = get_connector_class("tryton")


@pytest.fixture(scope="module")
def tryton(tmp_path_factory):
    with running_tryton(tmp_path_factory.mktemp("tryton")) as tryton:
        yield tryton


class TestTryton(HttpConnectorConformance):
    connector_class = Connector
    credentials = Credentials(
        hostname="crm.example.com",
        server_logging_settings={"login": "api", "password": SECRET, "database": "d"},
    )
    signed_in = {"user": "7", "token": SECRET, "company": "1", "zone": "UTC"}
    contact_reply = {"id": 1, "result": [{"id": 9, "name": "Ada"}]}
    no_contact_reply = {"id": 1, "result": []}
    call_log_reply = {"id": 1, "result": [4711]}
    user_list_reply = {
        "id": 1,
        "result": [{"employee": 3, "name": "Ann", "email": "ann@example.com"}],
    }
    user_list_end = {"id": 1, "result": []}


@pytest.mark.parametrize(
    ("zone", "day"), [("America/Los_Angeles", 9), ("Europe/Berlin", 10)]
)
def test_opportunity_begins_on_the_owners_own_day(zone, day):
    transport = CannedReplies((200, TestTryton.call_log_reply))
    session = open_session()
    session.mount("https://", transport)
    keeper = SignInKeeper(TestTryton.signed_in)
    connector = Connector(
        TestTryton.credentials, session=session, sign_in_keeper=keeper
    )
    started = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)

    connector.create_call_log(
        replace(SAMPLE_CALL, started_at=started, time_zone=zone),
        contact=Contact(id="9", name="Ada"),
        owner=None,
        composed_log_details="",
    )

    [[values], _context] = json.loads(transport.last_body)["params"]
    assert values["start_date"]["day"] == day


class TestTrytonLive(LiveConformance):
    known_number = KNOWN_NUMBER

    @pytest.fixture
    def connector(self, tryton):
        return connect(tryton)

    @pytest.fixture
    def rejected(self, tryton):
        return connect(tryton, password="wrong")

    @pytest.fixture(autouse=True)
    def _remember(self, tryton):
        self.tryton = tryton

    def read(self, log_id, *fields):
        [record] = self.tryton.call(
            "model.sale.opportunity.read", [int(log_id)], list(fields), {}
        )
        return record

    def owner_of(self, connector, log_id):
        return str(self.read(log_id, "employee")["employee"])

    def delete(self, connector, log_id):
        company = {"company": self.read(log_id, "company")["company"]}
        for button in ("cancel", "delete"):
            self.tryton.call(f"model.sale.opportunity.{button}", [int(log_id)], company)

    def test_record_belongs_to_contact_and_has_date(self, connector, contact, call):
        log_id = self.log(connector, call, contact, None)

        record = self.read(log_id, "party", "start_date", "description", "employee")
        day = record["start_date"]
        assert str(record["party"]) == contact.id
        assert date(day["year"], day["month"], day["day"]) == call.started_at.date()
        assert record["description"] == "Inbound Call from Casey Contact"
        assert record["employee"] is None

    def test_owners_are_employees_with_email_of_their_user(self, connector, users):
        assert [user.email for user in users] == [
            "alice@example.com",
            "bob@example.com",
            "carol@example.com",
        ]

    def test_request_refused_by_tryton_is_not_repeated(self, connector, contact, call):
        nobody = CrmUser(id="999", name="Nobody")

        with pytest.raises(PermanentError, match="refused") as caught:
            self.log(connector, call, contact, nobody)
        assert "Employee" in caught.value.reason

    def test_ended_session_is_replaced(self, tryton, contact, call):
        connector = connect(tryton)
        was = connector.signed_in
        later = connect(tryton, sign_in_keeper=SignInKeeper(was))
        tryton.end(was["user"], was["token"])

        assert self.log(later, call, contact, None)
        assert later.signed_in["token"] != was["token"]

    def test_settings_are_checked_before_they_are_stored(self, connector):
        values = connector.credentials.server_logging_settings

        assert connector.update_server_logging_settings(values) == values
        with pytest.raises(CredentialsRejected):
            connector.update_server_logging_settings({**values, "password": "no"})


def connect(tryton, *, password=PASSWORD, **options):
    settings = {
        "database": DATABASE,
        "login": "admin",
        "password": password,
        "scheme": "http",
    }
    credentials = Credentials(hostname=tryton.host, server_logging_settings=settings)
    session = open_session(private_hosts=[tryton.host])
    return Connector(credentials, session=session, **options)
