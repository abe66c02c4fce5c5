"""Documents in App Connect's own format, unchanged, do what they do there."""

import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from connector.errors import TemporaryError
from connector.testing import SAMPLE_CALL, SAMPLE_CONTACT, SAMPLE_OWNER
from connector.testing.samples import create_call_log
from connector.types import (
    AuthType,
    Contact,
    CrmUser,
    LogFormatType,
    SignInKeeper,
    UserInfo,
)
from tests.support.helpers import ROOT

API_KEY = ROOT / "tests/support/data/declarative/peerApiKey.declarative.json"
OAUTH = ROOT / "tests/support/data/declarative/peerOAuth.declarative.json"


def test_a_contact_is_looked_up(connect):
    person = {
        "id": 9,
        "full_name": "Ada",
        "phones": [{"number": "(510) 555-0100"}],
        "kind": "Lead",
        "created_at": "2026-01-02T03:04:05+02:00",
        "updated_at": "01/02/2026",
    }
    crm, http = connect(
        API_KEY, (200, {"contacts": [person, {"id": 10}]}), access_token="k"
    )

    assert crm.find_contact("+15105550100") == [
        Contact(
            id="9",
            name="Ada",
            type="Lead",
            phone_number="(510) 555-0100",
            created_at=datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC),
        ),
        Contact(id="10", name="", phone_number="+15105550100"),
    ]
    [request] = http.requests
    assert request.url == (
        "https://api.peer.example/v1/contacts/search"
        "?phone=5105550100&raw=tel+%2B15105550100"
    )
    assert request.headers["Authorization"] == f"Basic {b64encode(b'k:X').decode()}"
    assert request.headers["X-Secret-Key"] == "shared-with-the-maker"


def test_a_reply_without_the_list_is_a_failure(connect):
    crm, _ = connect(API_KEY, (200, {}), access_token="k")

    with pytest.raises(TemporaryError, match=r"no list at body\.contacts"):
        crm.find_contact("+15105550100")


def test_a_call_is_logged(connect):
    crm, http = connect(API_KEY, (200, {"activity": {"id": 4711}}), access_token="k")

    assert create_call_log(crm, owner=SAMPLE_OWNER) == "4711"
    assert json.loads(http.last_body) == {
        "subject": "Inbound Call from Ada Example",
        "description": "<b>Call</b>- Duration: 1 minute, 5 seconds\n",
        "start_date": "2026-03-02T10:15:00.000Z",
        "end_date": "2026-03-02T10:16:05.000Z",
        "number": "+15105550100",
        "seconds": 65,
        "linked_contacts": [{"contact_id": "77"}],
        "by": "App Connect of ",
    }


def test_update_leaves_out_undefined_values(connect):
    crm, http = connect(API_KEY, (204, ""), access_token="k")

    crm.update_call_log("47/11", SAMPLE_CALL, composed_log_details=None)
    assert http.requests == []
    crm.update_call_log("47/11", SAMPLE_CALL, composed_log_details="text")

    request = http.requests[-1]
    assert (request.method, request.url) == (
        "PUT",
        "https://api.peer.example/v1/activities/47%2F11",
    )
    assert json.loads(http.last_body) == {"description": "text"}


def test_a_record_is_read(connect):
    reply = {"activity": {"subject": "S", "description": "D"}}
    crm, _ = connect(API_KEY, (200, reply), (404, {}), access_token="k")

    record = crm.get_call_log("1")

    assert (record.subject, record.note, record.full_body) == ("S", "D", "D")
    assert crm.get_call_log("1") is None


def test_users_and_licenses_are_read(connect):
    users = {"users": [{"id": 1, "name": "Ann", "email": "ann@example.com"}]}
    license_status = {"isLicenseValid": False, "licenseStatus": "Expired"}
    crm, _ = connect(API_KEY, (200, users), (200, license_status), access_token="k")

    assert crm.get_user_list() == [CrmUser(id="1", name="Ann", email="ann@example.com")]
    status = crm.get_license_status("1")
    assert (status.is_license_valid, status.license_status) == (False, "Expired")


def test_document_implements_its_operations(connect):
    crm, _ = connect(API_KEY, (200, {}))

    assert crm.implements("get_user_list")
    assert crm.implements("get_basic_auth")
    assert not crm.implements("create_contact")
    assert not crm.implements("find_call_logs")
    assert not crm.implements("get_oauth_info")
    assert crm.get_log_format_type() is LogFormatType.HTML
    assert crm.get_basic_auth("k") == b64encode(b"k:").decode()


def test_with_oauth_the_token_is_the_bearer(connect):
    crm, http = connect(OAUTH, (200, [{"id": 1}]), access_token="t")

    assert crm.find_contact("+15105550100")[0].id == "1"
    assert http.requests[0].headers["Authorization"] == "Bearer t"
    assert (
        http.requests[0].url == "https://api.peer.example/people?phone=%2B15105550100"
    )
    assert crm.get_auth_type() is AuthType.OAUTH
    assert crm.get_oauth_info().client_id == "an-app"


def test_operation_can_have_its_own_auth(connect):
    crm, http = connect(OAUTH, (200, [{"id": 5}]), access_token="t")

    assert crm.get_user_info() == UserInfo(id="5", name="5")
    assert http.requests[0].headers["X-Token"] == "t"
    assert "Authorization" not in http.requests[0].headers


def test_a_contact_is_created_and_logged_to(connect):
    crm, http = connect(OAUTH, (201, {"id": 3}), (201, {"id": 8}), access_token="t")

    contact = crm.create_contact("+15105550100", name="Ada")
    log_id = crm.create_call_log(
        SAMPLE_CALL, contact=SAMPLE_CONTACT, owner=None, composed_log_details=""
    )

    assert contact == Contact(id="3", name="Ada", phone_number="+15105550100")
    assert log_id == "8"
    assert json.loads(http.last_body) == {
        "all": {
            "id": "77",
            "phoneNumber": "+15105550100",
            "type": "Contact",
            "name": "Ada Example",
        },
        "text": "Inbound Call from Ada Example ",
    }


TOKENS = {"access_token": "new", "refresh_token": "again", "expires_in": 60}


def test_with_oauth_a_code_is_exchanged(connect):
    crm, http = connect(OAUTH, (200, TOKENS))

    tokens = crm.exchange_code("code", redirect_uri="https://here.example/")

    assert (tokens["access_token"], tokens["refresh_token"]) == ("new", "again")
    [request] = http.requests
    assert request.url == "https://login.peer.example/oauth/token"
    assert crm.implements("exchange_code")


def test_with_oauth_an_expired_token_is_renewed(connect):
    crm, http = connect(OAUTH, (401, {}), (200, TOKENS), (200, [{"id": 1}]))
    keeper = SignInKeeper({"access_token": "old", "refresh_token": "r"})
    crm.sign_in_keeper = keeper

    assert crm.find_contact("+15105550100")[0].id == "1"
    first, renewal, second = http.requests
    assert first.headers["Authorization"] == "Bearer old"
    assert "refresh_token=r" in renewal.body
    assert second.headers["Authorization"] == "Bearer new"
    assert keeper.get()["refresh_token"] == "again"
