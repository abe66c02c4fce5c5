import pytest

PATH = "/implementedInterfaces"


def test_implemented_interfaces_match_the_connector(client):
    reply = client.get(PATH, {"platform": "sandbox"}).json()

    assert set(reply.values()) == {True, False}
    assert [name for name, has in sorted(reply.items()) if has] == [
        "cacheCallNote",
        "createCallLog",
        "createContact",
        "findContact",
        "findContactWithName",
        "getAuthType",
        "getBasicAuth",
        "getCallLog",
        "getLicenseStatus",
        "getUserInfo",
        "getUserList",
        "unAuthorize",
        "updateCallLog",
    ]
    assert "getOauthInfo" not in reply
    assert reply["createMessageLog"] is False


def test_a_missing_platform_is_asked_for(client):
    reply = client.get(PATH)

    assert (reply.status_code, reply.content) == (400, b"Please provide platform.")


@pytest.mark.parametrize("platform", ["acme", "__proto__", "../../etc", "x" * 10_000])
def test_an_unknown_platform_is_named(client, platform):
    reply = client.get(PATH, {"platform": platform})

    assert reply.status_code == 400
    assert reply.json() == {"error": f"Connector not found for platform: {platform}"}
