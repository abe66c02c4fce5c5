import pytest

from appconnect.sandbox.ringcentral import seed

PATH = "/apiKeyLogin"


def sign_in(call, **body):
    body = {"platform": "sandbox", "apiKey": seed.api_key_of("u1"), **body}
    return call("POST", PATH, body, jwt="")


def test_a_good_key_gives_a_token_that_opens_the_settings(call):
    reply = sign_in(call)

    assert reply.status_code == 200
    assert reply.json()["name"] == "Ada Admin"
    assert reply.json()["returnMessage"]["messageType"] == "success"
    jwt = reply.json()["jwtToken"]
    assert call("GET", "/admin/serverLoggingSettings", jwt=jwt).status_code == 200


def test_the_key_may_come_with_the_additional_information(call):
    key = {"apiKey": seed.api_key_of("u2")}

    assert sign_in(call, apiKey=None, additionalInfo=key).json()["name"] == "Ben Baker"


def test_a_missing_platform_is_asked_for(call):
    reply = sign_in(call, platform="")

    assert (reply.status_code, reply.content) == (400, b"Missing platform name")


def test_a_wrong_key_is_in_the_audit_log(call, connected):
    sign_in(call, apiKey="wrong")

    entry = connected.audit_entries.first()
    assert (entry.action, entry.actor) == ("SIGN_IN_FAILED", "Ada Admin")
    assert entry.subject == "to the CRM"


def test_a_crm_that_is_down_is_no_failed_sign_in(call, connected, sandbox):
    sandbox.switch(crmFailsWith=503)

    assert sign_in(call).status_code == 400
    assert not connected.audit_entries.filter(action="SIGN_IN_FAILED").exists()


def test_removed_member_gets_no_token(call, connected, member):
    member.user.is_active = False
    member.user.save()

    reply = sign_in(call)

    assert reply.status_code == 400
    assert "You were removed here." in reply.json()["returnMessage"]["message"]
    entry = connected.audit_entries.first()
    assert (entry.action, entry.subject) == ("ACCESS_DENIED", f"POST {PATH}")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"apiKey": ""}, "Missing required authentication fields."),
        ({"apiKey": "wrong"}, "credentials were refused"),
        ({"platform": "other"}, "does not log to this CRM"),
    ],
)
def test_refusal_has_a_reason_and_no_token(call, body, message):
    reply = sign_in(call, **body)

    assert reply.status_code == 400
    assert "jwtToken" not in reply.json()
    assert message in reply.json()["returnMessage"]["message"]


def test_old_client_that_proves_nobody_is_asked_to_be_updated(call, connected):
    """All that it sends are a good key, and ids that anybody can write."""
    body = {
        "platform": "sandbox",
        "apiKey": seed.api_key_of("u1"),
        "hostname": connected.crm_hostname,
        "rcAccountId": connected.rc_account_id,
        "rcExtensionId": seed.extension_id("101"),
        "interopCode": "c",
    }

    reply = call("POST", PATH, body, jwt="", rc_token=" ")

    assert reply.status_code == 400
    assert "jwtToken" not in reply.json()
    assert "update App Connect" in reply.json()["returnMessage"]["message"]


def test_the_organization_is_the_one_ringcentral_says(call, connected):
    connected.rc_account_id = "1"
    connected.save()

    assert sign_in(call).status_code == 400
    assert call("POST", PATH, {"platform": "sandbox", "apiKey": "x"}, rc_token="")
