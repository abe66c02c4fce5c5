import pytest

from appconnect.organizations.client.client_hash import client_hash

pytestmark = pytest.mark.django_db
PATH = "/userInfoHash"


def test_the_ids_are_hashed_each_and_always_the_same(client):
    reply = client.get(PATH, {"extensionId": "111", "accountId": "222"})

    hashes = reply.json()
    assert hashes == {
        "extensionId": client_hash("111"),
        "accountId": client_hash("222"),
    }
    assert len(hashes["extensionId"]) == 64
    assert hashes["extensionId"] != hashes["accountId"]


def test_missing_id_is_hashed_as_app_connect_does(client):
    assert client.get(PATH).json()["accountId"] == client_hash("undefined")


def test_the_key_is_no_other_servers(client, settings):
    before = client.get(PATH, {"accountId": "222"}).json()

    settings.SECRET_KEY = "another server's"

    assert client.get(PATH, {"accountId": "222"}).json() != before
