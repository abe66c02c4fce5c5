"""The document that connector/README.md begins with: it loads, passes the kit, and logs a call."""

import json
from dataclasses import replace

import pytest
import requests

from connector import registry
from connector.declarative import connector_class
from connector.declarative.trial.gaps import find_gaps
from connector.errors import PermanentError
from connector.testing import (
    SAMPLE_CALL,
    SAMPLE_CONTACT,
    SAMPLE_OWNER,
    CannedReplies,
    HttpConnectorConformance,
)
from connector.types import Contact, Credentials
from tests.support.helpers import ROOT

DOCUMENT = ROOT / "tests/support/data/declarative/birch.declarative.json"
Birch = connector_class(str(DOCUMENT))
ADA = {
    "id": 77,
    "first_name": "Ada",
    "last_name": "Example",
    "phone": "",
    "mobile": "(510) 555-0100",
}


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(registry.CONNECTORS, "birch", str(DOCUMENT))


class TestBirch(HttpConnectorConformance):
    connector_class = Birch
    credentials = replace(
        HttpConnectorConformance.credentials, hostname="acme.birchcrm.example"
    )
    contact_reply = {"people": [ADA]}
    no_contact_reply = {"people": []}
    call_log_reply = {"id": 815}
    user_list_reply = {
        "users": [{"id": 1, "name": "Ann", "email": "ann@example.com", "active": True}],
        "next": None,
    }


@pytest.fixture
def connect():
    """A function: replies → (the connector, the transport that answers)."""

    def connect(*replies, cls=Birch):
        transport, session = CannedReplies(*replies), requests.Session()
        session.mount("https://", transport)
        credentials = Credentials(
            hostname="acme.birchcrm.example",
            server_logging_settings={"apiToken": "a-token"},
        )
        return cls(credentials, session=session), transport

    return connect


@pytest.fixture
def change(tmp_path):
    """A function: operations instead of the example's → the class of the changed document."""

    def change(**operations):
        (tmp_path / "birch.json").write_text(
            DOCUMENT.with_name("birch.json").read_text()
        )
        document = json.loads(DOCUMENT.read_text())
        document["operations"].update(operations)
        path = tmp_path / DOCUMENT.name
        path.write_text(json.dumps(document))
        return connector_class(str(path))

    return change


@pytest.mark.parametrize("name", ["birch.json", "birch.declarative.json"])
def test_guide_has_the_example_as_it_is(name):
    guide = (ROOT / "connector/README.md").read_text()

    assert f"**`{name}`**" in guide
    assert f"```json\n{DOCUMENT.with_name(name).read_text()}```\n" in guide


def test_nothing_is_missing_in_the_example():
    assert [finding.operation for finding in find_gaps(Birch.document)] == [
        "getUserInfo"  # it proves the token
    ]


def test_a_call_is_logged_to_the_contact_and_updated(connect):
    stranger = {"id": 78, "phone": "+44 510 555 0100"}
    crm, http = connect(
        (200, {"people": [stranger, ADA]}), (201, {"id": 815}), (200, {})
    )

    [contact] = crm.find_contact("+15105550100")
    record_id = crm.create_call_log(
        SAMPLE_CALL, contact=contact, owner=SAMPLE_OWNER, composed_log_details="text"
    )
    call = replace(SAMPLE_CALL, recording_url="https://r.example", previous=SAMPLE_CALL)
    crm.update_call_log(record_id, call, composed_log_details=None)

    search, creation, update = http.requests
    assert search.url == (
        "https://acme.birchcrm.example/api/v1/people?phone=5105550100"
    )
    assert search.headers["Authorization"] == "Bearer a-token"
    assert contact.name == "Ada Example"
    assert json.loads(creation.body) == {
        "person_id": 77,
        "owner_id": 4711,
        "title": "Inbound Call from Ada Example",
        "text": "text",
        "kind": "inbound",
        "started_at": "2026-03-02T10:15:00.000Z",
        "seconds": 65,
        "reference": "rc:sample",
    }
    assert update.url.endswith("/calls/815")
    assert json.loads(update.body) == {"recording": "https://r.example"}


def test_a_missed_call_is_named_as_such(connect):
    crm, http = connect((201, {"id": 815}))
    missed = replace(SAMPLE_CALL, result="Missed")

    crm.create_call_log(
        missed, contact=SAMPLE_CONTACT, owner=None, composed_log_details=""
    )

    body = json.loads(http.last_body)
    assert body["kind"] == "missed"
    assert "owner_id" not in body


def test_a_refusal_has_the_crms_own_reason(connect):
    crm, _ = connect((422, {"reason": "This person is locked."}))

    with pytest.raises(PermanentError) as caught:
        crm.create_contact("+15105550100", name="New")
    assert caught.value.reason == "This person is locked."


def test_a_crm_that_does_not_tell_who_signed_in_is_named_by_its_host(connect, change):
    mapping = {"idPath": "{{hostname}}", "namePath": "Account of {{hostname}}"}
    user_info = {"url": "/users", "responseMapping": mapping}
    crm, _ = connect((200, {"users": []}), cls=change(getUserInfo=user_info))

    user = crm.get_user_info()

    assert user.id == "acme.birchcrm.example"
    assert user.name == "Account of acme.birchcrm.example"


def test_a_placeholder_belongs_to_the_owner(connect):
    crm, http = connect((201, {"id": 5}))

    contact = crm.create_contact("+15105550100", name="New", owner=SAMPLE_OWNER)

    assert contact == Contact(id="5", name="New", phone_number="+15105550100")
    assert json.loads(http.last_body)["owner_id"] == 4711
