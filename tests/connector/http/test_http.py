"""The HTTP plumbing, against a real server on loopback."""

import time
from collections.abc import Iterator

import pytest

from connector.errors import PermanentError, TemporaryError, UnknownOutcome
from connector.http import HttpConnector, time_limit
from connector.http.session import open_session
from connector.types import AuthType, Credentials
from tests.support.fakes.misbehaving import MEGABYTE, MisbehavingServer, running_server


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


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def host(server) -> str:
    return server.host


@pytest.fixture
def crm(host) -> Iterator[Crm]:
    connector = Crm(
        Credentials(hostname=host), session=open_session(private_hosts=[host])
    )
    yield connector
    connector.close()


def test_reply_is_its_json(crm):
    assert crm.request("GET", "/") == "x"


def test_unusable_reply_is_a_temporary_error(crm):
    with pytest.raises(TemporaryError):
        crm.request("GET", "/cut")


@pytest.mark.parametrize("path", ["/3-megabytes", "/bomb"])
def test_reply_that_is_too_long_is_refused(crm, path):
    with pytest.raises(PermanentError, match="more than 2 MB in one reply"):
        crm.request("GET", path)


def test_longer_reply_can_be_read_where_it_is_expected(crm):
    assert len(crm.request("GET", "/3-megabytes", max_bytes=4 * MEGABYTE)) > 2**21


@pytest.mark.parametrize("path", ["/3-megabytes", "/bomb", "/cut"])
def test_unusable_reply_to_creation_is_an_unknown_outcome(crm, path):
    with pytest.raises(UnknownOutcome):
        crm.request("POST", path, creates=True)


def test_body_of_redirect_is_not_read(crm, server):
    with pytest.raises(PermanentError, match="redirect"):
        crm.request("GET", "/moved")

    assert not server.has_ended, "its body still goes on"


@pytest.mark.parametrize("path", ["/endless", "/100-megabytes"])
def test_reply_over_the_size_limit_is_cut_off(crm, server, path):
    with pytest.raises(PermanentError, match="more than 2 MB in one reply"):
        crm.request("GET", path)

    assert server.was_cut_off.wait(10)
    assert (
        server.sent_bytes < 20 * MEGABYTE
    )  # what the sockets hold beside the 2 we read


@pytest.mark.parametrize("status", [429, 503])
def test_error_carries_retry_after(crm, status):
    with pytest.raises(TemporaryError) as caught:
        crm.request("GET", f"/busy?status={status}&Retry-After=7")

    assert caught.value.retry_after == 7


@pytest.mark.parametrize("path", ["/slow-headers", "/stalled", "/silent", "/drip"])
def test_request_ends_at_total_timeout(crm, server, monkeypatch, path):
    """The read timeout, 20 seconds from the last byte, would not end these."""
    monkeypatch.setattr(time_limit, "TOTAL_TIMEOUT_SECONDS", 0.3)

    with pytest.raises(UnknownOutcome):
        crm.request("POST", path, creates=True)

    assert not server.has_ended, "it was the client that gave up"


def test_connection_outlives_the_time_limit_of_its_request(crm, server, monkeypatch):
    """The limit is the request's, not the connection's."""
    monkeypatch.setattr(time_limit, "TOTAL_TIMEOUT_SECONDS", 0.3)
    crm.request("GET", "/")
    time.sleep(0.4)

    assert crm.request("GET", "/") == "x"


def test_judge_gets_the_body_and_the_error_of_the_status(crm):
    judged = []

    def judge(reply, error):
        judged.append((reply.status, reply.json, type(error)))

    crm.send("GET", "/", judge=judge)
    crm.send("GET", "/fault", judge=judge)
    crm.send("GET", "/redirect", judge=judge)

    assert judged == [
        (200, "x", type(None)),
        (422, {"code": 7}, PermanentError),
        (302, None, PermanentError),
    ]


def test_judge_can_turn_success_into_failure(crm):
    with pytest.raises(TemporaryError, match="says so"):
        crm.send("GET", "/", judge=lambda reply, error: TemporaryError("says so"))


@pytest.mark.parametrize("path", ["/3-megabytes", "/bomb", "/cut"])
def test_judge_is_not_called_for_unreadable_success(crm, path):
    with pytest.raises(UnknownOutcome):
        crm.send("POST", path, creates=True, judge=lambda reply, error: None)


def test_redirect_is_not_followed(crm, server):
    with pytest.raises(PermanentError, match="redirect"):
        crm.request("GET", "/redirect")

    assert server.paths == ["/redirect"]


def test_session_itself_follows_no_redirect(server, host):
    with open_session(private_hosts=[host]) as session:
        reply = session.get(f"http://{host}/redirect", timeout=5)

    assert reply.is_redirect
    assert server.paths == ["/redirect"]


def test_refused_connection_is_a_temporary_error(crm, server, host):
    server.server_close()

    with pytest.raises(TemporaryError):
        Crm(
            Credentials(hostname="127.0.0.1:9"),
            session=open_session(private_hosts=["127.0.0.1:9"]),
        ).request("POST", "/", creates=True)


def test_unresolved_name_is_a_temporary_error():
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


def test_plain_http_is_refused_unless_operator_allows_the_host(server):
    crm = Crm(
        Credentials(hostname=f"127.0.0.1:{server.server_port}"), session=open_session()
    )

    with pytest.raises(PermanentError, match="not allowed"):
        crm.request("GET", "/")

    assert server.paths == []
