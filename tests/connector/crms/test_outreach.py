"""Outreach, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace

import pytest

from connector.errors import (
    NotSupported,
    PermanentError,
    RateLimited,
    SignInEnded,
    TemporaryError,
)
from connector.http.session import open_session
from connector.registry import get_connector_class, get_platform
from connector.testing import (
    SAMPLE_CALL,
    HttpConnectorConformance,
    create_call_log,
)
from connector.testing.samples import SECRET
from connector.types import Contact, Credentials, CrmUser, SignInKeeper
from tests.connector.crms.stand_in import ADA, StandInConformance, judged, log
from tests.support.fakes.openapi_judge import are_required
from tests.support.fakes.outreach import ACCESS_SECONDS, FakeOutreach, refuse
from tests.support.fakes.outreach_judge import outreach_judges
from tests.support.fakes.server import Answer, StandInAdapter

Outreach = get_connector_class("outreach")


class TestOutreach(HttpConnectorConformance):
    connector_class = Outreach
    credentials = Credentials(client_id="outreach-app", client_secret=SECRET)
    signed_in = {"access_token": SECRET, "refresh_token": SECRET}
    contact_reply = {
        "data": [{"type": "phoneNumber", "id": 5}],
        "included": [
            {
                "type": "prospect",
                "id": 71,
                "attributes": {
                    "name": "Ada",
                    "workPhones": ["(510) 555-0100"],
                    "createdAt": "2025-01-02T03:04:05Z",
                    "touchedAt": "2025-06-07T08:09:10Z",
                },
            }
        ],
    }
    no_contact_reply = {"data": []}
    call_log_reply = {"data": {"type": "call", "id": 4712}}
    user_list_reply = {
        "data": [{"type": "user", "id": 1, "attributes": {"name": "A", "locked": None}}]
    }

    def test_without_an_owner_none_is_sent(self, connectors):
        connector, transport = connectors((201, self.call_log_reply))

        create_call_log(connector, owner=None)

        assert '"user"' not in transport.last_body


@pytest.fixture
def fake():
    with judged(FakeOutreach(), outreach_judges() if are_required() else ()) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in, signed in."""

    def connect(keeper=None):
        session = open_session()
        session.mount(f"https://{fake.host_name}", StandInAdapter(fake))
        client = Credentials(client_id=fake.client_id, client_secret=fake.client_secret)
        keeper = keeper or SignInKeeper(fake.sign_in())
        return Outreach(client, session=session, sign_in_keeper=keeper)

    return connect


class TestOutreachLive(StandInConformance):
    create_path = "calls"

    @pytest.fixture
    def rejected(self, connect):
        wrong = {"access_token": "access-0", "refresh_token": "refresh-0"}
        return connect(SignInKeeper(wrong))

    def record(self, log_id):
        [found] = [call for call in self.fake.calls if str(call["id"]) == log_id]
        return found

    def owner_of(self, connector, log_id):
        return str(self.record(log_id)["relationships"]["user"]["data"]["id"])

    def delete(self, connector, log_id):
        self.fake.calls.remove(self.record(log_id))

    def test_an_update_is_there_to_read_and_can_be_repeated(
        self, connector, contact, call
    ):
        """It is not: a call is written once."""
        log_id = self.log(connector, call, contact, None)
        longer = replace(call, duration_seconds=600, previous=call)
        sent = len(self.fake.requests)

        with pytest.raises(NotSupported, match="lets nobody change a call"):
            connector.update_call_log(log_id, longer, composed_log_details="New")

        assert len(self.fake.requests) == sent
        assert "first words" in connector.get_call_log(log_id).full_body

    def test_an_update_can_leave_the_text_as_it_is(self, connector, contact, call):
        log_id = self.log(connector, call, contact, None)

        same = replace(call, previous=call)
        connector.update_call_log(log_id, same, composed_log_details=None)

        assert "first words" in connector.get_call_log(log_id).full_body


def user_named(fake, name):
    [user] = [user for user in fake.users if user["attributes"]["name"] == name]
    return CrmUser(id=str(user["id"]), name=name)


def test_calls_are_logged_in_the_admin_session():
    assert get_platform("outreach").server_side_logging.use_admin_assigned_user_token

    with open_session() as session:
        addresses = Outreach(Credentials(), session=session).get_oauth_info()
    assert addresses.authorization_uri == "https://api.outreach.io/oauth/authorize"
    assert "calls.write" in addresses.scopes


def test_call_has_the_attributes_of_outreach(connect, fake):
    ben = user_named(fake, "Ben Brown")

    log(connect(), owner=ben)

    assert fake.requests[-1].json["data"] == {
        "type": "call",
        "attributes": {
            "direction": "inbound",
            "outcome": "Answered",
            "dialedAt": "2026-03-02T10:15:00.000Z",
            "completedAt": "2026-03-02T10:16:05.000Z",
            "from": ADA,
            "to": "+15105550199",
            "note": "Summary",
            "externalVendor": "RingCentral",
            "vendorCallId": SAMPLE_CALL.marker,
        },
        "relationships": {
            "prospect": {"data": {"type": "prospect", "id": fake.prospects[0]["id"]}},
            "user": {"data": {"type": "user", "id": int(ben.id)}},
        },
    }


