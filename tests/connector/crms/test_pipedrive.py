"""Pipedrive, with canned replies and against its stand-in; OAuth's tokens with it."""

import os
import threading
import time
from dataclasses import replace

import pytest
import requests

from connector.crms.pipedrive import Pipedrive
from connector.errors import (
    CredentialsRejected,
    InvalidSettings,
    PermanentError,
    RateLimited,
    SignInEnded,
    TemporaryError,
    UnknownOutcome,
)
from connector.http.session import open_session
from connector.registry import get_platform
from connector.testing import (
    SAMPLE_CALL,
    CannedReplies,
    HttpConnectorConformance,
    LiveConformance,
    create_call_log,
)
from connector.testing.samples import SECRET
from connector.types import Contact, Credentials, CrmUser, SignInKeeper
from tests.support.fakes.pipedrive import ACCESS_SECONDS, FakePipedrive
from tests.support.fakes.server import Answer

ADA = "+15105550100"
USER = {"id": 1, "name": "Ann", "email": "ann@example.com", "active_flag": True}


class TestPipedrive(HttpConnectorConformance):
    connector_class = Pipedrive
    credentials = Credentials(
        hostname="acme.pipedrive.com",
        server_logging_settings={"activityType": "call"},
        client_id="market-app",
        client_secret=SECRET,
    )
    signed_in = {
        "access_token": SECRET,
        "refresh_token": SECRET,
        "api_domain": "https://acme.pipedrive.com",
    }
    contact_reply = {
        "success": True,
        "data": {
            "items": [{"item": {"id": 71, "name": "Ada", "phones": ["510-555-0100"]}}]
        },
        "additional_data": {"next_cursor": None},
    }
    no_contact_reply = {"success": True, "data": {"items": []}}
    call_log_reply = {"success": True, "data": {"id": 4712}}
    user_list_reply = {"success": True, "data": [USER]}


@pytest.fixture
def fake():
    with FakePipedrive() as fake:
        yield fake


@pytest.fixture
def connect(fake):
    """Give a function that opens the connector at the stand-in, signed in."""
    opened = []

    def connect(*, keeper=None, **values):
        credentials = Credentials(
            hostname=fake.host,
            server_logging_settings=values,
            client_id=fake.client_id,
            client_secret=fake.client_secret,
        )
        session = open_session(private_hosts=[fake.host])
        keeper = keeper or SignInKeeper(fake.sign_in())
        opened.append(Pipedrive(credentials, session=session, sign_in_keeper=keeper))
        return opened[-1]

    yield connect
    for connector in opened:
        connector.close()


class TestPipedriveLive(LiveConformance):
    known_number = ADA

    @pytest.fixture
    def connector(self, connect):
        return connect()

    @pytest.fixture
    def rejected(self, connect):
        wrong = {"access_token": "access-0", "refresh_token": "refresh-0"}
        return connect(keeper=SignInKeeper(wrong))

    @pytest.fixture(autouse=True)
    def _remember(self, fake):
        self.fake = fake

    def owner_of(self, connector, log_id):
        return str(self.fake.activities[int(log_id)]["owner_id"])

    def delete(self, connector, log_id):
        self.fake.activities[int(log_id)]["is_deleted"] = True


def test_the_admins_session_logs():
    declared = get_platform("pipedrive").server_side_logging

    assert declared.use_admin_assigned_user_token
    assert not declared.uses_service_account


def log(connector, call=SAMPLE_CALL, owner=None, text="<b>Hi</b>"):
    [contact] = connector.find_contact(ADA)
    return connector.create_call_log(
        call, contact=contact, owner=owner, composed_log_details=text
    )


def test_a_number_is_found_in_any_spelling_but_in_no_other_country(connect):
    assert [contact.id for contact in connect().find_contact(ADA)] == ["71"]


def test_everybody_with_the_number_is_found_over_all_pages(connect, fake):
    found = connect().find_contact("+15105550102")

    assert [contact.id for contact in found] == ["80", "81", "82", "83", "84"]
    assert len(fake.asked("persons/search")) == 3


def test_what_is_too_short_to_search_is_not_searched(connect, fake):
    assert connect().find_contact("7") == []
    assert fake.asked("search") == []


def test_a_short_extension_is_not_looked_for_inside_numbers(connect):
    assert connect().find_contact("555") == []
    assert [contact.id for contact in connect().find_contact("12")] == ["72"]


