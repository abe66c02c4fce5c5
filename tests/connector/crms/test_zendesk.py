"""Zendesk, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace
from functools import partial

import pytest

from connector.errors import (
    CredentialsRejected,
    PermanentError,
    RateLimited,
)
from connector.registry import get_connector_class, get_platform
from connector.testing import (
    SAMPLE_CALL,
    HttpConnectorConformance,
    create_call_log,
)
from connector.testing.samples import SECRET
from connector.types import Contact, Credentials, CrmUser
from tests.connector.crms import stand_in
from tests.connector.crms.stand_in import (
    ADA,
    StandInConformance,
    judged,
    open_connector,
    save,
)
from tests.support.fakes.server import Answer
from tests.support.fakes.zendesk import ACCESS_SECONDS, FakeZendesk
from tests.support.fakes.zendesk_judge import zendesk_judge

Zendesk = get_connector_class("zendesk")
log = partial(stand_in.log, text="<b>Hi</b>")


class TestZendesk(HttpConnectorConformance):
    connector_class = Zendesk
    credentials = Credentials(
        hostname="acme.zendesk.com",
        server_logging_settings={"clientIdentifier": "c", "clientSecret": SECRET},
    )
    signed_in = {"token": SECRET, "user": "1"}
    contact_reply = {
        "users": [
            {
                "id": 71,
                "name": "Ada",
                "phone": "(510) 555-0100",
                "active": True,
                "created_at": "2025-01-02T03:04:05Z",
                "updated_at": "2025-06-07T08:09:10Z",
            }
        ],
        "next_page": None,
    }
    no_contact_reply = {"users": [], "next_page": None}
    call_log_reply = {"ticket": {"id": 4712}}
    user_list_reply = {
        "users": [{"id": 1, "name": "Ann", "active": True, "suspended": False}],
        "meta": {"has_more": False},
    }

    def test_without_an_owner_none_is_sent(self, connectors):
        """A solved ticket has an assignee: the user that the client acts for."""
        connector, transport = connectors((201, self.call_log_reply))

        create_call_log(connector, owner=None)

        assert '"assignee_id": 1,' in transport.last_body


@pytest.fixture
def fake():
    with judged(FakeZendesk(), [zendesk_judge()]) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, Zendesk, fake)


class TestZendeskLive(StandInConformance):
    wrong_settings = {"clientSecret": "wrong"}
    create_path = "tickets"

    def owner_of(self, connector, log_id):
        return str(self.fake.ticket(log_id)["assignee_id"])

    def delete(self, connector, log_id):
        self.fake.tickets.remove(self.fake.ticket(log_id))


def user_named(fake, name):
    [user] = [user for user in fake.users if user["name"] == name]
    return CrmUser(id=str(user["id"]), name=name)


def test_calls_are_logged_by_an_oauth_client():
    declared = get_platform("zendesk").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "clientSecret"
    ]


def test_call_is_a_ticket_that_nobody_is_told_of(connect, fake):
    ben = user_named(fake, "Ben Brown")

    log(connect(), owner=ben)

    assert fake.requests[-1].json["ticket"] == {
        "subject": "Inbound Call from Ada Example",
        "comment": {"html_body": "<b>Hi</b>", "public": False},
        "requester_id": int(user_named(fake, "Ada Example").id),
        "assignee_id": int(ben.id),
        "external_id": SAMPLE_CALL.marker,
        "status": "solved",
        "tags": ["call", "inbound_call"],
    }


def test_status_of_the_ticket_is_the_admins_choice(connect, fake):
    log(connect(ticketStatus="open"))

    assert fake.tickets[0]["status"] == "open"


def test_ticket_of_nobody_is_assigned_to_the_user_of_the_client(connect, fake):
    log(connect())

    assert fake.tickets[0]["assignee_id"] == fake.users[0]["id"]


def test_new_text_is_one_more_private_comment(connect, fake):
    connector = connect()
    log_id = log(connector)

    for _ in range(2):
        text = connector.get_call_log(log_id).full_body.replace("Hi", "Bye")
        same = replace(SAMPLE_CALL, previous=SAMPLE_CALL)
        connector.update_call_log(log_id, same, composed_log_details=text)

    first, *more = fake.tickets[0]["comments"]
    assert "<b>Hi</b>" in first["html_body"]
    assert len(more) == 2
    assert all("<b>Bye</b>" in each["html_body"] for each in more)
    assert not any(each["public"] for each in more)


def test_text_of_the_record_is_the_newest_comment_of_ours(connect, fake):
    connector = connect()
    log_id = log(connector)
    ticket = fake.ticket(log_id)
    fake.comment(ticket, "<div>--- Call details ---</div>Duration: 5 s")
    fake.comment(ticket, "<p>I called back.</p>")

    assert "Duration: 5 s" in connector.get_call_log(log_id).full_body


def test_update_without_a_new_text_sends_nothing(connect, fake):
    connector = connect()
    log_id = log(connector)
    longer = replace(SAMPLE_CALL, duration_seconds=90, previous=SAMPLE_CALL)
    sent = len(fake.requests)

    connector.update_call_log(log_id, longer, composed_log_details=None)

    assert len(fake.requests) == sent


def test_contacts_are_found_over_all_pages(connect, fake):
    contacts = connect().find_contact("+15105550102")

    assert [contact.name for contact in contacts] == ["Twin 0", "Twin 1", "Twin 2"]
    assert len(fake.requests_to("users/search")) == 2


def test_deleted_end_user_and_number_of_another_country_are_not_found(connect, fake):
    fake.add_user("Old Ada", phone=ADA, active=False)

    assert [c.name for c in connect().find_contact(ADA)] == ["Ada Example"]
    assert [c.name for c in connect().find_contact("+445105550100")] == ["Bea Law"]


def test_agents_are_listed_and_suspended_ones_are_inactive(connect, fake):
    users = connect().get_user_list()

    assert [(user.name, user.is_active) for user in users] == [
        ("Ann Admin", True),
        ("Ben Brown", True),
        ("Cy Stone", True),
        ("Dee Suspended", False),
    ]
    assert len(fake.requests_to("users.json")) == 3


def test_user_of_the_client_has_a_time_zone(connect):
    user = connect().get_user_info()

    assert (user.name, user.time_zone) == ("Ann Admin", "America/New_York")


def test_created_contact_is_found_by_its_number(connect):
    connector = connect()

    created = connector.create_contact("+15105550177", name="Unknown caller")

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.name) == (created.id, "Unknown caller")


def test_expired_token_is_replaced(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.advance(ACCESS_SECONDS)

    assert connector.find_contact(ADA)
    assert len(fake.requests_to("oauth/tokens")) == 2


# What an admin reads when something is wrong


def test_wrong_secret_is_refused_before_it_is_saved(connect):
    with pytest.raises(CredentialsRejected, match="identifier or secret is wrong"):
        save(connect(clientSecret="old"))


def test_public_client_is_named(connect, fake):
    fake.is_confidential = False

    with pytest.raises(CredentialsRejected, match="create a confidential one"):
        save(connect())


def test_scope_that_the_client_does_not_allow_is_named(connect, fake):
    fake.next_answers["oauth/tokens"] = [Answer(400, {"error": "invalid_scope"})]

    with pytest.raises(CredentialsRejected, match="does not allow the scopes"):
        save(connect())


@pytest.mark.parametrize("hostname", ["akme.zendesk.com", "acme.example.com"])
def test_wrong_address_is_named(connect, hostname):
    with pytest.raises(PermanentError, match=r"such as \S+\.zendesk\.com"):
        save(connect(hostname))


@pytest.mark.parametrize("scope", ["users:read", "tickets:read"])
def test_missing_scope_is_named_before_the_settings_are_saved(connect, fake, scope):
    fake.scopes.remove(scope)

    with pytest.raises(PermanentError, match="OAuth client lacks a scope"):
        save(connect())


def test_missing_scope_to_write_is_named_with_the_first_call(connect, fake):
    fake.scopes.remove("tickets:write")

    with pytest.raises(PermanentError, match="OAuth client lacks a scope"):
        log(connect())


@pytest.mark.parametrize("name", ["Dee Suspended", "Eve Deleted"])
def test_agent_who_left_is_named(connect, fake, name):
    with pytest.raises(PermanentError, match="not an active agent"):
        log(connect(), owner=user_named(fake, name))


def test_end_user_who_was_suspended_or_deleted_is_named(connect, fake):
    connector = connect()
    gone = Contact(id="404", name="Gone")
    with pytest.raises(PermanentError, match="end user is suspended, or not there"):
        create_call_log(connector, owner=None, contact=gone)

    fake.users[5]["suspended"] = True
    with pytest.raises(PermanentError, match="end user is suspended, or not there"):
        log(connector)


def test_field_that_is_required_to_solve_is_named(connect, fake):
    fake.required_to_solve = "Product"

    with pytest.raises(PermanentError, match="choose another status") as caught:
        log(connect())
    assert "Product: is required when solving" in caught.value.full_message

    assert log(connect(ticketStatus="open"))


def test_closed_ticket_is_not_updated(connect, fake):
    connector = connect()
    log_id = log(connector)
    fake.tickets[0]["status"] = "closed"

    with pytest.raises(PermanentError, match="the ticket is closed"):
        connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details="New")


def test_too_many_requests_wait_as_long_as_zendesk_says(connect, fake):
    fake.next_answers["users/search"] = [Answer(429, {}, {"Retry-After": "93"})]

    with pytest.raises(RateLimited) as caught:
        connect().find_contact(ADA)

    assert caught.value.retry_after == 93
