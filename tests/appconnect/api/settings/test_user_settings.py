import pytest

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.base.exceptions import AUTHORIZE
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.models import ClientSettings, Member
from appconnect.organizations.people import team
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import ADA, connect_to_crm

PATH = "/user/settings"
LOGS = {"serverSideLogging": {"enable": True, "loggingLevel": "Account"}}


def admin_sets(organization, **entries) -> None:
    ClientSettings.objects.update_or_create(
        organization=organization, defaults={"user_settings": entries}
    )


def test_everybody_is_told_that_the_server_logs_but_not_which_numbers(call, connected):
    set_do_not_log_numbers(connected, ["+14155550101"])

    settings = call("GET", PATH).json()

    assert settings["serverSideLogging"] == LOGS["serverSideLogging"]
    assert settings["addCallLogDuration"] == {"value": True, "customizable": True}


def test_ones_own_settings_are_kept_for_oneself(call, connected):
    posted = {"popUp": {"value": False}, "sound": {"value": "bell"}}

    reply = call("POST", PATH, {"userSettings": posted})

    assert reply.json() == {"userSettings": posted | LOGS}
    mine = {"customizable": True, "value": "bell"}
    assert call("GET", PATH).json()["sound"] == mine
    ben = connect_to_crm(
        connected, api_key=seed.api_key_of("u2"), extension_id=seed.extension_id("102")
    )
    assert "sound" not in call("GET", PATH, jwt=issue_user_jwt(ben)).json()

    removal = {"userSettings": {}, "settingKeysToRemove": ["popUp", "other", 3, {}]}
    assert call("POST", PATH, removal).json() == {
        "userSettings": {"sound": posted["sound"], **LOGS}
    }


@pytest.mark.parametrize(
    ("by_admin", "own", "shown"),
    [
        (None, {"value": 1}, {"customizable": True, "value": 1}),
        (
            {"value": 2, "customizable": False},
            {"value": 1},
            {"value": 2, "customizable": False},
        ),
        ({"value": 2}, {"value": 1}, {"value": 2}),
        (
            {"value": 2, "customizable": True},
            {"value": 1, "defaultValue": 3, "options": [4], "x": 5},
            {"customizable": True, "value": 1, "defaultValue": 3, "options": [4]},
        ),
        ({"value": 2, "customizable": True}, None, {"value": 2, "customizable": True}),
        ({"value": 2, "isRemoved": True}, {"value": 1}, None),
    ],
)
def test_ones_own_count_where_the_admin_leaves_them(
    call, connected, by_admin, own, shown
):
    admin_sets(connected, **({"key": by_admin} if by_admin else {}))
    call("POST", PATH, {"userSettings": {"key": own} if own else {}})

    assert call("GET", PATH).json().get("key") == shown


def test_a_plugins_fields_are_merged_one_by_one(call, connected):
    config = {
        "fixed": {"value": "admin", "customizable": False},
        "free": {"value": "admin", "customizable": True},
        "empty": {"value": "admin", "customizable": True},
        "new": {"value": "admin", "customizable": True},
    }
    admin_sets(connected, plugin_1={"value": {"config": config}, "customizable": True})
    own = {name: {"value": "mine"} for name in ("fixed", "free", "own")}
    own["empty"] = {"value": ""}

    call("POST", PATH, {"userSettings": {"plugin_1": {"value": {"config": own}}}})

    merged = call("GET", PATH).json()["plugin_1"]["value"]["config"]
    values = {name: field["value"] for name, field in merged.items()}
    assert values == {
        "fixed": "admin",
        "free": "mine",
        "own": "mine",
        "empty": "admin",
        "new": "admin",
    }


def test_person_settings_cannot_switch_server_logging(call, connected):
    posted = {"userSettings": {"serverSideLogging": {"enable": False}}}

    assert call("POST", PATH, posted).json() == {"userSettings": LOGS}
    assert call("GET", PATH).json()["serverSideLogging"]["enable"] is True


def test_the_hash_in_the_query_chooses_nothing(call, connected, stranger):
    admin_sets(stranger.organization, theirs={"value": 1})

    assert "theirs" not in call("GET", PATH + "?rcAccountId=anything").json()


def test_without_a_session_there_are_none(call, client, crm_session):
    for method in ("GET", "POST"):
        reply = call(method, PATH, {"userSettings": {}}, jwt="")
        assert (reply.status_code, reply.content.decode()) == (400, AUTHORIZE)
    bad = call("POST", PATH + "?jwtToken=nonsense", {"userSettings": {}}, jwt="")
    assert (bad.status_code, bad.content) == (400, b"Unknown platform")
    both = call("POST", PATH + "?jwtToken=x", {"userSettings": {}}, jwt="nonsense")
    assert (both.status_code, both.content.decode()) == (400, AUTHORIZE)
    token = issue_user_jwt(crm_session)
    crm_session.delete()
    assert call("GET", PATH, jwt=token).content == b"User not found"


@pytest.mark.parametrize(
    "posted", [None, [], {"a": 1}, {"a": {"value": "x" * 300_000}}], ids=lambda _: ""
)
def test_settings_of_another_shape_are_refused(call, connected, posted):
    reply = call("POST", PATH, {"userSettings": posted})

    assert reply.status_code == 400
    assert "userSettings" in reply.json()["error"]
    assert not connected.person_settings.exists()


def test_they_do_not_grow_without_end(call, connected):
    for number in range(3):
        big = {f"key{number}": {"value": "x" * 100_000}}
        reply = call("POST", PATH, {"userSettings": big})

    assert reply.status_code == 400
    assert len(connected.person_settings.get().user_settings) == 2


def test_removed_member_is_signed_out(call, connected, member, now):
    ben = seed.extension_id("102")
    session = connect_to_crm(connected, api_key=seed.api_key_of("u2"), extension_id=ben)
    jwt = issue_user_jwt(session)
    known = {"name": "Ben", "email": "", "role": Member.Role.VIEWER}
    removed = team.add_at_extension(connected, ben, **known, actor=ADA, now=now)
    assert call("GET", PATH, jwt=jwt).status_code == 200

    team.remove(removed, actor=ADA, now=now)

    for method in ("GET", "POST"):
        reply = call(method, PATH, {}, jwt=jwt)
        assert (reply.status_code, reply.content) == (400, b"User not found")
    answer = call("POST", "/callLog", {}, jwt=jwt).json()["returnMessage"]
    assert answer["message"] == "User not found"


def test_removed_account_without_extension_signs_out_no_other_person(
    call, connected, member, now
):
    session = connect_to_crm(connected, api_key=seed.api_key_of("u2"), extension_id="")
    eva = team.add_local(connected, "eva", role=Member.Role.VIEWER, actor=ADA, now=now)
    team.remove(eva, actor=ADA, now=now)

    assert call("GET", PATH, jwt=issue_user_jwt(session)).status_code == 200
