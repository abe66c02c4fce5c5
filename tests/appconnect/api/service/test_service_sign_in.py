"""GET /oauth/callback, and the token that it gives."""

import time
from datetime import timedelta

import pytest
import requests
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import OctKey

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.service import service_token as tokens
from appconnect.api.service.service_sign_in import ServiceSignInView
from appconnect.organizations.models import CrmSession
from appconnect.organizations.models.sealed import derive_key
from appconnect.ringcentral.extensions import ExtensionInfo
from appconnect.sandbox.ringcentral import seed

PATH = "/oauth/callback"
OTHER_CODE = "for-ringcentrals-own-app"
ROUTES = [
    ("GET", "/subscription"),
    ("POST", "/subscribe"),
    ("POST", "/unsubscribe"),
    ("POST", "/do-not-log-numbers"),
    ("POST", "/update-crm-token"),
]


class FixedExchange:
    """Stands in for RingCentral: a class that takes a code."""

    def __new__(cls, code: str) -> ExtensionInfo:
        return ExtensionInfo(
            id=code,
            extension_number="102",
            name="Ben Baker",
            email="",
            type="User",
            is_enabled=True,
            account_id=seed.ACCOUNT_ID,
        )


def signed(key: bytes | None = None, **changes: object) -> str:
    """Return a token like ours, with something wrong in it."""
    now = int(time.time())
    claims = {
        "aud": tokens.AUDIENCE,
        "accountId": seed.ACCOUNT_ID,
        "extensionId": seed.extension_id("101"),
        "isAdmin": True,
        "iat": now,
        "exp": now + 60,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    key = key or derive_key("logging service token")
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(key))


def test_a_code_of_the_platform_gives_a_token_that_opens_the_service(
    client, connected, interop_code, service
):
    reply = client.get(PATH, {"code": interop_code("101"), "rcAccountId": "ab12"})

    assert reply.status_code == 200
    assert list(reply.json()) == ["jwtToken"]
    assert reply["Cache-Control"] == "no-store"
    token = reply.json()["jwtToken"]
    assert service("GET", "/subscription", token=token).json()["subscribed"] is True
    assert service("POST", "/unsubscribe", {}, token=token).status_code == 200


def test_non_admin_gets_token_for_own_session_only(
    client, connected, interop_code, service
):
    reply = client.get(PATH, {"code": interop_code("102")})

    token = reply.json()["jwtToken"]
    body = {"crmToken": ""}
    assert service("POST", "/update-crm-token", body, token=token).status_code == 200
    assert service("POST", "/unsubscribe", {}, token=token).status_code == 400


def test_the_code_leaves_no_sign_in_behind_at_ringcentral(
    client, connected, interop_code, sandbox
):
    code = interop_code("101")

    token = client.get(PATH, {"code": code}).json()["jwtToken"]

    assert token
    assert len(sandbox.asked("/oauth/revoke")) == 1


@pytest.fixture
def sign_in_beside(client):
    """Give a function that signs in with a userJwt beside a code for another app."""

    def sign_in_beside(user_jwt: str) -> str:
        headers = {"Authorization": f"Bearer {user_jwt}"}
        reply = client.get(PATH, {"code": OTHER_CODE}, headers=headers)
        return reply.json()["jwtToken"]

    return sign_in_beside


def test_unmodified_client_signs_in_by_its_user_jwt(
    crm_session, sign_in_beside, service, sandbox
):
    token = sign_in_beside(issue_user_jwt(crm_session))

    body = {"crmToken": ""}
    assert service("POST", "/unsubscribe", {}, token=token).status_code == 400
    assert service("POST", "/update-crm-token", body, token=token).status_code == 200
    assert not CrmSession.objects.exists()
    assert sandbox.asked("/oauth/token") == []


def test_unmodified_client_of_a_proved_admin_switches_logging(
    crm_session, call, sign_in_beside, service, now, monkeypatch
):
    call("GET", "/admin/settings")  # proves it, with RingCentral's token
    user_jwt = issue_user_jwt(crm_session)

    token = sign_in_beside(user_jwt)

    assert service("POST", "/unsubscribe", {}, token=token).status_code == 200
    claims = tokens.read_token(tokens.PURPOSE, token)
    assert claims["exp"] - claims["iat"] == 600
    hour_later = now + timedelta(hours=1, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: hour_later)
    token = sign_in_beside(user_jwt)
    assert service("POST", "/unsubscribe", {}, token=token).status_code == 400


