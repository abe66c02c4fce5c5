"""Redtail, a document: with canned replies, and against its judged stand-in."""

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
from connector.types import Contact, Credentials, CrmUser, MarkerSupport
from tests.connector.crms import stand_in
from tests.connector.crms.stand_in import (
    ADA,
    StandInConformance,
    judged,
    open_connector,
    save,
)
from tests.support.fakes.redtail import BASE, FakeRedtail, redtail_judge
from tests.support.fakes.server import Answer, Request

Redtail = get_connector_class("redtail")
log = partial(stand_in.log, text="<b>Hi</b>")
CASEY = "+15105550177"
BEN = CrmUser(id="2", name="Ben Brown")


class TestRedtail(HttpConnectorConformance):
    connector_class = Redtail
    credentials = Credentials(
        hostname="crm.redtailtechnology.com",
        server_logging_settings={"apiKey": SECRET, "apiPassword": SECRET},
    )
    signed_in = {"userKey": SECRET, "userId": "1"}
    contact_reply = {
        "contacts": [
            {"id": 71, "full_name": "Ada", "created_at": "2025-01-02T03:04:05.000Z"}
        ]
    }
    no_contact_reply: dict[str, list[str]] = {"contacts": []}
    call_log_reply = {"activity": {"id": 4712, "completed": True}}
    user_list_reply = {"database_users": [{"id": 1, "first_name": "Ann"}]}
    user_list_end: dict[str, list[str]] = {"database_users": []}


@pytest.fixture
def fake():
    with judged(FakeRedtail(), [redtail_judge()]) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, Redtail, fake)


class TestRedtailLive(StandInConformance):
    wrong_settings = {"apiPassword": "wrong"}
    create_path = "activities"

    def owner_of(self, connector, log_id):
        [attendee] = self.fake.activities[int(log_id)]["attendees"]
        return str(attendee["user_id"])

    def delete(self, connector, log_id):
        del self.fake.activities[int(log_id)]


def test_calls_are_logged_by_one_user():
    declared = get_platform("redtail").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "apiKey",
        "apiPassword",
    ]


def test_record_of_unknown_outcome_is_a_persons():
    assert Redtail.marker_support is MarkerSupport.NONE


def test_password_is_sent_once_only_for_the_user_key(connect, fake):
    connector = connect()
    log(connector)
    log(connector)

    assert len(fake.requests_to("authentication")) == 1


