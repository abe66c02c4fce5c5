"""Bullhorn, with canned replies and against its stand-in."""

import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connector.crms.bullhorn import Bullhorn
from connector.errors import (
    CredentialsRejected,
    PermanentError,
    RateLimited,
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
from connector.testing.samples import SAMPLE_CONTACT, SECRET
from connector.types import Contact, Credentials, CrmUser, MarkerSupport, SignInKeeper
from tests.support.fakes.bullhorn import ACCESS_SECONDS, FakeBullhorn, person
from tests.support.fakes.server import Answer, Request
from tests.support.helpers import wait_for

ADA = "+15105550100"
USER = {"id": 1, "firstName": "Ann", "lastName": "Agent", "email": "ann@example.com"}


class TestBullhorn(HttpConnectorConformance):
    connector_class = Bullhorn
    credentials = Credentials(
        server_logging_settings={"apiUsername": "acme.api", "apiPassword": SECRET},
        client_id="partner-app",
        client_secret=SECRET,
    )
    signed_in = {
        "rest_token": SECRET,
        "rest_url": "https://rest9.bullhornstaffing.com/rest-services/e999",
        "refresh_token": SECRET,
    }
    contact_reply = {
        "total": 1,
        "data": [{"_score": 1, "id": 71, "name": "Ada", "phone": "(510) 555-0100"}],
    }
    no_contact_reply = {"total": 0, "data": []}
    call_log_reply = {"changedEntityId": 4712, "changeType": "INSERT"}
    user_list_reply = {"start": 0, "count": 1, "data": [USER]}
    user_list_end = {"start": 1, "count": 0, "data": []}

    def test_without_an_owner_none_is_sent(self, connectors):
        """A note always has an author: the API user."""
        connector, transport = connectors(
            (200, self.user_list_reply), (200, self.call_log_reply)
        )

        create_call_log(connector, owner=None)

        author = json.loads(transport.last_body)["commentingPerson"]
        assert author == {"id": USER["id"], "personSubtype": "CorporateUser"}


@pytest.fixture
def fake():
    with FakeBullhorn() as fake:
        yield fake
    assert fake.faults == []


@pytest.fixture
def connect(fake):
    """A function that opens the connector at the fake."""
    opened = []

    def connect(*, keeper=None, **values):
        values = {"apiUsername": fake.username, "apiPassword": fake.password} | values
        credentials = Credentials(
            hostname=fake.host,
            server_logging_settings=values,
            client_id=fake.client["client_id"],
            client_secret=fake.client["client_secret"],
        )
        session = open_session(private_hosts=[fake.host])
        opened.append(Bullhorn(credentials, session=session, sign_in_keeper=keeper))
        return opened[-1]

    yield connect
    for connector in opened:
        connector.close()


class TestBullhornLive(LiveConformance):
    known_number = ADA

    @pytest.fixture
    def connector(self, connect):
        return connect()

    @pytest.fixture
    def rejected(self, connect):
        return connect(apiPassword="wrong-password")

    @pytest.fixture(autouse=True)
    def _remember(self, fake):
        self.fake = fake

    def log(self, connector, call, contact, owner):
        log_id = super().log(connector, call, contact, owner)
        self.fake.advance(connector.search_lag.total_seconds())
        return log_id

    def owner_of(self, connector, log_id):
        return str(self.fake.notes[int(log_id)]["commentingPerson"]["id"])

    def delete(self, connector, log_id):
        self.fake.notes[int(log_id)]["isDeleted"] = True


def test_calls_are_logged_by_the_service_account():
    declared = get_platform("bullhorn").server_side_logging

    assert declared.uses_service_account
    assert [f.const for f in declared.additional_fields if f.is_secret] == [
        "apiPassword"
    ]


@pytest.mark.parametrize(
    ("number", "contact_id", "entity"),
    [
        (ADA, "71", "ClientContact"),
        ("+15105550101", "72", "Candidate"),
        ("+15105550102", "73", "Lead"),
    ],
)
def test_contacts_of_every_entity_are_found(connect, fake, number, contact_id, entity):
    [contact] = connect().find_contact(number)

    log_id = connect().create_call_log(
        SAMPLE_CALL, contact=contact, owner=None, composed_log_details="Summary"
    )

    assert (contact.id, contact.type) == (contact_id, entity)
    assert fake.notes[int(log_id)]["personReference"] == {
        "id": int(contact_id),
        "personSubtype": entity,
    }


def test_format_is_searched_as_a_phrase_and_compared_as_a_number(connect, fake):
    fake.searches_digits = False
    fake.people[0]["phone"] = "(510) 555-0100"
    connector = connect()
    connector.region = "US"

    assert connector.find_contact(ADA) == []
    assert [c.id for c in connector.find_contact("(510) 555-0100")] == ["71"]


def test_quote_in_a_number_cannot_change_the_search(connect, fake):
    connect().find_contact('1" OR name:"Ada')

    query = fake.requests_to("search/Lead")[-1].json["query"]
    assert r'phone:"1\" OR name:\"Ada"' in query


def test_number_of_another_country_has_no_contact(connect):
    assert connect().find_contact("+445105550100") == []


def test_all_contacts_with_a_number_are_found(connect):
    contacts = connect().find_contact("+15105550104")

    assert {(contact.id, contact.type) for contact in contacts} == {
        ("75", "Candidate"),
        ("76", "ClientContact"),
    }


def test_converted_or_deleted_lead_is_not_found(connect):
    assert connect().find_contact("+15105550103") == []
    assert connect().find_contact("+15105550105") == []


def test_caller_without_number_is_not_searched(connect, fake):
    assert connect().find_contact("anonymous") == []
    assert fake.requests == []


def test_update_does_not_set_back_what_people_changed(connect, fake):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    log_id = connector.create_call_log(
        SAMPLE_CALL, contact=contact, owner=None, composed_log_details="Hi"
    )
    fake.notes[int(log_id)]["minutesSpent"] = 45

    finished = replace(SAMPLE_CALL, result="Voicemail", previous=SAMPLE_CALL)
    connector.update_call_log(log_id, finished, composed_log_details="New")

    assert fake.notes[int(log_id)]["minutesSpent"] == 45


def test_note_has_the_fields_of_bullhorn(connect, fake):
    connector = connect(noteAction="Inbound Call")
    [contact] = connector.find_contact(ADA)
    owner = CrmUser(id="12", name="Agent2")

    log_id = connector.create_call_log(
        SAMPLE_CALL, contact=contact, owner=owner, composed_log_details="<b>Hi</b>"
    )

    note = fake.notes[int(log_id)]
    assert note["comments"] == "<b>Hi</b>"
    assert note["action"] == "Inbound Call"
    assert note["minutesSpent"] == 1
    assert note["dateAdded"] == 1772446500000  # 2026-03-02 10:15 UTC
    assert note["externalID"] == SAMPLE_CALL.marker
    assert note["commentingPerson"] == {"id": 12, "personSubtype": "CorporateUser"}


def test_note_without_owner_belongs_to_api_user(connect, fake):
    connector = connect()
    [contact] = connector.find_contact(ADA)

    log_id = connector.create_call_log(
        SAMPLE_CALL, contact=contact, owner=None, composed_log_details="Hi"
    )

    note = fake.notes[int(log_id)]
    assert note["commentingPerson"]["id"] == fake.api_user_id
    assert note["is_on_page_of_person"]
    assert note["action"] == "pending note"


def test_note_is_assigned_later(connect, fake):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    log_id = create_call_log(connector, owner=None, contact=contact)
    before = dict(fake.notes[int(log_id)])

    connector.assign_call_log(log_id, CrmUser(id="12", name="Agent2"))

    author = {"id": 12, "personSubtype": "CorporateUser"}
    assert fake.notes[int(log_id)] == before | {"commentingPerson": author}


def test_purged_note_gives_none(connect, fake):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    log_id = create_call_log(connector, owner=None, contact=contact)
    fake.notes[int(log_id)]["isDeleted"] = True

    for fake.purges_deleted in (False, True):
        assert connector.get_call_log(log_id) is None


def test_entity_that_is_hidden_does_not_hide_the_others(connect, fake):
    fake.hidden = {"Lead", "Candidate"}

    assert [contact.id for contact in connect().find_contact(ADA)] == ["71"]
    assert connect().find_contact("+15105550102") == []


def test_everything_hidden_is_an_error(connect, fake):
    fake.hidden = {"Lead", "Candidate", "ClientContact"}

    with pytest.raises(PermanentError, match="no contacts, candidates or leads"):
        connect().find_contact(ADA)


def test_contacts_have_their_times(connect):
    lead, contact = connect().find_contact("+15105550104")

    added = datetime.fromtimestamp(1_700_000_076, UTC)
    assert lead.created_at == added
    assert lead.most_recent_activity_at == added + timedelta(days=1)
    assert lead.created_at > contact.created_at


def test_contacts_are_found_over_all_pages_once(connect, fake):
    fake.people = [
        person("Lead", 80 + n, f"Twin {n}", phone="5105550102") for n in range(7)
    ]
    contacts = connect().find_contact("+15105550102")

    assert [contact.id for contact in contacts] == [f"{80 + n}" for n in range(7)]
    assert len(fake.requests_to("search/Lead")) == 3


def test_endless_pages_are_an_error(connect, fake):
    connector = connect()
    page = {"total": 10**6, "data": [{"id": 9, "phone": "5105550100"}]}
    fake.next_answers["search/Lead"] = [Answer(200, page)] * 99

    with pytest.raises(TemporaryError, match="more pages"):
        connector.find_contact(ADA)


@pytest.mark.parametrize(
    "people",
    [
        [{"id": 9}, {}, None, "x"],
        [{"id": 9, "name": None, "phone": None}],
        [{"phone": "510-555-0100"}],
        [{"id": 9, "phone": 5105550100, "dateAdded": "soon"}],
    ],
)
def test_person_without_a_member_does_not_hide_the_others(connect, fake, people):
    connector = connect()
    found = [*people, {"id": 71, "phone": "510-555-0100"}]
    fake.next_answers["search/Lead"] = [Answer(200, {"total": 9, "data": found})]
    fake.next_answers["search/Lead"] += [Answer(200, {"total": 9, "data": []})]

    contacts = connector.find_contact(ADA)
    assert Contact(id="71", name="", type="Lead") in contacts
    assert len(contacts) == 2


@pytest.mark.parametrize("reply", [None, [], {}, {"data": None}, {"data": 7}])
def test_reply_without_its_members_is_a_temporary_error(connect, fake, reply):
    connector = connect()
    connector.find_contact(ADA)
    for path in ("search", "query", "entity/Note"):
        fake.next_answers[path] = [Answer(200, reply)] * 9

    for ask in (
        connector.get_user_info,
        connector.get_user_list,
        lambda: connector.find_contact(ADA),
        lambda: connector.find_call_logs("rc:x", contact=SAMPLE_CONTACT),
        lambda: connector.get_call_log("9"),
    ):
        with pytest.raises(TemporaryError, match="answered without"):
            ask()


@pytest.mark.parametrize("path", ["loginInfo", "oauth/token", "services/login"])
@pytest.mark.parametrize("reply", [None, [], {}, {"restUrl": 7}, {"oauthUrl": "auth"}])
def test_sign_in_without_its_members_is_a_temporary_error(connect, fake, path, reply):
    fake.next_answers[path] = [Answer(200, reply)]
    if path == "services/login":  # which is in the path of the other, too
        info = fake.login_info(Request("GET", "", {"username": fake.username}, {}, ""))
        fake.next_answers[path].insert(0, info)

    with pytest.raises(TemporaryError, match="answered without"):
        connect().find_contact(ADA)


@pytest.mark.parametrize("reply", [None, [], {}, {"changedEntityId": None}])
def test_creation_without_an_id_is_an_unknown_outcome(connect, fake, reply):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    fake.next_answers["entity/Note"] = [Answer(200, reply)]
    fake.next_answers["entity/Lead"] = [Answer(200, reply)]

    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None, contact=contact)
    with pytest.raises(UnknownOutcome):
        connector.create_contact("+15105550177", name="New")


