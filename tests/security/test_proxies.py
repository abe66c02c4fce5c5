"""The program behind each proxy, set up as `appconnect/README.md` says.

Nobody behind a proxy passes for another address, and nobody who sends slowly keeps the
others out.
"""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from appconnect.management.children import end
from tests.support.helpers import ROOT, wait_for
from tests.support.program import Program, free_port_pair

README = (ROOT / "appconnect/README.md").read_text()
COMMANDS = {
    "nginx": ["nginx", "-e", "stderr", "-p", "{folder}", "-c", "{file}"],
    "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config", "{file}"],
    "haproxy": ["haproxy", "-f", "{file}"],
}
WEBHOOK = "/webhooks/ringcentral/00000000-0000-4000-8000-000000000000/"
SLOW_CLIENTS = 40
"""More than the web server has threads."""
UNFINISHED_REQUESTS = 600
"""More than nginx has connections by itself."""


def configuration(proxy: str, *, port: int, program: Program) -> str:
    """Return the README's configuration for loopback, without TLS."""
    [text] = re.findall(rf"```{proxy}\n(.*?)```", README, re.DOTALL)
    text = text.replace("127.0.0.1:8000", program.url.removeprefix("http://"))
    text = re.sub("(_body_timeout|read_body|http-request) [13]0s", r"\1 3s", text)
    match proxy:
        case "nginx":
            [main] = re.findall("# In nginx.conf: (.*)", text)
            shared, _redirect, server = text.split("server {")
            server = re.sub(r"listen 443 ssl;|\n *ssl_.*", "", server)
            temporary = "".join(
                f"{name}_temp_path {name};"
                for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            return (
                f"daemon off; pid nginx.pid; user root; {main}\nhttp {{ access_log off; "
                f"{temporary} {shared} server {{ listen 127.0.0.1:{port}; {server} }}"
            )
        case "caddy":
            text = text.replace("{\n", "{\n    admin off\n", 1)
            text = text.replace("logging.example.com", f"http://127.0.0.1:{port}")
            text = text.replace(":80, :443", f"http://:{port}")
            version = subprocess.run(
                ["caddy", "version"],  # noqa: S607
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            if re.match(r"v?2\.[0-6]\.", version):
                text = text.replace("request_buffers 50MB", "buffer_requests")
            return text
        case _:
            text = re.sub(r".*(bind :80|redirect scheme).*\n", "", text)
            return re.sub("bind :443 .*", f"bind 127.0.0.1:{port}", text)


@pytest.fixture(scope="module", params=COMMANDS)
def proxy(request, program: Program, tmp_path_factory) -> Iterator[str]:
    """Start a proxy in front of the program; yield its address."""
    name, port = request.param, free_port_pair()
    folder: Path = tmp_path_factory.mktemp(name)
    file = folder / "proxy.conf"
    file.write_text(configuration(name, port=port, program=program))
    command = [part.format(folder=folder, file=file) for part in COMMANDS[name]]
    command[0] = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") or name
    process = subprocess.Popen(command, cwd=folder, env={"HOME": str(folder)})
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(url))
        yield url
    finally:
        end([process])


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def test_no_header_of_the_client_says_who_they_are(proxy):
    spellings = ["".join(s) for s in product("X", "-_", ["Forwarded"], "-_", ["For"])]
    # Of two headers that look the same the last one counts, and the web server takes out
    # three headers, in whose places it puts the last three: these are others.
    browser = requests.Session()
    browser.get(f"{proxy}/accounts/login/", timeout=30)
    form = {"username": proxy, "password": "wrong"}
    form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]

    statuses = [
        browser.post(
            f"{proxy}/accounts/login/",
            form,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                spellings[at % len(spellings)]: f"198.51.100.{at}",
                **{"Z-1": "1", "Z-2": "2", "Z-3": "3"},
            },
            timeout=30,
        ).status_code
        for at in range(8)
    ]

    assert statuses == [200] * 5 + [429] * 3


def test_slow_bodies_keep_nobody_out(proxy, program):
    host, port = proxy.removeprefix("http://").split(":")
    # Of a form with the cookie the whole body is read, before anything is known of it.
    head = (
        f"POST /accounts/login/ HTTP/1.1\r\nHost: {host}\r\nCookie: csrftoken={'x' * 32}"
        "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000"
    )
    with ExitStack() as stack:
        slow = [
            stack.enter_context(closing(socket.create_connection((host, int(port)))))
            for _ in range(SLOW_CLIENTS)
        ]
        for client in slow:
            client.sendall(f"{head}\r\n\r\na".encode())
        began = time.monotonic()
        for url in (proxy, program.url):
            assert requests.get(f"{url}/healthz", timeout=10).ok
        assert requests.post(proxy + WEBHOOK, json={}, timeout=10).status_code == 404

        assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    "rest", ["X: ", "Content-Length: 900000\r\n\r\na"], ids=["head", "body"]
)
def test_unfinished_requests_of_one_address_keep_no_other_out(proxy, rest):
    host, port = proxy.removeprefix("http://").split(":")
    with ExitStack() as stack:
        unfinished(stack, proxy, rest)
        neighbor = HTTPConnection(
            host, int(port), timeout=10, source_address=("127.0.0.2", 0)
        )
        stack.enter_context(closing(neighbor))

        for method, path, status in [("GET", "/healthz", 200), ("POST", WEBHOOK, 404)]:
            neighbor.request(method, path, b"{}")
            reply = neighbor.getresponse()
            reply.read()
            assert reply.status == status


