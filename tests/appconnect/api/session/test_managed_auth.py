"""An admin enters the CRM's key for somebody, who then signs in without one."""

import pytest
from django.utils import timezone

from appconnect.organizations.logging_settings.server_logging import choose_crm
from appconnect.organizations.models import CrmChanged, ManagedKey, Organization
from appconnect.organizations.people.managed_key import KeyChange, change_key
from appconnect.organizations.security.audit import PROGRAM
from appconnect.sandbox.ringcentral import seed
from connector.registry import get_platform
from tests.support.organization import ADA

STATE, MANAGED = "/apiKeyManagedAuthState", "/admin/managedAuth"
BEN = seed.extension_id("102")
MASK = "••••••••"


@pytest.fixture
def save(call):
    def save(api_key: str | None = seed.api_key_of("u2"), **members):
        body = {"scope": "user", "rcExtensionId": BEN, "values": {"apiKey": api_key}}
        return call("POST", MANAGED, body | members)

    return save


@pytest.fixture
def sign_in_as_ben(call, sandbox):
    def sign_in(**body):
        body = {"platform": "sandbox", "apiKey": "", **body}
        token = sandbox.access_token("102")
        return call("POST", "/apiKeyLogin", body, jwt="", rc_token=token)

    return sign_in


@pytest.fixture
def state_of_ben(call, sandbox):
    def state() -> dict:
        token = sandbox.access_token("102")
        reply = call("GET", f"{STATE}?platform=sandbox", jwt="", rc_token=token)
        assert reply.status_code == 200
        return reply.json()

    return state


@pytest.fixture
def key_of_account():
    """Let the sandbox's manifest say that the key is the account's."""
    [field] = get_platform("sandbox").auth_fields
    object.__setattr__(field, "managed_scope", "account")
    yield
    object.__setattr__(field, "managed_scope", "user")


def test_person_signs_in_with_the_key_that_an_admin_entered(
    save, sign_in_as_ben, state_of_ben, call
):
    assert sign_in_as_ben().status_code == 400

    assert save().content == b"Shared authentication updated"

    assert state_of_ben() == {
        "hasManagedAuth": True,
        "allRequiredFieldsSatisfied": True,
        "visibleFieldConsts": [],
        "missingRequiredFieldConsts": [],
        "fallbackToManualAuth": False,
    }
    reply = sign_in_as_ben(apiKey="typed, and ignored")
    assert (reply.status_code, reply.json()["name"]) == (200, "Ben Baker")
    contact = f"/contact?phoneNumber={seed.CONTACTS[0][2]}".replace("+", "%2B")
    assert call("GET", contact, jwt=reply.json()["jwtToken"]).status_code == 200


def test_nobody_else_signs_in_with_it(save, call, connected):
    save()

    reply = call("POST", "/apiKeyLogin", {"platform": "sandbox"}, jwt="")

    message = reply.json()["returnMessage"]["message"]
    assert message == "Missing required authentication fields."
    assert not connected.crm_sessions.filter(crm_user_id="u2").exists()


def test_refused_key_has_the_person_type_theirs_until_the_admin_changes_it(
    save, sign_in_as_ben, state_of_ben
):
    save("wrong")
    assert "refused" in sign_in_as_ben().json()["returnMessage"]["message"]

    state = state_of_ben()
    assert state["fallbackToManualAuth"] is True
    assert state["visibleFieldConsts"] is None
    assert sign_in_as_ben(apiKey=seed.api_key_of("u2")).status_code == 200
    assert ManagedKey.objects.get().api_key == "wrong"  # nobody's own key is stored

    save()
    assert state_of_ben()["fallbackToManualAuth"] is False
    assert sign_in_as_ben().json()["name"] == "Ben Baker"


def test_refused_key_that_works_again_is_used_again(save, sign_in_as_ben, state_of_ben):
    save()
    ManagedKey.objects.update(was_refused=True)

    assert sign_in_as_ben().status_code == 200

    assert state_of_ben()["allRequiredFieldsSatisfied"] is True


def test_crm_that_is_down_refuses_no_key(save, sign_in_as_ben, state_of_ben, sandbox):
    save()
    sandbox.switch(crmFailsWith=503)

    assert sign_in_as_ben().status_code == 400

    assert state_of_ben()["fallbackToManualAuth"] is False


