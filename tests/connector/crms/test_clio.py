"""Clio, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace

import pytest

from connector.errors import PermanentError, SignInEnded
from connector.http.session import open_session
from connector.registry import get_connector_class, get_platform
from connector.testing import (
    SAMPLE_CALL,
    HttpConnectorConformance,
    create_call_log,
)
from connector.testing.samples import SECRET
from connector.types import Contact, Credentials, CrmUser, Direction, SignInKeeper
from tests.connector.crms.stand_in import ADA, StandInConformance, judged, log
from tests.support.fakes.clio import (
    ACCESS_SECONDS,
    FakeClio,
    TokenJudge,
    clio_judges,
)
from tests.support.fakes.openapi_judge import are_required
from tests.support.fakes.server import StandInAdapter

Clio = get_connector_class("clio")
OUTBOUND = replace(
    SAMPLE_CALL,
    direction=Direction.OUTBOUND,
    caller=SAMPLE_CALL.callee,
    callee=SAMPLE_CALL.caller,
)


class TestClio(HttpConnectorConformance):
    connector_class = Clio
    credentials = Credentials(
        hostname="eu.app.clio.com", client_id="clio-app", client_secret=SECRET
    )
    signed_in = {"access_token": SECRET, "refresh_token": SECRET}
    contact_reply = {
        "data": [
            {
                "id": 71,
                "name": "Ada",
                "type": "Person",
                "primary_phone_number": "(510) 555-0100",
                "created_at": "2025-01-02T03:04:05-08:00",
                "updated_at": "2025-06-07T08:09:10-07:00",
            }
        ],
        "meta": {"paging": {}},
    }
    no_contact_reply = {"data": [], "meta": {"paging": {}}}
    replies_before_creation = [(200, {"data": []})]
    call_log_reply = {"data": {"id": 4712}}
    user_list_reply = {"data": [{"id": 1, "name": "Ann", "enabled": True}]}

    def test_without_an_owner_none_is_sent(self, connectors):
        """A call always has a user: the one who is signed in."""
        me, matters = (200, {"data": {"id": 1}}), (200, {"data": []})
        connector, transport = connectors(me, matters, (201, self.call_log_reply))

        create_call_log(connector, owner=None)

        assert '{"id": 1, "type": "User"}' in transport.last_body


@pytest.fixture
def fake():
    with judged(
        FakeClio("eu.app.clio.com"),
        [*clio_judges(), TokenJudge()] if are_required() else (),
    ) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in, signed in."""

    def connect(keeper=None, hostname=fake.hostname):
        session = open_session()
        session.mount("https://", StandInAdapter(fake))
        credentials = Credentials(
            hostname=hostname,
            client_id=fake.client_id,
            client_secret=fake.client_secret,
        )
        keeper = keeper or SignInKeeper(fake.sign_in())
        return Clio(credentials, session=session, sign_in_keeper=keeper)

    return connect


class TestClioLive(StandInConformance):
    create_path = "communications"

    @pytest.fixture
    def rejected(self, connect):
        wrong = {"access_token": "access-0", "refresh_token": "refresh-0"}
        return connect(SignInKeeper(wrong))

    def record(self, log_id):
        [found] = [c for c in self.fake.communications if str(c["id"]) == log_id]
        return found

    def owner_of(self, connector, log_id):
        [user] = self.record(log_id)["receivers"]
        return str(user["id"])

    def delete(self, connector, log_id):
        self.fake.communications.remove(self.record(log_id))


def test_calls_are_logged_in_the_admin_session_of_their_region():
    assert get_platform("clio").server_side_logging.use_admin_assigned_user_token

    for hostname in ("app.clio.com", "au.app.clio.com"):
        with open_session() as session:
            clio = Clio(Credentials(hostname=hostname), session=session)
            addresses = clio.get_oauth_info()
        assert addresses.authorization_uri == f"https://{hostname}/oauth/authorize"
        assert addresses.access_token_uri == f"https://{hostname}/oauth/token"