@pytest.mark.parametrize(
    ("proxy", "most", "refusal"),
    [("nginx", 200, b"HTTP/1.1 503"), ("haproxy", 100, b"")],
    indirect=["proxy"],
)
def test_one_address_holds_so_many_requests_at_most(proxy, most, refusal):
    with ExitStack() as stack:
        clients = unfinished(stack, proxy, "Content-Length: 900000\r\n\r\na")

        wait_for(
            lambda: (
                [answer_to(client) for client in clients].count(refusal)
                == UNFINISHED_REQUESTS - most
            )
        )


def unfinished(stack: ExitStack, url: str, rest: str) -> list[socket.socket]:
    """Send requests to `url` that `rest` does not end."""
    host, port = url.removeprefix("http://").split(":")
    clients = []
    for _ in range(UNFINISHED_REQUESTS):
        client = socket.create_connection((host, int(port)))
        clients.append(stack.enter_context(closing(client)))
        with suppress(OSError):  # this address has too many
            client.sendall(f"POST {WEBHOOK} HTTP/1.1\r\nHost: a\r\n{rest}".encode())
    return clients


def answer_to(client: socket.socket) -> bytes | None:
    """Return how an answer begins: `b""` for none, `None` while it is awaited."""
    client.setblocking(False)
    try:
        return client.recv(12, socket.MSG_PEEK)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def test_body_that_does_not_arrive_is_not_answered_with_success(proxy):
    host, port = proxy.removeprefix("http://").split(":")
    with closing(socket.create_connection((host, int(port)), timeout=30)) as client:
        head = (
            f"POST {WEBHOOK} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\na"
        )
        client.sendall(head.encode())
        status = client.recv(12)

    assert status in (b"", b"HTTP/1.1 408", b"HTTP/1.1 502")


def test_another_host_is_not_answered_with_success(proxy):
    assert status_of(proxy, headers={"Host": "other.example"}) in (None, 400)


def test_only_some_paths_take_long_bodies(proxy):
    long = {
        **{"/admin/userMapping": 49, "/admin/settings": 7},
        **{"/admin/reinitializeUserMapping": 7, "/user-mapping/import/": 5.5},
        **{"/callLog": 5.2, "/messageLog": 5.2, WEBHOOK: 1},
    }
    for path, size in long.items():
        body = b"x" * int(size * 1_000_000)
        reply = status_of(proxy + path, body, headers={"X-RC-Access-Token": "x"})
        assert reply in (400, 401, 403, 404), path
    assert status_of(proxy + WEBHOOK, b"x" * 3_000_000) in (None, 413, 502)


def status_of(url: str, body: bytes = b"", **options) -> int | None:
    """Return the status of the answer; `None` where the connection ends without one."""
    try:
        return requests.post(url, body, timeout=30, **options).status_code
    except requests.ConnectionError:
        return None


def test_a_body_that_nobody_reads_costs_the_next_person_nothing(proxy):
    with requests.Session() as next_person:
        statuses = {
            (
                requests.post(f"{proxy}{path}", b"x" * 300_000, timeout=10).status_code,
                next_person.post(proxy + WEBHOOK, json={}, timeout=10).status_code,
            )
            for path in 15 * [WEBHOOK, "/accounts/login/"]
        }

    assert statuses == {(404, 404), (403, 404)}


@pytest.mark.parametrize(("size", "is_kept"), [(50_000_000, True), (53_000_000, False)])
def test_connection_is_kept_or_its_end_is_announced(program, size, is_kept):
    with requests.Session() as session:
        for _ in range(2):
            reply = session.post(program.url + WEBHOOK, b"x" * size, timeout=10)
            assert reply.status_code == 404
            assert (reply.headers.get("Connection") != "close") == is_kept


def test_body_without_a_length_is_read(proxy, program):
    for url in (proxy, program.url):
        assert signs_in(url)


def signs_in(url: str) -> bool:
    """Return whether a form whose length nobody says is read."""
    with requests.Session() as browser:
        browser.get(f"{url}/accounts/login/", timeout=30)
        form = {"username": "admin", "password": "sandbox"}
        form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
        reply = browser.post(
            f"{url}/accounts/login/",
            iter([urlencode(form).encode()]),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            allow_redirects=False,
            timeout=30,
        )
    return reply.status_code == 302


def test_body_without_a_length_is_refused_when_it_is_long(program):
    reply = requests.post(
        program.url + WEBHOOK, iter(20 * [b"x" * 100_000]), timeout=10
    )

    assert reply.status_code == 411
    assert reply.text.startswith(
        "A request body of more than 1 MB needs a Content-Length."
    )