def test_an_activity_has_what_pipedrive_wants(connect, fake):
    call = replace(SAMPLE_CALL, duration_seconds=3 * 3600 + 7 * 60 + 31)

    log_id = log(connect(), call, owner=CrmUser(id="2", name="Ben Agent"))

    activity = fake.activities[int(log_id)]
    assert activity["type"] == "phone_call"
    assert (activity["due_date"], activity["due_time"]) == ("2026-03-02", "10:15")
    assert activity["duration"] == "03:08"
    assert activity["done"] is True
    assert activity["owner_id"] == 2
    assert activity["participants"] == [{"person_id": 71, "primary": True}]
    assert activity["subject"] == "Inbound Call from Ada Example"
    assert activity["note"].startswith("<b>Hi</b>")


def test_each_owner_gets_their_own(connect, fake):
    connector = connect()

    for user in connector.get_user_list():
        assert fake.activities[int(log(connector, owner=user))]["owner_id"] == int(
            user.id
        )


def test_without_an_owner_it_belongs_to_whoever_is_signed_in(connect, fake):
    log_id = log(connect())

    assert "owner_id" not in fake.asked("activities")[-1].json
    assert fake.activities[int(log_id)]["owner_id"] == 1


def test_the_marker_is_a_line_of_the_note_and_survives_updates(connect, fake):
    connector = connect()
    log_id = log(connector)
    note = fake.activities[int(log_id)]["note"]

    for text in ("New", note, fake.activities[int(log_id)]["note"]):
        connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details=text)
        note = fake.activities[int(log_id)]["note"]
        assert note.count(f"Call reference: {SAMPLE_CALL.marker}</p>") == 1


def test_a_subject_changes_only_where_a_person_names_the_record_anew(connect, fake):
    connector = connect()
    log_id = log(connector)
    given = fake.activities[int(log_id)]["subject"]

    connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details=None)
    assert fake.activities[int(log_id)]["subject"] == given
    named = replace(SAMPLE_CALL, custom_subject="Quote for Ada")
    connector.update_call_log(log_id, named, composed_log_details=None)
    assert fake.activities[int(log_id)]["subject"] == "Quote for Ada"


def test_a_marker_is_looked_for_on_every_page_of_the_contact(connect, fake):
    connector = connect()
    wanted = replace(SAMPLE_CALL, marker="rc:wanted")
    ids = {log(connector, wanted)}
    for n in range(4):
        log(connector, replace(SAMPLE_CALL, marker=f"rc:other{n}"))
    ids.add(log(connector, wanted))
    contact = Contact(id="71", name="Ada")

    assert set(connector.find_call_logs("rc:wanted", contact=contact)) == ids
    assert (
        connector.find_call_logs("rc:wanted", contact=replace(contact, id="72")) == []
    )


def test_pages_without_end_are_no_answer(connect, fake):
    connector = connect()
    more = {"success": True, "data": [], "additional_data": {"next_cursor": "more"}}
    fake.next_answers["activities"] = [Answer(200, more)] * 200

    with pytest.raises(TemporaryError, match="more pages"):
        connector.find_call_logs("rc:x", contact=Contact(id="71", name="Ada"))


@pytest.mark.parametrize("deleted_is_gone", [True, False])
def test_a_deleted_activity_is_not_there(connect, fake, deleted_is_gone):
    connector = connect()
    log_id = log(connector)
    fake.deleted_is_gone = deleted_is_gone
    fake.activities[int(log_id)]["is_deleted"] = True

    assert connector.get_call_log(log_id) is None


def test_users_who_left_are_not_listed(connect):
    users = {user.name: user for user in connect().get_user_list()}

    assert set(users) == {"Ann Admin", "Ben Agent", "Dee Paused"}
    assert not users["Dee Paused"].is_active
    assert users["Ben Agent"].email == "ben@example.com"


def test_who_is_signed_in_has_a_time_zone(connect):
    user = connect().get_user_info()

    assert (user.id, user.name) == ("1", "Ann Admin")
    assert user.time_zone == "Europe/Tallinn"


# The activity type


def test_the_type_of_calls_is_asked_for_once(connect, fake):
    for _ in range(2):
        log(connect())

    assert len(fake.asked("activityTypes")) == 1


def test_the_type_of_an_account_that_is_not_known_is_kept_for_nobody(connect, fake):
    for _ in range(2):
        tokens = fake.sign_in()
        del tokens["api_domain"]
        log(connect(keeper=SignInKeeper(tokens)))

    assert len(fake.asked("activityTypes")) == 2


def test_the_admins_choice_of_type_is_taken(connect, fake):
    log_id = log(connect(activityType="meeting"))

    assert fake.activities[int(log_id)]["type"] == "meeting"
    assert fake.asked("activityTypes") == []


