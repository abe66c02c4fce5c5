"""GET /oauth-callback, with Pipedrive's stand-in; and what a sign-in that ended answers."""

from urllib.parse import urlencode

import pytest

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.organizations.connections import crm_sign_in
from appconnect.organizations.models import CrmSession
from appconnect.sandbox.ringcentral import seed
from tests.appconnect.api.calls.test_call_log import body
from tests.support.fakes.pipedrive import FakePipedrive

PATH = "/oauth-callback"
REDIRECT = "https://ringcentral.github.io/ringcentral-embeddable/redirect.html"


@pytest.fixture
def fake(connected, settings, sandbox):
    with FakePipedrive() as fake:
        settings.CRM_PRIVATE_HOSTS = [fake.host]
        settings.CRM_OAUTH_CLIENTS = {
            "pipedrive": f"{fake.client_id}:{fake.client_secret}"
        }
        fake.codes = {"a-code": REDIRECT}
        connected.platform, connected.crm_hostname = "pipedrive", fake.host
        connected.save()
        crm_sign_in.in_memory.clear()
        yield fake


@pytest.fixture
def come_back(client, fake, admin_token):
    """Give a function that makes the request which the client makes after the CRM's page."""

    def come_back(callback_uri: str = "", *, token: str = admin_token, jwt="", **query):
        callback_uri = callback_uri or callback()
        headers = {"X-RC-Access-Token": token} if token else {}
        if jwt:
            headers["Authorization"] = f"Bearer {jwt}"
        return client.get(PATH, {"callbackUri": callback_uri, **query}, headers=headers)

    return come_back


def callback(code: str = "a-code", state: str = "platform=pipedrive&x=1") -> str:
    query = {"state": state} | ({"code": code} if code else {})
    return f"{REDIRECT}?{urlencode(query)}"


def test_a_person_signs_in_and_their_token_opens_the_settings(
    come_back, client, connected, admin_token
):
    reply = come_back(hostname="evil.example.com", rcAccountId="1", rcExtensionId="2")

    answer = reply.json()
    assert (reply.status_code, answer["name"]) == (200, "Ann Admin")
    assert answer["returnMessage"]["messageType"] == "success"
    session = CrmSession.objects.get()
    assert session.organization == connected
    assert session.extension_id == seed.extension_id("101")
    headers = {
        "Authorization": f"Bearer {answer['jwtToken']}",
        "X-RC-Access-Token": admin_token,
    }
    assert client.get("/admin/settings", headers=headers).status_code == 200


def test_the_code_may_come_beside_the_address(come_back):
    assert "jwtToken" in come_back(callback(code=""), code="a-code").json()


def test_the_platform_may_stand_anywhere_in_the_address(come_back):
    uri = f"{REDIRECT}?code=a-code&platform=pipedrive&y=1"

    assert "jwtToken" in come_back(uri).json()


def test_a_known_session_proves_the_account_too(come_back, fake):
    jwt = come_back().json()["jwtToken"]
    fake.codes = {"another": REDIRECT}

    again = come_back(callback("another"), token="", jwt=jwt).json()

    assert "jwtToken" in again
    assert CrmSession.objects.get().extension_id == seed.extension_id("101")


@pytest.mark.parametrize(
    ("callback_uri", "options", "message"),
    [
        ("", {"token": ""}, "Sign in to RingCentral first."),
        ("", {"token": "nonsense"}, "RingCentral"),
        ("", {"token": "", "jwt": "nonsense"}, "Sign in to RingCentral first."),
        (callback("old-code"), {}, "connect again"),
        (callback(""), {}, "The CRM did not sign you in."),
        (callback(state="platform=bullhorn"), {}, "does not log to this CRM"),
        (callback(state="platform=nothing"), {}, "does not log to this CRM"),
        (callback("x" * 5000), {}, "The CRM did not sign you in."),
    ],
)
def test_refusal_has_a_reason_and_no_token(come_back, callback_uri, options, message):
    reply = come_back(callback_uri, **options)

    assert reply.status_code == 200
    assert reply.json().keys() == {"returnMessage"}
    assert message in reply.json()["returnMessage"]["message"]
    assert reply.json()["returnMessage"]["messageType"] == "warning"
    assert not CrmSession.objects.exists()