@pytest.mark.parametrize(
    ("contact_type", "entity"),
    [("", "Lead"), ("Lead", "Lead"), ("Candidate", "Candidate")],
)
def test_created_contact_is_found_by_its_number(connect, fake, contact_type, entity):
    connector = connect()
    name = "Unknown caller +15105550177"

    created = connector.create_contact(
        "+15105550177",
        name=name,
        contact_type=contact_type,
        owner=CrmUser(id="12", name="Agent2"),
    )

    [found] = connector.find_contact("+15105550177")
    assert (found.id, found.type, found.name) == (created.id, entity, name)
    body = fake.requests_to(f"entity/{entity}")[0].json
    assert (body["firstName"], body["lastName"]) == ("Unknown", "caller +15105550177")
    assert body["owner"] == {"id": 12}


def test_long_name_is_cut_as_bullhorn_stores_it(connect, fake):
    created = connect().create_contact("+15105550177", name=f"{'A' * 60} {'b' * 60}")

    assert created.name == f"{'A' * 49} {'b' * 49}"


def test_client_contact_is_not_created_without_a_company(connect, fake):
    with pytest.raises(PermanentError, match="choose Candidate or Lead"):
        connect().create_contact(
            "+15105550177", name="New", contact_type="ClientContact"
        )
    assert fake.requests == []