def test_without_a_type_of_calls_the_admin_is_told(connect, fake):
    fake.kinds = [kind for kind in fake.kinds if kind["key_string"] != "phone_call"]

    with pytest.raises(PermanentError, match="no active activity type"):
        log(connect())
    with pytest.raises(PermanentError, match="no active activity type"):
        connect().update_server_logging_settings({})


def test_a_type_that_is_not_there_is_refused_before_it_is_saved(connect):
    right = {"activityType": "meeting"}

    assert connect().update_server_logging_settings(right) == right
    for wrong in ("lunch", "old_call"):
        with pytest.raises(InvalidSettings) as caught:
            connect().update_server_logging_settings({"activityType": wrong})
        assert caught.value.const == "activityType"


# Tokens


def test_a_code_becomes_tokens_that_work(connect, fake):
    back = "https://here.example.com/back"

    tokens = connect().exchange_code("a-code", redirect_uri=back)

    assert tokens["refresh_token"] in fake.refresh_tokens
    assert tokens["api_domain"] == f"http://{fake.host}"
    assert int(tokens["expires_at"]) == pytest.approx(
        time.time() + ACCESS_SECONDS, abs=60
    )
    assert connect(keeper=SignInKeeper(tokens)).find_contact(ADA)


@pytest.mark.parametrize(
    ("code", "back"),
    [("b-code", "https://here.example.com/back"), ("a-code", "https://evil.example")],
)
def test_a_wrong_code_is_refused(connect, code, back):
    with pytest.raises(CredentialsRejected):
        connect().exchange_code(code, redirect_uri=back)


def test_pkce_goes_with_the_code(connect, fake):
    back = "https://here.example.com/back"

    connect().exchange_code("a-code", redirect_uri=back, code_verifier="verifier")

    assert fake.asked("oauth/token")[0].form["code_verifier"] == "verifier"


def test_an_access_token_that_has_ended_is_renewed_without_a_word(connect, fake):
    connector = connect()
    assert connector.find_contact(ADA)

    for _ in range(2):
        fake.advance(ACCESS_SECONDS)
        assert connector.find_contact(ADA)

    assert len(fake.asked("oauth/token")) == 2


def test_a_refresh_token_that_is_not_replaced_stays(connect, fake):
    connector = connect()
    fake.replaces_refresh_tokens = False

    for _ in range(2):
        fake.advance(ACCESS_SECONDS)
        assert connector.find_contact(ADA)


def test_a_program_without_a_client_secret_says_so(connect, fake):
    fake.client_secret = ""

    with pytest.raises(CredentialsRejected, match="client id and secret"):
        connect().exchange_code("a-code", redirect_uri="https://here.example.com/back")
    assert fake.requests == []


