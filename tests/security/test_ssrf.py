"""No address that somebody typed reaches a machine of the operator's network."""

import ast
import socket

import pytest
import requests
from requests_hardened.ip_filter import InvalidIPAddress

from connector.http.exchange import open_response
from connector.http.session import open_session
from tests.support.helpers import ROOT

PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.1"
LITERALS = (
    *(
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1:8443",
        "0",
        "0.0",
        "[::]",
        "[::1]",
    ),
    *("2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1", "0177.1"),
    *("10.0.0.1", "10.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "192.0.0.1"),
    *("169.254.169.254", "169.254.170.2", "0xa9fea9fe", "2852039166", "100.64.0.1"),
    *("100.100.100.200", "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255", "192.88.99.1", "[::ffff:127.0.0.1]"),
    *(
        "[::ffff:10.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[::ffff:0:10.0.0.1]",
    ),
    *("[0:0:0:0:0:0:0:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "[2002:7f00:1::]"),
    *(
        "[2001::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
    ),
    *("①②⑦.⓪.⓪.①", "127。0。0。1", "①⑥⑨.②⑤④.①⑥⑨.②⑤④"),
)
NAMES = (
    *("localhost", "localhost.", "LOCALHOST", "localtest.me", "127.0.0.1.nip.io"),
    *("metadata.google.internal", "db", "crm.example.com."),
)
"""What the stub resolver knows a private address of."""
TRICKS = (
    *("https://crm.example.com@127.0.0.1/", "https://127.0.0.1#@crm.example.com/"),
    *("https://127.0.0.1?@crm.example.com/", "https://127.0.0.1\\@crm.example.com/"),
    *(
        "https://crm.example.com:443@127.0.0.1/",
        "https:127.0.0.1",
        "https:///127.0.0.1",
    ),
    *("https://127.0.0.1\r\nHost: x/", "https://127.0.0.1\t/", "https://127.0.0.1%00/"),
    *("https://127.0.0.1%2f@crm.example.com/", "https://[::1]:80@[::1]/"),
    *("http://crm.example.com/", "HTTP://127.0.0.1/", "file:///etc/passwd"),
    *("gopher://127.0.0.1/", "ftp://127.0.0.1/", "unix:///run/x", "//127.0.0.1/", ""),
)
DIALS = {
    "connector/http/session.py": "the guarded session itself",
    "connector/testing/http_conformance.py": "a connector author's own tests",
}
"""The modules that make requests without the guarded session, and where to."""
answers: dict[str, list[str]] = {}


@pytest.fixture(autouse=True)
def dialled(monkeypatch) -> list[str]:
    """Resolve names as the test says, and note each address that is dialled."""
    numeric, dialled = socket.getaddrinfo, []

    def resolve(host, port, *args, **kwargs):
        if host in answers:
            known = answers[host]
            host = known.pop(0) if len(known) > 1 else known[0]
        return numeric(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)

    def connect(_socket, address):
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    answers.clear()
    answers.update({name: [PRIVATE] for name in NAMES})
    answers["crm.example.com"] = [PUBLIC]
    return dialled


def ask(url: str) -> None:
    with open_session() as session, open_response(session, "GET", url):
        pass


@pytest.mark.parametrize(
    "url", [*(f"https://{host}/" for host in (*LITERALS, *NAMES)), *TRICKS]
)
def test_nothing_private_is_dialled(dialled, url):
    with pytest.raises((requests.RequestException, UnicodeError)):
        ask(url)

    assert set(dialled) <= {PUBLIC}


@pytest.mark.parametrize("port", ["", ":443"])
def test_public_addresses_are_dialed(dialled, port):
    with pytest.raises(requests.ConnectionError):
        ask(f"https://crm.example.com{port}/")

    assert set(dialled) == {PUBLIC}


@pytest.mark.parametrize("port", [22, 80, 8443, 65535])
def test_at_another_port_nothing_is_dialled_unless_the_operator_allows_it(
    dialled, port
):
    host = f"crm.example.com:{port}"
    with pytest.raises(requests.exceptions.InvalidURL):
        ask(f"https://{host}/")
    assert dialled == []

    with (
        open_session(private_hosts=[host]) as session,
        pytest.raises(requests.ConnectionError),
        open_response(session, "GET", f"https://{host}/"),
    ):
        pass
    assert set(dialled) == {PUBLIC}


@pytest.mark.parametrize("later", [PRIVATE, "127.0.0.1", "::1", "169.254.169.254"])
def test_a_second_answer_changes_nothing(dialled, later):
    """DNS rebinding: the first answer is public, each one after it private."""
    answers["crm.example.com"] = [PUBLIC, later]

    with pytest.raises(requests.ConnectionError):
        ask("https://crm.example.com/")
    with pytest.raises(InvalidIPAddress):
        ask("https://crm.example.com/")

    assert set(dialled) == {PUBLIC}


def test_no_other_module_makes_requests():
    """What dials does so through the guarded session, or is named above with its reason."""
    found = set()
    for package in ("appconnect", "connector"):
        for path in (ROOT / package).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            if not name.startswith("appconnect/sandbox/") and dials(path.read_text()):
                found.add(name)

    assert found == set(DIALS)


def dials(source: str) -> bool:
    """Tell whether a module opens a session of its own, or asks without one."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(
                value=ast.Name(id="requests"),
                attr="get" | "post" | "put" | "patch" | "delete" | "head" | "request",
            ):
                return True
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="requests"), attr="Session")
            ):
                return True
            case ast.ClassDef(bases=[ast.Attribute(attr="Session")]):
                return True
            case ast.Import(names=names) if {n.name for n in names} & {
                *("http.client", "urllib.request", "httpx", "aiohttp", "ftplib"),
            }:
                return True
            case ast.ImportFrom(module="urllib.request" | "http.client" | "httpx"):
                return True
    return False