def test_contact_id_that_is_no_number_is_refused_without_request(connect, fake):
    contact = Contact(id="../Lead", name="Ada", type="Lead")

    with pytest.raises(PermanentError, match="not an id"):
        create_call_log(connect(), owner=None, contact=contact)
    assert fake.requests == []


def test_marker_that_cannot_be_searched_is_refused_before_it_is_needed(connect, fake):
    values = {"apiUsername": fake.username, "apiPassword": fake.password}
    fake.search_fields.remove("externalID")

    with pytest.raises(PermanentError, match="external ID of notes"):
        connect().update_server_logging_settings(values)


def test_unknown_list_of_search_fields_proves_nothing(connect, fake):
    values = {"apiUsername": fake.username, "apiPassword": fake.password}

    for fake.search_fields in ([], None, {"fields": "all"}):
        assert connect().update_server_logging_settings(values) == values


def test_hidden_notes_are_reported_before_they_are_needed(connect, fake):
    fake.hidden = {"Note"}

    with pytest.raises(PermanentError, match="403"):
        connect().update_server_logging_settings({})


def test_note_is_found_once_indexed(connect, fake):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    call = replace(SAMPLE_CALL, marker="rc:abcdefghijklmnopqrst")
    longer = replace(SAMPLE_CALL, marker=f"{call.marker}-2")
    log_id, _ = (
        connector.create_call_log(
            each, contact=contact, owner=None, composed_log_details="Hi"
        )
        for each in (call, longer)
    )

    assert connector.marker_support is MarkerSupport.SEARCHABLE
    assert connector.find_call_logs(call.marker, contact=contact) == []
    fake.advance(connector.search_lag.total_seconds())
    assert connector.find_call_logs(call.marker, contact=contact) == [log_id]


