import socket

import pytest
import requests
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from connector.crms.odoo import Odoo
from connector.errors import TemporaryError
from connector.http.reach import why_unreachable
from connector.http.session import open_session
from connector.types import Credentials


def unresolved() -> requests.ConnectionError:
    error = requests.ConnectionError("Failed to resolve domain")
    error.__cause__ = socket.gaierror()
    return error


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (unresolved(), "No host of this name"),
        (
            requests.ConnectionError(
                MaxRetryError(None, "/", NameResolutionError("h", None, OSError()))
            ),
            "No host of this name",
        ),
        (
            requests.ConnectionError(
                MaxRetryError(None, "/", NewConnectionError(None, "refused"))
            ),
            "refused the connection",
        ),
        (InvalidIPAddress("10.0.0.1"), "not allowed"),
        (requests.exceptions.InvalidURL("only https"), "not allowed"),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), "TLS certificate"),
        (requests.exceptions.ConnectTimeout(), "in time"),
        (requests.exceptions.ReadTimeout(), "in time"),
    ],
)
def test_each_reason_has_a_sentence_without_address(fault, text):
    sentence = why_unreachable(fault)

    assert text in sentence
    assert "10.0.0.1" not in sentence


def test_unknown_host_name_is_reported():
    crm = Odoo(Credentials(hostname="no-such-host.invalid"), session=open_session())

    with pytest.raises(TemporaryError, match="No host of this name"):
        crm.reach_host()