@pytest.mark.parametrize("result", ["Missed", "Voicemail", "Busy", "Call Failed"])
def test_call_that_nobody_took_is_not_answered(connect, fake, result):
    log(connect(), replace(SAMPLE_CALL, result=result))

    assert fake.calls[0]["attributes"]["outcome"] == "Not Answered"


def test_call_is_found_by_its_vendor_id_among_all_calls_of_the_prospect(connect, fake):
    connector = connect()
    log_ids = [
        log(connector, replace(SAMPLE_CALL, marker=f"rc:{number}"))
        for number in range(5)
    ]
    [ada] = connector.find_contact(ADA)

    assert connector.find_call_logs("rc:4", contact=ada) == [log_ids[4]]
    assert len(fake.requests) == 5 * 2 + 1 + 3


def test_prospects_are_found_over_all_pages(connect, fake):
    contacts = connect().find_contact("+15105550102")

    assert [contact.name for contact in contacts] == ["Twin 0", "Twin 1", "Twin 2"]
    assert len(fake.requests) == 2
    assert all(contact.most_recent_activity_at for contact in contacts)


def test_number_of_another_country_is_another_prospect(connect):
    assert [c.name for c in connect().find_contact(ADA)] == ["Ada"]
    assert [c.name for c in connect().find_contact("+445105550100")] == ["Bea"]


def test_reply_without_the_prospects_is_not_nobody(connect, fake):
    fake.next_answers["phoneNumbers"] = [
        Answer(200, {"data": [{"type": "phoneNumber", "id": 5}]}),
        Answer(200, {}),
    ]
    connector = connect()

    for _ in range(2):
        with pytest.raises(TemporaryError):
            connector.find_contact(ADA)


def test_users_are_listed_and_locked_ones_are_inactive(connect):
    users = connect().get_user_list()

    assert [(user.name, user.is_active) for user in users] == [
        ("Ann Admin", True),
        ("Ben Brown", True),
        ("Cy Stone", True),
        ("Dee Locked", False),
    ]


@pytest.mark.parametrize("owner", [None, "Ben Brown"])
def test_created_prospect_is_found_by_its_number(connect, fake, owner):
    connector = connect()

    created = connector.create_contact(
        "+15105550177",
        name="Unknown caller",
        owner=user_named(fake, owner) if owner else None,
    )

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.name, found.type) == (
        created.id,
        "Unknown caller",
        created.type,
    )


def test_expired_access_token_is_renewed(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)

    assert connector.find_contact(ADA)


# What an admin reads when something is wrong


def test_sign_in_that_ended_asks_to_connect_again(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.refresh_token = fake.code = "another"

    with pytest.raises(SignInEnded, match="connect again"):
        connector.find_contact(ADA)


@pytest.mark.parametrize(
    "scope", ["calls.read", "phoneNumbers.read", "prospects.read", "users.read"]
)
def test_missing_scope_is_named_before_the_settings_are_saved(connect, fake, scope):
    fake.scopes.remove(scope)

    with pytest.raises(PermanentError, match="the sign-in lacks a scope"):
        connect().update_server_logging_settings({})


def test_missing_scope_to_write_is_named_with_the_first_call(connect, fake):
    fake.scopes.remove("calls.write")

    with pytest.raises(PermanentError, match="the sign-in lacks a scope"):
        log(connect())


def test_profile_that_may_not_see_calls_is_named(connect, fake):
    fake.sees_calls = False

    with pytest.raises(PermanentError, match="profile of the user who is signed in"):
        connect().check_call_log_access()


def test_locked_owner_is_named(connect, fake):
    with pytest.raises(PermanentError, match="mapped user is locked"):
        log(connect(), owner=user_named(fake, "Dee Locked"))


def test_deleted_prospect_is_named(connect):
    with pytest.raises(PermanentError, match="prospect is not there any more"):
        create_call_log(connect(), owner=None, contact=Contact(id="404", name="Gone"))


def test_required_custom_field_is_named(connect, fake):
    answer = refuse(422, "validationError", "Custom3 can't be blank.")
    answer.body["errors"][0]["source"] = {"pointer": "/data/attributes/custom3"}
    fake.next_answers["prospects"] = [answer]

    with pytest.raises(PermanentError) as caught:
        connect().create_contact("+15105550177", name="Unknown caller")

    assert "Custom3 can't be blank. (custom3)" in caught.value.full_message


def test_used_up_requests_wait_as_long_as_outreach_says(connect, fake):
    answer = refuse(429, "rateLimitExceeded", "You have exceeded your limit.")
    answer.headers["Retry-After"] = "1800"
    fake.next_answers["phoneNumbers"] = [answer]

    with pytest.raises(RateLimited) as caught:
        connect().find_contact(ADA)

    assert caught.value.retry_after == 1800
