"""Close, a document: with canned replies, and against its judged stand-in."""

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
from connector.types import Contact, Credentials, CrmUser, Direction, Party
from tests.connector.crms import stand_in
from tests.connector.crms.stand_in import (
    ADA,
    StandInConformance,
    judged,
    open_connector,
    save,
)
from tests.support.fakes.close import FakeClose, close_judges
from tests.support.fakes.openapi_judge import are_required
from tests.support.fakes.server import Answer

Close = get_connector_class("close")
log = partial(stand_in.log, text="<b>Hi</b><br>Bye")
API = "https://api.close.com"
ADAS_LEAD = (200, {"id": "77", "lead_id": "lead_1"})


class TestClose(HttpConnectorConformance):
    connector_class = Close
    credentials = Credentials(server_logging_settings={"closeApiKey": SECRET})
    contact_reply = {
        "data": [
            {
                "id": "cont_1",
                "display_name": "Ada",
                "phones": [{"phone": ADA, "type": "office"}],
                "date_created": "2025-01-02T03:04:05.678000+00:00",
                "date_updated": "2025-06-07T08:09:10.111000+00:00",
            }
        ],
        "cursor": None,
    }
    no_contact_reply = {"data": [], "cursor": None}
    replies_before_creation = [ADAS_LEAD]
    call_log_reply = {"id": "acti_1"}
    user_list_reply = {
        "data": [{"id": "user_a", "first_name": "Ann", "last_name": "Agent"}],
        "has_more": False,
        "organizations": [{"id": "orga_1"}],
        "inactive_memberships": [],
    }

    def test_without_an_owner_none_is_sent(self, connectors):
        connector, transport = connectors(ADAS_LEAD, (200, self.call_log_reply))

        create_call_log(connector, owner=None)

        assert "user_id" not in transport.last_body


@pytest.fixture
def fake():
    with judged(FakeClose(), close_judges() if are_required() else ()) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, Close, fake, at=API)


class TestCloseLive(StandInConformance):
    wrong_settings = {"closeApiKey": "api_wrong"}
    create_path = "activity/call"

    def record(self, log_id):
        [found] = [call for call in self.fake.calls if call["id"] == log_id]
        return found

    def owner_of(self, connector, log_id):
        return self.record(log_id)["user_id"]

    def delete(self, connector, log_id):
        self.fake.calls.remove(self.record(log_id))


def test_calls_are_logged_with_an_api_key():
    declared = get_platform("close").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "closeApiKey"
    ]


def test_call_has_the_fields_of_close(connect, fake):
    log(connect(), owner=CrmUser(id="user_b", name="Ben Brown"))

    ada = fake.contacts[0]
    assert fake.requests[-1].json == {
        "lead_id": ada["lead_id"],
        "contact_id": ada["id"],
        "user_id": "user_b",
        "direction": "inbound",
        "status": "completed",
        "activity_at": "2026-03-02T10:15:00.000Z",
        "duration": 65,
        "phone": ADA,
        "note_html": "<body><b>Hi</b><br/>Bye"
        f"<p>Call reference: {SAMPLE_CALL.marker}</p></body>",
    }


def test_phone_of_an_outbound_call_is_the_one_that_was_called(connect, fake):
    call = replace(
        SAMPLE_CALL,
        direction=Direction.OUTBOUND,
        caller=SAMPLE_CALL.callee,
        callee=SAMPLE_CALL.caller,
    )

    log(connect(), call)

    assert fake.calls[0]["direction"] == "outbound"
    assert fake.calls[0]["phone"] == ADA


def test_call_without_a_number_is_logged_without_one(connect, fake):
    log(connect(), replace(SAMPLE_CALL, caller=Party()))

    assert "phone" not in fake.calls[0]


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("Call connected", "completed"),
        ("Missed", "no-answer"),
        ("Busy", "busy"),
        ("Hang Up", "cancel"),
        ("Call Failed", "failed"),
        ("A new result", "completed"),
    ],
)
def test_result_has_a_status_of_close(connect, fake, result, status):
    log(connect(), replace(SAMPLE_CALL, result=result))

    assert fake.calls[0]["status"] == status


def test_update_sends_what_changed_only(connect, fake):
    connector = connect()
    missed = replace(SAMPLE_CALL, result="Missed", duration_seconds=30)
    log_id = log(connector, missed)
    note = fake.calls[0]["note_html"]

    for duration, sent in ((30, {}), (0, {"duration": 0}), (90, {"duration": 90})):
        call = replace(missed, duration_seconds=duration, previous=missed)
        connector.update_call_log(log_id, call, composed_log_details=note)
        assert fake.requests[-1].json == {"note_html": note, **sent}

    answered = replace(missed, result="Accepted", previous=missed)
    connector.update_call_log(log_id, answered, composed_log_details=None)
    assert fake.requests[-1].json == {"status": "completed"}
    assert fake.calls[0]["note_html"] == note


