"""The HTTP plumbing, against a real server on loopback."""

import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connector.errors import PermanentError, TemporaryError, UnknownOutcome
from connector.http import HttpConnector, time_limit
from connector.http.session import open_session
from connector.types import AuthType, Credentials


class Crm(HttpConnector):
    platform = "crm"

    @property
    def base_url(self):
        return f"http://{self.credentials.hostname}"

    def get_auth_type(self):
        return AuthType.API_KEY

    def get_user_info(self):
        raise NotImplementedError

    def find_contact(self, phone_number):
        raise NotImplementedError

    def create_call_log(self, call, *, contact, owner, composed_log_details):
        raise NotImplementedError

    def update_call_log(self, log_id, call, *, composed_log_details):
        raise NotImplementedError


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.paths.append(self.path)
        body = b'"x"'
        match self.path:
            case "/slow-headers":
                self.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200)
                return
            case "/silent":
                self.drip(b"")
                return
            case "/stalled":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n{")
                self.drip(b"")
                return
            case "/huge":
                body = b'"' + b"x" * (3 * 1024 * 1024) + b'"'
            case "/bomb":
                body = gzip.compress(b'"' + b"x" * (200 * 1024 * 1024) + b'"', 9)
            case "/fault":
                self.send_response(422)
                self.end_headers()
                self.wfile.write(b'{"code": 7}')
                return
            case "/redirect":
                self.send_response(302)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                return
            case "/moved":
                self.wfile.write(
                    b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\nbody"
                )
                self.drip(b"")
                return
        self.send_response(200)
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        if self.path == "/cut":
            self.send_header("Content-Length", "1000")
        self.end_headers()
        if self.path == "/drip":
            try:
                for _ in range(100):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.05)
            except OSError:
                return
        self.wfile.write(body)

    def drip(self, content: bytes) -> None:
        """Send byte by byte, then keep the connection, for five seconds or to its end."""
        for byte in content:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return
            time.sleep(0.02)
        self.connection.settimeout(5)
        try:
            self.server.has_ended = self.connection.recv(1) != b""
        except TimeoutError:
            self.server.has_ended = True
        except OSError:
            return

    do_POST = do_GET

    def log_message(self, *args):
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.paths = []
    server.has_ended = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def host(server) -> str:
    return f"127.0.0.1:{server.server_port}"


@pytest.fixture
def crm(host) -> Iterator[Crm]:
    connector = Crm(
        Credentials(hostname=host), session=open_session(private_hosts=[host])
    )
    yield connector
    connector.close()


def test_a_reply_is_its_json(crm):
    assert crm.request("GET", "/") == "x"


@pytest.mark.parametrize("path", ["/huge", "/bomb", "/cut"])
def test_a_reply_that_cannot_be_used_is_a_temporary_error(crm, path):
    with pytest.raises(TemporaryError):
        crm.request("GET", path)


@pytest.mark.parametrize("path", ["/huge", "/bomb", "/cut"])
def test_after_creating_a_reply_that_cannot_be_used_leaves_the_outcome_open(crm, path):
    with pytest.raises(UnknownOutcome):
        crm.request("POST", path, creates=True)


def test_the_body_of_a_redirect_is_not_waited_for(crm, server):
    with pytest.raises(PermanentError, match="redirect"):
        crm.request("GET", "/moved")

    assert not server.has_ended, "its body still goes on"


def test_a_reply_that_drips_is_cut_off_after_the_total_time(crm, monkeypatch):
    monkeypatch.setattr(time_limit, "TOTAL_TIMEOUT_SECONDS", 0.3)

    with pytest.raises(TemporaryError):
        crm.request("GET", "/drip")


@pytest.mark.parametrize("path", ["/slow-headers", "/stalled", "/silent"])
def test_c_hang_no_request_takes_longer_than_the_total_time(
    crm, server, monkeypatch, path
):
    """The read time-out, 20 seconds from the last byte, would not end these."""
    monkeypatch.setattr(time_limit, "TOTAL_TIMEOUT_SECONDS", 0.3)

    with pytest.raises(UnknownOutcome):
        crm.request("POST", path, creates=True)

    assert not server.has_ended, "it was the client that gave up"


def test_a_connection_is_used_again_after_a_request(crm, server, monkeypatch):
    """The limit is the request's, not the connection's."""
    monkeypatch.setattr(time_limit, "TOTAL_TIMEOUT_SECONDS", 0.3)
    crm.request("GET", "/")
    time.sleep(0.4)

    assert crm.request("GET", "/") == "x"


def test_a_judge_sees_the_body_and_what_the_status_stands_for(crm):
    seen = []

    def judge(reply, error):
        seen.append((reply.status, reply.json, type(error)))

    crm.send("GET", "/", judge=judge)
    crm.send("GET", "/fault", judge=judge)
    crm.send("GET", "/redirect", judge=judge)

    assert seen == [
        (200, "x", type(None)),
        (422, {"code": 7}, PermanentError),
        (302, None, PermanentError),
    ]


def test_a_judge_can_call_a_success_a_failure(crm):
    with pytest.raises(TemporaryError, match="says so"):
        crm.send("GET", "/", judge=lambda reply, error: TemporaryError("says so"))


@pytest.mark.parametrize("path", ["/huge", "/bomb", "/cut"])
def test_a_judge_is_not_asked_about_a_success_that_cannot_be_read(crm, path):
    with pytest.raises(UnknownOutcome):
        crm.send("POST", path, creates=True, judge=lambda reply, error: None)


def test_a_redirect_is_not_followed(crm, server):
    with pytest.raises(PermanentError, match="redirect"):
        crm.request("GET", "/redirect")

    assert server.paths == ["/redirect"]


def test_a_refused_connection_was_never_sent(crm, server, host):
    server.server_close()

    with pytest.raises(TemporaryError):
        Crm(
            Credentials(hostname="127.0.0.1:9"),
            session=open_session(private_hosts=["127.0.0.1:9"]),
        ).request("POST", "/", creates=True)


def test_a_name_that_does_not_resolve_was_never_sent():
    with pytest.raises(TemporaryError):
        HttpsCrm(
            Credentials(hostname="no-such-host.invalid"), session=open_session()
        ).request("POST", "/", creates=True)


class HttpsCrm(Crm):
    @property
    def base_url(self):
        return f"https://{self.credentials.hostname}"


@pytest.mark.parametrize(
    "private",
    [
        "127.0.0.1",
        "127.1",
        "0",
        "0x7f.1",
        "2130706433",
        "localhost",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
    ],
)
def test_private_addresses_are_refused(server, private):
    crm = HttpsCrm(
        Credentials(hostname=f"{private}:{server.server_port}"), session=open_session()
    )

    with pytest.raises(PermanentError, match="not allowed"):
        crm.request("GET", "/")

    assert server.paths == []


def test_what_is_not_encrypted_is_refused_unless_the_operator_allows_the_host(server):
    crm = Crm(
        Credentials(hostname=f"127.0.0.1:{server.server_port}"), session=open_session()
    )

    with pytest.raises(PermanentError, match="not allowed"):
        crm.request("GET", "/")

    assert server.paths == []
