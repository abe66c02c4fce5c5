"""The Odoo connector with canned replies; test_odoo_live.py tries it with a real Odoo."""

import json
from dataclasses import replace
from datetime import datetime

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

SIGNED_IN = {
    "uid": "5",
    "phone_fields": "phone_sanitized phone",
    "record_type": PHONE_CALL,
}
CONTACT = {"id": 8, "name": "Ada", "display_name": "Ada", "phone": "+1 510 555 0100"}
USERS = [
    {"id": 2, "name": "Administrator", "login": "admin", "email": False},
    {"id": 5, "name": "Ann", "login": "ann@example.com", "email": ""},
]


class TestOdoo(HttpConnectorConformance):
    connector_class = Odoo
    signed_in = {**SIGNED_IN, "api": JSON_2}
    contact_reply = [CONTACT]
    no_contact_reply = []
    call_log_reply = [{"id": 4711}]
    user_list_reply = USERS


class TestOdooOverJsonRpc(HttpConnectorConformance):
    connector_class = Odoo
    signed_in = {**SIGNED_IN, "api": JSON_RPC}
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
    stored = {**SIGNED_IN, "api": JSON_2, **signed_in}
    connector = Odoo(
        credentials,
        session=session,
        sign_in_keeper=SignInKeeper(stored),
    )
    return connector, transport


def exception(name, message="A customer's name"):
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
def test_exception_name_decides_whether_outcome_is_unknown(api, status, name, error):
    rpc = (200, {"error": {"code": 0, "data": exception(name)}})
    connector, _ = connect((status, exception(name)) if api == JSON_2 else rpc, api=api)

    with pytest.raises(error) as caught:
        create_call_log(connector, owner=SAMPLE_OWNER)

    assert type(caught.value) is error
    assert name.rpartition(".")[2] in str(caught.value)
    assert "customer" not in str(caught.value)


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", {"message": "?"}, [], ""])
def test_error_of_another_server_is_an_unknown_outcome(body):
    connector, _ = connect((502, body))

    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None)


def test_only_the_exception_name_is_shown():
    connector, _ = connect((500, exception("x. Ada Example +15105550100")))

    with pytest.raises(TemporaryError) as caught:
        connector.find_contact("+15105550100")

    assert "Ada" not in str(caught.value)


def test_activity_without_history_is_an_unknown_outcome():
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
def test_port_uses_http_unless_it_ends_in_443(hostname, url):
    connector, _ = connect((200, []), hostname=hostname)

    assert connector.base_url == url


@pytest.mark.parametrize("record_type", [PHONE_CALL, ACTIVITY])
@pytest.mark.parametrize("owner", [None, SAMPLE_OWNER])
def test_owner_is_sent_only_if_there_is_one(record_type, owner):
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
def test_subject_changes_only_with_a_custom_subject(log_id, field):
    connector, transport = connect((200, [{"id": 7}]))
    named = replace(SAMPLE_CALL, custom_subject="Quote for Ada")

    connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details=None)
    sent = [json.loads(request.body) for request in transport.requests]
    assert not any(field in changes.get("vals", {}) for changes in sent)
    connector.update_call_log(log_id, named, composed_log_details=None)

    assert json.loads(transport.requests[-1].body)["vals"][field] == "Quote for Ada"


def test_update_does_not_set_back_what_people_changed():
    connector, transport = connect((200, [{"id": 7}]))
    finished = replace(SAMPLE_CALL, result="Voicemail", previous=SAMPLE_CALL)
    longer = replace(SAMPLE_CALL, duration_seconds=600, previous=SAMPLE_CALL)

    for call in (finished, longer):
        connector.update_call_log(f"{PHONE_CALL}/7", call, composed_log_details="New")

    first, last = (json.loads(request.body)["vals"] for request in transport.requests)
    assert first == {"description": "New"}
    assert last == {"description": "New", "duration": 10}


