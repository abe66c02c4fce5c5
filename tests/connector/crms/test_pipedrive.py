"""Pipedrive, with canned replies and against its stand-in; OAuth's tokens with it."""

import os
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from connector.crms import pipedrive
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
from tests.support.fakes.openapi_judge import are_required
from tests.support.fakes.pipedrive import (
    ACCESS_SECONDS,
    COSTS,
    FakePipedrive,
    listed,
    make_user,
    pipedrive_judges,
)
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
    replies_before_creation = [(200, {"success": True, "data": {"id": 77}})]
    call_log_reply = {"success": True, "data": {"id": 4712}}
    user_list_reply = {"success": True, "data": [USER]}


@pytest.fixture
def fake():
    with FakePipedrive() as fake:
        if are_required():
            fake.judges = pipedrive_judges()
        yield fake
    assert fake.faults == []


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the fake, signed in."""
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


def test_calls_are_logged_in_the_admin_session():
    declared = get_platform("pipedrive").server_side_logging

    assert declared.use_admin_assigned_user_token
    assert not declared.uses_service_account


def log(connector, call=SAMPLE_CALL, owner=None, text="<b>Hi</b>"):
    [contact] = connector.find_contact(ADA)
    return connector.create_call_log(
        call, contact=contact, owner=owner, composed_log_details=text
    )


def test_stand_in_costs_what_pipedrive_says():
    described = {
        f"{operation.method} {operation.template}": operation.about["x-token-cost"]
        for judge in pipedrive_judges()
        for operation in judge.operations
        if "x-token-cost" in operation.about
    }

    assert {name: described[name] for name in COSTS} == COSTS


def test_every_operation_of_the_stand_in_is_judged(connect, fake):
    connector = connect()
    owner = CrmUser(id="2", name="Ben Agent")
    connector.exchange_code("a-code", redirect_uri="https://here.example.com/back")
    connector.get_user_info()
    connector.get_user_list()
    connector.update_server_logging_settings({})
    connector.create_contact("+15105550177", name="New", owner=owner)
    connector.find_contact("+15105550102")
    contact = Contact(id="71", name="Ada")
    log_id = create_call_log(connector, owner=owner, contact=contact)
    connector.get_call_log(log_id)
    connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details="New")
    connector.find_call_logs(SAMPLE_CALL.marker, contact=contact)

    judged = {
        f"{operation.method} {operation.template}"
        for request in fake.requests
        for judge in pipedrive_judges()
        if (operation := judge.find(request))
    }
    assert judged == {*COSTS, "POST /oauth/token"}


def test_number_is_found_in_any_spelling_of_its_country_only(connect):
    assert [contact.id for contact in connect().find_contact(ADA)] == ["71"]


def test_contacts_are_found_over_all_pages(connect, fake):
    contacts = connect().find_contact("+15105550102")

    assert [contact.id for contact in contacts] == ["80", "81", "82", "83", "84"]
    assert len(fake.requests_to("persons/search")) == 3


def test_person_on_two_pages_is_found_once(connect, fake):
    connector = connect()
    found = {"id": 71, "name": "Ada", "phones": ["510-555-0100"]}
    pages = [
        {"data": {"items": [{"item": found}]}, "additional_data": {"next_cursor": "2"}},
        {"data": {"items": [{"item": found}]}, "additional_data": {"next_cursor": ""}},
    ]
    fake.next_answers["persons/search"] = [Answer(200, page) for page in pages]

    assert [contact.id for contact in connector.find_contact(ADA)] == ["71"]


def test_one_contact_costs_no_second_request(connect, fake):
    connect().find_contact(ADA)

    assert len(fake.requests) == 1


def test_several_contacts_have_their_times(connect, fake):
    contacts = connect().find_contact("+15105550102")

    times = {c.id: (c.created_at, c.most_recent_activity_at) for c in contacts}
    assert times["83"] == (
        datetime(2022, 1, 2, 3, 4, 5, tzinfo=UTC),
        datetime(2022, 6, 7, 8, 9, 10, tzinfo=UTC),
    )
    assert min(contacts, key=lambda c: c.created_at).id == "84"
    assert max(contacts, key=lambda c: c.most_recent_activity_at).id == "80"


def test_contacts_that_pipedrive_does_not_list_have_no_times(connect, fake):
    connector = connect()
    fake.list_persons = lambda query: listed([], None)

    assert {c.created_at for c in connector.find_contact("+15105550102")} == {None}


@pytest.mark.parametrize(
    "items",
    [
        [{"item": {"id": 9, "name": "Without phones"}}],
        [{"item": {"id": 9, "name": "Null", "phones": None}}, None, "x", {}],
        [{"item": {"name": "Without id", "phones": ["510-555-0100"]}}],
        [{"item": {"id": 9, "phones": [None, 5105550100]}}],
    ],
)
def test_person_without_a_member_does_not_hide_the_others(connect, fake, items):
    connector = connect()
    items = [*items, {"item": {"id": 71, "phones": ["510-555-0100"]}}]
    fake.next_answers["persons/search"] = [Answer(200, {"data": {"items": items}})]

    assert connector.find_contact(ADA) == [Contact(id="71", name="")]


@pytest.mark.parametrize(
    "reply", [None, [], {}, {"data": None}, {"data": {"id": None}}]
)
def test_reply_without_its_members_is_a_temporary_error(connect, fake, reply):
    connector = connect()
    contact = Contact(id="71", name="Ada")
    for path in ("users", "activityTypes", "persons/search", "activities"):
        fake.next_answers[path] = [Answer(200, reply)] * 9

    for ask in (
        connector.get_user_info,
        connector.get_user_list,
        lambda: connector.find_contact(ADA),
        lambda: connector.find_call_logs("rc:x", contact=contact),
        lambda: connector.update_server_logging_settings({"activityType": "meeting"}),
    ):
        with pytest.raises(TemporaryError, match="answered without"):
            ask()


@pytest.mark.parametrize(
    "reply", [None, [], {}, {"data": None}, {"data": {"id": None}}]
)
def test_creation_without_an_id_is_an_unknown_outcome(connect, fake, reply):
    connector = connect(activityType="meeting")
    [contact] = connector.find_contact(ADA)
    fake.next_answers["v2/activities"] = [Answer(200, reply)]
    fake.next_answers["v2/persons"] = [Answer(200, reply)]

    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None, contact=contact)
    with pytest.raises(UnknownOutcome):
        connector.create_contact("+15105550177", name="New")


def test_created_contact_is_found_by_its_number(connect, fake):
    connector = connect()

    created = connector.create_contact(
        "+15105550177", name="Unknown caller", owner=CrmUser(id="2", name="Ben")
    )

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.name) == (created.id, "Unknown caller")
    assert created.phone_number == "+15105550177"
    assert fake.persons[-1]["owner_id"] == 2


def test_activity_is_linked_to_the_organization_of_its_contact(connect, fake):
    log_id = log(connect())
    assert fake.activities[int(log_id)]["org_id"] == 7
    assert fake.requests_to("persons/71") == [], "the search has told it"

    again = connect().create_call_log(
        SAMPLE_CALL,
        contact=Contact(id="71", name="Ada"),
        owner=None,
        composed_log_details="Hi",
    )
    assert fake.activities[int(again)]["org_id"] == 7


@pytest.mark.parametrize("person_id", ["72", "81"])
def test_contact_without_organization_has_none_on_its_activity(
    connect, fake, person_id
):
    log_id = connect().create_call_log(
        SAMPLE_CALL,
        contact=Contact(id=person_id, name="Bea"),
        owner=None,
        composed_log_details="Hi",
    )

    assert "org_id" not in fake.activities[int(log_id)]


def test_contact_that_is_gone_is_refused_by_pipedrive(connect, fake):
    with pytest.raises(PermanentError):
        connect().create_call_log(
            SAMPLE_CALL,
            contact=Contact(id="999", name="Gone"),
            owner=None,
            composed_log_details="Hi",
        )

    assert len(fake.requests_to("persons/999")) == 1


@pytest.mark.parametrize("contact_id", ["", "Ada", "../users", "-1"])
def test_contact_id_that_is_no_number_is_refused_without_request(
    connect, fake, contact_id
):
    contact = Contact(id=contact_id, name="Ada")
    connector = connect(activityType="meeting")

    with pytest.raises(PermanentError, match="not an id"):
        create_call_log(connector, owner=None, contact=contact)
    with pytest.raises(PermanentError, match="not an id"):
        connector.find_call_logs("rc:x", contact=contact)
    assert fake.requests == []


@pytest.mark.parametrize(
    ("seconds", "duration"),
    [
        (0, "00:00"),
        (1, "00:01"),
        (29, "00:01"),
        (89, "00:01"),
        (90, "00:02"),
        (150, "00:03"),
        (3570, "01:00"),
    ],
)
def test_short_talk_has_a_duration(connect, fake, seconds, duration):
    log_id = log(connect(), replace(SAMPLE_CALL, duration_seconds=seconds))

    assert fake.activities[int(log_id)]["duration"] == f"{duration}:00"


def test_activity_is_assigned_later(connect, fake):
    connector = connect()
    log_id = log(connector)
    before = dict(fake.activities[int(log_id)])

    connector.assign_call_log(log_id, CrmUser(id="2", name="Ben Agent"))

    assert fake.activities[int(log_id)] == before | {"owner_id": 2}


def test_thousands_of_users_are_listed(connect, fake):
    fake.users = [make_user(n, f"Agent {n} {'x' * 1000}") for n in range(2500)]

    assert len(connect().get_user_list()) == 2500


def test_more_users_than_are_read_are_refused_with_a_reason(connect, fake, monkeypatch):
    monkeypatch.setattr(pipedrive, "MAX_USERS_BYTES", 2**20)
    fake.users = [make_user(n, f"Agent {n} {'x' * 1000}") for n in range(1100)]

    with pytest.raises(PermanentError, match="more than 1 MB in one reply"):
        connect().get_user_list()


def test_format_is_searched_as_written_and_compared_as_a_number(connect, fake):
    fake.searches_digits = False
    connector = connect()
    connector.region = "US"

    assert connector.find_contact("+15105550100") == []
    assert [c.id for c in connector.find_contact("(510) 555-0100")] == ["71"]
    [query] = [r.query for r in fake.requests_to("persons/search")[1:]]
    assert query["term"] == "(510) 555-0100"


@pytest.mark.parametrize(
    "phone",
    [
        "510-555-0100 / 510-555-0177",
        "510-555-0177; 510-555-0100",
        "510-555-0100 (home)",
        "00 1 510 555 0100",
    ],
)
def test_number_is_found_beside_words_and_other_numbers(connect, fake, phone):
    fake.persons[0]["phones"][0]["value"] = phone
    connector = connect()
    connector.region = "US"

    assert [c.id for c in connector.find_contact("+15105550100")] == ["71"]


def test_too_short_number_is_not_searched(connect, fake):
    assert connect().find_contact("7") == []
    assert fake.requests_to("search") == []


def test_short_extension_does_not_match_parts_of_numbers(connect):
    assert connect().find_contact("555") == []
    assert [contact.id for contact in connect().find_contact("12")] == ["72"]


def test_activity_has_the_fields_of_pipedrive(connect, fake):
    call = replace(SAMPLE_CALL, duration_seconds=3 * 3600 + 7 * 60 + 31)

    log_id = log(connect(), call, owner=CrmUser(id="2", name="Ben Agent"))

    activity = fake.activities[int(log_id)]
    assert activity["type"] == "phone_call"
    assert (activity["due_date"], activity["due_time"]) == ("2026-03-02", "10:15:00")
    assert activity["duration"] == "03:08:00"
    assert activity["done"] is True
    assert activity["owner_id"] == 2
    assert activity["participants"] == [{"person_id": 71, "primary": True}]
    assert activity["subject"] == "Inbound Call from Ada Example"
    assert activity["note"].startswith("<b>Hi</b>")


def test_each_activity_belongs_to_its_owner(connect, fake):
    connector = connect()

    for user in connector.get_user_list():
        assert fake.activities[int(log(connector, owner=user))]["owner_id"] == int(
            user.id
        )


def test_without_owner_activity_belongs_to_signed_in_user(connect, fake):
    log_id = log(connect())

    assert "owner_id" not in fake.requests_to("activities")[-1].json
    assert fake.activities[int(log_id)]["owner_id"] == 1


def test_marker_is_a_line_of_the_note_also_after_updates(connect, fake):
    connector = connect()
    log_id = log(connector)
    note = fake.activities[int(log_id)]["note"]

    for text in ("New", note, fake.activities[int(log_id)]["note"]):
        connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details=text)
        note = fake.activities[int(log_id)]["note"]
        assert note.count(f"Call reference: {SAMPLE_CALL.marker}</p>") == 1


def test_subject_changes_only_with_a_custom_subject(connect, fake):
    connector = connect()
    log_id = log(connector)
    subject = fake.activities[int(log_id)]["subject"]

    connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details=None)
    assert fake.activities[int(log_id)]["subject"] == subject
    named = replace(SAMPLE_CALL, custom_subject="Quote for Ada")
    connector.update_call_log(log_id, named, composed_log_details=None)
    assert fake.activities[int(log_id)]["subject"] == "Quote for Ada"


def test_update_does_not_set_back_what_people_changed(connect, fake):
    connector = connect()
    log_id = log(connector)
    fake.activities[int(log_id)]["duration"] = "00:45"

    finished = replace(SAMPLE_CALL, result="Voicemail", previous=SAMPLE_CALL)
    connector.update_call_log(log_id, finished, composed_log_details="New")
    assert fake.activities[int(log_id)]["duration"] == "00:45"

    longer = replace(SAMPLE_CALL, duration_seconds=600, previous=SAMPLE_CALL)
    connector.update_call_log(log_id, longer, composed_log_details=None)
    assert fake.activities[int(log_id)]["duration"] == "00:10:00"


def test_marker_is_searched_on_every_page_of_the_contact(connect, fake):
    connector = connect()
    marked_call = replace(SAMPLE_CALL, marker="rc:marked")
    ids = {log(connector, marked_call)}
    for n in range(4):
        log(connector, replace(SAMPLE_CALL, marker=f"rc:other{n}"))
    ids.add(log(connector, marked_call))
    contact = Contact(id="71", name="Ada")

    assert set(connector.find_call_logs("rc:marked", contact=contact)) == ids
    assert (
        connector.find_call_logs("rc:marked", contact=replace(contact, id="72")) == []
    )


def test_newest_activities_of_a_contact_that_many_share_are_searched(connect, fake):
    connector = connect()
    page = [{"id": number, "note": "rc:x"} for number in range(100)]
    more = {
        "success": True,
        "data": page,
        "additional_data": {"next_cursor": "more"},
    }
    fake.next_answers["activities"] = [Answer(200, more)] * 200

    found = connector.find_call_logs("rc:x", contact=Contact(id="71", name="Ada"))

    assert len(found) == 100
    assert len(fake.next_answers["activities"]) == 180, "20 pages are read"


def test_endless_pages_are_an_error(connect, fake):
    connector = connect()
    more = {"success": True, "data": [], "additional_data": {"next_cursor": "more"}}
    fake.next_answers["activities"] = [Answer(200, more)] * 200

    with pytest.raises(TemporaryError, match="more pages"):
        connector.find_call_logs("rc:x", contact=Contact(id="71", name="Ada"))


@pytest.mark.parametrize("additional_data", [None, [], "more"])
def test_page_without_a_cursor_is_the_last(connect, fake, additional_data):
    page = {"success": True, "data": [], "additional_data": additional_data}
    fake.next_answers["activities"] = [Answer(200, page)]

    contact = Contact(id="71", name="Ada")

    assert connect().find_call_logs("rc:x", contact=contact) == []


@pytest.mark.parametrize("deleted_is_gone", [True, False])
def test_deleted_activity_gives_none(connect, fake, deleted_is_gone):
    connector = connect()
    log_id = log(connector)
    fake.deleted_is_gone = deleted_is_gone
    fake.activities[int(log_id)]["is_deleted"] = True

    assert connector.get_call_log(log_id) is None


def test_deleted_users_are_not_listed(connect):
    users = {user.name: user for user in connect().get_user_list()}

    assert set(users) == {"Ann Admin", "Ben Agent", "Dee Paused"}
    assert not users["Dee Paused"].is_active
    assert users["Ben Agent"].email == "ben@example.com"


def test_user_info_has_a_time_zone(connect):
    user = connect().get_user_info()

    assert (user.id, user.name) == ("1", "Ann Admin")
    assert user.time_zone == "Europe/Tallinn"


# The activity type


def test_activity_type_is_requested_once(connect, fake):
    for _ in range(2):
        log(connect())

    assert len(fake.requests_to("activityTypes")) == 1


def test_activity_type_is_not_cached_without_account(connect, fake):
    for _ in range(2):
        tokens = fake.sign_in()
        del tokens["api_domain"]
        log(connect(keeper=SignInKeeper(tokens)))

    assert len(fake.requests_to("activityTypes")) == 2


def test_activity_type_chosen_by_admin_is_used(connect, fake):
    log_id = log(connect(activityType="meeting"))

    assert fake.activities[int(log_id)]["type"] == "meeting"
    assert fake.requests_to("activityTypes") == []


def test_missing_activity_type_is_reported(connect, fake):
    fake.kinds = [kind for kind in fake.kinds if kind["key_string"] != "phone_call"]

    with pytest.raises(PermanentError, match="no active activity type"):
        log(connect())
    with pytest.raises(PermanentError, match="no active activity type"):
        connect().update_server_logging_settings({})


def test_unknown_activity_type_is_refused_before_it_is_saved(connect):
    right = {"activityType": "meeting"}

    assert connect().update_server_logging_settings(right) == right
    for wrong in ("lunch", "old_call"):
        with pytest.raises(InvalidSettings) as caught:
            connect().update_server_logging_settings({"activityType": wrong})
        assert caught.value.const == "activityType"


# Tokens


def test_code_is_exchanged_for_working_tokens(connect, fake):
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
def test_wrong_code_is_refused(connect, code, back):
    with pytest.raises(CredentialsRejected):
        connect().exchange_code(code, redirect_uri=back)


def test_code_verifier_is_sent_with_the_code(connect, fake):
    back = "https://here.example.com/back"

    connect().exchange_code("a-code", redirect_uri=back, code_verifier="verifier")

    assert fake.requests_to("oauth/token")[0].form["code_verifier"] == "verifier"


def test_expired_access_token_is_renewed(connect, fake):
    connector = connect()
    assert connector.find_contact(ADA)

    for _ in range(2):
        fake.advance(ACCESS_SECONDS)
        assert connector.find_contact(ADA)

    assert len(fake.requests_to("oauth/token")) == 2


def test_refresh_token_stays_if_not_replaced(connect, fake):
    connector = connect()
    fake.replaces_refresh_tokens = False

    for _ in range(2):
        fake.advance(ACCESS_SECONDS)
        assert connector.find_contact(ADA)


def test_missing_client_secret_is_reported(connect, fake):
    fake.client_secret = ""

    with pytest.raises(CredentialsRejected, match="client id and secret"):
        connect().exchange_code("a-code", redirect_uri="https://here.example.com/back")
    assert fake.requests == []


def test_reply_without_token_is_a_temporary_error(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.next_answers["oauth/token"] = [Answer(200, {})]

    with pytest.raises(TemporaryError):
        connector.find_contact(ADA)
    assert connector.find_contact(ADA)


def test_activity_is_written_once_after_token_renewal(connect, fake):
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
    results = []
    threads = [
        threading.Thread(target=lambda w=w: results.append(w.find_contact(ADA)))
        for w in [connect(keeper=keeper) for _ in range(2)]
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(contacts) for contacts in results] == [1, 1]
    assert len(fake.requests_to("oauth/token")) == 1


def test_refused_refresh_token_ends_the_sign_in(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.refresh_tokens.clear()

    with pytest.raises(SignInEnded, match="connect again"):
        connector.find_contact(ADA)


@pytest.mark.parametrize(
    ("status", "body", "is_ended"),
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
def test_only_invalid_grant_ends_the_sign_in(connect, fake, status, body, is_ended):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.next_answers["oauth/token"] = [Answer(status, body)]

    with pytest.raises(CredentialsRejected) as raised:
        connector.find_contact(ADA)

    assert isinstance(raised.value, SignInEnded) is is_ended
    assert ("client id and secret" in str(raised.value)) is not is_ended
    assert connector.find_contact(ADA), "the refresh token is kept"


def test_missing_sign_in_is_reported_without_request(connect, fake):
    keeper = SignInKeeper()

    with pytest.raises(CredentialsRejected, match="Nobody is signed in"):
        connect(keeper=keeper).find_contact(ADA)
    assert fake.requests == []


def test_refresh_token_stays_while_token_endpoint_is_down(connect, fake):
    connector = connect()
    fake.advance(ACCESS_SECONDS)
    fake.next_answers["oauth/token"] = [Answer(503), Answer(429, {})]

    with pytest.raises(TemporaryError):
        connector.find_contact(ADA)
    with pytest.raises(RateLimited):
        connector.find_contact(ADA)

    assert connector.find_contact(ADA)


def test_account_without_own_host_uses_common_host():
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


def test_burst_limit_gives_retry_after_of_pipedrive(connect, fake):
    connector = connect()
    fake.next_answers["search"] = [Answer(429, {}, {"x-ratelimit-reset": "2"})]

    with pytest.raises(RateLimited) as caught:
        connector.find_contact(ADA)

    assert caught.value.retry_after == 2


def test_spent_daily_budget_gives_retry_after_of_a_day(connect, fake):
    connector = connect()
    fake.budget = 30

    with pytest.raises(RateLimited) as caught:
        log(connector)

    assert caught.value.retry_after == 86_400 - fake.now % 86_400
    assert fake.activities == {}


def test_activity_without_reply_is_an_unknown_outcome(connect, fake):
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

    output = " ".join([str(caught.value), repr(connector), caplog.text])
    assert not [secret for secret in secrets if secret in output]


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
