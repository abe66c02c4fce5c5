"""The Odoo connector with canned replies; test_odoo_live.py tries it with a real Odoo."""

import json
from dataclasses import replace

import pytest
import requests

from connector.crms.odoo import ACTIVITY, PHONE_CALL, Odoo
from connector.crms.odoo_api import JSON_2, JSON_RPC
from connector.errors import (
    CredentialsRejected,
    InvalidSettings,
    PermanentError,
    TemporaryError,
    UnknownOutcome,
)
from connector.testing import (
    SAMPLE_CALL,
    SAMPLE_CONTACT,
    SAMPLE_OWNER,
    CannedReplies,
    HttpConnectorConformance,
    create_call_log,
)
from connector.types import Credentials, SignInKeeper

KEPT = {"uid": "5", "phone_fields": "phone_sanitized phone", "record_type": PHONE_CALL}
CONTACT = {"id": 8, "name": "Ada", "display_name": "Ada", "phone": "+1 510 555 0100"}
USERS = [
    {"id": 2, "name": "Administrator", "login": "admin", "email": False},
    {"id": 5, "name": "Ann", "login": "ann@example.com", "email": ""},
]


class TestOdoo(HttpConnectorConformance):
    connector_class = Odoo
    signed_in = {**KEPT, "api": JSON_2}
    contact_reply = [CONTACT]
    no_contact_reply = []
    call_log_reply = [{"id": 4711}]
    user_list_reply = USERS


class TestOdooOverJsonRpc(HttpConnectorConformance):
    connector_class = Odoo
    signed_in = {**KEPT, "api": JSON_RPC}
    contact_reply = {"result": [CONTACT]}
    no_contact_reply = {"result": []}
    call_log_reply = {"result": 4711}
    user_list_reply = {"result": USERS}


def connect(
    *replies, hostname="crm.example.com", access_token="", settings=None, **signed_in
):
    transport = CannedReplies(*replies)
    session = requests.Session()
    session.mount("https://", transport)
    session.mount("http://", transport)
    credentials = Credentials(
        hostname=hostname,
        access_token=access_token,
        server_logging_settings={"apiKey": "k"} if settings is None else settings,
    )
    kept = {**KEPT, "api": JSON_2, **signed_in}
    connector = Odoo(
        credentials,
        session=session,
        sign_in_keeper=SignInKeeper(kept),
    )
    return connector, transport


def told(name, message="A customer's name"):
    return {"name": name, "message": message, "debug": "Traceback …"}


@pytest.mark.parametrize(
    ("status", "name", "error"),
    [
        (500, "builtins.ValueError", PermanentError),
        (500, "builtins.TypeError", PermanentError),
        (422, "odoo.exceptions.ValidationError", PermanentError),
        (404, "odoo.exceptions.MissingError", PermanentError),
        (403, "odoo.exceptions.AccessError", PermanentError),
        (403, "odoo.exceptions.AccessDenied", CredentialsRejected),
        (500, "psycopg2.errors.SerializationFailure", TemporaryError),
        (500, "psycopg2.errors.LockNotAvailable", TemporaryError),
        (500, "psycopg2.errors.DeadlockDetected", TemporaryError),
        (500, "psycopg2.pool.PoolError", UnknownOutcome),  # may come after the commit
    ],
)
@pytest.mark.parametrize("api", [JSON_2, JSON_RPC])
def test_an_exceptions_name_says_whether_a_record_may_be_there(
    api, status, name, error
):
    rpc = (200, {"error": {"code": 0, "data": told(name)}})
    connector, _ = connect((status, told(name)) if api == JSON_2 else rpc, api=api)

    with pytest.raises(error) as caught:
        create_call_log(connector, owner=SAMPLE_OWNER)

    assert type(caught.value) is error
    assert name.rpartition(".")[2] in str(caught.value)
    assert "customer" not in str(caught.value)


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", {"message": "?"}, [], ""])
def test_an_error_that_is_not_odoos_own_leaves_the_outcome_open(body):
    connector, _ = connect((502, body))

    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None)


def test_only_an_exceptions_name_is_passed_on():
    connector, _ = connect((500, told("x. Ada Example +15105550100")))

    with pytest.raises(TemporaryError) as caught:
        connector.find_contact("+15105550100")

    assert "Ada" not in str(caught.value)


def test_an_activity_whose_history_was_not_written_may_be_looked_for():
    connector, transport = connect((200, [7]), (503, "down"), record_type=ACTIVITY)

    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None)

    assert len(transport.requests) == 2


@pytest.mark.parametrize(
    ("hostname", "url"),
    [
        ("acme.odoo.com", "https://acme.odoo.com"),
        ("odoo.intranet:8069", "http://odoo.intranet:8069"),
        ("odoo.intranet:8443", "https://odoo.intranet:8443"),
    ],
)
def test_a_port_is_asked_over_http_unless_it_ends_in_443(hostname, url):
    connector, _ = connect((200, []), hostname=hostname)

    assert connector.base_url == url


