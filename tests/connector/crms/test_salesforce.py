"""Salesforce, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace
from functools import partial

import pytest
import requests

from connector.errors import (
    AlreadyExists,
    CredentialsRejected,
    PermanentError,
    RateLimited,
)
from connector.registry import get_connector_class, get_platform
from connector.testing import (
    SAMPLE_CALL,
    CannedReplies,
    HttpConnectorConformance,
    create_call_log,
)
from connector.testing.samples import SECRET
from connector.types import Contact, Credentials, CrmUser, Direction
from tests.connector.crms.stand_in import (
    ADA,
    StandInConformance,
    judged,
    log,
    open_connector,
    save,
)
from tests.support.fakes.salesforce import FakeSalesforce, refuse
from tests.support.fakes.salesforce_judge import SalesforceJudge
from tests.support.fakes.server import Answer

Salesforce = get_connector_class("salesforce")
CASEY = "+15105550177"
HOST = FakeSalesforce.hostname


class TestSalesforce(HttpConnectorConformance):
    connector_class = Salesforce
    credentials = Credentials(
        hostname=HOST,
        server_logging_settings={"consumerKey": "key", "consumerSecret": SECRET},
    )
    signed_in = {"token": SECRET, "host": HOST, "user": "005A", "closed": "Completed"}
    contact_reply = {
        "searchRecords": [
            {
                "attributes": {"type": "Contact", "url": "/"},
                "Id": "003A",
                "Name": "Ada",
                "Phone": "(510) 555-0100",
                "CreatedDate": "2025-01-02T03:04:05.000+0000",
                "LastModifiedDate": "2025-06-07T08:09:10.000+0000",
                "LastActivityDate": "2025-06-08",
            }
        ]
    }
    no_contact_reply = {"searchRecords": []}
    replies_before_creation = [(200, {"totalSize": 0, "done": True, "records": []})]
    call_log_reply = {"id": "00TA", "success": True, "errors": []}
    user_list_reply = {
        "done": True,
        "records": [{"Id": "005A", "Name": "Ann", "Email": "a@b.c", "IsActive": True}],
    }


@pytest.fixture
def fake():
    with judged(FakeSalesforce(), [SalesforceJudge()]) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, Salesforce, fake)


class TestSalesforceLive(StandInConformance):
    wrong_settings = {"consumerSecret": "wrong"}
    create_path = "sobjects/Task"

    def owner_of(self, connector, log_id):
        return self.fake.records[log_id]["OwnerId"]

    def delete(self, connector, log_id):
        self.fake.records[log_id]["IsDeleted"] = True


def test_calls_are_logged_by_the_app():
    declared = get_platform("salesforce").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "consumerSecret"
    ]


@pytest.mark.parametrize("hostname", [HOST, "acme--uat.sandbox.my.salesforce.com"])
def test_requests_go_to_the_instance_that_the_sign_in_names(hostname):
    token = {
        "access_token": "t",
        "instance_url": "https://acme-b.my.salesforce.com",
        "id": "https://test.salesforce.com/id/00DA/005A",
    }
    transport = CannedReplies(
        (200, token),
        (200, {"records": [{"ApiName": "Completed"}]}),
        (200, {"records": [{"Id": "005A", "Name": "Ann"}]}),
    )
    session = requests.Session()
    session.mount("https://", transport)
    connector = Salesforce(Credentials(hostname=hostname), session=session)

    assert connector.get_user_info().id == "005A"

    signs_in, *others = [request.url.split("/")[2] for request in transport.requests]
    assert signs_in == hostname
    assert set(others) == {"acme-b.my.salesforce.com"}


def test_token_is_sent_to_no_host_beyond_salesforce():
    token = {"access_token": "t", "instance_url": "https://evil.example", "id": "/005A"}
    session = requests.Session()
    transport = CannedReplies((200, token))
    session.mount("https://", transport)

    with pytest.raises(PermanentError, match="environment allows"):
        Salesforce(Credentials(hostname=HOST), session=session).get_user_info()

    assert len(transport.requests) == 1


def test_task_has_the_fields_of_a_call(connect, fake):
    log_id = log(connect(), owner=CrmUser(id="005B", name="Ben Brown"))

    task = fake.records[log_id]
    assert {k: v for k, v in task.items() if k not in ("Id", "type", "IsDeleted")} == {
        "WhoId": next(
            i for i, r in fake.records.items() if r.get("Name") == "Ada Example"
        ),
        "OwnerId": "005B",
        "TaskSubtype": "Call",
        "Status": "Erledigt",
        "Subject": "Inbound Call from Ada Example",
        "Description": "Summary",
        "ActivityDate": "2026-03-02",
        "CallType": "Inbound",
        "CallDurationInSeconds": 65,
        "CallDisposition": "Accepted",
        "CallObject": SAMPLE_CALL.marker,
    }


def test_task_is_due_on_the_day_of_the_call_where_it_was(connect, fake):
    zones = {"Pacific/Auckland": "2026-03-03", "America/Los_Angeles": "2026-03-02"}
    late = SAMPLE_CALL.started_at.replace(hour=12)

    for zone, day in zones.items():
        log_id = log(connect(), replace(SAMPLE_CALL, started_at=late, time_zone=zone))
        assert fake.records[log_id]["ActivityDate"] == day


def test_outbound_call_of_a_lead_is_related_to_nothing_else(connect, fake):
    call = replace(SAMPLE_CALL, direction=Direction.OUTBOUND)

    log_id = log(connect(), call, number="+445105550100")

    assert fake.records[log_id]["CallType"] == "Outbound"
    assert fake.records[log_id]["WhoId"].startswith("00Q")
    assert fake.requests_to("/query")[1:] == []  # the first is of the sign-in


@pytest.mark.parametrize(
    ("are_closed", "is_linked"),
    [([], False), ([False], True), ([False, True], True), ([False, False], False)],
)
def test_call_is_linked_to_the_only_open_opportunity(
    connect, fake, are_closed, is_linked
):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    ids = [fake.add_opportunity(contact.id, is_closed=c) for c in are_closed]

    log_id = log(connector)

    assert fake.records[log_id].get("WhatId") == (ids[0] if is_linked else None)


def test_opportunities_that_may_not_be_seen_do_not_stop_the_call(connect, fake):
    fake.sees_opportunities = False

    assert "WhatId" not in fake.records[log(connect())]


def test_update_sends_what_changed_only(connect, fake):
    connector = connect()
    log_id = log(connector)
    fake.records[log_id]["Subject"] = "Quote for Ada"

    longer = replace(SAMPLE_CALL, duration_seconds=0, previous=SAMPLE_CALL)
    connector.update_call_log(log_id, longer, composed_log_details="New")

    assert fake.requests[-1].json == {"Description": "New", "CallDurationInSeconds": 0}
    assert fake.records[log_id]["Subject"] == "Quote for Ada"


# People


def test_number_of_another_country_is_not_taken_for_it(connect):
    """Salesforce finds both: the words of one number are part of the other."""
    assert [c.name for c in connect().find_contact(ADA)] == ["Ada Example"]
    assert [c.name for c in connect().find_contact("+445105550100")] == ["Bea Law"]


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("+442079460018", "020 7946 0018"),
        ("+442079460018", "02079460018"),
        ("+442079460018", "20-79460018"),
        ("+442079460018", "+44 20 7946 0018"),
        ("+442079460018", "+442079460018"),
        ("+12025550143", "202.555.0143"),
        ("+12025550143", "+1 (202) 555-0143"),
        ("+12025550143", "202-555-0143 (home)"),
    ],
)
@pytest.mark.parametrize("field", ["Phone", "MobilePhone", "HomePhone", "OtherPhone"])
def test_number_is_found_as_people_have_typed_it(connect, fake, number, stored, field):
    fake.add_person("Contact", "Cara", **{"Phone": "020 7946 9999", field: stored})
    connector = connect()
    connector.region = "GB" if number.startswith("+44") else "US"

    assert [contact.name for contact in connector.find_contact(number)] == ["Cara"]


@pytest.mark.parametrize(
    "typed",
    [
        *("(510) 555-0100", "+1/510.555-0100", "510 555 0100"),
        *('510 555 0100"} IN ALL FIELDS RETURNING User(Id)', "510 555 0100\\"),
    ],
)
def test_search_of_a_format_is_escaped(connect, typed):
    connector = connect()
    connector.region = "US"

    assert [c.name for c in connector.find_contact(typed)] == ["Ada Example"]


def test_contact_and_lead_with_the_number_are_both_found(connect, fake):
    fake.add_person("Lead", "Ada, a lead", Phone="510.555.0100")
    converted = fake.add_person("Lead", "Ada, converted", Phone="510.555.0100")
    fake.records[converted]["IsConverted"] = True

    found = connect().find_contact(ADA)

    assert [(c.name, c.type) for c in found] == [
        ("Ada Example", "Contact"),
        ("Ada, a lead", "Lead"),
    ]


def test_person_account_is_found_as_its_contact(connect, fake):
    fake.has_person_accounts = True
    contact_id = fake.add_person("Contact", "Pia Person")
    fields = {"PersonContactId": contact_id, "IsPersonAccount": True}
    fake.add_person("Account", "Pia Person", PersonMobilePhone="510 555 0177", **fields)

    assert connect().find_contact(CASEY) == []
    [found] = connect(personAccounts="true").find_contact(CASEY)
    assert (found.id, found.type) == (contact_id, "Contact")
    assert log(connect(personAccounts="true"), number=CASEY)


def test_contact_without_activity_was_active_when_last_changed(connect, fake):
    fake.add_person("Contact", "Cara", Phone=CASEY, LastActivityDate="2025-06-08")
    fake.add_person("Contact", "Dora", Phone=CASEY)

    cara, dora = connect().find_contact(CASEY)

    assert f"{cara.most_recent_activity_at:%Y-%m-%d}" == "2025-06-08"
    assert dora.most_recent_activity_at == dora.created_at


@pytest.mark.parametrize("contact_type", ["", "Contact", "Lead"])
def test_created_contact_is_found_by_its_number(connect, fake, contact_type):
    connector = connect()
    ben = CrmUser(id="005B", name="Ben Brown")

    created = connector.create_contact(
        CASEY, name="Unknown caller", contact_type=contact_type, owner=ben
    )

    [found] = connector.find_contact(CASEY)
    assert (found.id, found.type) == (created.id, contact_type or "Contact")
    assert fake.records[created.id]["OwnerId"] == "005B"


def test_users_of_all_pages_are_listed_without_those_of_portals(connect):
    users = connect().get_user_list()

    assert [(user.name, user.is_active) for user in users] == [
        ("Ann Agent", True),
        ("Ben Brown", True),
        ("Cy Stone", True),
        ("Dee Left", False),
    ]


def test_user_that_the_app_runs_as_has_a_time_zone(connect):
    user = connect().get_user_info()

    assert (user.id, user.name) == ("005A", "Ann Agent")
    assert user.time_zone == "America/New_York"


@pytest.mark.parametrize("start", ["rc:", "rc:\\"])
def test_marker_with_a_quote_is_only_text(connect, start):
    marker = f"{start}' OR Status = 'Open"

    assert connect().find_call_logs(marker, contact=Contact(id="1", name="Ada")) == []


def test_ended_session_is_renewed(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.token = "another"

    assert connector.find_contact(ADA)


# What an admin reads when something is wrong


def test_wrong_secret_is_refused_before_it_is_saved(connect):
    with pytest.raises(CredentialsRejected, match="secret is wrong or has expired"):
        save(connect(consumerSecret="old"))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            {
                "error": "invalid_grant",
                "error_description": "no client credentials user enabled",
            },
            "no active user to run as",
        ),
        (
            {"error": "invalid_grant", "error_description": "no valid scopes defined"},
            "lacks the scope",
        ),
    ],
)
def test_app_that_is_not_ready_is_named_before_it_is_saved(connect, fake, error, text):
    fake.token_error = error

    with pytest.raises(CredentialsRejected, match=text):
        save(connect())


def test_missing_scope_is_named(connect, fake):
    message = "This session is not valid for use with the REST API"
    fake.next_answers["/query"] = [refuse(401, "INVALID_SESSION_ID", message)]

    with pytest.raises(CredentialsRejected, match="lacks the scope"):
        save(connect())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, "", {"Location": "https://login.salesforce.com/"}),
        Answer(404, "<html>No such site</html>"),
    ],
)
def test_my_domain_that_no_organization_has_is_named(connect, fake, answer):
    fake.next_answers["oauth2/token"] = [answer]

    with pytest.raises(CredentialsRejected, match="no organization has this address"):
        save(connect())


@pytest.mark.parametrize(
    "hostname", ["acme.lightning.force.com", "login.salesforce.com", "acme.com"]
)
def test_address_that_is_no_my_domain_is_named(connect, fake, hostname):
    with pytest.raises(PermanentError, match=r"such as \*\.my\.salesforce\.com"):
        save(connect(hostname=hostname))

    assert fake.requests == []


def test_user_without_the_right_to_create_tasks_is_named(connect, fake):
    fake.may_create_tasks = False

    with pytest.raises(PermanentError, match="may not create tasks"):
        save(connect())
    with pytest.raises(PermanentError, match="may not create tasks"):
        connect().check_call_log_access()


def test_hidden_field_is_named_before_the_settings_are_saved(connect, fake):
    fake.hidden = {"Lead.MobilePhone"}

    with pytest.raises(PermanentError) as caught:
        save(connect())

    assert "may not see a field" in str(caught.value)
    assert "Lead.MobilePhone" in caught.value.full_message


def test_person_accounts_that_are_not_there_are_named(connect):
    with pytest.raises(PermanentError, match="person accounts"):
        save(connect(personAccounts="true"))


def test_inactive_owner_is_named(connect):
    with pytest.raises(PermanentError, match="mapped user is not active"):
        log(connect(), owner=CrmUser(id="005D", name="Dee Left"))


def test_deleted_contact_is_named(connect):
    with pytest.raises(PermanentError, match="contact or the mapped user is not there"):
        create_call_log(connect(), owner=None, contact=Contact(id="003X", name="Gone"))


def test_required_custom_field_is_named(connect, fake):
    fake.required = {"Region__c"}

    with pytest.raises(PermanentError, match="required field") as caught:
        log(connect())

    assert "Region__c" in caught.value.full_message


@pytest.mark.parametrize("status", [400, 403, 503])
def test_used_up_requests_wait(connect, fake, status):
    answer = refuse(status, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    fake.next_answers["/search"] = [answer]

    with pytest.raises(RateLimited, match="limit of API requests"):
        connect().find_contact(ADA)


def test_contact_that_a_duplicate_rule_refuses_is_looked_up(connect, fake):
    fake.next_answers["sobjects/Contact"] = [
        refuse(400, "DUPLICATES_DETECTED", "Use one of these records?")
    ]

    with pytest.raises(AlreadyExists):
        connect().create_contact(CASEY, name="Unknown caller")