@pytest.mark.parametrize("note", [None, "<p>Typed by a person</p>"])
def test_note_without_a_body_gets_one(connect, fake, note):
    """A note that Close does not give as it wants it is not refused."""
    connector = connect()
    log_id = log(connector)
    fake.calls[0]["note_html"] = note
    text = connector.get_call_log(log_id).full_body

    connector.update_call_log(
        log_id, SAMPLE_CALL, composed_log_details=f"{text}<b>New</b><br>"
    )

    assert fake.calls[0]["note_html"] == f"<body>{note or ''}<b>New</b><br/></body>"


def test_call_is_found_by_its_reference_among_all_calls_of_the_contact(connect, fake):
    connector = connect()
    log_ids = [
        log(connector, replace(SAMPLE_CALL, marker=f"rc:{number}"))
        for number in range(5)
    ]
    [ada] = connector.find_contact(ADA)

    assert connector.find_call_logs("rc:4", contact=ada) == [log_ids[4]]
    assert [r.query["_skip"] for r in fake.requests[-3:]] == ["0", "2", "4"]


def test_contacts_are_found_over_all_pages(connect, fake):
    contacts = connect().find_contact("+15105550102")

    assert [contact.name for contact in contacts] == ["Twin 0", "Twin 1", "Twin 2"]
    assert len(fake.requests) == 2
    assert all(contact.most_recent_activity_at for contact in contacts)


def test_number_of_another_country_is_another_contact(connect):
    assert [c.name for c in connect().find_contact("+445105550100")] == ["Bea Law"]
    assert connect().find_contact("+5105550100") == []


def test_members_are_active_and_those_who_left_are_not(connect):
    users = connect().get_user_list()

    assert [(user.name, user.email, user.is_active) for user in users] == [
        ("Ann Agent", "ann@example.com", True),
        ("Ben Brown", "ben@example.com", True),
        ("Cy Stone", "cy@example.com", True),
        ("Dee Left", "dee@example.com", False),
    ]


def test_members_are_listed_where_close_does_not_name_the_organization(connect, fake):
    fake.next_answers["/me/"] = [Answer(200, fake.members[0])]

    users = connect().get_user_list()

    assert [user.name for user in users] == ["Ann Agent", "Ben Brown", "Cy Stone"]


def test_user_of_the_key_is_the_user(connect):
    user = connect().get_user_info()

    assert (user.id, user.name) == ("user_a", "Ann Agent")


def test_created_contact_is_found_by_its_number(connect):
    connector = connect()

    created = connector.create_contact("+15105550177", name="Unknown caller")

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.name) == (created.id, "Unknown caller")


# What an admin reads when something is wrong


def test_wrong_key_is_refused_before_it_is_saved(connect):
    with pytest.raises(CredentialsRejected, match="key is wrong, was deleted"):
        save(connect(closeApiKey="api_old"))


def test_role_that_may_not_log_is_named_before_the_key_is_saved(connect, fake):
    fake.may_log = False

    with pytest.raises(PermanentError, match="role of the API key's user"):
        save(connect())
    with pytest.raises(PermanentError, match="to log calls for others"):
        connect().check_call_log_access()


def test_owner_who_left_is_named(connect):
    with pytest.raises(PermanentError, match="not a member of your organization"):
        log(connect(), owner=CrmUser(id="user_d", name="Dee Left"))


def test_deleted_contact_is_named(connect, fake):
    connector = connect()
    gone = Contact(id="cont_404", name="Gone")
    with pytest.raises(PermanentError, match="contact is not there any more"):
        create_call_log(connector, owner=None, contact=gone)

    ada = fake.contacts[0]
    fake.next_answers["contact/"] = [Answer(200, {**ada, "lead_id": "lead_404"})]
    with pytest.raises(PermanentError, match="contact is not there any more"):
        log(connector)


def test_refused_field_is_named(connect, fake):
    body = {"errors": [], "field-errors": {"custom.cf_1": "This field is required."}}
    fake.next_answers["/contact/"] = [Answer(400, body)]

    with pytest.raises(PermanentError) as caught:
        connect().create_contact("+15105550177", name="Unknown caller")

    assert "custom.cf_1" in caught.value.full_message
    assert "This field is required" in caught.value.full_message


def test_limit_of_the_plan_is_named(connect, fake):
    fake.next_answers["data/search"] = [Answer(402, {"error": "Payment required"})]

    with pytest.raises(PermanentError, match="limit of your plan"):
        connect().find_contact(ADA)


def test_too_many_requests_wait_as_long_as_close_says(connect, fake):
    headers = {"Retry-After": "7", "RateLimit": "limit=100, remaining=0, reset=7"}
    fake.next_answers["data/search"] = [Answer(429, {"error": "limit"}, headers)]

    with pytest.raises(RateLimited) as caught:
        connect().find_contact(ADA)

    assert caught.value.retry_after == 7