def test_a_code_that_the_crm_refuses_is_in_the_audit_log(come_back, connected):
    come_back(callback("old-code"))

    [entry] = connected.audit_entries.all()
    assert (entry.action, entry.actor) == ("SIGN_IN_FAILED", "Ada Admin")


def test_removed_member_gets_no_token(come_back, fake, member):
    jwt = come_back().json()["jwtToken"]
    member.user.is_active = False
    member.user.save()
    fake.codes = {"another": REDIRECT}

    with_a_token = come_back(callback("another")).json()
    with_a_session = come_back(callback("another"), token="", jwt=jwt).json()

    assert "You were removed here." in with_a_token["returnMessage"]["message"]
    assert "jwtToken" not in with_a_token
    assert "jwtToken" not in with_a_session
    assert fake.codes, "the CRM was not asked"


def test_missing_member_is_named(client, come_back):
    assert client.get(PATH).content == b"Missing callbackUri"
    reply = come_back(REDIRECT + "?code=a-code")
    assert (reply.status_code, reply.content) == (400, b"Missing platform name")
    assert come_back("https://[broken?platform").status_code == 400


def test_a_crm_with_keys_is_refused(come_back, connected, sandbox):
    connected.platform, connected.crm_hostname = "sandbox", sandbox.host
    connected.save()

    reply = come_back(callback(state="platform=sandbox"))

    assert reply.json().keys() == {"returnMessage"}


# A sign-in that the CRM has ended


@pytest.mark.parametrize(
    ("method", "path", "posted", "members"),
    [
        ("GET", "/contact?phoneNumber=%2B15105550100", None, {}),
        ("POST", "/callLog", body(contactId="71"), {}),
        (
            "POST",
            "/admin/userMapping",
            {"rcExtensionList": []},
            {"isRevokeUserSession": True},
        ),
        (
            "POST",
            "/admin/reinitializeUserMapping",
            {"rcExtensionList": []},
            {"isRevokeUserSession": True},
        ),
    ],
)
def test_the_client_is_told_that_only_a_new_sign_in_helps(
    call, come_back, fake, crm_session, method, path, posted, members
):
    jwt = come_back().json()["jwtToken"]
    fake.access_tokens.clear()
    fake.refresh_tokens.clear()

    reply = call(method, path, posted, jwt=jwt)

    assert reply.status_code == 401
    assert reply.json() == {
        "successful": False,
        "returnMessage": {
            "message": "User session expired. Please connect again.",
            "messageType": "warning",
            "ttl": 5000,
        },
        "errorCode": "CRM_SESSION_REVOKED",
        **members,
    }
    assert fake.activities == {}


def test_wrong_client_secret_ends_no_sign_in(call, come_back, fake, settings):
    jwt = come_back().json()["jwtToken"]
    fake.access_tokens.clear()
    secret = settings.CRM_OAUTH_CLIENTS
    settings.CRM_OAUTH_CLIENTS = {"pipedrive": f"{fake.client_id}:mistyped"}

    reply = call("GET", "/contact?phoneNumber=%2B15105550100", jwt=jwt)

    assert reply.status_code == 200
    message = reply.json()["returnMessage"]
    assert message["message"] == "Authorization error"
    assert "client id and secret" in message["details"][0]["items"][0]["text"]
    settings.CRM_OAUTH_CLIENTS = secret
    reply = call("GET", "/contact?phoneNumber=%2B15105550100", jwt=jwt)
    assert reply.json()["successful"] is True


def test_a_key_that_is_refused_is_no_ended_sign_in(call, crm_session):
    crm_session.access_token = "not a key of anybody"
    crm_session.save()

    reply = call(
        "GET", "/contact?phoneNumber=%2B14155550101", jwt=issue_user_jwt(crm_session)
    )

    assert reply.status_code == 200
    assert reply.json()["returnMessage"]["message"] == "Authorization error"
