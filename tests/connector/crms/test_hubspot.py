"""HubSpot, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace
from functools import partial

import pytest

from connector.errors import CredentialsRejected, PermanentError, RateLimited
from connector.registry import get_connector_class, get_platform
from connector.testing import (
    SAMPLE_CALL,
    HttpConnectorConformance,
    create_call_log,
)
from connector.testing.samples import SECRET
from connector.types import Contact, Credentials, CrmUser, Party
from tests.connector.crms import stand_in
from tests.connector.crms.stand_in import (
    ADA,
    StandInConformance,
    judged,
    open_connector,
    save,
)
from tests.support.fakes.hubspot import (
    INDEX_LAG_SECONDS,
    FakeHubSpot,
    hubspot_judges,
)
from tests.support.fakes.openapi_judge import are_required
from tests.support.fakes.server import Answer

HubSpot = get_connector_class("hubspot")
log = partial(stand_in.log, text="<b>Hi</b>")
API = "https://api.hubapi.com"
PERSON = {"id": "7", "type": "PERSON", "firstName": "Ann", "archived": False}


class TestHubSpot(HttpConnectorConformance):
    connector_class = HubSpot
    credentials = Credentials(server_logging_settings={"accessToken": SECRET})
    contact_reply = {
        "total": 1,
        "results": [
            {
                "id": "71",
                "properties": {"firstname": "Ada", "phone": "(510) 555-0100"},
                "createdAt": "2025-01-02T03:04:05.678Z",
                "updatedAt": "2025-06-07T08:09:10.111Z",
            }
        ],
    }
    no_contact_reply = {"total": 0, "results": []}
    call_log_reply = {"id": "4712", "properties": {}}
    user_list_reply = {"results": [PERSON]}
    user_list_end = {"results": []}


@pytest.fixture
def fake():
    with judged(FakeHubSpot(), hubspot_judges() if are_required() else ()) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, HubSpot, fake, at=API)


class TestHubSpotLive(StandInConformance):
    wrong_settings = {"accessToken": "pat-na1-wrong"}
    create_path = "objects/calls"

    def log(self, connector, call, contact, owner):
        log_id = super().log(connector, call, contact, owner)
        self.fake.advance(INDEX_LAG_SECONDS)
        return log_id

    def owner_of(self, connector, log_id):
        return self.fake.calls[log_id]["properties"]["hubspot_owner_id"]

    def delete(self, connector, log_id):
        self.fake.calls[log_id]["archived"] = True


def test_calls_are_logged_by_the_private_app():
    declared = get_platform("hubspot").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "accessToken"
    ]


@pytest.mark.parametrize("number", [ADA, "+15105550101"])
def test_contact_is_found_by_phone_or_mobile(connect, number):
    [contact] = connect().find_contact(number)

    assert contact.name in ("Ada Example", "Bea")
    assert contact.created_at is not None
    assert contact.most_recent_activity_at is not None


def test_contacts_are_found_over_all_pages(connect, fake):
    contacts = connect().find_contact("+15105550102")

    assert [contact.name for contact in contacts] == ["Twin 0", "Twin 1", "Twin 2"]
    assert len(fake.requests_to("contacts/search")) == 2


def test_number_of_another_country_has_no_contact(connect):
    assert connect().find_contact("+445105550100") == []


def test_call_has_the_properties_of_hubspot(connect, fake):
    call = replace(SAMPLE_CALL, recording_url="https://player.example.com/?media=x")

    log_id = log(connect(), call, owner=CrmUser(id="2", name="Ben Brown"))

    assert fake.calls[log_id]["contact"] in fake.contacts
    assert fake.calls[log_id]["properties"] == {
        "hs_timestamp": "2026-03-02T10:15:00.000Z",
        "hs_call_title": "Inbound Call from Ada Example",
        "hs_call_body": "<b>Hi</b>",
        "hs_call_direction": "INBOUND",
        "hs_call_duration": "65000",
        "hs_call_status": "COMPLETED",
        "hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
        "hs_call_from_number": ADA,
        "hs_call_to_number": "+15105550199",
        "hs_call_recording_url": "https://player.example.com/?media=x",
        "hs_call_external_id": SAMPLE_CALL.marker,
        "hubspot_owner_id": "2",
    }


def test_call_of_a_contact_without_name_has_their_number_in_its_title(connect, fake):
    fake.add_contact(email="casey@example.com", phone="510-555-0177")
    connector = connect()
    call = replace(SAMPLE_CALL, caller=Party(phone_number="+15105550177"))

    [contact] = connector.find_contact("+15105550177")
    log_id = connector.create_call_log(
        call, contact=contact, owner=None, composed_log_details="Hi"
    )

    title = fake.calls[log_id]["properties"]["hs_call_title"]
    assert title == "Inbound Call from +15105550177"


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("Call connected", "COMPLETED"),
        ("Missed", "NO_ANSWER"),
        ("Busy", "BUSY"),
        ("Hang Up", "CANCELED"),
        ("Call Failed", "FAILED"),
        ("A new result", "COMPLETED"),
    ],
)
def test_result_has_a_status_of_hubspot(connect, fake, result, status):
    log_id = log(connect(), replace(SAMPLE_CALL, result=result))

    assert fake.calls[log_id]["properties"]["hs_call_status"] == status


def test_update_sends_what_changed_only(connect, fake):
    connector = connect()
    missed = replace(SAMPLE_CALL, result="Missed", duration_seconds=30)
    log_id = log(connector, missed)
    fake.calls[log_id]["properties"]["hs_call_title"] = "Quote for Ada"

    for duration, sent in ((30, None), (0, "0"), (90, "90000")):
        call = replace(missed, duration_seconds=duration, previous=missed)
        connector.update_call_log(log_id, call, composed_log_details="New")
        properties = fake.requests[-1].json["properties"]
        assert properties.pop("hs_call_duration", None) == sent
        assert properties == {"hs_call_body": "New"}

    connector.update_call_log(
        log_id, replace(SAMPLE_CALL, previous=missed), composed_log_details=None
    )
    properties = fake.calls[log_id]["properties"]
    assert properties["hs_call_status"] == "COMPLETED"
    assert properties["hs_call_title"] == "Quote for Ada"


def test_call_is_found_once_indexed(connect, fake):
    connector = connect()
    log_id = log(connector)
    contact = Contact(id="1", name="Ada")

    assert connector.find_call_logs(SAMPLE_CALL.marker, contact=contact) == []
    fake.advance(connector.search_lag.total_seconds())
    assert connector.find_call_logs(SAMPLE_CALL.marker, contact=contact) == [log_id]


def test_owners_are_people_and_archived_ones_are_inactive(connect):
    users = connect().get_user_list()

    assert [(user.name, user.is_active) for user in users] == [
        ("Ann Agent", True),
        ("Ben Brown", True),
        ("Cy Stone", True),
        ("Dee Left", False),
    ]


def test_account_is_the_user_and_has_a_time_zone(connect):
    user = connect().get_user_info()

    assert (user.id, user.name) == ("12345", "HubSpot 12345")
    assert user.time_zone == "US/Eastern"


def test_created_contact_is_found_by_its_number(connect, fake):
    connector = connect()

    created = connector.create_contact(
        "+15105550177", name="Unknown caller", owner=CrmUser(id="2", name="Ben")
    )

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.name) == (created.id, "Unknown caller")
    assert fake.contacts[created.id]["properties"]["hubspot_owner_id"] == "2"


# What an admin reads when something is wrong


def test_expired_token_is_refused_before_it_is_saved(connect):
    with pytest.raises(CredentialsRejected, match="credentials were refused"):
        save(connect(accessToken="pat-na1-old"))


@pytest.mark.parametrize(
    "scope",
    [
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.owners.read",
    ],
)
def test_missing_scope_is_named_before_the_settings_are_saved(connect, fake, scope):
    fake.scopes.remove(scope)

    with pytest.raises(PermanentError, match="lacks a scope"):
        save(connect())


def test_archived_owner_is_refused_with_the_reason_of_hubspot(connect):
    with pytest.raises(PermanentError) as caught:
        log(connect(), owner=CrmUser(id="5", name="Dee Left"))

    assert "not a valid owner" in caught.value.full_message


def test_deleted_contact_is_refused_with_the_reason_of_hubspot(connect):
    with pytest.raises(PermanentError) as caught:
        create_call_log(connect(), owner=None, contact=Contact(id="404", name="Gone"))

    assert "contact does not exist" in caught.value.full_message


@pytest.mark.parametrize(
    "answer",
    [
        Answer(429, {"category": "RATE_LIMITS", "policyName": "DAILY"}),
        Answer(400, {"category": "RATE_LIMITS"}),
        Answer(423, {"message": "locked"}),
    ],
)
def test_used_up_quota_waits(connect, fake, answer):
    fake.next_answers["contacts/search"] = [answer]

    with pytest.raises(RateLimited):
        connect().find_contact(ADA)
