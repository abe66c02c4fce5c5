"""The client, against the sandbox over HTTP, and against a server that misbehaves."""

import json
from collections.abc import Iterator

import pytest

from appconnect.ringcentral import oauth
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import (
    RateLimited,
    Refused,
    SignInRefused,
    TokenRejected,
    Unavailable,
)
from appconnect.ringcentral.extensions import (
    get_account,
    get_own_extension,
    list_extensions,
    parse_extension,
)
from appconnect.ringcentral.subscriptions import parse_subscription
from connector.http import time_limit
from connector.http.retry_after import MAX_RETRY_AFTER_SECONDS
from tests.support.fakes.misbehaving import MEGABYTE, MisbehavingServer, running_server
from tests.support.helpers import ROOT

CAPTURED = ROOT / "tests/support/data/ringcentral/js-widgets"


def captured(name: str) -> dict:
    return json.loads((CAPTURED / f"{name}.json").read_text())


@pytest.fixture
def client(sandbox):
    with RingCentral(
        server=sandbox.url, access_token=sandbox.access_token("101")
    ) as client:
        yield client


def test_account_has_region_and_time_zone(client):
    account = get_account(client)

    assert (account.id, account.name) == ("800100200", "Sandbox Ltd")
    assert (account.region, account.time_zone) == ("US", "America/Los_Angeles")


def test_only_admins_have_the_admin_right(client, sandbox):
    assert get_own_extension(client).is_admin

    token = sandbox.access_token("102")
    with RingCentral(server=sandbox.url, access_token=token) as other:
        assert not get_own_extension(other).is_admin


@pytest.mark.parametrize("token", ["naïve", "token\nX-Admin: yes", "\N{SNOWMAN}"])
def test_text_that_no_header_can_carry_is_no_token(sandbox, token):
    with (
        RingCentral(server=sandbox.url, access_token=token) as client,
        pytest.raises(TokenRejected),
    ):
        get_account(client)


@pytest.mark.parametrize(
    ("status", "states"),
    [
        ("Enabled", (True, True)),
        ("NotActivated", (True, False)),
        ("Disabled", (False, True)),
        ("Frozen", (False, True)),
        (None, (False, True)),
    ],
)
def test_extension_that_is_not_activated_is_in_use(status, states):
    extension = parse_extension({"id": 7, "status": status})

    assert (extension.is_enabled, extension.is_activated) == states


def test_extensions_are_read_to_the_last_page(client, monkeypatch):
    get = client.get

    def get_few(path, params=None):
        return get(path, params and {**params, "perPage": 3})

    monkeypatch.setattr(client, "get", get_few)

    extensions = list(list_extensions(client))

    assert len(extensions) == 12
    assert {e.type for e in extensions} == {
        "User",
        "DigitalUser",
        "Department",
        "IvrMenu",
        "Voicemail",
        "ApplicationExtension",
    }


def test_extensions_are_read_in_both_shapes():
    [first, second] = captured("ringcentral-mock__extensions")["records"][:2]
    own = parse_extension(captured("ringcentral-mock__extensionInfo"))

    assert (own.id, own.extension_number) == ("208594004", "101")
    assert (own.name, own.email) == (
        "Something1 New1",
        "mm1+1489541856944-6039268@dins.ru",
    )
    assert parse_extension(first).name == "Something1 New1"
    assert parse_extension(second).email == "bruce@test.com"
    assert parse_extension(second).is_enabled


def test_subscription_is_read():
    subscription = parse_subscription(captured("integration-test__subscription"))

    assert subscription.is_active
    assert subscription.expires_at.year == 2029


def test_name_is_made_of_the_parts_that_are_there():
    contact = {"firstName": "Ann"}

    extension = parse_extension({"id": 7, "contact": contact, "status": "Enabled"})

    assert (extension.id, extension.name, extension.email) == ("7", "Ann", "")


def test_unknown_token_is_rejected(sandbox):
    with (
        RingCentral(server=sandbox.url, access_token="nonsense") as client,
        pytest.raises(TokenRejected, match="OAU-149"),
    ):
        get_account(client)


def test_missing_permission_is_refused_with_its_code(sandbox):
    token = sandbox.access_token("102")
    with (
        RingCentral(server=sandbox.url, access_token=token) as client,
        pytest.raises(Refused) as caught,
    ):
        client.get("/restapi/v1.0/account/~/call-log")

    assert (caught.value.status, caught.value.code) == (403, "CMN-408")