def test_unknown_note_gives_none(connect):
    assert connect().get_call_log("123456") is None


def test_all_users_are_listed_over_all_pages(connect, fake):
    users = connect().get_user_list()

    assert [user.id for user in users] == ["5", "10", "11", "12", "13", "14", "15"]
    assert users[1].name == "Agent0 Smith"
    assert len(fake.requests_to("query/CorporateUser")) == 4


def test_repeated_page_of_users_is_an_error(connect, fake):
    connector = connect()
    page = Answer(200, {"start": 0, "count": 1, "data": [USER]})
    fake.next_answers["query/CorporateUser"] = [page, page]

    with pytest.raises(TemporaryError, match="twice"):
        connector.get_user_list()


def test_page_of_users_without_ids_is_an_error(connect, fake):
    connector = connect()
    page = Answer(200, {"start": 0, "count": 1, "data": [{**USER, "id": None}]})
    fake.next_answers["query/CorporateUser"] = [page, page]

    with pytest.raises(TemporaryError, match="without ids"):
        connector.get_user_list()


def test_failed_page_of_users_is_an_error(connect, fake):
    connector = connect()
    page = Answer(200, {"start": 0, "count": 1, "data": [USER]})
    fake.next_answers["query/CorporateUser"] = [page, Answer(500)]

    with pytest.raises(TemporaryError):
        connector.get_user_list()


def test_user_info_is_the_api_user(connect):
    user = connect().get_user_info()

    assert (user.id, user.name) == ("5", "API User")


# Sign-in


