"""HighLevel, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace
from functools import partial

import pytest

from connector.errors import (
    AlreadyExists,
    CredentialsRejected,
    PermanentError,
    RateLimited,
    UnknownOutcome,
)
from connector.registry import get_connector_class, get_platform
from connector.testing import (
    SAMPLE_CALL,
    HttpConnectorConformance,
    create_call_log,
)
from connector.testing.samples import SECRET
from connector.types import Contact, Credentials, CrmUser
from tests.connector.crms.stand_in import (
    ADA,
    StandInConformance,
    judged,
    log,
    open_connector,
    save,
)
from tests.support.fakes.highlevel import SCOPES, FakeHighLevel, highlevel_judge
from tests.support.fakes.server import Answer, Request

HighLevel = get_connector_class("highlevel")
API = "https://services.leadconnectorhq.com"
BEN = CrmUser(id="userBen", name="Ben")


class TestHighLevel(HttpConnectorConformance):
    connector_class = HighLevel
    credentials = Credentials(
        server_logging_settings={"privateToken": SECRET, "locationId": "loc"}
    )
    contact_reply = {
        "contacts": [
            {
                "id": "c1",
                "firstName": "Ada",
                "phone": "+15105550100",
                "dateAdded": "2025-01-02T03:04:05.678Z",
                "dateUpdated": "2025-06-07T08:09:10.111Z",
            }
        ],
        "total": 1,
    }
    no_contact_reply = {"contacts": [], "total": 0}
    call_log_reply = {"note": {"id": "n1", "contactId": "71"}}
    user_list_reply = {"users": [{"id": "userAnn", "name": "Ann"}]}


@pytest.fixture
def fake():
    with judged(FakeHighLevel(), [highlevel_judge()]) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, HighLevel, fake, at=API)


class TestHighLevelLive(StandInConformance):
    wrong_settings = {"privateToken": "pit-wrong"}
    create_path = "notes"

    def owner_of(self, connector, log_id):
        return self.fake.notes[log_id.partition("/")[2]]["userId"]

    def delete(self, connector, log_id):
        del self.fake.notes[log_id.partition("/")[2]]


def test_calls_are_logged_by_the_private_integration():
    declared = get_platform("highlevel").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "privateToken"
    ]


def test_sub_account_is_the_user_and_has_a_time_zone(connect):
    user = connect().get_user_info()

    assert (user.name, user.time_zone) == ("Acme Dental", "US/Central")


def test_contact_is_found_by_its_main_number_in_another_spelling_too(connect, fake):
    fake.add_contact("Cara Cole", "5105550177")

    for number, name in ((ADA, "Ada Example"), ("+15105550177", "Cara Cole")):
        connector = connect()
        connector.region = "US"
        [contact] = connector.find_contact(number)
        assert contact.name == name
        assert contact.created_at < contact.most_recent_activity_at


def test_contacts_are_found_over_all_pages(connect, fake):
    contacts = connect().find_contact("+15105550102")

    assert len(contacts) == 103
    assert len(fake.requests_to("search")) == 2


def test_number_of_another_country_has_no_contact(connect):
    assert connect().find_contact("+445105550100") == []


def test_call_is_a_note_of_the_contact_by_the_owner(connect, fake):
    log_id = log(connect(), owner=BEN)

    [note] = fake.notes.values()
    assert log_id == f"{note['contactId']}/{note['id']}"
    assert fake.requests[-1].json == {
        "userId": "userBen",
        "body": f"Summary\n\nCall reference: {SAMPLE_CALL.marker}",
    }


def test_update_without_a_text_is_not_sent(connect, fake):
    connector = connect()
    log_id = log(connector)
    sent = len(fake.requests)

    longer = replace(SAMPLE_CALL, duration_seconds=600, previous=SAMPLE_CALL)
    connector.update_call_log(log_id, longer, composed_log_details=None)

    assert len(fake.requests) == sent


def test_created_contact_is_found_by_its_number(connect, fake):
    connector = connect()

    created = connector.create_contact(
        "+15105550177", name="Unknown caller", contact_type="Contact", owner=BEN
    )

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.name) == (created.id, "Unknown caller")
    assert fake.contacts[found.id]["assignedTo"] == "userBen"


def test_contact_that_is_there_already_is_looked_up(connect):
    with pytest.raises(AlreadyExists):
        connect().create_contact(ADA, name="Unknown caller")


# The judge

JSON = {"content-type": "application/json", "version": "2021-07-28"}


@pytest.mark.parametrize(
    ("request_", "answer", "fault"),
    [
        (
            Request("POST", "/contacts/c1/notes", {}, JSON, '{"text": "Hi"}'),
            None,
            ["body: 'body' is a required property", "body.text: is not described"],
        ),
        (
            Request("GET", "/users/", {"limit": "2"}, JSON, ""),
            None,
            ["query locationId: is required and missing", "query limit: is not described"],
        ),
        (
            Request("GET", "/locations/l1", {}, {"version": "3"}, ""),
            Answer(200, {"location": {"id": 7}}),
            [
                "header Version: '3' is not one of ['2021-07-28', '2021-04-15']",
                "reply['location']['id']: 7 is not of type 'string'",
            ],
        ),
    ],
)  # fmt: skip
def test_fault_is_found_in_requests_and_replies(request_, answer, fault):
    assert highlevel_judge().faults(request_, answer) == fault


# What an admin reads when something is wrong


def test_wrong_token_is_refused_before_it_is_saved(connect):
    with pytest.raises(CredentialsRejected, match="credentials were refused"):
        save(connect(privateToken="pit-old"))


def test_location_of_another_sub_account_is_named(connect):
    with pytest.raises(PermanentError, match="belongs to another sub-account"):
        save(connect(locationId="anotherLocation01"))


@pytest.mark.parametrize("part", ["contacts", "users", "locations"])
def test_missing_scope_is_named_before_the_settings_are_saved(connect, fake, part):
    fake.scopes.remove(SCOPES[part])

    with pytest.raises(PermanentError, match="lacks a scope"):
        save(connect())


def test_missing_scope_to_write_is_named_with_the_first_call(connect, fake):
    fake.scopes.remove("contacts.write")

    with pytest.raises(PermanentError, match="Edit Contacts"):
        log(connect())


def test_owner_who_left_is_refused_with_the_reason_of_highlevel(connect):
    with pytest.raises(PermanentError) as caught:
        log(connect(), owner=CrmUser(id="userDee", name="Dee Left"))

    assert "not a user of this location" in caught.value.full_message


def test_deleted_contact_is_named(connect):
    with pytest.raises(PermanentError, match="contact is not there any more"):
        create_call_log(connect(), owner=None, contact=Contact(id="gone", name="Gone"))


def test_required_field_of_a_contact_is_refused_with_the_reason_of_highlevel(
    connect, fake
):
    reason = {"statusCode": 422, "message": ["customFields.region should not be empty"]}
    fake.next_answers["/contacts/"] = [Answer(422, reason)]

    with pytest.raises(PermanentError) as caught:
        connect().create_contact("+15105550177", name="Unknown caller")

    assert "region should not be empty" in caught.value.full_message


@pytest.mark.parametrize(
    ("remaining", "text"),
    [("0", "requests of the day are used up"), ("199900", "too many requests")],
)
def test_used_up_quota_waits(connect, fake, remaining, text):
    headers = {"X-RateLimit-Daily-Remaining": remaining}
    fake.next_answers["search"] = [Answer(429, {}, headers)]

    with pytest.raises(RateLimited, match=text):
        connect().find_contact(ADA)


def test_note_without_an_id_is_looked_up(connect, fake):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    fake.next_answers["notes"] = [Answer(201, {"note": {}})]

    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None, contact=contact)
