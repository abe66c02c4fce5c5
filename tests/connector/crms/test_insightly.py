"""Insightly, a document: with canned replies, and against its judged stand-in."""

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
from tests.connector.crms.stand_in import (
    ADA,
    StandInConformance,
    judged,
    log,
    open_connector,
    save,
)
from tests.support.fakes.insightly import FakeInsightly, insightly_judge, link_to
from tests.support.fakes.server import Answer, Request

Insightly = get_connector_class("insightly")
LEAD, CASEY = "+15105550101", "+15105550177"
BEN = CrmUser(id="2", name="Ben Brown")


class TestInsightly(HttpConnectorConformance):
    connector_class = Insightly
    credentials = Credentials(
        hostname="crm.na1.insightly.com", server_logging_settings={"apiKey": SECRET}
    )
    contact_reply = [
        {
            "CONTACT_ID": 71,
            "LEAD_ID": 72,
            "FIRST_NAME": "Ada",
            "PHONE": "(510) 555-0100",
            "DATE_CREATED_UTC": "2025-01-02 03:04:05",
        }
    ]
    no_contact_reply: list[dict[str, str]] = []
    call_log_reply = {"EVENT_ID": 4712, "LINKS": [{"LINK_OBJECT_ID": 71}]}
    user_list_reply = [{"USER_ID": 1, "FIRST_NAME": "Ann", "ACTIVE": True}]


@pytest.fixture
def fake():
    with judged(FakeInsightly(), [insightly_judge()]) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, Insightly, fake)


class TestInsightlyLive(StandInConformance):
    wrong_settings = {"apiKey": "wrong"}
    create_path = "Events"

    def owner_of(self, connector, log_id):
        return str(self.fake.events[int(log_id)]["OWNER_USER_ID"])

    def delete(self, connector, log_id):
        del self.fake.events[int(log_id)]


def test_calls_are_logged_by_the_owner_of_the_key():
    declared = get_platform("insightly").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == ["apiKey"]


def test_users_are_listed_and_those_who_left_are_inactive(connect, fake):
    fake.users += [{**fake.users[0], "USER_ID": 100 + n} for n in range(500)]

    users = connect().get_user_list()

    assert [(user.name, user.is_active) for user in users[:4]] == [
        ("Ann Agent", True),
        ("Ben Brown", True),
        ("Cy Stone", True),
        ("Dee Left", False),
    ]
    assert len(users) == 504


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("Contacts", "PHONE"),
        ("Contacts", "PHONE_MOBILE"),
        ("Leads", "PHONE"),
        ("Leads", "MOBILE"),
    ],
)
def test_contact_or_lead_is_found_in_the_format_it_was_typed(
    connect, fake, kind, field
):
    fake.add(kind, FIRST_NAME="Cara", **{field: "(510) 555-0177"})
    connector = connect()
    connector.region = "US"

    assert connector.find_contact(CASEY) == []
    [contact] = connector.find_contact("(510) 555-0177")
    assert (contact.name, contact.type) == ("Cara", kind.removesuffix("s"))
    assert contact.created_at < contact.most_recent_activity_at


def test_contact_with_the_number_twice_is_one(connect, fake):
    fake.add("Contacts", FIRST_NAME="Cara", PHONE=CASEY, PHONE_MOBILE=CASEY)

    assert len(connect().find_contact(CASEY)) == 1


def test_converted_lead_is_left_out(connect, fake):
    fake.people["Leads"][0]["CONVERTED"] = True

    assert connect().find_contact(LEAD) == []


@pytest.mark.parametrize("takes_links_at_once", [True, False])
@pytest.mark.parametrize(("number", "kind"), [(ADA, "Contacts"), (LEAD, "Leads")])
def test_call_is_an_event_linked_to_the_contact_or_lead(
    connect, fake, number, kind, takes_links_at_once
):
    fake.takes_links_at_once = takes_links_at_once
    connector = connect()

    log_id = log(connector, owner=BEN, number=number)

    [contact] = connector.find_contact(number)
    assert fake.events[int(log_id)] == {
        "EVENT_ID": int(log_id),
        "TITLE": f"Inbound Call from {contact.name}",
        "DETAILS": f"Summary\n\nCall reference: {SAMPLE_CALL.marker}",
        "START_DATE_UTC": "2026-03-02 10:15:00",
        "END_DATE_UTC": "2026-03-02 10:16:05",
        "ALL_DAY": False,
        "OWNER_USER_ID": 2,
        "LINKS": [link_to(kind, int(contact.id))],
    }
    assert connector.find_call_logs(SAMPLE_CALL.marker, contact=contact) == [log_id]


