"""NetSuite, a document: with canned replies, and against its judged stand-in."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from connector.errors import (
    AlreadyExists,
    CredentialsRejected,
    InvalidSettings,
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
from tests.connector.crms.stand_in import (
    ADA,
    StandInConformance,
    judged,
    log,
    open_connector,
    save,
)
from tests.support.fakes.netsuite import FakeNetSuite, key_pair, refuse
from tests.support.fakes.netsuite_judge import NetSuiteJudge

NetSuite = get_connector_class("netsuite")
CASEY = "+15105550177"
HOST = FakeNetSuite.hostname


class TestNetSuite(HttpConnectorConformance):
    connector_class = NetSuite
    credentials = Credentials(
        hostname=HOST,
        server_logging_settings={
            "clientId": "client",
            "certificateId": "cert",
            "privateKey": key_pair()[1],
        },
    )
    signed_in = {"token": SECRET}
    contact_reply = {
        "hasMore": False,
        "items": [
            {
                "id": "9",
                "entityid": "Ada",
                "phone": "(510) 555-0100",
                "made": "2025-01-02",
                "changed": "2025-01-02",
            }
        ],
    }
    no_contact_reply = {"hasMore": False, "items": []}
    replies_before_creation = [(200, {"company": {"id": "7"}})]
    call_log_reply = {"id": "815"}
    user_list_reply = {
        "hasMore": False,
        "items": [{"id": "1", "firstname": "Ann", "email": "a@b.c", "isinactive": "F"}],
    }


@pytest.fixture
def fake():
    with judged(FakeNetSuite(), [NetSuiteJudge()]) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""
    return partial(open_connector, NetSuite, fake)


class TestNetSuiteLive(StandInConformance):
    wrong_settings = {"certificateId": "wrong"}
    create_path = "/phoneCall"

    def owner_of(self, connector, log_id):
        return self.fake.tables["phonecall"][log_id]["assigned"]["id"]

    def delete(self, connector, log_id):
        del self.fake.tables["phonecall"][log_id]


def test_calls_are_logged_by_the_integration():
    declared = get_platform("netsuite").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "privateKey"
    ]


def test_requests_go_to_the_accounts_api(connect, fake):
    save(connect())

    assert {request.headers["host"] for request in fake.requests} == {fake.api}


def test_phone_call_has_the_fields_of_a_call(connect, fake):
    log_id = log(connect(), owner=CrmUser(id=fake.ben, name="Ben Brown"))

    [request] = [r for r in fake.requests if r.path.endswith("/phoneCall")]
    assert request.json == {
        "externalId": "rc-sample",
        "title": "Inbound Call from Ada Example",
        "message": "Summary",
        "phone": "(510) 555-0100",
        "status": {"id": "COMPLETE"},
        "startDate": "2026-03-02",
        "completedDate": "2026-03-02",
        "timedEvent": True,
        "startTime": "10:15",
        "endTime": "10:17",
        "contact": {"id": fake.ada},
        "company": {"id": fake.company},
        "assigned": {"id": fake.ben},
    }
    assert log_id in fake.tables["phonecall"]


def test_call_of_a_customer_has_no_contact(connect, fake):
    fake.tables["customer"][fake.company]["altphone"] = "510 555 0177"

    log_id = log(connect(), number=CASEY)

    call = fake.tables["phonecall"][log_id]
    assert call["company"] == {"id": fake.company}
    assert not {"contact", "assigned"} & call.keys()


def test_contact_without_company_is_logged_to_alone(connect, fake):
    fake.add("contact", entityid="Casey", mobilephone="510.555.0177")

    call = fake.tables["phonecall"][log(connect(), number=CASEY)]

    assert "company" not in call


@pytest.mark.parametrize(
    ("start", "seconds", "zone", "day", "times"),
    [
        ((10, 15, 10), 5, "", "2026-03-02", ("10:15", "10:16")),
        ((10, 15, 0), 0, "", "2026-03-02", ("10:15", "10:16")),
        ((10, 15, 0), 65, "America/New_York", "2026-03-02", ("05:15", "05:17")),
        ((12, 15, 0), 65, "Pacific/Auckland", "2026-03-03", ("01:15", "01:17")),
        ((23, 50, 0), 1200, "", "2026-03-02", ("23:50", "23:59")),
        ((23, 58, 30), 60, "", "2026-03-02", ("23:58", "23:59")),
        ((23, 59, 30), 5, "", "2026-03-02", ("23:58", "23:59")),
    ],
)
def test_times_are_of_one_day_and_the_end_is_later(
    connect, fake, start, seconds, zone, day, times
):
    started_at = datetime(2026, 3, 2, *start, tzinfo=UTC)
    call = replace(
        SAMPLE_CALL, started_at=started_at, duration_seconds=seconds, time_zone=zone
    )

    logged = fake.tables["phonecall"][log(connect(), call)]

    assert (logged["startTime"], logged["endTime"]) == times
    assert logged["startDate"] == day


def test_update_sends_what_changed_only(connect, fake):
    connector = connect()
    log_id = log(connector)
    fake.tables["phonecall"][log_id]["title"] = "Quote for Ada"

    longer = replace(SAMPLE_CALL, duration_seconds=125, previous=SAMPLE_CALL)
    connector.update_call_log(log_id, longer, composed_log_details="New")

    assert fake.requests[-1].json == {"message": "New", "endTime": "10:18"}
    assert fake.tables["phonecall"][log_id]["title"] == "Quote for Ada"


def test_second_phone_call_with_the_same_marker_is_refused(connect, fake):
    connector = connect()
    log_id = log(connector)

    with pytest.raises(AlreadyExists):
        log(connector)

    assert NetSuite.marker_support is MarkerSupport.UNIQUE
    contact = Contact(id=fake.ada, name="Ada")
    assert connector.find_call_logs(SAMPLE_CALL.marker, contact=contact) == [log_id]


# People


@pytest.mark.parametrize("column", ["phone", "homephone", "mobilephone", "officephone"])
def test_number_is_found_as_people_have_typed_it(connect, fake, column):
    numbers = {"phone": "020 7946 9999", column: "+44 (0)20 7946-0018 (work)"}
    fake.add("contact", entityid="Cara", **numbers)
    connector = connect()
    connector.region = "GB"

    found = connector.find_contact("+442079460018")

    assert [contact.name for contact in found] == ["Cara"]


def test_contact_and_customer_with_the_number_are_both_found(connect, fake):
    fake.add("customer", entityid="CUST8", altname="Ada Ltd", phone="510-555-0100")
    fake.add("customer", entityid="CUST9", phone="510-555-0100")
    fake.add("contact", entityid="Gone", phone="510-555-0100", isinactive="T")
    fake.add("contact", entityid="Longer", phone="44 510 555 0100 0")

    found = connect().find_contact(ADA)

    assert [(c.name, c.type) for c in found] == [
        ("Ada Example", "contact"),
        ("Ada Ltd", "custjob"),
        ("CUST9", "custjob"),
    ]


def test_created_contact_is_found_by_its_number(connect):
    connector = connect()

    created = connector.create_contact(CASEY, name="Unknown caller")

    assert [c.id for c in connector.find_contact(CASEY)] == [created.id]


def test_users_of_all_pages_are_those_with_access(connect):
    users = connect().get_user_list()

    assert [(user.name, user.email, user.is_active) for user in users] == [
        ("Ann Agent", "ann@example.com", True),
        ("Ben Brown", "ben@example.com", True),
        ("Dee Left", "dee@example.com", False),
        ("Cy Stone", "", True),
    ]


def test_marker_with_a_quote_is_only_text(connect):
    marker = "rc:' OR externalid = 'x"

    assert connect().find_call_logs(marker, contact=Contact(id="1", name="Ada")) == []


def test_ended_token_is_renewed(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.token = "another"

    assert connector.find_contact(ADA)


# What an admin reads when something is wrong


@pytest.mark.parametrize(
    "settings", [{"clientId": "wrong"}, {"certificateId": "wrong"}]
)
def test_wrong_credentials_are_named_before_they_are_saved(connect, settings):
    with pytest.raises(CredentialsRejected, match="certificate has expired"):
        save(connect(**settings))


def test_key_of_another_certificate_is_named(connect):
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(*form).decode()

    with pytest.raises(CredentialsRejected, match="private key is wrong"):
        save(connect(privateKey=other))


def test_text_that_is_no_key_is_named_by_its_field(connect, fake):
    with pytest.raises(InvalidSettings, match="no private key") as caught:
        save(connect(privateKey="-----BEGIN CERTIFICATE-----"))

    assert caught.value.const == "privateKey"
    assert fake.requests == []


@pytest.mark.parametrize("error", ["invalid_scope", "unauthorized_client"])
def test_missing_scope_is_named(connect, fake, error):
    fake.sign_in_error = error

    with pytest.raises(CredentialsRejected, match="scope REST Web Services"):
        save(connect())


def test_account_that_is_not_there_is_named(connect):
    with pytest.raises(CredentialsRejected, match="no account has this address"):
        save(connect(hostname="7654321.app.netsuite.com"))


@pytest.mark.parametrize("hostname", ["acme.com", "system.netsuite.com"])
def test_address_of_no_account_is_named(connect, fake, hostname):
    with pytest.raises(PermanentError, match=r"such as \*\.app\.netsuite\.com"):
        save(connect(hostname=hostname))

    assert fake.requests == []


@pytest.mark.parametrize("table", ["contact", "customer", "employee", "phonecall"])
def test_missing_permission_is_named_before_the_settings_are_saved(
    connect, fake, table
):
    fake.hidden = {table}

    with pytest.raises(PermanentError, match="lacks a permission") as caught:
        save(connect())

    assert table in caught.value.full_message


def test_missing_permission_for_phone_calls_is_named(connect, fake):
    fake.hidden = {"phonecall"}

    with pytest.raises(PermanentError, match="lacks a permission"):
        connect().check_call_log_access()


def test_inactive_owner_is_named(connect, fake):
    with pytest.raises(PermanentError, match="mapped employee is inactive"):
        log(connect(), owner=CrmUser(id=fake.dee, name="Dee Left"))


@pytest.mark.parametrize("contact_type", ["contact", "custjob"])
def test_deleted_contact_is_named(connect, contact_type):
    gone = Contact(id="99", name="Gone", type=contact_type)

    with pytest.raises(PermanentError, match="contact or customer is not there"):
        create_call_log(connect(), owner=None, contact=gone)


def test_required_custom_field_is_named(connect, fake):
    fake.required = "Region"

    with pytest.raises(PermanentError, match="required field of your form") as caught:
        log(connect())

    assert "Region" in caught.value.full_message


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "CONCURRENCY_LIMIT_EXCEEDED"), (400, "REQUEST_LIMIT_EXCEEDED")],
)
def test_used_up_requests_wait(connect, fake, status, code):
    answer = refuse(status, code, "Request blocked.")
    fake.next_answers["/suiteql"] = [answer]

    with pytest.raises(RateLimited, match="limit of simultaneous or daily requests"):
        connect().find_contact(ADA)
