import pytest

PATH = "/theme/"


def test_the_chosen_colors_stay_and_can_be_given_up(console):
    console.post(PATH, {"theme": "dark", "next": "/calls/?state=failed"})
    assert b'data-theme="dark"' in console.get("/calls/").content

    reply = console.post(PATH, {"theme": "", "next": "/calls/?state=failed"})
    assert reply.url == "/calls/?state=failed"
    assert b"data-theme" not in console.get("/calls/").content


def test_an_unknown_theme_is_refused(client, db):
    assert client.post(PATH, {"theme": '"><script>'}).status_code == 400


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "\\\\evil.example", ""]
)
def test_the_way_back_stays_here(client, db, elsewhere):
    reply = client.post(PATH, {"theme": "light", "next": elsewhere})

    assert reply.url == "/"