def test_rate_limit_carries_retry_after(client):
    for _ in range(10):
        client.get("/restapi/v1.0/account/~/call-log")

    with pytest.raises(Unavailable) as caught:
        client.get("/restapi/v1.0/account/~/call-log")

    assert caught.value.retry_after == 60


def test_missing_server_is_unavailable():
    with (
        RingCentral(server="http://127.0.0.1:9", access_token="t") as client,
        pytest.raises(Unavailable),
    ):
        get_account(client)


@pytest.mark.parametrize(
    ("secret", "jwt"), [("sandbox-secret", "nonsense"), ("wrong", "sandbox-jwt-101")]
)
def test_refused_sign_in_does_not_show_the_credential(sandbox, secret, jwt):
    with pytest.raises(SignInRefused) as caught:
        oauth.sign_in_with_jwt(
            oauth.App(
                server=sandbox.url, client_id="sandbox-app", client_secret=secret
            ),
            jwt,
        )

    assert jwt not in str(caught.value)
    assert secret not in str(caught.value)


def test_missing_country_gives_empty_region():
    class Silent:
        def get(self, path):
            return {"id": 1}

    assert get_account(Silent()).region == ""


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def misled(server) -> Iterator[RingCentral]:
    with RingCentral(server=f"http://{server.host}", access_token="t") as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/slow-headers", "/silent", "/stalled", "/drip", "/cut", "/bomb"]
)
def test_unusable_reply_is_unavailable_within_the_total_timeout(
    misled, server, monkeypatch, path
):
    monkeypatch.setattr(time_limit, "TOTAL_TIMEOUT_SECONDS", 0.5)

    with pytest.raises(Unavailable, match="no usable answer"):
        misled.get(path)

    assert not server.has_ended, "it was the client that gave up"


@pytest.mark.parametrize("path", ["/endless", "/100-megabytes"])
def test_reply_over_the_size_limit_is_cut_off(misled, server, path):
    with pytest.raises(Unavailable, match="no usable answer"):
        misled.get(path)

    assert server.was_cut_off.wait(10)
    assert (
        server.sent_bytes < 40 * MEGABYTE
    )  # what the sockets hold beside the 16 we read


def test_page_larger_than_reply_of_a_crm_is_read(misled):
    assert len(misled.get("/3-megabytes")) == 3 * MEGABYTE


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("Retry-After=7", 7),
        ("Retry-After=999999", MAX_RETRY_AFTER_SECONDS),
        ("Retry-After=Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_SECONDS),
        ("Retry-After=Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Retry-After=soon", 60),
        ("", 60),
    ],
)
def test_rate_limit_waits_as_told_or_for_the_penalty(misled, retry_after, seconds):
    with pytest.raises(RateLimited) as caught:
        misled.get(f"/busy?status=429&{retry_after}")

    assert caught.value.retry_after == seconds


def test_outage_without_retry_after_leaves_the_wait_open(misled):
    with pytest.raises(Unavailable) as caught:
        misled.get("/busy?status=503")

    assert caught.value.retry_after is None


def test_sign_in_obeys_the_same_limits(server, monkeypatch):
    monkeypatch.setattr(time_limit, "TOTAL_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(oauth, "TOKEN_PATH", "/drip")
    app = oauth.App(
        server=f"http://{server.host}", client_id="id", client_secret="secret"
    )

    with pytest.raises(Unavailable):
        oauth.sign_in_with_jwt(app, "jwt")


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1, "contact": None, "name": None, "permissions": None},
        {"id": 1, "contact": {"email": None, "firstName": None, "lastName": None}},
        {"id": 1, "account": None, "regionalSettings": {"timezone": None}},
    ],
)
def test_member_that_is_null_is_empty(record):
    extension = parse_extension(record)

    assert (extension.id, extension.name, extension.email) == ("1", "", "")
    assert (extension.time_zone, extension.account_id) == ("", "")
    assert not extension.is_admin


@pytest.mark.parametrize("record", [{"name": "Bob"}, {"id": None}, None, "odd"])
def test_extension_without_an_id_stops_no_other(client, monkeypatch, record):
    records = [record, {"id": 2, "name": "Eva"}]
    monkeypatch.setattr(client, "get", lambda *_: {"records": records})

    assert [extension.id for extension in list_extensions(client)] == ["", "2"]


@pytest.mark.parametrize("reply", [{"records": None}, {}, None, []])
def test_answer_without_a_list_of_extensions_is_a_failure(client, monkeypatch, reply):
    monkeypatch.setattr(client, "get", lambda *_: reply)

    with pytest.raises(Unavailable, match="has no list of extensions"):
        list(list_extensions(client))
