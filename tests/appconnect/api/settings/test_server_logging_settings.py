import json
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from django.utils import timezone

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.forms import MASK, AdditionalFieldsForm
from appconnect.organizations.people import identity
from appconnect.sandbox.ringcentral import seed

PATH = "/admin/serverLoggingSettings"
AUTHORIZE = "Please go to Settings and authorize CRM platform"
GOOD = {"apiUsername": "service", "apiPassword": "sandbox", "activityType": "followUp"}


def stored(connected) -> dict:
    return get_settings(connected).additional_field_values


def test_get_returns_the_values_and_masks_the_secret(call):
    reply = call("GET", PATH)

    assert reply.status_code == 200
    assert reply.json() == {"apiUsername": "service", "apiPassword": MASK}


def test_post_stores_and_answers_with_both_members(call, connected):
    reply = call("POST", PATH, {"additionalFieldValues": GOOD})

    assert reply.status_code == 200
    assert reply.json() == {
        "successful": True,
        "returnMessage": {
            "message": "Server logging settings updated",
            "messageType": "success",
            "ttl": 5000,
        },
    }
    assert stored(connected) == {**GOOD, "markAsDone": "true"}


def test_served_settings_can_be_sent_back(call, connected):
    call("POST", PATH, {"additionalFieldValues": GOOD})
    before = stored(connected)

    reply = call("POST", PATH, {"additionalFieldValues": call("GET", PATH).json()})

    assert reply.json()["successful"] is True
    assert stored(connected) == before


def test_the_const_of_a_banner_may_come_along(call):
    values = {**GOOD, "serviceAccountNotice": ""}

    assert call("POST", PATH, {"additionalFieldValues": values}).json()["successful"]


def test_empty_texts_clear_the_settings(call, connected):
    values = {"apiUsername": "", "apiPassword": ""}

    reply = call("POST", PATH, {"additionalFieldValues": values})

    assert reply.json()["returnMessage"]["message"] == "Server logging settings cleared"
    assert stored(connected) == {}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"apiUsername": "", "apiPassword": "x"}, "API user name: "),
        ({**GOOD, "apiPassword": ""}, "API password: "),
        ({**GOOD, "color": "red"}, "color "),
        ({**GOOD, "activityType": "party"}, "Activity type: "),
        ({**GOOD, "apiUsername": ["a"]}, "API user name: "),
        ({"apiUsername": "other"}, "API password: "),
        ({"apiUsername": "other", "apiPassword": MASK}, "API password: "),
        ({"apiPassword": MASK, "markAsDone": False}, "API password: "),
        ({**GOOD, "apiPassword": "wrong"}, "credentials were refused"),
    ],
)
def test_a_wrong_value_is_named_and_the_old_settings_stay(
    call, connected, values, named
):
    before = stored(connected)

    reply = call("POST", PATH, {"additionalFieldValues": values})

    assert reply.status_code == 200
    assert reply.json()["successful"] is False
    assert named in reply.json()["returnMessage"]["message"]
    assert reply.json()["returnMessage"]["messageType"] == "warning"
    assert stored(connected) == before


@pytest.mark.parametrize(
    "body", [{}, {"additionalFieldValues": None}, {"additionalFieldValues": "x"}, []]
)
def test_a_missing_member_is_said_so(call, body):
    reply = call("POST", PATH, body)

    assert (reply.status_code, reply.content) == (400, b"Missing additionalFieldValues")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_body_without_json_is_a_plain_error(call, body):
    reply = call("POST", PATH, body)

    assert reply.status_code == 400
    assert list(reply.json()) == ["error"]


def failed(reply, *, status: int = 400) -> str:
    """Return the details of an answer that says that nothing was saved."""
    answer = reply.json()["returnMessage"]
    assert (reply.status_code, reply.json()["successful"]) == (status, False)
    assert answer["message"] == "Server logging settings update failed"
    assert (answer["messageType"], answer["ttl"]) == ("warning", 5000)
    return answer["details"][0]["items"][0]["text"]


def test_unforeseen_failure_has_both_members_too(call, connected, monkeypatch, caplog):
    monkeypatch.setattr(AdditionalFieldsForm, "is_valid", lambda _: 1 / 0)

    reply = call("POST", PATH, {"additionalFieldValues": GOOD})

    details = failed(reply)
    assert "division" not in details
    assert details.split()[-1].rstrip(".") in caplog.text