@pytest.mark.parametrize(
    ("call", "sender", "receiver"),
    [
        (SAMPLE_CALL, "Contact", "User"),
        (OUTBOUND, "User", "Contact"),
    ],
)
def test_contact_and_owner_are_the_sides_of_the_call(
    connect, fake, call, sender, receiver
):
    log(connect(), call, owner=CrmUser(id="2", name="Ben Brown"))

    [record] = fake.communications
    [from_], [to] = record["senders"], record["receivers"]
    assert (from_["type"], to["type"]) == (sender, receiver)
    assert {from_["type"]: from_["id"], to["type"]: to["id"]} == {
        "User": 2,
        "Contact": fake.contacts[0]["id"],
    }
    assert record["type"] == "PhoneCommunication"
    assert record["received_at"] == "2026-03-02T10:15:00.000Z"
    assert record["external_properties"] == [
        {"name": "ringcentral", "value": SAMPLE_CALL.marker}
    ]


@pytest.mark.parametrize("call", [SAMPLE_CALL, OUTBOUND])
def test_without_owner_the_signed_in_user_is_a_side(connect, fake, call):
    log(connect(), call)

    [record] = fake.communications
    sides = [*record["senders"], *record["receivers"]]
    assert [side["id"] for side in sides if side["type"] == "User"] == [1]


@pytest.mark.parametrize(
    ("statuses", "is_filed"),
    [([], False), (["open"], True), (["open", "closed"], True), (["open"] * 2, False)],
)
def test_call_is_filed_under_the_only_open_matter(connect, fake, statuses, is_filed):
    matters = [fake.add_matter(fake.contacts[0], status) for status in statuses]

    log(connect())

    [record] = fake.communications
    assert record.get("matter") == ({"id": matters[0]} if is_filed else None)


def test_matters_that_may_not_be_seen_do_not_stop_the_call(connect, fake):
    fake.add_matter(fake.contacts[0])
    fake.sees_matters = False

    log(connect())

    assert "matter" not in fake.communications[0]


def test_contacts_are_found_over_all_pages(connect, fake):
    contacts = connect().find_contact("+15105550102")

    assert [contact.name for contact in contacts] == ["Twin 0", "Twin 1", "Twin 2"]
    assert len(fake.requests) == 2


def test_company_of_another_country_is_found_by_its_own_number_only(connect):
    assert [c.name for c in connect().find_contact(ADA)] == ["Ada Example"]
    [company] = connect().find_contact("+445105550100")
    assert (company.name, company.type) == ("Bea Law", "Company")


def test_format_is_searched_as_it_is_written(connect, fake):
    connect().find_contact("(510) 555-0100")

    assert fake.requests[-1].query["query"] == "(510) 555-0100"


def test_users_who_may_not_sign_in_are_inactive(connect):
    users = connect().get_user_list()

    assert [(user.name, user.is_active) for user in users] == [
        ("Ann Admin", True),
        ("Ben Brown", True),
        ("Cy Left", False),
    ]


@pytest.mark.parametrize("contact_type", ["", "Person", "Company"])
def test_created_contact_is_found_by_its_number(connect, contact_type):
    connector = connect()

    created = connector.create_contact(
        "+15105550177", name="Unknown caller", contact_type=contact_type
    )

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.type) == (created.id, contact_type or "Person")


def test_expired_access_token_is_renewed(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)

    assert connector.find_contact(ADA)


def test_code_is_exchanged_in_its_region(connect, fake):
    tokens = connect().exchange_code(
        "a-code", redirect_uri="https://here.example.com/back"
    )

    assert fake.tokens[tokens["access_token"]] > fake.now


# What an admin reads when something is wrong


def test_sign_in_that_ended_asks_to_connect_again(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.refresh_token = fake.code = "another"

    with pytest.raises(SignInEnded, match="connect again"):
        connector.find_contact(ADA)


def test_user_who_left_is_refused_with_the_reason_of_clio(connect):
    with pytest.raises(PermanentError) as caught:
        log(connect(), owner=CrmUser(id="3", name="Cy Left"))

    assert "User was not found" in caught.value.full_message


def test_deleted_contact_is_refused_with_the_reason_of_clio(connect):
    with pytest.raises(PermanentError) as caught:
        create_call_log(connect(), owner=None, contact=Contact(id="404", name="Gone"))

    assert "Contact was not found" in caught.value.full_message
