"""Zoho CRM, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace
from functools import partial

import pytest

from connector.errors import (
    CredentialsRejected,
    PermanentError,
    RateLimited,
    TemporaryError,
)
from connector.registry import get_connector_class, get_platform
from connector.testing import (
    SAMPLE_CALL,
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
)
from tests.support.fakes.openapi_judge import are_required
from tests.support.fakes.server import Answer, Request
from tests.support.fakes.zoho import ACCESS_SECONDS, SCOPES, FakeZoho
from tests.support.fakes.zoho_judge import zoho_judges

Zoho = get_connector_class("zoho")
LEAD = "+15105550101"
OUTBOUND = replace(
    SAMPLE_CALL,
    direction=Direction.OUTBOUND,
    caller=SAMPLE_CALL.callee,
    callee=SAMPLE_CALL.caller,
)
DATA_CENTERS = {
    "www.zohoapis.com": "accounts.zoho.com",
    "www.zohoapis.eu": "accounts.zoho.eu",
    "www.zohoapis.in": "accounts.zoho.in",
    "www.zohoapis.com.au": "accounts.zoho.com.au",
    "www.zohoapis.jp": "accounts.zoho.jp",
    "www.zohoapis.ca": "accounts.zohocloud.ca",
    "www.zohoapis.sa": "accounts.zoho.sa",
    "www.zohoapis.com.cn": "accounts.zoho.com.cn",
}
INFO = {"per_page": 200, "count": 1, "page": 1, "more_records": False}


class TestZoho(HttpConnectorConformance):
    connector_class = Zoho
    credentials = Credentials(
        hostname="www.zohoapis.eu",
        server_logging_settings={"refreshToken": SECRET, "selfClientSecret": SECRET},
    )
    signed_in = {"token": SECRET}
    contact_reply = {
        "data": [
            {
                "id": "71",
                "Full_Name": "Ada",
                "Phone": "(510) 555-0100",
                "Created_Time": "2025-01-02T03:04:05-08:00",
                "Last_Activity_Time": "2025-06-07T08:09:10-07:00",
            }
        ],
        "info": INFO,
    }
    no_contact_reply = {"data": [], "info": INFO}
    call_log_reply = {"data": [{"status": "success", "details": {"id": "4712"}}]}
    user_list_reply = {"users": [{"id": "1", "status": "active"}], "info": INFO}


@pytest.fixture
def fake():
    with judged(FakeZoho(), zoho_judges() if are_required() else ()) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, Zoho, fake)


class TestZohoLive(StandInConformance):
    wrong_settings = {"refreshToken": "1000.wrong"}
    create_path = "Calls"

    def record(self, log_id):
        [found] = [call for call in self.fake.calls if call["id"] == log_id]
        return found

    def owner_of(self, connector, log_id):
        return self.record(log_id)["Owner"]["id"]

    def delete(self, connector, log_id):
        self.fake.calls.remove(self.record(log_id))


def test_calls_are_logged_by_the_self_client():
    declared = get_platform("zoho").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "selfClientSecret",
        "refreshToken",
    ]


def test_each_data_center_can_be_chosen():
    selections = get_platform("zoho").environment_selections

    assert [s.const for s in selections] == [f"https://{host}" for host in DATA_CENTERS]


@pytest.mark.parametrize(("hostname", "accounts"), DATA_CENTERS.items())
def test_sign_in_goes_to_the_accounts_server_of_its_data_center(
    connect, fake, hostname, accounts
):
    fake.hostname, fake.accounts = hostname, accounts

    connect(hostname).get_user_info()

    hosts = [request.headers["host"] for request in fake.requests]
    assert hosts == [accounts, hostname]


def test_expired_access_token_is_renewed(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.advance(ACCESS_SECONDS)

    assert connector.find_contact(ADA)
    assert len(fake.requests_to("oauth")) == 2


def test_user_has_a_time_zone(connect):
    user = connect().get_user_info()

    assert (user.name, user.time_zone) == ("Ann Admin", "America/Los_Angeles")


def test_users_of_all_pages_are_listed_and_deactivated_ones_inactive(connect):
    users = connect().get_user_list()

    assert [(user.name, user.is_active) for user in users] == [
        ("Ann Admin", True),
        ("Ben Brown", True),
        ("Cy Stone", True),
        ("Dee Left", False),
    ]


@pytest.mark.parametrize(
    ("number", "name", "kind"),
    [(ADA, "Ada Example", "Contact"), (LEAD, "Bea Lead", "Lead")],
)
def test_contact_or_lead_is_found(connect, number, name, kind):
    [contact] = connect().find_contact(number)

    assert (contact.name, contact.type) == (name, kind)
    assert contact.created_at is not None
    assert contact.most_recent_activity_at is not None


def test_contacts_are_found_over_all_pages(connect, fake):
    contacts = connect().find_contact("+15105550102")

    assert [contact.name for contact in contacts] == ["Twin 0", "Twin 1", "Twin 2"]
    assert len(fake.requests_to("Contacts/search")) == 2


def test_number_of_another_country_has_no_contact(connect):
    assert connect().find_contact("+445105550100") == []


def test_leads_that_may_not_be_seen_are_left_out(connect, fake):
    fake.has_leads = False

    assert [contact.name for contact in connect().find_contact(ADA)] == ["Ada Example"]
    assert connect().update_server_logging_settings(fake.settings)


def test_call_has_the_fields_of_zoho(connect, fake):
    call = replace(SAMPLE_CALL, recording_url="https://player.example.com/?media=x")
    ben = fake.users[1]["id"]

    log_id = log(connect(), call, owner=CrmUser(id=ben, name="Ben Brown"))

    [record] = fake.calls
    assert record["id"] == log_id
    assert {
        name: value
        for name, value in record.items()
        if name not in ("id", "Created_Time", "Last_Activity_Time")
    } == {
        "Subject": "Inbound Call from Ada Example",
        "Call_Type": "Inbound",
        "Call_Start_Time": "2026-03-02T10:15:00+00:00",
        "Call_Duration": "01:05",
        "Description": "Summary\n\nCall reference: rc:sample",
        "Caller_ID": ADA,
        "Dialled_Number": "+15105550199",
        "Voice_Recording__s": "https://player.example.com/?media=x",
        "Who_Id": {"id": fake.records["Contacts"][0]["id"]},
        "Owner": {"id": ben},
    }


def test_call_of_a_lead_is_related_to_the_lead(connect, fake):
    connector = connect()

    log_id = log(connector, number=LEAD)

    [record], [lead] = fake.calls, connector.find_contact(LEAD)
    assert (record["What_Id"], record["$se_module"]) == ({"id": lead.id}, "Leads")
    assert "Who_Id" not in record
    assert connector.find_call_logs(SAMPLE_CALL.marker, contact=lead) == [log_id]


@pytest.mark.parametrize(
    ("call", "result", "kind", "status", "duration"),
    [
        (SAMPLE_CALL, "Call connected", "Inbound", None, "01:05"),
        (SAMPLE_CALL, "Missed", "Missed", None, None),
        (SAMPLE_CALL, "Voicemail", "Missed", None, None),
        (OUTBOUND, "Call connected", "Outbound", "Completed", "01:05"),
        (OUTBOUND, "Busy", "Outbound", "Completed", "01:05"),
    ],
)
def test_outcome_has_the_type_and_duration_that_zoho_allows(
    connect, fake, call, result, kind, status, duration
):
    connector = connect()
    call = replace(call, result=result)

    log_id = log(connector, call)

    [record] = fake.calls
    assert record["Call_Type"] == kind
    assert record.get("Outgoing_Call_Status") == status
    assert record.get("Call_Duration") == duration

    longer = replace(call, duration_seconds=4000, previous=call)
    connector.update_call_log(log_id, longer, composed_log_details=None)
    assert record.get("Call_Duration") == (duration and "66:40")


def test_call_without_talk_has_a_duration_of_zero(connect, fake):
    log(connect(), replace(OUTBOUND, duration_seconds=0))

    assert fake.calls[0]["Call_Duration"] == "00:00"


def test_update_sends_what_changed_only(connect, fake):
    connector = connect()
    log_id = log(connector)
    same = replace(SAMPLE_CALL, previous=SAMPLE_CALL)

    connector.update_call_log(log_id, same, composed_log_details="New")

    assert fake.requests[-1].json == {"data": [{"Description": "New"}]}


@pytest.mark.parametrize("contact_id", ["7' or id is not null or Who_Id = '", "O'Hara"])
def test_id_with_a_quote_stays_an_id_in_the_query(connect, fake, contact_id):
    connector = connect()
    log(connector)

    found = connector.find_call_logs(
        SAMPLE_CALL.marker, contact=Contact(id=contact_id, name="Ada")
    )

    assert found == []
    assert (
        f"= '{contact_id.replace(chr(39), chr(39) * 2)}' order"
        in (fake.requests[-1].json["select_query"])
    )


@pytest.mark.parametrize("contact_type", ["", "Contact", "Lead"])
def test_created_contact_is_found_by_its_number(connect, fake, contact_type):
    connector = connect()
    owner = CrmUser(id=fake.users[1]["id"], name="Ben")

    created = connector.create_contact(
        "+15105550177", name="Unknown caller", contact_type=contact_type, owner=owner
    )

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.name) == (created.id, "Unknown caller")
    assert found.type == created.type == (contact_type or "Contact")


# The judge


CALLS, USERS, JSON = (
    "/crm/v8/Calls",
    "/crm/v8/users",
    {"content-type": "application/json"},
)
WRITTEN = Request("POST", CALLS, {}, JSON, '{"data": []}')


@pytest.mark.parametrize(
    ("request_", "answer", "fault"),
    [
        (
            Request("GET", USERS, {"type": "AllUsers"}, {}, ""),
            None,
            "'AllUsers' is not",
        ),
        (
            Request("GET", CALLS, {"limit": "2"}, {}, ""),
            None,
            "limit: is not described",
        ),
        (Request("POST", CALLS, {}, JSON, '{"data": {}}'), None, "not of type 'array'"),
        (Request("POST", "/crm/v8/coql", {}, JSON, "{}"), None, "required property"),
        (WRITTEN, Answer(201, {"data": [{"code": "CREATED"}]}), "'CREATED' is not"),
        (WRITTEN, Answer(202, {"data": [{"code": "SUCCESS"}]}), "'SUCCESS' is not"),
        (
            Request("GET", CALLS, {}, {}, ""),
            Answer(200, {"data": [{"id": 7}]}),
            "7 is not of type 'string'",
        ),
    ],
)
def test_fault_is_found_in_requests_and_replies(request_, answer, fault):
    [*found] = zoho_judges()[0].faults(request_, answer)

    assert len(found) == 1
    assert fault in found[0]


# What an admin reads when something is wrong


@pytest.mark.parametrize(
    ("hostname", "settings", "message"),
    [
        ("www.zohoapis.eu", {}, "belongs to another data center"),
        ("www.zohoapis.com", {"selfClientSecret": "x"}, "the client secret is wrong"),
        ("www.zohoapis.com", {"refreshToken": "x"}, "the refresh token was revoked"),
    ],
)
def test_wrong_credentials_are_named_before_they_are_saved(
    connect, fake, hostname, settings, message
):
    with pytest.raises(CredentialsRejected, match=message):
        connect(hostname).update_server_logging_settings({**fake.settings, **settings})


def test_deleted_self_client_is_named(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.advance(ACCESS_SECONDS)
    fake.is_client_registered = False

    with pytest.raises(CredentialsRejected, match="does not know the self client"):
        connector.find_contact(ADA)


@pytest.mark.parametrize("scope", SCOPES.values())
def test_missing_scope_is_named_before_the_settings_are_saved(connect, fake, scope):
    fake.scopes.remove(scope)

    with pytest.raises(PermanentError, match="the refresh token lacks a scope"):
        connect().update_server_logging_settings(fake.settings)


def test_inactive_owner_is_named(connect, fake):
    dee = CrmUser(id=fake.users[3]["id"], name="Dee Left")

    with pytest.raises(PermanentError, match="the owner is not an active user"):
        log(connect(), owner=dee)


@pytest.mark.parametrize("contact_type", ["Contact", "Lead"])
def test_deleted_contact_is_named(connect, contact_type):
    gone = Contact(id="404", name="Gone", type=contact_type)

    with pytest.raises(PermanentError, match="contact or lead is not there any more"):
        create_call_log(connect(), owner=None, contact=gone)


def test_required_field_is_named(connect, fake):
    fake.required_field = "Department"

    with pytest.raises(PermanentError, match="make it optional") as caught:
        log(connect())

    assert "required field not found: Department" in caught.value.full_message


@pytest.mark.parametrize(
    "answer",
    [
        Answer(429, {"code": "TOO_MANY_REQUESTS", "status": "error"}),
        Answer(400, {"code": "LIMIT_EXCEEDED", "status": "error"}),
    ],
)
def test_used_up_quota_waits(connect, fake, answer):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    fake.next_answers["Contacts/search"] = [answer]
    fake.next_answers["Calls"] = [answer]

    with pytest.raises(RateLimited, match="API credits of the day are used up"):
        connector.find_contact(ADA)
    with pytest.raises(RateLimited, match="API credits of the day are used up"):
        create_call_log(connector, owner=None, contact=contact)


def test_too_many_sign_ins_wait(connect, fake):
    fake.next_answers["oauth"] = [Answer(400, {"error": "Access Denied"})]

    with pytest.raises(RateLimited, match="too many sign-ins"):
        connect().find_contact(ADA)


def test_error_of_the_server_is_tried_again(connect, fake):
    body = {"code": "INTERNAL_ERROR", "status": "error", "message": "Internal error"}
    fake.next_answers["coql"] = [Answer(500, body)]

    with pytest.raises(TemporaryError):
        connect().find_call_logs(SAMPLE_CALL.marker, contact=Contact(id="1", name="A"))
