"""No admin fills in anybody's key here, and the client reads that."""

import pytest

STATE, MANAGED = "/apiKeyManagedAuthState", "/admin/managedAuth"


def test_whole_sign_in_page_is_to_be_shown(client):
    reply = client.get(STATE, {"platform": "sandbox", "isPrivate": "false"})

    assert reply.status_code == 200
    assert reply.json() == {
        "hasManagedAuth": False,
        "allRequiredFieldsSatisfied": False,
        "visibleFieldConsts": None,
        "missingRequiredFieldConsts": ["apiKey"],
        "fallbackToManualAuth": False,
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [({}, "Please provide platform."), ({"platform": "none"}, "none")],
)
def test_unknown_platform_is_a_bad_request(client, query, message):
    reply = client.get(STATE, query)

    assert reply.status_code == 400
    assert message in reply.content.decode()


def test_platform_with_oauth_has_no_field(client):
    reply = client.get(STATE, {"platform": "pipedrive"})

    assert reply.json()["missingRequiredFieldConsts"] == []


def test_admin_finds_no_field_to_fill_in(call):
    reply = call("GET", MANAGED).json()

    assert reply["hasManagedAuth"] is False
    assert (reply["fields"], reply["orgValues"], reply["userValues"]) == ([], {}, [])


def test_admins_key_for_others_is_refused_and_stored_nowhere(call):
    body = {"scope": "account", "values": {"apiKey": "CANARY"}}

    reply = call("POST", MANAGED, body)

    assert (reply.status_code, reply.json()["successful"]) == (200, False)
    assert "a key of their own" in reply.json()["returnMessage"]["message"]
    assert b"CANARY" not in reply.content


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_is_for_admins(call, sandbox, gone, method):
    assert b"authorize CRM platform" in call(method, MANAGED, {}, jwt="").content
    assert call(method, MANAGED, {}, jwt=gone).content == b"User not found"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_others_are_refused(call, sandbox, method):
    reply = call(method, MANAGED, {}, rc_token=sandbox.access_token("102"))

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")
