import pytest

from appconnect.organizations.client.client_hash import client_hash
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.models import ClientSettings

PATH = "/user/preloadSettings"


@pytest.fixture(autouse=True)
def _admin_has_set(connected):
    set_do_not_log_numbers(connected, ["+14155550101"])
    entries = {
        "autoLogCall": {"value": True, "customizable": False, "defaultValue": "x"},
        "plugin_7": {"value": {"config": {"apiKey": {"value": "very-secret"}}}},
        "text": {"value": "very-secret"},
        "selectedRegion": {"value": "US", "customizable": True},
    }
    ClientSettings.objects.create(organization=connected, user_settings=entries)


def test_a_hash_alone_shows_switches_only(client, connected):
    hashed = {"rcAccountId": client_hash(connected.rc_account_id)}

    reply = client.get(PATH, hashed)

    settings = reply.json()["userSettings"]
    logging = {"enable": True, "loggingLevel": "Account"}
    assert settings.pop("serverSideLogging") == logging
    assert settings["autoLogCall"] == {"value": True, "customizable": False}
    assert all(isinstance(entry["value"], bool) for entry in settings.values())
    assert "very-secret" not in reply.content.decode()
    assert "4155550101" not in reply.content.decode()


def test_a_ringcentral_token_shows_the_accounts_settings(client, sandbox):
    token = sandbox.access_token("102")

    reply = client.get(PATH, headers={"X-RC-Access-Token": token})

    assert reply.json()["userSettings"]["selectedRegion"]["value"] == "US"
    assert "4155550101" not in reply.content.decode()


def test_an_account_that_is_not_here_has_none(client, connected):
    reply = client.get(PATH, {"rcAccountId": client_hash("1")})

    assert (reply.status_code, reply.json()) == (200, {})


def test_nothing_names_the_account(client, connected):
    reply = client.get(PATH)

    assert (reply.status_code, reply.content) == (400, b"Cannot find rc user login")


def test_a_token_that_ringcentral_refuses_shows_nothing(client, connected):
    hashed = {"rcAccountId": client_hash(connected.rc_account_id)}

    reply = client.get(PATH, hashed, headers={"X-RC-Access-Token": "nonsense"})

    assert reply.status_code == 400
    assert "userSettings" not in reply.json()