def test_sign_in_finds_data_center_and_sends_password_in_a_form(connect, fake):
    connect().get_user_info()

    assert [request.path for request in fake.requests[:4]] == [
        "/rest-services/loginInfo",
        "/oauth/authorize",
        "/oauth/token",
        "/rest-services/login",
    ]
    for request in fake.requests:
        for secret in (fake.password, fake.client["client_secret"], "refresh"):
            assert secret not in str(request.query)
    assert fake.requests_to("authorize")[0].form["password"] == fake.password


def test_sign_in_is_shared_by_workers(connect, fake):
    keeper = SignInKeeper()

    connect(keeper=keeper).find_contact(ADA)
    connect(keeper=keeper).find_contact(ADA)

    assert (
        len(fake.requests_to("/login")) == len(fake.requests_to("loginInfo")) + 1 == 2
    )


def test_ended_session_is_replaced_without_password(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.advance(ACCESS_SECONDS)
    fake.end_sessions()

    assert connector.find_contact(ADA)

    assert len(fake.requests_to("authorize")) == 1
    assert [
        request.form["grant_type"] for request in fake.requests_to("oauth/token")
    ] == [
        "authorization_code",
        "refresh_token",
    ]


def test_note_is_written_once_after_session_renewal(connect, fake):
    connector = connect()
    [contact] = connector.find_contact(ADA)
    fake.end_sessions()

    connector.create_call_log(
        SAMPLE_CALL, contact=contact, owner=None, composed_log_details="Hi"
    )

    assert len(fake.notes) == 1


def test_two_workers_use_a_refresh_token_once(connect, fake):
    keeper = SignInKeeper()
    workers = [connect(keeper=keeper) for _ in range(2)]
    for worker in workers:
        worker.find_contact(ADA)
    fake.end_sessions()
    results = []
    threads = [
        threading.Thread(target=lambda w=worker: results.append(w.find_contact(ADA)))
        for worker in workers
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(contacts) for contacts in results] == [1, 1]
    assert len(fake.requests_to("oauth/token")) == 2
    assert len(fake.requests_to("authorize")) == 1


def test_refused_refresh_token_falls_back_to_password(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.end_sessions()
    fake.refuse_refresh_tokens()

    assert connector.find_contact(ADA)

    assert len(fake.requests_to("authorize")) == 2


def test_no_password_sign_in_while_token_endpoint_is_down(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.end_sessions()
    fake.next_answers["oauth/token"] = [Answer(503)]

    with pytest.raises(TemporaryError):
        connector.find_contact(ADA)

    assert len(fake.requests_to("authorize")) == 1


def test_moved_account_is_found_at_new_data_center(connect, fake):
    connector = connect()
    connector.find_contact(ADA)
    fake.center = "rest-services-2"

    assert connector.find_contact(ADA)
    assert fake.requests[-1].path.startswith("/rest-services-2/e999/")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"apiPassword": "wrong-password"}, "accept the terms of use"),
        ({"apiUsername": "nobody"}, "does not know this API user"),
        ({"apiPassword": ""}, "not filled in"),
    ],
)
def test_wrong_settings_are_refused_before_they_are_saved(connect, change, words):
    connector = connect(**change)

    with pytest.raises(CredentialsRejected, match=words):
        connector.update_server_logging_settings({})


def test_unaccepted_terms_of_use_are_reported(connect, fake):
    fake.has_accepted_terms = False

    with pytest.raises(CredentialsRejected, match="once by hand"):
        connect().find_contact(ADA)


def test_redirect_without_code_is_refused(connect, fake):
    location = {"Location": "http://www.bullhorn.com/?error=access_denied"}
    fake.next_answers["authorize"] = [Answer(302, "", location)]

    with pytest.raises(CredentialsRejected):
        connect().find_contact(ADA)


def test_wrong_client_secret_is_reported_as_such(connect, fake):
    connector = connect()
    fake.client = fake.client | {"client_secret": "another"}

    with pytest.raises(CredentialsRejected, match="this program's client id"):
        connector.find_contact(ADA)


def test_valid_settings_are_checked_and_stored(connect, fake):
    values = {"apiUsername": fake.username, "apiPassword": fake.password}

    assert connect().update_server_logging_settings(values) == values
    assert len(fake.requests_to("/login")) == 2  # loginInfo, login


