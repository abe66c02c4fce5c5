from connector import registry

PATH = "/crmManifest"


def test_its_addresses_are_this_servers(client, settings):
    settings.PUBLIC_URL = "https://logging.example.com"

    manifest = client.get(PATH, {"platformName": "sandbox"}).json()

    assert manifest["serverUrl"] == "https://logging.example.com"
    logging = manifest["platforms"]["sandbox"]["serverSideLogging"]
    assert logging["url"] == "https://logging.example.com"
    assert logging["enableUserMapping"] is True


def test_an_unknown_platform_is_a_bare_text(client):
    reply = client.get(PATH, {"platformName": "nowhere"})

    assert (reply.status_code, reply.content) == (400, b"Platform not found")


def test_link_with_settings_is_left_to_the_console(client, db):
    platform = client.get(PATH, {"platformName": "tryton"}).json()["platforms"][
        "tryton"
    ]

    assert "logPageUrl" not in platform


def test_platform_of_faulty_manifest_is_not_there(client, monkeypatch, tmp_path):
    (tmp_path / "odd_crm.py").write_text(
        "from connector.crms.sandbox import Sandbox\nclass Odd(Sandbox): platform = 'odd'"
    )
    (tmp_path / "odd_crm.json").write_text("{}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(registry.CONNECTORS, "odd", "odd_crm.Odd")

    reply = client.get(PATH, {"platformName": "odd"})

    assert (reply.status_code, reply.content) == (400, b"Platform not found")
