"""The client, against the sandbox over HTTP."""

import json

import pytest

from appconnect.ringcentral import oauth
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import (
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


def test_the_account_tells_its_region_and_time_zone(client):
    account = get_account(client)

    assert (account.id, account.name) == ("800100200", "Sandbox Ltd")
    assert (account.region, account.time_zone) == ("US", "America/Los_Angeles")


def test_only_an_admin_is_one(client, sandbox):
    assert get_own_extension(client).is_admin

    token = sandbox.access_token("102")
    with RingCentral(server=sandbox.url, access_token=token) as other:
        assert not get_own_extension(other).is_admin


def test_all_extensions_come_over_all_pages(client, monkeypatch):
    get = client.get

    def get_few(path, params=None):
        return get(path, params and {**params, "perPage": 3})

    monkeypatch.setattr(client, "get", get_few)

    extensions = list(list_extensions(client))

    assert len(extensions) == 10
    assert {e.type for e in extensions} == {
        "User",
        "DigitalUser",
        "Department",
        "IvrMenu",
    }


def test_captured_extensions_are_read_in_both_shapes():
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


def test_a_captured_subscription_is_read():
    subscription = parse_subscription(captured("integration-test__subscription"))

    assert subscription.is_active
    assert subscription.expires_at.year == 2029


def test_a_name_is_put_together_from_what_is_there():
    contact = {"firstName": "Ann"}

    extension = parse_extension({"id": 7, "contact": contact, "status": "Enabled"})

    assert (extension.id, extension.name, extension.email) == ("7", "Ann", "")


def test_an_unknown_token_is_rejected(sandbox):
    with (
        RingCentral(server=sandbox.url, access_token="nonsense") as client,
        pytest.raises(TokenRejected, match="OAU-149"),
    ):
        get_account(client)


def test_what_the_person_may_not_is_refused_with_the_code(sandbox):
    token = sandbox.access_token("102")
    with (
        RingCentral(server=sandbox.url, access_token=token) as client,
        pytest.raises(Refused) as caught,
    ):
        client.get("/restapi/v1.0/account/~/call-log")

    assert (caught.value.status, caught.value.code) == (403, "CMN-408")


def test_the_rate_limit_says_how_long_to_wait(client):
    for _ in range(10):
        client.get("/restapi/v1.0/account/~/call-log")

    with pytest.raises(Unavailable) as caught:
        client.get("/restapi/v1.0/account/~/call-log")

    assert caught.value.retry_after == 60


def test_a_server_that_is_not_there_is_unavailable():
    with (
        RingCentral(server="http://127.0.0.1:9", access_token="t") as client,
        pytest.raises(Unavailable),
    ):
        get_account(client)


@pytest.mark.parametrize(
    ("secret", "jwt"), [("sandbox-secret", "nonsense"), ("wrong", "sandbox-jwt-101")]
)
def test_a_refused_sign_in_says_so_without_the_credential(sandbox, secret, jwt):
    with pytest.raises(SignInRefused) as caught:
        oauth.sign_in_with_jwt(
            oauth.App(
                server=sandbox.url, client_id="sandbox-app", client_secret=secret
            ),
            jwt,
        )

    assert jwt not in str(caught.value)
    assert secret not in str(caught.value)


def test_a_country_that_is_not_told_is_not_guessed():
    class Silent:
        def get(self, path):
            return {"id": 1}

    assert get_account(Silent()).region == ""
