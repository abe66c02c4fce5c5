from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.base.exceptions import AUTHORIZE
from appconnect.organizations.models import CrmSession
from appconnect.sandbox.ringcentral import seed

PATH = "/unAuthorize"


def test_the_session_and_its_token_are_gone(call, crm_session):
    token = issue_user_jwt(crm_session)

    reply = call("POST", PATH, jwt=token)

    assert reply.json()["message"] == "Logged out of Sandbox CRM"
    assert not CrmSession.objects.exists()
    assert call("GET", "/user/settings", jwt=token).content == b"User not found"


def test_session_that_the_logging_service_ended_is_signed_out_too(call, gone):
    """While logging is on, a client tells both that its person signs out."""
    reply = call("POST", PATH, jwt=gone)

    assert reply.status_code == 200
    assert reply.json()["messageType"] == "success"


def test_without_a_token_nobody_is_signed_out(call, crm_session):
    reply = call("POST", PATH, jwt="")

    assert (reply.status_code, reply.content.decode()) == (400, AUTHORIZE)
    assert CrmSession.objects.exists()


def test_sign_in_and_sign_out_are_in_the_audit_log(call, connected):
    before = connected.audit_entries.count()

    signed_in = call(
        "POST", "/apiKeyLogin", {"platform": "sandbox", "apiKey": seed.api_key_of("u1")}
    )
    call("POST", PATH, jwt=signed_in.json()["jwtToken"])

    actions = connected.audit_entries.order_by("pk").values_list(
        "actor", "action", "subject"
    )
    assert list(actions)[before:] == [
        ("Ada Admin", "CRM_CONNECTED", "Ada Admin"),
        ("Ada Admin", "CRM_DISCONNECTED", "Ada Admin"),
    ]