def test_a_reply_without_a_token_is_tried_again(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.next_answers["oauth/token"] = [Answer(200, {})]

    with pytest.raises(TemporaryError):
        connector.find_contact(ADA)
    assert connector.find_contact(ADA)


def test_an_activity_is_written_once_where_the_token_has_ended(connect, fake):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    fake.advance(ACCESS_SECONDS)

    connector.create_call_log(
        SAMPLE_CALL, contact=contact, owner=None, composed_log_details="Hi"
    )

    assert len(fake.activities) == 1


def test_two_workers_use_a_refresh_token_once(connect, fake):
    keeper = SignInKeeper(fake.sign_in())
    fake.advance(ACCESS_SECONDS)
    found = []
    threads = [
        threading.Thread(target=lambda w=w: found.append(w.find_contact(ADA)))
        for w in [connect(keeper=keeper) for _ in range(2)]
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(contacts) for contacts in found] == [1, 1]
    assert len(fake.asked("oauth/token")) == 1


def test_a_refused_refresh_token_needs_a_person(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.refresh_tokens.clear()

    with pytest.raises(SignInEnded, match="connect again"):
        connector.find_contact(ADA)


@pytest.mark.parametrize(
    ("status", "said", "is_ended"),
    [
        (400, {"error": "invalid_grant"}, True),
        (400, {"message": "Invalid grant: refresh_token is invalid"}, True),
        (400, {"message": "Invalid client: client is invalid"}, False),
        (400, {"error": "unsupported_grant_type"}, False),
        (400, {"message": "Unsupported grant type: grant_type is invalid"}, False),
        (400, ["invalid_grant"], False),
        (401, {"error": "invalid_client"}, False),
        (403, {}, False),
        (404, {"error": {"code": "invalid_grant"}}, False),
        (302, {}, False),
    ],
)
def test_only_an_invalid_grant_needs_the_person_to_connect_again(
    connect, fake, status, said, is_ended
):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.next_answers["oauth/token"] = [Answer(status, said)]

    with pytest.raises(CredentialsRejected) as raised:
        connector.find_contact(ADA)

    assert isinstance(raised.value, SignInEnded) is is_ended
    assert ("client id and secret" in str(raised.value)) is not is_ended
    assert connector.find_contact(ADA), "the refresh token is kept"


def test_nobody_signed_in_is_said_without_asking(connect, fake):
    keeper = SignInKeeper()

    with pytest.raises(CredentialsRejected, match="Nobody is signed in"):
        connect(keeper=keeper).find_contact(ADA)
    assert fake.requests == []


def test_a_token_endpoint_that_is_down_keeps_the_refresh_token(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.next_answers["oauth/token"] = [Answer(503), Answer(429, {})]

    with pytest.raises(TemporaryError):
        connector.find_contact(ADA)
    with pytest.raises(RateLimited):
        connector.find_contact(ADA)

    assert connector.find_contact(ADA)


def test_an_account_without_a_host_of_its_own_is_asked_at_the_common_one():
    transport = CannedReplies((200, {"data": {"items": []}}))
    with requests.Session() as session:
        session.mount("https://", transport)
        connector = Pipedrive(
            Credentials(hostname="evil.example.com"),
            session=session,
            sign_in_keeper=SignInKeeper({"access_token": "a"}),
        )
        connector.find_contact(ADA)

    assert transport.requests[0].url.startswith("https://api.pipedrive.com/api/v2/")


# Failure


def test_a_burst_is_waited_for_as_long_as_pipedrive_says(connect, fake):
    connector = connect()
    fake.next_answers["search"] = [Answer(429, {}, {"x-ratelimit-reset": "2"})]

    with pytest.raises(RateLimited) as caught:
        connector.find_contact(ADA)

    assert caught.value.retry_after == 2


def test_a_spent_budget_is_waited_for_until_the_next_day(connect, fake):
    connector = connect()
    fake.budget = 30

    with pytest.raises(RateLimited) as caught:
        log(connector)

    assert caught.value.retry_after == 86_400 - fake.now % 86_400
    assert fake.activities == {}


def test_an_activity_without_an_answer_may_be_there(connect, fake):
    fake.next_answers["activities"] = [Answer(504, "<html>")]

    with pytest.raises(UnknownOutcome):
        create_call_log(connect(activityType="meeting"), owner=None)


def test_secrets_are_in_no_error_and_no_log_line(connect, fake, caplog):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    with caplog.at_level("DEBUG"):
        connector.find_contact(ADA)
        secrets = [*fake.access_tokens, *fake.refresh_tokens, fake.client_secret]
        fake.advance(ACCESS_SECONDS)
        fake.refresh_tokens.clear()
        with pytest.raises(CredentialsRejected) as caught:
            connector.find_contact(ADA)

    said = " ".join([str(caught.value), repr(connector), caplog.text])
    assert not [secret for secret in secrets if secret in said]


if os.environ.get("PIPEDRIVE_REFRESH_TOKEN"):

    class TestPipedriveHosted(LiveConformance):
        """Against Pipedrive itself: only defined where there are credentials for it.

        PIPEDRIVE_REFRESH_TOKEN (used up: it is replaced at the first request),
        _CLIENT_ID, _CLIENT_SECRET, and in PIPEDRIVE_KNOWN_NUMBER the number of exactly
        one person, stored with punctuation.
        """

        known_number = os.environ.get("PIPEDRIVE_KNOWN_NUMBER", "")
        keeper = SignInKeeper(
            {
                "access_token": "none-yet",
                "refresh_token": os.environ["PIPEDRIVE_REFRESH_TOKEN"],
            }
        )

        @pytest.fixture
        def connector(self):
            with open_session() as session:
                yield self.open(session, self.keeper)

        @pytest.fixture
        def rejected(self):
            wrong = {"access_token": "wrong", "refresh_token": "wrong"}
            with open_session() as session:
                yield self.open(session, SignInKeeper(wrong))

        def open(self, session, keeper):
            credentials = Credentials(
                client_id=os.environ["PIPEDRIVE_CLIENT_ID"],
                client_secret=os.environ["PIPEDRIVE_CLIENT_SECRET"],
            )
            return Pipedrive(credentials, session=session, sign_in_keeper=keeper)

        def owner_of(self, connector, log_id):
            reply = connector.request("GET", f"/api/v2/activities/{log_id}")
            return str(reply["data"]["owner_id"])

        def delete(self, connector, log_id):
            connector.request("DELETE", f"/api/v2/activities/{log_id}")
