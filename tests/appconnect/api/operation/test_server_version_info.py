import tomllib

import pytest

from tests.support.helpers import ROOT


def test_it_is_the_projects_version(client):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert client.get("/serverVersionInfo").json() == {"version": project["version"]}


@pytest.mark.parametrize(
    ("accept", "query"), [("text/html", ""), ("image/png", ""), ("*/*", "?format=xml")]
)
def test_json_is_sent_for_every_accept_header(client, accept, query):
    reply = client.get(f"/serverVersionInfo{query}", headers={"Accept": accept})

    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json"
