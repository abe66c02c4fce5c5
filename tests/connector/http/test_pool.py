"""Connections that are kept between pieces of work, against a real server on loopback."""

import multiprocessing
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from connector.errors import PermanentError, TemporaryError, UnknownOutcome
from connector.http import pool, time_limit
from connector.http.exchange import open_response
from connector.http.session import adapters, open_session
from connector.types import Credentials
from tests.connector.http.test_http import Crm

FORK = multiprocessing.get_context("fork")


class KeepingServer(ThreadingHTTPServer):
    """A server that keeps connections, until they are idle or the path says otherwise."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections: list[int] = []
        """The client's port of each connection."""
        self.cookies: list[str | None] = []
        """The cookie of each request."""
        self.idle_timeout: float | None = None
        self.has_closed = threading.Event()
        """Whether a connection has ended."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: KeepingServer
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        self.timeout = self.server.idle_timeout
        self.server.connections.append(self.client_address[1])
        self.requests = 0
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.shutdown(socket.SHUT_RDWR)
        self.server.has_closed.set()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.requests += 1
        self.server.cookies.append(self.headers["Cookie"])
        is_lost = self.path == "/lost" or (
            self.path == "/lost-when-reused" and self.requests > 1
        )
        if is_lost:
            self.close_connection = True
            return
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "3")
        ends = "; Max-Age=0" if self.path == "/sign-out" else ""
        self.send_header("Set-Cookie", f"session=1; Path=/{ends}")
        self.end_headers()
        self.wfile.write(b'"x"')

    do_POST = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[KeepingServer]:
    with KeepingServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def send(server):
    """A function: one piece of work, which sends one request."""

    def send(path: str = "/", *, method: str = "GET", **options: object) -> object:
        connector = Crm(
            Credentials(hostname=server.host),
            session=open_session(private_hosts=[server.host]),
        )
        try:
            return connector.request(method, path, **options)
        finally:
            connector.close()

    return send


def test_two_pieces_of_work_use_one_connection(send, server):
    send()
    send("/", method="POST", creates=True)

    assert len(server.connections) == 1
    assert len(server.cookies) == 2


def test_threads_reuse_the_connections_of_other_threads(send, server):
    for _ in range(3):
        threads = [threading.Thread(target=send) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(server.cookies) == 15
    assert len(server.connections) <= 5


def test_cookies_are_not_sent_with_the_next_piece_of_work(send, server):
    send()
    send()

    assert len(server.connections) == 1
    assert server.cookies == [None, None]


def test_cookies_are_sent_with_the_same_piece_of_work(server):
    with open_session(private_hosts=[server.host]) as session:
        for path in ("/", "/sign-out", "/"):
            url = f"http://{server.host}{path}"
            with open_response(session, "GET", url) as opened:
                opened.read_json()

    assert server.cookies == [None, "session=1", None]


def test_connection_that_was_idle_too_long_is_not_reused(send, server, monkeypatch):
    send()
    monkeypatch.setattr(pool, "MAX_IDLE_SECONDS", 0)
    send()

    assert len(server.connections) == 2


def test_creation_does_not_reuse_a_connection_that_was_idle(send, server, monkeypatch):
    monkeypatch.setattr(pool, "MAX_IDLE_SECONDS_UNREPEATABLE", 0)
    send()
    send()
    send(method="POST", creates=True)

    assert [len(server.connections), len(server.cookies)] == [2, 3]


def test_creation_succeeds_after_the_server_closed_the_connection(send, server):
    server.idle_timeout = 0.01
    send()
    assert server.has_closed.wait(10)

    assert send(method="POST", creates=True) == "x"


def test_read_is_repeated_when_its_kept_connection_closes(send, server):
    send()

    assert send("/lost-when-reused") == "x"
    assert [len(server.connections), len(server.cookies)] == [2, 3]


def test_creation_is_never_repeated(send, server):
    send()

    with pytest.raises(UnknownOutcome):
        send("/lost-when-reused", method="POST", creates=True)
    assert [len(server.connections), len(server.cookies)] == [1, 2]


def test_post_is_not_repeated_by_a_connector(send, server):
    send()

    with pytest.raises(TemporaryError):
        send("/lost-when-reused", method="POST")
    assert [len(server.connections), len(server.cookies)] == [1, 2]


def test_post_is_not_repeated_unless_its_sender_allows_it(send, server):
    send()

    with (
        open_session(private_hosts=[server.host]) as session,
        pytest.raises(requests.ConnectionError),
        open_response(session, "POST", f"http://{server.host}/lost-when-reused"),
    ):
        pass
    assert len(server.cookies) == 2


def test_request_on_a_new_connection_is_not_repeated(send, server):
    with pytest.raises(TemporaryError):
        send("/lost")

    assert len(server.cookies) == 1


def test_connection_with_an_unread_reply_is_not_reused(send, server):
    send("/missing", expects=404)
    send()

    assert len(server.connections) == 2


def test_connection_is_kept_after_a_refusal(send, server):
    with pytest.raises(PermanentError):
        send("/missing")
    send()

    assert len(server.connections) == 1


def test_end_of_time_limit_leaves_a_released_connection_open(server):
    url = f"http://{server.host}/"
    with open_session(private_hosts=[server.host]) as session:
        with time_limit.limited_time(is_repeatable=True) as limit:
            session.get(url)
            limit.end()
        session.get(url)

    assert len(server.connections) == 1


def test_idle_connection_is_closed(send, server, monkeypatch):
    send()
    monkeypatch.setattr(pool, "MAX_IDLE_SECONDS", 0)
    monkeypatch.setattr(adapters, "_check_idle_at", 0)
    adapters.close_idle()

    assert server.has_closed.wait(10)


def test_forked_process_shares_no_connection(send, server):
    send()
    with open_session(private_hosts=[server.host]) as session:
        url = f"http://{server.host}/"
        child = FORK.Process(target=session.get, args=(url,))
        child.start()
        child.join()
    send()

    assert child.exitcode == 0
    assert [len(server.connections), len(server.cookies)] == [2, 3]


def test_hosts_at_one_public_address_share_no_connection(monkeypatch):
    def resolve(host, port, **kwargs):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    def pool_of(host: str):
        request = requests.Request("GET", f"https://{host}/").prepare()
        return adapters.public.get_connection_with_tls_context(request, verify=True)

    assert pool_of("one.example.com") is pool_of("one.example.com")
    assert pool_of("one.example.com") is not pool_of("two.example.com")