def test_saving_while_ringcentral_is_away_has_both_members_too(call, settings):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"

    reply = call("POST", PATH, {"additionalFieldValues": GOOD})

    assert "RingCentral" in failed(reply, status=503)
    assert "RingCentral" in call("GET", PATH).json()["detail"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("jwt", ["", "nonsense", "a.b.c"])
def test_without_a_valid_token_the_client_is_sent_to_sign_in(call, method, jwt):
    reply = call(method, PATH, {"additionalFieldValues": GOOD}, jwt=jwt)

    assert (reply.status_code, reply.content.decode()) == (400, AUTHORIZE)
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_token_of_a_session_that_is_gone_finds_no_user(call, crm_session):
    jwt = issue_user_jwt(crm_session)
    crm_session.delete()

    reply = call("GET", PATH, jwt=jwt)

    assert (reply.status_code, reply.content) == (400, b"User not found")


def test_the_token_may_come_in_the_query(client, crm_session, admin_token):
    query = {"jwtToken": issue_user_jwt(crm_session), "rcAccessToken": admin_token}

    assert client.get(PATH, query).status_code == 200


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer ", "BEARER ", "Bearer  "])
def test_ringcentrals_token_may_have_its_prefix(call, admin_token, prefix):
    assert call("GET", PATH, rc_token=prefix + admin_token).status_code == 200


def test_non_admin_is_refused(call, sandbox):
    reply = call("GET", PATH, rc_token=sandbox.access_token("102"))

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")


def test_an_admin_of_another_account_is_refused(call, connected):
    connected.rc_account_id = "1"
    connected.save()

    assert call("GET", PATH).status_code == 403


def test_a_dead_ringcentral_token_is_an_error(call):
    reply = call("GET", PATH, rc_token="nonsense")

    assert reply.status_code == 400
    assert "401" in reply.json()["error"]


def test_an_old_clients_proof_counts_for_an_hour(call, crm_session):
    assert call("GET", PATH, rc_token="").status_code == 403

    call("GET", PATH)
    assert call("GET", PATH, rc_token="").status_code == 200

    crm_session.refresh_from_db()
    crm_session.admin_proved_at -= timedelta(hours=1)
    crm_session.save()
    assert call("GET", PATH, rc_token="").status_code == 403


def test_while_ringcentral_does_not_answer_the_last_proof_counts(
    call, crm_session, settings
):
    server = settings.RINGCENTRAL_SERVER
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    assert call("GET", PATH).status_code == 503
    settings.RINGCENTRAL_SERVER = server
    call("GET", PATH)
    assert call("GET", PATH, rc_token="nonsense").status_code == 400
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"

    assert call("GET", PATH).status_code == 200
    assert call("GET", "/admin/settings").status_code == 200
    crm_session.refresh_from_db()
    crm_session.admin_proved_at -= timedelta(hours=1)
    crm_session.save()
    assert call("GET", PATH).status_code == 503


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", PATH, None),
        ("POST", "/admin/settings", {"adminSettings": {}}),
        (
            "POST",
            "/apiKeyLogin",
            {"platform": "sandbox", "apiKey": seed.api_key_of("u1")},
        ),
    ],
)
def test_demoted_admin_needs_a_ringcentral_token_again(
    call, connected, sandbox, method, path, body
):
    call("GET", PATH)
    before = stored(connected)
    sandbox.switch(demote="101")
    identity.forget()
    call(method, path, body)

    reply = call("POST", PATH, {"additionalFieldValues": GOOD}, rc_token="")

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")
    assert stored(connected) == before


def test_demoted_admin_is_shut_out_within_a_minute(call, sandbox, monkeypatch):
    assert call("GET", PATH).status_code == 200
    sandbox.switch(demote="101")
    assert identity.LIFETIME_SECONDS <= 60
    monkeypatch.setattr(identity, "LIFETIME_SECONDS", 0)

    assert call("GET", PATH).status_code == 403
    assert call("GET", PATH, rc_token="").status_code == 403


def test_demoted_admin_is_shut_out_without_a_token_too(call, sandbox):
    assert call("GET", PATH).status_code == 200
    sandbox.switch(demote="101")

    assert call("GET", PATH, rc_token="").status_code == 403


def test_demoted_admin_is_shut_out_with_a_token_that_cannot_be_sent_too(call, sandbox):
    assert call("GET", PATH).status_code == 200
    sandbox.switch(demote="101")

    body = {"additionalFieldValues": GOOD, "rcAccessToken": "a\nb"}
    assert call("POST", PATH, body, rc_token="").status_code == 400


def test_person_promoted_to_admin_is_let_in_at_once(call, sandbox, monkeypatch):
    token = sandbox.access_token("102")
    assert call("GET", PATH, rc_token=token).status_code == 403
    sandbox.switch(promote="102")

    assert call("GET", PATH, rc_token=token).status_code == 200


def test_admins_proof_is_stored_again_in_the_second_half_of_its_life(call, crm_session):
    call("GET", PATH)
    proofs = []
    for minutes in (29, 31):
        crm_session.admin_proved_at = timezone.now() - timedelta(minutes=minutes)
        crm_session.save()
        call("GET", PATH)
        before = crm_session.admin_proved_at
        crm_session.refresh_from_db()
        proofs.append(crm_session.admin_proved_at > before)

    assert proofs == [False, True]


def test_a_token_in_the_second_half_of_its_life_is_refreshed(
    call, crm_session, monkeypatch
):
    assert "x-refreshed-jwt-token" not in call("GET", PATH).headers

    monkeypatch.setattr(
        "appconnect.api.base.authentication.LIFETIME_SECONDS", 6 * 24 * 3600
    )
    reply = call("GET", PATH, jwt=issue_user_jwt(crm_session))

    refreshed = reply.headers["x-refreshed-jwt-token"]
    assert call("GET", PATH, jwt=refreshed).status_code == 200


def test_a_token_signed_otherwise_is_refused(call, crm_session):
    def part(value: dict) -> str:
        return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"id": crm_session.user_id, "platform": "sandbox", "exp": 9999999999}
    forged = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."

    assert call("GET", PATH, jwt=forged).content.decode() == AUTHORIZE


@pytest.mark.parametrize("text", [b'"\\ud800"', b'"a\\u0000b"', b'"\xff"'])
def test_unstorable_text_is_refused(call, connected, text):
    body = b'{"additionalFieldValues": {"apiUsername": ' + text + b"}}"

    reply = call("POST", PATH, body)

    assert reply.status_code == 400
    assert "not JSON in UTF-8" in reply.json()["error"]


def test_characters_beyond_the_first_plane_are_text(call, connected):
    body = b'{"additionalFieldValues": {"apiUsername": "\\ud83d\\ude00"}}'

    assert "UTF-8" not in call("POST", PATH, body).content.decode()
