from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.base.exceptions import AUTHORIZE

PATH = "/hostname"


def test_it_is_a_bare_text(call, connected):
    reply = call("GET", PATH)

    assert (reply.status_code, reply.content.decode()) == (200, connected.crm_hostname)
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


def test_token_is_needed_to_read(call):
    reply = call("GET", PATH, jwt="")

    assert (reply.status_code, reply.content.decode()) == (400, AUTHORIZE)


def test_a_session_that_is_gone_is_said(call, crm_session):
    token = issue_user_jwt(crm_session)
    crm_session.delete()

    assert call("GET", PATH, jwt=token).content == b"User not found"