@pytest.mark.parametrize(
    "log_id", ["c1", "7", "res.users/7", "crm.phonecall/x", "crm.phonecall/-1", ""]
)
def test_id_of_another_crm_is_refused_without_request(log_id):
    connector, transport = connect((200, [{"id": 7}]))

    with pytest.raises(PermanentError):
        connector.update_call_log(log_id, SAMPLE_CALL, composed_log_details="x")

    assert transport.requests == []


def test_empty_number_has_no_contact():
    """Odoo takes an empty text for "has none", which most contacts match."""
    connector, transport = connect((200, [CONTACT]))

    assert connector.find_contact("") == []
    assert transport.requests == []


def test_record_is_searched_among_all_record_types():
    missing = (404, exception("werkzeug.exceptions.NotFound"))
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


@pytest.mark.parametrize(
    ("zone", "started_at", "day"),
    [
        ("America/Los_Angeles", "2026-03-10T01:30:00+00:00", "2026-03-09"),
        ("Pacific/Auckland", "2026-03-09T20:00:00+00:00", "2026-03-10"),
    ],
)
def test_activity_is_due_on_the_owners_own_day(zone, started_at, day):
    started = datetime.fromisoformat(started_at)
    call = replace(SAMPLE_CALL, started_at=started, time_zone=zone)
    connector, transport = connect(
        (200, [12]), (200, [{"id": 5}]), record_type=ACTIVITY
    )

    connector.create_call_log(
        call, contact=SAMPLE_CONTACT, owner=None, composed_log_details=""
    )

    assert json.loads(transport.requests[0].body)["date_deadline"] == day


def test_activity_id_is_read_from_text_of_older_odoo():
    replies = [(200, {"result": "mail.activity(12,)"}), (200, {"result": 5})]
    connector, _ = connect(*replies, api=JSON_RPC, record_type=ACTIVITY)

    assert create_call_log(connector, owner=None) == "mail.activity/12"


def test_older_odoo_is_used_over_json_rpc():
    settings = {"apiKey": "k", "login": "ann", "database": "acme"}
    connector, transport = connect(
        (404, "<html>Not found</html>"),
        (200, {"result": 5}),
        (200, {"result": {"phone": {}, "mobile": {}}}),
        (200, {"error": {"data": exception("odoo.exceptions.UserError")}}),
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
def test_older_odoo_also_needs_a_login(settings, access_token, error):
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
def test_permission_to_create_records_is_checked(reply):
    connector, transport = connect((200, reply))

    if reply:
        connector.check_call_log_access()
    else:
        with pytest.raises(PermanentError, match="needs a role in Sales"):
            connector.check_call_log_access()

    [request] = transport.requests
    assert request.url.endswith("/json/2/crm.phonecall/has_access")


SECOND = {
    "id": 9,
    "name": "Bea",
    "display_name": "Bea",
    "phone": "(650) 555-0100",
    "mobile": "+1 415-555-0199",
    "phone_sanitized": "+14155550199",
}


@pytest.mark.parametrize(
    ("number", "changes", "is_found"),
    [
        ("+16505550100", {}, True),
        ("+16505550100", {"phone": "16505550100"}, True),
        ("+16505550100", {"phone": "415-555-0188 / 650-555-0100"}, True),
        ("+14155550199", {}, True),
        ("+525512345678", {"phone_sanitized": "+525512345678"}, True),
        ("+16505550100", {"phone": "(650) 555-0100 9"}, False),
        ("+16505550101", {"phone": False}, False),
    ],
)
def test_second_number_of_a_contact_is_found_up_to_odoo_18(number, changes, is_found):
    stored = "phone mobile phone_sanitized phone_mobile_search"
    connector, transport = connect((200, [{**SECOND, **changes}]), phone_fields=stored)
    connector.region = "US"

    assert bool(connector.find_contact(number)) is is_found
    sent = json.loads(transport.requests[0].body)
    last_digits = "%" + "%".join(number[-7:])
    assert ["phone", "like", last_digits] in sent["domain"]
    assert "phone_sanitized" in sent["fields"]
    assert "phone_mobile_search" not in sent["fields"]