def test_admin_sees_who_has_a_key_and_no_key(save, call, connected):
    save()

    reply = call("GET", MANAGED)

    answer = reply.json()
    assert answer["hasManagedAuth"] is True
    assert [field["const"] for field in answer["userFields"]] == ["apiKey"]
    assert (answer["orgFields"], answer["orgValues"]) == ([], {})
    assert answer["userValues"] == [
        {
            "rcExtensionId": BEN,
            "rcUserName": "Ben Baker",
            "fields": {"apiKey": {"hasValue": True, "value": MASK}},
        }
    ]
    assert seed.api_key_of("u2") not in reply.content.decode()
    entry = connected.audit_entries.first()
    assert (entry.action, entry.subject) == ("MANAGED_KEY_CHANGED", "Ben Baker")
    assert (entry.actor, entry.changes) == ("Ada Admin", [])


@pytest.mark.parametrize("unchanged", [MASK, "", None])
def test_mask_leaves_the_key_as_it_is(save, sign_in_as_ben, unchanged):
    save()

    assert save(unchanged).status_code == 200

    assert sign_in_as_ben().status_code == 200


def test_removed_key_is_gone(save, sign_in_as_ben, call):
    save()

    save(None, fieldsToRemove=["apiKey"])

    assert sign_in_as_ben().status_code == 400
    assert call("GET", MANAGED).json()["userValues"] == []
    assert not ManagedKey.objects.exists()


def test_key_of_the_account_is_everyones(
    key_of_account, save, sign_in_as_ben, call, connected
):
    save(scope="account", rcExtensionId=None)

    assert sign_in_as_ben().json()["name"] == "Ben Baker"
    answer = call("GET", MANAGED).json()
    assert answer["orgValues"] == {"apiKey": {"hasValue": True, "value": MASK}}
    assert (answer["userFields"], answer["userValues"]) == ([], [])
    assert connected.audit_entries.filter(subject="everyone").exists()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"scope": "account"}, "is entered for each person"),
        ({"rcExtensionId": "1"}, "rcExtensionId is no extension here"),
        ({"rcExtensionId": None}, "rcExtensionId is no extension here"),
    ],
)
def test_key_that_nobody_could_use_is_refused(save, members, message):
    reply = save("CANARY", **members)

    assert reply.status_code == 400
    assert message in reply.content.decode()
    assert b"CANARY" not in reply.content
    assert not ManagedKey.objects.exists()


def test_keys_are_deleted_with_the_crms_address(save, connected, now):
    save()

    elsewhere = {"platform": "sandbox", "hostname": "crm.other.example.com"}
    choose_crm(connected, **elsewhere, actor=ADA, now=now)

    assert not ManagedKey.objects.exists()


def test_whole_sign_in_page_is_shown_to_a_stranger(client, save):
    save()

    reply = client.get(STATE, {"platform": "sandbox", "isPrivate": "false"})

    assert reply.status_code == 200
    assert reply.json() == {
        "hasManagedAuth": True,
        "allRequiredFieldsSatisfied": False,
        "visibleFieldConsts": None,
        "missingRequiredFieldConsts": ["apiKey"],
        "fallbackToManualAuth": False,
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [({}, "Please provide platform."), ({"platform": "none"}, "none")],
)
def test_unknown_platform_is_a_bad_request(client, db, query, message):
    reply = client.get(STATE, query)

    assert reply.status_code == 400
    assert message in reply.content.decode()


def test_platform_whose_manifest_says_nothing_has_no_managed_field(client, db):
    reply = client.get(STATE, {"platform": "pipedrive"}).json()

    assert (reply["hasManagedAuth"], reply["missingRequiredFieldConsts"]) == (False, [])


def test_admin_of_such_a_crm_finds_no_field_to_fill_in(call, save, connected):
    [field] = get_platform("sandbox").auth_fields
    object.__setattr__(field, "managed_scope", "")
    try:
        answer = call("GET", MANAGED).json()
        refusal = save("CANARY")
    finally:
        object.__setattr__(field, "managed_scope", "user")

    assert answer["hasManagedAuth"] is False
    assert (answer["fields"], answer["orgValues"], answer["userValues"]) == ([], {}, [])
    assert b"a key of their own" in refusal.content
    assert not ManagedKey.objects.exists()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_is_for_admins(call, sandbox, gone, method):
    assert b"authorize CRM platform" in call(method, MANAGED, {}, jwt="").content
    assert call(method, MANAGED, {}, jwt=gone).content == b"User not found"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_others_are_refused(call, sandbox, method):
    reply = call(method, MANAGED, {}, rc_token=sandbox.access_token("102"))

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")


def test_key_typed_for_the_crms_last_address_is_not_stored(organization):
    key = KeyChange(extension_id=BEN, name="Ben", api_key=seed.api_key_of("u2"))
    Organization.objects.update(crm_hostname="another.example.com")

    with pytest.raises(CrmChanged, match="Another CRM was chosen"):
        change_key(organization, key, actor=PROGRAM, now=timezone.now())

    assert not ManagedKey.objects.exists()
