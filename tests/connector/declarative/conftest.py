import copy
import json

import pytest
import requests

from connector.declarative import connector_class
from connector.testing import CannedReplies
from connector.types import Credentials

MANIFEST = {
    "platforms": {
        "acme": {
            "name": "acme",
            "environment": {"type": "fixed", "url": "https://api.acme.example"},
            "auth": {"type": "apiKey"},
            "serverSideLogging": {
                "url": "",
                "useAdminAssignedUserToken": False,
                "enableUserMapping": True,
                "additionalFields": [{"const": "user"}, {"const": "password"}],
            },
        }
    }
}


@pytest.fixture
def write(tmp_path):
    """A function: operations and other members → the path of their document."""

    def write(operations, *, environment=None, **members):
        manifest = copy.deepcopy(MANIFEST)
        if environment is not None:
            manifest["platforms"]["acme"]["environment"] = environment
        document = {
            "meta": {"name": "acme"},
            "requestDefaults": {"baseUrl": "https://api.acme.example/v1"},
            "operations": operations,
            **members,
        }
        (tmp_path / "acme.json").write_text(json.dumps(manifest))
        path = tmp_path / "acme.declarative.json"
        path.write_text(json.dumps(document))
        return path

    return write


@pytest.fixture
def connect():
    """A function: document, replies → (its connector, the transport that answers)."""
    opened = []

    def connect(path, *replies, hostname="", **credentials):
        transport = CannedReplies(*replies)
        session = requests.Session()
        session.mount("https://", transport)
        session.mount("http://", transport)
        own_credentials = Credentials(hostname=hostname, **credentials)
        opened.append(connector_class(str(path))(own_credentials, session=session))
        return opened[-1], transport

    yield connect
    for connector in opened:
        connector.close()


@pytest.fixture
def acme(write, connect):
    """A function: operations, replies → (their connector, its transport)."""

    def acme(operations, *replies, credentials=None, **members):
        return connect(write(operations, **members), *replies, **(credentials or {}))

    return acme