def test_update_sends_what_changed_only(connect, fake):
    connector = connect()
    log_id = log(connector)
    same = replace(SAMPLE_CALL, previous=SAMPLE_CALL)

    connector.update_call_log(log_id, same, composed_log_details="New")
    assert fake.requests[-1].json == {"EVENT_ID": int(log_id), "DETAILS": "New"}

    longer = replace(same, duration_seconds=600)
    connector.update_call_log(log_id, longer, composed_log_details=None)
    end = {"END_DATE_UTC": "2026-03-02 10:25:00"}
    assert fake.requests[-1].json == {"EVENT_ID": int(log_id), **end}


@pytest.mark.parametrize("contact_type", ["", "Contact", "Lead"])
def test_created_contact_is_found_by_its_number(connect, contact_type):
    connector = connect()

    created = connector.create_contact(
        CASEY, name="Unknown caller", contact_type=contact_type, owner=BEN
    )

    [found] = connector.find_contact(CASEY)
    assert (found.id, found.name) == (created.id, "Unknown caller")
    assert found.type == created.type == (contact_type or "Contact")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('{"EVENT_ID": "7"}', "body['EVENT_ID']: '7' is not of type 'integer'"),
        ('{"SUBJECT": "Hi"}', "body.SUBJECT: is not described"),
        (
            '{"END_DATE_UTC": "2026-03-02T10:15:00Z"}',
            "body['END_DATE_UTC']: '2026-03-02T10:15:00Z' does not match "
            r"'^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$'",
        ),
    ],
)
def test_field_that_an_event_does_not_have_is_a_fault(body, fault):
    kind = {"content-type": "application/json"}
    request = Request("PUT", "/v3.1/Events", {}, kind, body)

    assert insightly_judge().faults(request, None) == [fault]


# What an admin reads when something is wrong


@pytest.mark.parametrize(
    ("hostname", "key"),
    [("crm.na1.insightly.com", "old"), ("crm.eu1.insightly.com", None)],
)
def test_wrong_key_or_pod_is_named_before_it_is_saved(connect, fake, hostname, key):
    with pytest.raises(CredentialsRejected, match="belongs to another address"):
        save(connect(hostname, apiKey=key or fake.settings["apiKey"]))


@pytest.mark.parametrize("hostname", ["acme.example", "insightly.com"])
def test_address_that_is_no_insightly_is_named(connect, fake, hostname):
    with pytest.raises(PermanentError, match=r"such as crm\.\*\.insightly\.com"):
        save(connect(hostname))

    assert fake.requests == []


def test_key_of_somebody_who_is_no_administrator_is_named(connect, fake):
    fake.is_administrator = False

    with pytest.raises(PermanentError, match="not one of an administrator"):
        save(connect())
    with pytest.raises(PermanentError, match="not one of an administrator"):
        connect().get_user_list()


def test_user_who_left_is_refused_with_the_reason_of_insightly(connect):
    with pytest.raises(PermanentError) as caught:
        log(connect(), owner=CrmUser(id="4", name="Dee Left"))

    assert "OWNER_USER_ID is not a valid user" in caught.value.full_message


def test_deleted_contact_is_refused_with_the_reason_of_insightly(connect, fake):
    with pytest.raises(PermanentError) as caught:
        create_call_log(connect(), owner=None, contact=Contact(id="404", name="Gone"))

    assert "LINK_OBJECT_ID is not a valid record" in caught.value.full_message
    assert fake.events == {}


def test_required_field_is_refused_with_the_reason_of_insightly(connect, fake):
    fake.required_field = "Region__c"

    with pytest.raises(PermanentError) as caught:
        log(connect())

    assert "Region__c is required" in caught.value.full_message


@pytest.mark.parametrize(
    ("remaining", "text"),
    [("0", "requests of the day are used up"), ("900", "too many requests")],
)
def test_used_up_quota_waits(connect, fake, remaining, text):
    headers = {"X-RateLimit-Remaining": remaining}
    fake.next_answers["Search"] = [Answer(429, {}, headers)]

    with pytest.raises(RateLimited, match=text):
        connect().find_contact(ADA)
