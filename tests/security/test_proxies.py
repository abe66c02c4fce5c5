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
from contextlib import ExitStack, closing
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


def configuration(proxy: str, *, port: int, program: Program) -> str:
    """Return the README's configuration for loopback, without TLS."""
    [text] = re.findall(rf"```{proxy}\n(.*?)```", README, re.DOTALL)
    text = text.replace("127.0.0.1:8000", program.url.removeprefix("http://"))
    match proxy:
        case "nginx":
            text = text[text.index("server {", 1) :]
            text = re.sub(r"listen 443 ssl;|\n *ssl_.*", "", text)
            text = text.replace("server {", f"server {{ listen 127.0.0.1:{port};", 1)
            temporary = "".join(
                f"{name}_temp_path {name};"
                for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            return (
                "daemon off; pid nginx.pid; user root; events {} "
                f"http {{ access_log off; {temporary} {text} }}"
            )
        case "caddy":
            text = text.replace("{\n", "{\n    admin off\n", 1)
            text = text.replace("logging.example.com", f"http://127.0.0.1:{port}")
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


@pytest.mark.parametrize(("size", "is_kept"), [(1_000_000, True), (3_000_000, False)])
def test_connection_is_kept_or_its_end_is_announced(program, size, is_kept):
    with requests.Session() as session:
        for _ in range(3):
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
