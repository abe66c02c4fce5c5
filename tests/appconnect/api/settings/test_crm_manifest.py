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
