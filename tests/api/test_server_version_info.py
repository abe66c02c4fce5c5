import tomllib

from tests.support import ROOT


def test_it_is_the_projects_version(client):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert client.get("/serverVersionInfo").json() == {"version": project["version"]}
