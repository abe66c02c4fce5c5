import socket

import pytest
import requests
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from connector.crms.odoo import Odoo
from connector.errors import TemporaryError
from connector.http.http import was_never_sent
from connector.http.reach import why_unreachable
from connector.http.session import open_session
from connector.types import Credentials
from tests.support.fakes.misbehaving import running_server


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


@pytest.fixture
def server():
    with running_server() as server:
        yield server


def test_host_without_tls_is_not_one_with_a_bad_certificate(server):
    session = open_session(private_hosts=[server.host])

    with pytest.raises(requests.exceptions.SSLError) as caught:
        session.get(f"https://{server.host}/", timeout=5)

    assert "does not use TLS" in why_unreachable(caught.value)
    assert was_never_sent(caught.value)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "certificate"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "does not use TLS"),
        ("[SSL: RECORD_LAYER_FAILURE] record layer failure", "does not use TLS"),
        ("[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE]", "no TLS connection"),
    ],
)
def test_tls_failures_are_told_apart(reason, text):
    assert text in why_unreachable(requests.exceptions.SSLError(reason))
