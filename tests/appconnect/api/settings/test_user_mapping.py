import pytest

from appconnect.sandbox.ringcentral import seed
from tests.support.organization import map_by_hand

PATH = "/admin/userMapping"


def extension_list() -> list[dict]:
    return [
        {
            "id": seed.extension_id(number),
            "name": name,
            "email": email,
            "extensionNumber": number,
            "type": kind,
        }
        for number, name, email, kind in seed.EXTENSIONS
    ]


def mapped(reply) -> dict[str, list[str]]:
    return {
        entry["crmUser"]["id"]: [e["extensionNumber"] for e in entry["rcUser"]]
        for entry in reply.json()
    }


def test_each_crm_user_comes_with_its_extensions(call):
    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert reply.status_code == 200
    assert len(reply.json()) == 8
    assert reply.json()[1] == {
        "crmUser": {"id": "u2", "name": "Ben Baker", "email": "Ben.Baker@Example.com"},
        "rcUser": [
            {
                "extensionId": "800100102",
                "name": "Ben Baker",
                "extensionNumber": "102",
                "email": "ben.baker@example.com",
            }
        ],
    }
    assert mapped(reply)["u7"] == []


def test_a_whole_companys_directory_is_taken(call):
    colleagues = [
        {"id": f"9{number}", "name": f"Colleague {number}", "title": "x" * 100}
        for number in range(20_000)
    ]

    reply = call("POST", PATH, {"rcExtensionList": extension_list() + colleagues})

    assert reply.status_code == 200
    assert mapped(reply)["u2"] == ["102"]


def test_one_crm_user_may_have_several_extensions(call, connected):
    user = connected.crm_users.get(crm_user_id="u8")
    for number in ("107", "108"):
        mapping = connected.user_mappings.get(extension__extension_number=number)
        map_by_hand(mapping, user)

    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert sorted(mapped(reply)["u8"]) == ["107", "108"]


def test_an_extension_that_only_the_client_knows_is_mapped_too(call, connected):
    connected.extensions.all().delete()
    new = {
        "id": 7,
        "firstName": "Finn",
        "lastName": "Fox",
        "email": "finn.fox@example.com",
        "extensionNumber": 199,
    }

    reply = call("POST", PATH, {"rcExtensionList": [new]})

    assert mapped(reply)["u6"] == ["199"]
    assert connected.extensions.get().name == "Finn Fox"


def test_name_alone_maps_no_extension(call, connected):
    connected.extensions.all().delete()
    new = {"id": 7, "name": "Finn Fox", "email": "fox@example.com"}

    reply = call("POST", PATH, {"rcExtensionList": [new]})

    assert mapped(reply)["u6"] == []
    assert connected.user_mappings.get().crm_user is None


def test_client_does_not_change_our_directory(call, connected):
    forged = [{"id": "800100102", "name": "Mallory", "email": "m@example.com"}]

    call("POST", PATH, {"rcExtensionList": forged})

    assert connected.extensions.get(extension_id="800100102").name == "Ben Baker"


def test_where_the_manifest_has_no_mapping_the_list_is_empty(
    call, connected, crm_session, sandbox
):
    connected.platform = crm_session.platform = "sandboxWithoutMapping"
    connected.save()
    crm_session.save()

    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert reply.json() == []
    assert sandbox.asked("/crm/api/users") == []


def test_a_session_of_the_crm_that_was_left_opens_nothing(call, connected, sandbox):
    connected.platform = "sandboxWithoutMapping"
    connected.save()

    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert (reply.status_code, reply.content) == (400, b"User not found")


@pytest.mark.parametrize("posted", [None, {}, [3], [{}]])
def test_a_body_of_another_shape_is_named(call, posted):
    reply = call("POST", PATH, {"rcExtensionList": posted})

    assert reply.status_code == 400
    assert "rcExtensionList" in reply.json()["error"]


@pytest.mark.parametrize("wrong", [None, "", True, 1.5, [1], {}, "9" * 41])
def test_bad_id_is_named_and_nothing_is_stored(call, connected, wrong):
    known = connected.extensions.count()
    new = {"id": 7, "name": "New"}

    reply = call("POST", PATH, {"rcExtensionList": [new, {"id": wrong}]})

    assert reply.status_code == 400
    assert "rcExtensionList: each entry needs an id" in reply.json()["error"]
    assert connected.extensions.count() == known


def test_too_long_members_beside_the_id_are_cut(call, connected):
    long = dict.fromkeys(("name", "email", "extensionNumber", "type"), "x" * 5000)

    reply = call("POST", PATH, {"rcExtensionList": [{"id": "9" * 40, **long}]})

    assert reply.status_code == 200
    kept = connected.extensions.get(extension_id="9" * 40)
    assert (len(kept.type), len(kept.name)) == (40, 200)


def test_a_name_that_is_no_text_is_none(call, connected):
    call("POST", PATH, {"rcExtensionList": [{"id": 7, "name": ["x"], "email": True}]})

    kept = connected.extensions.get(extension_id="7")
    assert (kept.name, kept.email) == ("", "")


def test_a_crm_that_fails_changes_nothing(call, connected, sandbox):
    sandbox.switch(crmFailsWith=503)

    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert reply.status_code == 400
    assert "503" in reply.json()["error"]
    assert connected.user_mappings.mapped().count() == 6


def test_non_admin_is_refused(call, sandbox):
    body = {"rcExtensionList": extension_list()}

    reply = call("POST", PATH, body, rc_token=sandbox.access_token("102"))

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")


@pytest.mark.parametrize(
    ("role", "is_active", "status", "message"),
    [
        ("ADMIN", True, 200, b"crmUser"),
        ("VIEWER", True, 403, b"Admin validation failed"),
        ("ADMIN", False, 400, b"User not found"),
    ],
)
def test_role_of_the_team_page_decides(call, member, role, is_active, status, message):
    member.role, member.user.is_active = role, is_active
    member.save()
    member.user.save()

    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert reply.status_code == status
    assert message in reply.content


def test_userjwt_of_a_person_disabled_at_ringcentral_is_worth_nothing(
    call, connected, crm_session
):
    theirs = connected.extensions.filter(extension_id=crm_session.extension_id)
    path, body = "/callLog/cacheNote", {"sessionId": "1", "note": "Offer"}
    assert call("POST", path, body).status_code == 200

    theirs.update(is_enabled=False)
    reply = call("POST", path, body)
    assert (reply.status_code, reply.content) == (400, b"User not found")

    theirs.delete()  # the directory does not have them yet
    assert call("POST", path, body).status_code == 200