@pytest.mark.parametrize("record_type", [PHONE_CALL, ACTIVITY])
@pytest.mark.parametrize("owner", [None, SAMPLE_OWNER])
def test_an_owner_is_named_only_where_there_is_one(record_type, owner):
    connector, transport = connect((200, [{"id": 7}]), record_type=record_type)
    if record_type == ACTIVITY:
        transport.replies.insert(0, (200, [7]))

    create_call_log(connector, owner=owner)

    sent = json.loads(transport.requests[0].body)
    sent = sent.get("vals", sent)
    assert sent.get("user_id") == (4711 if owner else None)


@pytest.mark.parametrize(
    ("log_id", "field"), [(f"{PHONE_CALL}/7", "name"), (f"{ACTIVITY}/7", "summary")]
)
def test_a_subject_changes_only_where_a_person_names_the_record_anew(log_id, field):
    connector, transport = connect((200, [{"id": 7}]))
    named = replace(SAMPLE_CALL, custom_subject="Quote for Ada")

    connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details=None)
    sent = [json.loads(request.body) for request in transport.requests]
    assert not any(field in changes.get("vals", {}) for changes in sent)
    connector.update_call_log(log_id, named, composed_log_details=None)

    assert json.loads(transport.requests[-1].body)["vals"][field] == "Quote for Ada"


@pytest.mark.parametrize(
    "log_id", ["c1", "7", "res.users/7", "crm.phonecall/x", "crm.phonecall/-1", ""]
)
def test_an_id_of_another_crm_is_refused_before_anything_is_sent(log_id):
    connector, transport = connect((200, [{"id": 7}]))

    with pytest.raises(PermanentError):
        connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details="x")

    assert transport.requests == []


def test_no_number_is_nobodys_number():
    """Odoo takes an empty text for "has none", which most contacts match."""
    connector, transport = connect((200, [CONTACT]))

    assert connector.find_contact("") == []
    assert transport.requests == []


def test_a_record_is_looked_for_whatever_calls_are_logged_as_by_now():
    missing = (404, told("werkzeug.exceptions.NotFound"))
    found = (200, [{"id": 12, "note": "Reference: rc:x"}])
    connector, _ = connect(missing, found, record_type=ACTIVITY)
    assert connector.find_call_logs("rc:x", contact=SAMPLE_CONTACT) == [
        "mail.activity/12"
    ]

    found = (200, [{"id": 11, "description": "Reference: rc:x"}])
    connector, _ = connect(found, (200, []), record_type=ACTIVITY)
    assert connector.find_call_logs("rc:x", contact=SAMPLE_CONTACT) == [
        "crm.phonecall/11"
    ]


def test_an_older_odoo_answers_with_a_text_for_an_activity():
    replies = [(200, {"result": "mail.activity(12,)"}), (200, {"result": 5})]
    connector, _ = connect(*replies, api=JSON_RPC, record_type=ACTIVITY)

    assert create_call_log(connector, owner=None) == "mail.activity/12"


def test_an_older_odoo_is_asked_over_json_rpc():
    settings = {"apiKey": "k", "login": "ann", "database": "acme"}
    connector, transport = connect(
        (404, "<html>Not found</html>"),
        (200, {"result": 5}),
        (200, {"result": {"phone": {}, "mobile": {}}}),
        (200, {"error": {"data": told("odoo.exceptions.UserError")}}),
        settings=settings,
    )

    signed_in = connector.sign_in({})

    assert signed_in == {
        "api": JSON_RPC,
        "uid": "5",
        "phone_fields": "phone mobile",
        "record_type": ACTIVITY,
    }
    sent = json.loads(transport.requests[1].body)["params"]
    assert sent["args"] == ["acme", "ann", "k", {}]


@pytest.mark.parametrize(
    ("settings", "access_token", "error"),
    [
        ({}, "", CredentialsRejected),
        ({"apiKey": "k"}, "", InvalidSettings),
        ({}, "k", InvalidSettings),
    ],
)
def test_an_older_odoo_needs_a_login_too(settings, access_token, error):
    connector, _ = connect((404, ""), settings=settings, access_token=access_token)

    with pytest.raises(error):
        connector.sign_in({})


def test_an_odoo_that_deletes_done_activities_needs_the_add_on():
    settings = {"apiKey": "k", "login": "ann", "recordType": ACTIVITY}
    connector, _ = connect(
        (404, ""),
        (200, {"result": 5}),
        (200, {"result": {"phone": {}}}),
        (200, {"result": True}),
        (200, {"result": {}}),
        settings=settings,
    )

    with pytest.raises(InvalidSettings) as caught:
        connector.update_server_logging_settings(settings)

    assert caught.value.const == "recordType"


@pytest.mark.parametrize("reply", [False, True])
def test_the_right_to_create_records_can_be_asked_for(reply):
    connector, transport = connect((200, reply))

    if reply:
        connector.check_call_log_access()
    else:
        with pytest.raises(PermanentError, match="needs a role in Sales"):
            connector.check_call_log_access()

    [asked] = transport.requests
    assert asked.url.endswith("/json/2/crm.phonecall/has_access")