def test_password_is_sent_to_no_other_host():
    credentials = Credentials(
        hostname="evil.example.com:443",
        server_logging_settings={"apiUsername": "a", "apiPassword": "b"},
        client_id="c",
        client_secret="d",
    )
    transport = CannedReplies((404, {}))
    with requests.Session() as session:
        session.mount("https://", transport)
        connector = Bullhorn(credentials, session=session)
        with pytest.raises(CredentialsRejected):
            connector.find_contact(ADA)

    [request] = transport.requests
    assert request.url.startswith(
        "https://rest.bullhornstaffing.com/rest-services/loginInfo?"
    )


# Failure


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 1), ({"Retry-After": "7"}, 7)],
    ids=["without", "with"],
)
def test_rate_limit_carries_retry_after(connect, fake, headers, seconds):
    connector = connect()
    fake.next_answers["search"] = [Answer(429, {}, headers)]

    with pytest.raises(RateLimited) as caught:
        connector.find_contact(ADA)

    assert caught.value.retry_after == seconds


def test_rate_limit_at_sign_in_is_not_a_refusal(connect, fake):
    fake.next_answers["oauth/token"] = [Answer(429, {}, {"Retry-After": "3"})]

    with pytest.raises(RateLimited):
        connect().find_contact(ADA)


def test_refused_note_is_a_permanent_error(connect):
    connector = connect()
    stranger = Contact(id="999", name="Nobody", type="Candidate")

    with pytest.raises(PermanentError):
        connector.create_call_log(
            SAMPLE_CALL, contact=stranger, owner=None, composed_log_details="Hi"
        )


def test_note_without_reply_is_an_unknown_outcome(connect, fake):
    connector = connect()
    fake.next_answers["entity/Note"] = [Answer(502, "<html>")]

    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None)


def test_secrets_are_in_no_error_and_no_log_line(connect, fake, caplog):
    connector = connect(apiPassword="wrong-password")

    with caplog.at_level("DEBUG"), pytest.raises(CredentialsRejected) as caught:
        connector.find_contact(ADA)
    right = connect()
    with caplog.at_level("DEBUG"):
        right.find_contact(ADA)
        fake.end_sessions()
        right.find_contact(ADA)

    output = " ".join([str(caught.value), repr(connector), caplog.text])
    tokens = [name for name in fake.grants if not name.startswith("access")]
    for secret in ("wrong-password", fake.password, fake.client["client_secret"]):
        assert secret not in output
    assert not [token for token in tokens if token in output]


if os.environ.get("BULLHORN_API_PASSWORD"):

    class TestBullhornHosted(LiveConformance):
        """Against Bullhorn itself: only defined where there are credentials for it.

        BULLHORN_API_USERNAME, _API_PASSWORD, _CLIENT_ID, _CLIENT_SECRET, and in
        BULLHORN_KNOWN_NUMBER the number of exactly one contact, stored with punctuation.
        """

        known_number = os.environ.get("BULLHORN_KNOWN_NUMBER", "")

        @pytest.fixture
        def connector(self):
            with open_session() as session:
                yield Bullhorn(hosted_credentials(), session=session)

        @pytest.fixture
        def rejected(self):
            credentials = hosted_credentials(apiPassword="wrong-password")
            with open_session() as session:
                yield Bullhorn(credentials, session=session)

        def test_a_record_is_found_by_its_marker(self, connector, contact, call):
            log_id = self.log(connector, call, contact, None)

            def is_found():
                """the search index has the note"""
                return connector.find_call_logs(call.marker, contact=contact) == [
                    log_id
                ]

            wait_for(is_found, seconds=connector.search_lag.total_seconds())

        def owner_of(self, connector, log_id):
            reply = connector.request(
                "GET", f"/entity/Note/{log_id}", params={"fields": "commentingPerson"}
            )
            return str(reply["data"]["commentingPerson"]["id"])

        def delete(self, connector, log_id):
            path = f"/entity/Note/{log_id}"
            connector.request("POST", path, json={"isDeleted": True})


def hosted_credentials(**values):
    env = os.environ
    return Credentials(
        server_logging_settings={
            "apiUsername": env["BULLHORN_API_USERNAME"],
            "apiPassword": env["BULLHORN_API_PASSWORD"],
            **values,
        },
        client_id=env["BULLHORN_CLIENT_ID"],
        client_secret=env["BULLHORN_CLIENT_SECRET"],
    )
