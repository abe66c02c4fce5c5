"""Dynamics 365, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace
from functools import partial

import pytest

from connector.errors import (
    AlreadyExists,
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
    save,
)
from tests.support.fakes.dynamics import MADE, FakeDynamics, bound_id, refuse
from tests.support.fakes.dynamics_judge import DynamicsJudge
from tests.support.fakes.server import Answer

Dynamics = get_connector_class("dynamics")
CASEY = "+15105550177"
HOST = FakeDynamics.hostname


class TestDynamics(HttpConnectorConformance):
    connector_class = Dynamics
    credentials = Credentials(
        hostname=HOST,
        server_logging_settings={
            "tenantId": "tenant",
            "clientId": "app",
            "clientSecret": SECRET,
        },
    )
    signed_in = {"token": SECRET, "user": "0001"}
    contact_reply = {
        "value": [
            {
                **dict.fromkeys(["contactid", "leadid"], "9"),
                "fullname": "Ada",
                "telephone1": "(510) 555-0100",
                **dict.fromkeys(["telephone2", "telephone3", "mobilephone"]),
                "createdon": MADE,
                "modifiedon": MADE,
            }
        ]
    }
    no_contact_reply = {"value": []}
    call_log_reply = {"activityid": "815"}
    user_list_reply = {
        "value": [
            {
                "systemuserid": "1",
                "fullname": "Ann",
                "internalemailaddress": "a@b.c",
                "isdisabled": False,
            }
        ]
    }


@pytest.fixture
def fake():
    with judged(FakeDynamics(), [DynamicsJudge()]) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, Dynamics, fake)


class TestDynamicsLive(StandInConformance):
    wrong_settings = {"clientSecret": "wrong"}
    create_path = "/phonecalls"

    def owner_of(self, connector, log_id):
        call = self.fake.tables["phonecalls"][log_id]
        return bound_id(call["ownerid@odata.bind"])

    def delete(self, connector, log_id):
        del self.fake.tables["phonecalls"][log_id]


def test_calls_are_logged_by_the_app():
    declared = get_platform("dynamics").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "clientSecret"
    ]


def test_call_is_completed_with_its_parties(connect, fake):
    log_id = log(connect(), owner=CrmUser(id=fake.ben, name="Ben Brown"))

    [contact_id] = fake.tables["contacts"]
    call = dict(fake.tables["phonecalls"][log_id])
    assert call.pop("phonecall_activity_parties") == [
        {
            "partyid_contact@odata.bind": f"/contacts({contact_id})",
            "participationtypemask": 1,
        },
        {
            "partyid_systemuser@odata.bind": f"/systemusers({fake.ben})",
            "participationtypemask": 2,
        },
    ]
    assert call == {
        "activityid": log_id,
        "statecode": 1,
        "statuscode": 4,
        "subject": "Inbound Call from Ada Example",
        "description": "Summary",
        "directioncode": False,
        "phonenumber": "(510) 555-0100",
        "actualstart": "2026-03-02T10:15:00.000Z",
        "actualend": "2026-03-02T10:16:05.000Z",
        "actualdurationminutes": 2,
        "leftvoicemail": False,
        "subcategory": SAMPLE_CALL.marker,
        "ownerid@odata.bind": f"/systemusers({fake.ben})",
        "regardingobjectid_contact_phonecall@odata.bind": f"/contacts({contact_id})",
    }


def test_outbound_call_without_owner_is_from_the_apps_user_to_the_lead(connect, fake):
    call = replace(SAMPLE_CALL, direction=Direction.OUTBOUND, result="Voicemail")

    log_id = log(connect(), call, number="+445105550100")

    logged = fake.tables["phonecalls"][log_id]
    [lead_id] = fake.tables["leads"]
    assert (logged["directioncode"], logged["statuscode"]) == (True, 2)
    assert logged["leftvoicemail"] is True
    assert logged["ownerid@odata.bind"] == f"/systemusers({fake.me})"  # its default
    lead, user = logged["phonecall_activity_parties"]
    assert (lead["partyid_lead@odata.bind"], lead["participationtypemask"]) == (
        f"/leads({lead_id})",
        2,
    )
    assert user["partyid_systemuser@odata.bind"] == f"/systemusers({fake.me})"


def test_completed_call_is_opened_changed_and_completed_again(connect, fake):
    connector = connect()
    log_id = log(connector)
    fake.tables["phonecalls"][log_id]["subject"] = "Quote for Ada"
    fake.requests.clear()

    longer = replace(SAMPLE_CALL, duration_seconds=125, previous=SAMPLE_CALL)
    connector.update_call_log(log_id, longer, composed_log_details="New")

    assert [request.json for request in fake.requests] == [
        {"statecode": 0, "statuscode": 1},
        {
            "description": "New",
            "actualend": "2026-03-02T10:17:05.000Z",
            "actualdurationminutes": 3,
        },
        {"statecode": 1, "statuscode": 4},
    ]
    assert fake.tables["phonecalls"][log_id]["subject"] == "Quote for Ada"


def test_change_that_failed_half_way_is_repeated_and_completed(connect, fake):
    connector = connect()
    log_id = log(connector)
    fake.next_answers["phonecalls"] = [Answer(204, ""), Answer(503, {})]
    call = replace(SAMPLE_CALL, previous=SAMPLE_CALL)

    with pytest.raises(TemporaryError):
        connector.update_call_log(log_id, call, composed_log_details="New")
    fake.tables["phonecalls"][log_id]["statecode"] = 0
    connector.update_call_log(log_id, call, composed_log_details="New")

    logged = fake.tables["phonecalls"][log_id]
    assert (logged["description"], logged["statecode"]) == ("New", 1)


def test_call_that_only_could_not_be_completed_is_logged(connect, fake, caplog):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    fake.next_answers["phonecalls("] = [refuse(400, "0x80040203", "Invalid state.")]

    assert create_call_log(connector, owner=None, contact=contact)
    assert "the record is created, but" in caplog.text


def test_deleted_call_is_not_created_by_a_change(connect, fake):
    connector = connect()
    log_id = log(connector)
    fake.tables["phonecalls"].clear()

    with pytest.raises(PermanentError):
        connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details="New")
    assert fake.calls == []


# People


def test_number_of_another_country_is_not_taken_for_it(connect):
    assert [c.name for c in connect().find_contact(ADA)] == ["Ada Example"]
    assert [c.name for c in connect().find_contact("+445105550100")] == ["Bea Law"]


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("+442079460018", "020 7946 0018"),
        ("+442079460018", "+44 (0)20 7946-0018"),
        ("+12025550143", "202.555.0143"),
        ("+12025550143", "+1 (202) 555-0143"),
        ("+12025550143", "2025550143"),
    ],
)
@pytest.mark.parametrize("column", ["telephone1", "telephone3", "mobilephone"])
def test_number_is_found_as_people_have_typed_it(connect, fake, number, stored, column):
    fake.add_person(
        "contacts", "Cara", **{"telephone1": "020 7946 9999", column: stored}
    )
    connector = connect()
    connector.region = "GB" if number.startswith("+44") else "US"

    assert [contact.name for contact in connector.find_contact(number)] == ["Cara"]


def test_contact_and_open_lead_with_the_number_are_both_found(connect, fake):
    fake.add_person("leads", "Ada, a lead", telephone1="510.555.0100")
    fake.add_person("leads", "Ada, qualified", telephone1="510.555.0100", statecode=1)
    fake.add_person("contacts", "Ada, gone", telephone1="510.555.0100", statecode=1)
    fake.add_person("accounts", "Ada Ltd", telephone1="510.555.0100")

    found = connect().find_contact(ADA)

    assert [(c.name, c.type) for c in found] == [
        ("Ada Example", "contact"),
        ("Ada, a lead", "lead"),
    ]


def test_account_is_found_where_no_person_has_the_number(connect, fake):
    account_id = fake.add_person("accounts", "Casey Ltd", telephone2="510 555 0177")

    log_id = log(connect(), number=CASEY)

    [account, _] = fake.tables["phonecalls"][log_id]["phonecall_activity_parties"]
    assert bound_id(account["partyid_account@odata.bind"]) == account_id


def test_environment_without_leads_has_contacts(connect, fake):
    fake.has_leads = False

    assert [c.name for c in connect().find_contact(ADA)] == ["Ada Example"]
    assert connect().find_contact(CASEY) == []


@pytest.mark.parametrize("contact_type", ["", "contact", "lead"])
def test_created_contact_is_found_by_its_number(connect, fake, contact_type):
    connector = connect()
    ben = CrmUser(id=fake.ben, name="Ben Brown")

    created = connector.create_contact(
        CASEY, name="Unknown caller", contact_type=contact_type, owner=ben
    )

    [found] = connector.find_contact(CASEY)
    assert (found.id, found.type) == (created.id, contact_type or "contact")
    assert found.type == created.type


def test_users_of_all_pages_are_listed_without_apps_and_support(connect):
    users = connect().get_user_list()

    assert [(user.name, user.is_active) for user in users] == [
        ("Ann Agent", True),
        ("Ben Brown", True),
        ("Dee Left", False),
        ("Cy Stone", True),
    ]


def test_marker_with_a_quote_is_only_text(connect):
    marker = "rc:' or statecode eq 0 or subcategory eq '"

    assert connect().find_call_logs(marker, contact=Contact(id="1", name="Ada")) == []


def test_ended_token_is_renewed(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.token = "another"

    assert connector.find_contact(ADA)


# What an admin reads when something is wrong


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"clientSecret": "wrong"}, "Enter its value, not its ID"),
        ({"clientId": "wrong"}, "no app with this client ID"),
        ({"tenantId": "wrong"}, "no directory with this tenant ID"),
    ],
)
def test_wrong_credentials_are_named_before_they_are_saved(connect, settings, text):
    with pytest.raises(CredentialsRejected, match=text):
        save(connect(**settings))


def test_expired_secret_is_named(connect, fake):
    fake.has_expired_secret = True

    with pytest.raises(CredentialsRejected, match="client secret has expired"):
        save(connect())


@pytest.mark.parametrize(
    "hostname", ["acme.crm.dynamics.com", "acme.com", "login.microsoftonline.com"]
)
def test_address_of_no_environment_is_named(connect, fake, hostname):
    with pytest.raises(CredentialsRejected, match="no environment with this address"):
        save(connect(hostname=hostname))

    assert len(fake.requests) == 1  # of the sign-in; no other host is asked


def test_app_that_is_no_user_of_the_environment_is_named(connect, fake):
    fake.app_is_user = False

    with pytest.raises(CredentialsRejected, match="Add it as an application user"):
        save(connect())


def test_missing_right_to_create_activities_is_named(connect, fake):
    fake.privileges.clear()

    with pytest.raises(PermanentError, match="may not create activities"):
        save(connect())
    with pytest.raises(PermanentError, match="may not create activities"):
        connect().check_call_log_access()


def test_missing_privilege_is_named_in_their_words(connect, fake):
    message = "Principal user is missing prvReadContact privilege"
    fake.next_answers["/contacts"] = [refuse(403, "0x80040220", message)]

    with pytest.raises(PermanentError, match="privilege is missing") as caught:
        save(connect())

    assert "prvReadContact" in caught.value.full_message


def test_disabled_owner_is_named(connect, fake):
    with pytest.raises(PermanentError, match="mapped user is disabled"):
        log(connect(), owner=CrmUser(id=fake.dee, name="Dee Left"))


def test_disabled_app_is_named(connect, fake):
    message = "The user with SystemUserId=1 in OrganizationContext=2 is disabled"
    fake.next_answers["WhoAmI"] = [refuse(403, "0x80040225", message)]

    with pytest.raises(CredentialsRejected, match="app's user in this environment"):
        save(connect())


def test_deleted_contact_is_named(connect, fake):
    gone = Contact(id=fake.id(), name="Gone", type="contact")

    with pytest.raises(PermanentError, match="contact or the mapped user is not there"):
        create_call_log(connect(), owner=None, contact=gone)


def test_required_custom_column_is_named(connect, fake):
    fake.plug_in_error = "Region is required."

    with pytest.raises(PermanentError, match="plug-in or a required field") as caught:
        log(connect())

    assert "Region is required" in caught.value.full_message


def test_used_up_limit_waits_as_long_as_it_says(connect, fake):
    refused = refuse(429, "0x80072322", "Number of requests exceeded the limit.")
    headers = {"Retry-After": "30", "x-ms-ratelimit-burst-remaining-xrm-requests": "0"}
    fake.next_answers["/contacts"] = [replace(refused, headers=headers)]

    with pytest.raises(RateLimited, match="service protection limit") as caught:
        connect().find_contact(ADA)

    assert caught.value.retry_after == 30


def test_contact_that_a_key_refuses_is_looked_up(connect, fake):
    message = "A record with matching key values already exists."
    fake.next_answers["/contacts"] = [refuse(412, "0x80060892", message)]

    with pytest.raises(AlreadyExists):
        connect().create_contact(CASEY, name="Unknown caller")
