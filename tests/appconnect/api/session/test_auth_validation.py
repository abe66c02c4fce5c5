from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.base.exceptions import AUTHORIZE

PATH = "/authValidation"


def test_a_sign_in_that_the_crm_takes_is_valid(call):
    body = call("GET", PATH).json()

    assert body["successful"] is True
    assert body["returnMessage"]["messageType"] == "success"


def test_one_that_it_refuses_is_not(call, crm_session):
    crm_session.access_token = "not a key of anybody"
    crm_session.save()

    body = call("GET", PATH, jwt=issue_user_jwt(crm_session)).json()

    assert body["successful"] is False
    assert body["returnMessage"]["messageType"] == "warning"


def test_a_session_that_is_gone_is_said_with_200(call, crm_session):
    token = issue_user_jwt(crm_session)
    crm_session.delete()

    reply = call("GET", PATH, jwt=token)

    assert reply.status_code == 200
    assert reply.json()["returnMessage"]["message"] == "User not found"


def test_without_a_token_and_with_a_bad_one(call):
    assert call("GET", PATH, jwt="").content.decode() == AUTHORIZE
    bad = call("GET", PATH + "?jwtToken=nonsense", jwt="")
    assert (bad.status_code, bad.content) == (400, b"Invalid JWT token")
    both = call("GET", PATH + "?jwtToken=nonsense", jwt="nonsense")
    assert (both.status_code, both.content.decode()) == (400, AUTHORIZE)
