import pytest

from appconnect.api.session.admin_sign_in import AdminSignInView
from appconnect.sandbox.ringcentral import seed

PATH, SETTINGS = "/ringcentral/oauth/callback", "/admin/serverLoggingSettings"


def test_admin_is_proved_by_a_code(call, interop_code):
    assert call("GET", SETTINGS, rc_token=" ").status_code == 403

    reply = call("GET", f"{PATH}?code={interop_code(seed.ADMIN_EXTENSION)}")

    assert (reply.status_code, reply.json()) == (200, {"successful": True})
    assert call("GET", SETTINGS, rc_token=" ").status_code == 200


def test_somebody_elses_code_proves_nothing(call, sandbox, interop_code):
    sandbox.switch(promote="102")

    reply = call("GET", f"{PATH}?code={interop_code('102')}")

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")
    assert call("GET", SETTINGS, rc_token=" ").status_code == 403


def test_code_of_another_account_proves_nothing(call, connected, interop_code):
    connected.rc_account_id = "1"
    connected.save()

    reply = call("GET", f"{PATH}?code={interop_code(seed.ADMIN_EXTENSION)}")

    assert reply.status_code == 403
    assert call("GET", SETTINGS, rc_token=" ").status_code == 403


@pytest.mark.parametrize("query", ["", "?code=", "?code=nonsense"])
def test_code_that_is_none_is_an_invalid_request(call, interop_code, query):
    reply = call("GET", PATH + query)

    assert (reply.status_code, reply.content) == (400, b"Invalid request")


def test_ringcentral_that_is_away_is_unavailable(call, crm_session, settings):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"

    assert call("GET", f"{PATH}?code=c").status_code == 503


def test_session_is_needed(call, gone):
    assert b"authorize CRM platform" in call("GET", PATH, jwt="").content
    assert call("GET", PATH, jwt=gone).content == b"User not found"


def test_one_address_has_only_so_many_codes_redeemed(call, monkeypatch):
    monkeypatch.setattr(AdminSignInView, "max_per_minute", 2)

    statuses = [call("GET", f"{PATH}?code=c").status_code for _ in range(4)]

    assert statuses == [400, 400, 429, 429]
