from appconnect.api.authentication import issue_user_jwt
from appconnect.organizations.models import CrmSession

PATH = "/unAuthorize"


def test_the_session_and_its_token_are_gone(call, crm_session):
    token = issue_user_jwt(crm_session)

    reply = call("POST", PATH, jwt=token)

    assert reply.json()["message"] == "Logged out of Sandbox CRM"
    assert not CrmSession.objects.exists()
    assert call("POST", PATH, jwt=token).content == b"User not found"