def test_session_that_is_gone_signs_nobody_in(client, gone):
    headers = {"Authorization": f"Bearer {gone}"}

    reply = client.get(PATH, {"code": OTHER_CODE}, headers=headers)

    assert reply.status_code == 400


@pytest.mark.parametrize("query", [{}, {"code": ""}, {"code": "nonsense"}])
def test_a_code_that_is_none_is_refused(client, connected, interop_code, query):
    reply = client.get(PATH, query)

    assert reply.status_code == 400
    assert reply.json()["result"]["message"]


def test_a_code_is_good_for_once_only(client, connected, interop_code):
    code = interop_code("101")
    client.get(PATH, {"code": code})

    assert client.get(PATH, {"code": code}).status_code == 400


def test_a_code_for_another_app_is_not_made(sandbox):
    """RingCentral's own client asks for its own app's."""
    reply = requests.post(
        f"{sandbox.url}/restapi/v1.0/interop/generate-code",
        json={"clientId": "Y4m1YREFKbXdDoet5djv46"},
        headers={"Authorization": f"Bearer {sandbox.access_token('101')}"},
        timeout=60,
    )

    assert reply.status_code == 403


def test_an_account_that_is_not_here_is_refused(client, connected, interop_code):
    connected.rc_account_id = "1"
    connected.save()

    reply = client.get(PATH, {"code": interop_code("101")})

    assert reply.status_code == 400
    assert "not set up on this server" in reply.json()["result"]["message"]


def test_no_sign_in_while_ringcentral_is_away(
    client, connected, interop_code, settings
):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"

    reply = client.get(PATH, {"code": "c"})

    assert reply.status_code == 400
    assert "RingCentral" in reply.json()["result"]["message"]


def test_one_address_asks_ringcentral_about_so_many_codes_a_minute(
    client, connected, interop_code, sandbox, monkeypatch
):
    monkeypatch.setattr(ServiceSignInView, "max_per_minute", 3)
    moment = timezone.now().replace(second=0)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    for _ in range(3):
        assert client.get(PATH, {"code": "guessed"}).status_code == 400

    refused = client.get(PATH, {"code": "guessed"})

    assert refused.status_code == 429
    message = "Rate limit exceeded. Wait a minute, then try again."
    assert refused.json() == {"result": {"message": message}}
    assert len(sandbox.asked("/oauth/token")) == 3


def test_another_exchange_can_be_named(client, organization, settings, service):
    settings.INTEROP_CODE_EXCHANGE = f"{__name__}.FixedExchange"

    reply = client.get(PATH, {"code": seed.extension_id("102")})

    token = reply.json()["jwtToken"]
    assert service("GET", "/subscription", token=token).status_code == 200


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda: "", id="missing"),
        pytest.param(lambda: "a.b.c", id="garbled"),
        pytest.param(lambda: signed(exp=int(time.time()) - 1), id="expired"),
        pytest.param(lambda: signed(exp=None), id="without end"),
        pytest.param(lambda: signed(aud="userJwt"), id="other purpose"),
        pytest.param(lambda: signed(aud=None), id="no purpose"),
        pytest.param(lambda: signed(derive_key("userJwt")), id="other key"),
        pytest.param(lambda: signed(accountId="999999"), id="foreign account"),
    ],
)
def test_only_a_good_token_opens_the_service(connected, service, method, path, token):
    reply = service(method, path, {}, token=token())

    assert reply.status_code == 401
    assert "CRM_SESSION_REVOKED" not in reply.content.decode()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_user_jwt_is_no_service_token(crm_session, service, method, path):
    token = issue_user_jwt(crm_session)

    assert service(method, path, {}, token=token).status_code == 401


def test_a_service_token_is_no_user_jwt(call, service_token):
    reply = call("GET", "/admin/serverLoggingSettings", jwt=service_token())

    assert reply.status_code == 400
    assert b"authorize CRM platform" in reply.content


def test_a_user_jwt_beside_the_token_does_not_matter(client, connected, service_token):
    headers = {"X-Access-Token": service_token(), "Authorization": "Bearer nonsense"}

    assert client.get("/subscription", headers=headers).status_code == 200