def test_changed_user_key_is_fetched_again(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.user_key = "user-key-2"

    assert connector.find_contact(ADA)


def test_key_in_an_envelope_is_read_too(connect, fake):
    body = {"authenticated_user": {"id": 2, "user_key": fake.user_key}}
    fake.next_answers["authentication"] = [Answer(200, body)]

    assert connect().get_user_info().name == "Ben Brown"


def test_users_of_all_pages_are_listed(connect, fake):
    fake.users += [{**fake.users[0], "id": 100 + n} for n in range(50)]

    users = connect().get_user_list()

    assert (len(users), users[1].name, users[1].email) == (53, "Ben Brown", "")


def test_number_is_compared_where_redtail_shows_it(connect):
    """Its search finds national digits, of whichever country."""
    assert [c.name for c in connect().find_contact(ADA)] == ["Ada Example"]
    assert [c.name for c in connect().find_contact("+445105550100")] == ["Bea Law"]


def test_contacts_are_found_where_redtail_shows_no_numbers(connect, fake):
    fake.shows_phones = False

    assert [c.name for c in connect().find_contact(ADA)] == ["Ada Example", "Bea Law"]


def test_contacts_are_found_over_all_pages(connect, fake):
    assert len(connect().find_contact("+15105550102")) == 52
    assert len(fake.requests_to("search_basic")) == 2


@pytest.mark.parametrize("completes_at_once", [True, False])
def test_call_is_a_completed_activity_with_its_owner(connect, fake, completes_at_once):
    fake.completes_at_once = completes_at_once
    connector = connect()

    log_id = log(connector, owner=BEN)

    [contact] = connector.find_contact(ADA)
    assert fake.activities[int(log_id)] == {
        "id": int(log_id),
        "subject": "Inbound Call from Ada Example",
        "description": "<b>Hi</b>",
        "start_date": "2026-03-02T10:15:00.000Z",
        "end_date": "2026-03-02T10:16:05.000Z",
        "activity_code_id": 3,
        "category_id": 2,
        "repeats": "never",
        "completed": True,
        "linked_contacts": [{"contact_id": int(contact.id)}],
        "attendees": [{"type": "Crm::Activity::Attendee::User", "user_id": 2}],
    }


def test_update_sends_what_changed_only(connect, fake):
    connector = connect()
    log_id = log(connector)
    same = replace(SAMPLE_CALL, previous=SAMPLE_CALL)

    connector.update_call_log(log_id, same, composed_log_details="New")
    assert fake.requests[-1].json == {"description": "New"}

    longer = replace(same, duration_seconds=600)
    connector.update_call_log(log_id, longer, composed_log_details=None)
    assert fake.requests[-1].json == {"end_date": "2026-03-02T10:25:00.000Z"}


def test_created_contact_is_found_by_its_number(connect):
    connector = connect()

    created = connector.create_contact(CASEY, name="Unknown caller")

    [found] = connector.find_contact(CASEY)
    assert (found.id, found.name) == (created.id, "Unknown caller")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('{"attendees": [{"user_id": 2}]}', "'type' is a required property"),
        ('{"note": "Hi"}', "body.note: is not described"),
        ('{"end_date": "10:15"}', "'10:15' is not a 'date-time'"),
    ],
)
def test_field_that_an_activity_does_not_have_is_a_fault(body, fault):
    kind = {"content-type": "application/json"}
    request = Request("PUT", f"{BASE}/activities/7", {}, kind, body)

    [found] = redtail_judge().faults(request, None)
    assert fault in found


# What an admin reads when something is wrong


@pytest.mark.parametrize(
    ("hostname", "password"),
    [("crm.redtailtechnology.com", "old"), ("review.crm.redtailtechnology.com", "pass")],
)  # fmt: skip
def test_wrong_password_or_environment_is_named_before_it_is_saved(
    connect, hostname, password
):
    with pytest.raises(CredentialsRejected, match="belong to the other environment"):
        save(connect(hostname, apiPassword=password))


def test_user_without_the_right_is_refused_with_the_reason_of_redtail(connect, fake):
    fake.may_write = False

    with pytest.raises(PermanentError) as caught:
        log(connect())

    assert "Forbidden from Updating" in caught.value.full_message


def test_user_who_left_is_refused_with_the_reason_of_redtail(connect):
    with pytest.raises(PermanentError) as caught:
        log(connect(), owner=CrmUser(id="99", name="Dee Left"))

    assert "Attendees user must exist" in caught.value.full_message


def test_deleted_contact_is_refused_with_the_reason_of_redtail(connect):
    with pytest.raises(PermanentError) as caught:
        create_call_log(connect(), owner=None, contact=Contact(id="404", name="Gone"))

    assert "contact must exist" in caught.value.full_message


def test_required_field_is_refused_with_the_reason_of_redtail(connect, fake):
    reason = {"message": "Importance can't be blank"}
    fake.next_answers["activities"] = [Answer(422, reason)]

    with pytest.raises(PermanentError) as caught:
        log(connect())

    assert "Importance can't be blank" in caught.value.full_message


def test_used_up_quota_waits(connect, fake):
    fake.next_answers["search_basic"] = [Answer(429, {}, {"Retry-After": "90"})]

    with pytest.raises(RateLimited) as caught:
        connect().find_contact(ADA)

    assert caught.value.retry_after == 90
