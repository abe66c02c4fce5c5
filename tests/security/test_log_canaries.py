"""No number, name, note or token is in the log, and each record is one line.

The flows are real ones: notifications, calls that are logged, held and refused, the client's
endpoints and the pages, with a CRM and a RingCentral that quote what they were asked.
"""

import logging
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from inspect import signature

import pytest
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.log_format import SafeFormatter
from appconnect.organizations.models import ServerLoggingSettings
from appconnect.worker import queue
from connector.http.exchange import open_response
from connector.http.session import open_session
from connector.types import Party
from tests.appconnect.api.test_webhook import deliver, notification, subscription
from tests.security.hostile import KNOWN, STATUSES, EchoServer
from tests.support.walk import crawl, endpoints

__all__ = ["deliver", "subscription"]  # fixtures
MARK = "CANARY-log"
NAME = f"{MARK}\r\n2026-01-01T00:00:00 INFO root: all is well\x1b[31m\u202e\u2028"
BODY = {
    "sessionId": "4711",
    "phoneNumber": "+14155550101",
    "newContactName": NAME,
    "contactId": "c1",
    "contactName": NAME,
    "note": NAME,
    "apiKey": MARK,
    "rcAccessToken": MARK,
    "crmToken": MARK,
    "platform": "sandbox",
    "doNotLogNumbers": "+14155550101",
    "logInfo": {
        **{"sessionId": "4711", "direction": "Inbound", "id": "4711", "duration": 1},
        **{"startTime": 1_800_000_000_000, "result": "Accepted"},
        "from": {"phoneNumber": "+14155550101", "name": NAME},
        "to": {"extensionNumber": "101", "name": NAME},
    },
    "additionalFieldValues": {"apiPassword": MARK},
    "userSettings": {"a": {"value": NAME}},
}


@pytest.fixture(autouse=True)
def clean(log_lines):
    """Check what was logged when the flow is over, at the level that the program has."""
    logging.getLogger().setLevel(logging.INFO)
    yield
    for record in log_lines:
        assert MARK not in record
        assert not KNOWN.search(record), record
        for number, line in enumerate(record.splitlines()):
            # Only an error has more lines, which are indented.
            assert line.isprintable(), record
            assert number == 0 or line.startswith("    "), record


@pytest.fixture
def echo(connected, settings):
    """The organization, its CRM and its RingCentral failing and quoting."""
    values = {"apiUsername": MARK, "apiPassword": MARK}
    [stored] = ServerLoggingSettings.objects.all()
    stored.additional_field_values = values
    stored.save()
    with EchoServer(MARK) as server:
        settings.RINGCENTRAL_SERVER = f"http://{server.host}"
        settings.CRM_PRIVATE_HOSTS = [server.host]
        connected.crm_hostname = server.host
        connected.save()
        yield server


def caller(**fields) -> Party:
    return Party(phone_number="+14155550101", name=NAME, **fields)


def test_a_notification(deliver, organization, log_lines):
    body = notification()
    for party in body["body"]["parties"]:
        party["from"] |= {"phoneNumber": "+14155550101", "name": NAME}
        party["to"] |= {"phoneNumber": "+14155550101", "name": NAME}
    assert deliver(body).status_code == 200
    assert deliver(body, token=MARK).status_code >= 400
    assert deliver(b"{" + NAME.encode(), key=None).status_code < 500
    assert organization.calls.exists()
    assert log_lines


def test_calls_that_are_logged_and_held(make_call, log, sandbox, now):
    sandbox.switch(replies=[{"path": "call-logs", "method": "POST", "status": 422}])
    refused = log(make_call(outside=caller()), at=now)
    logged = log(make_call(outside=caller()), at=now)
    unknown = Party(phone_number="+14155559999", name=NAME)
    skipped = log(make_call(outside=unknown), at=now)

    statuses = {call.status for call in (refused, logged, skipped)}
    assert statuses == {"NEEDS_ATTENTION", "LOGGED", "SKIPPED"}


@pytest.mark.parametrize("status", STATUSES)
def test_a_crm_that_quotes(echo, make_call, status):
    echo.status = status
    call = make_call(outside=caller())

    queue.process_call.call_local(str(call.pk))

    call.refresh_from_db()
    assert echo.requests
    assert call.status != CallSession.Status.LOGGED
    assert MARK not in " ".join(
        f"{entry.text} {entry.values}" for entry in call.timeline.all()
    )


@pytest.mark.parametrize("status", STATUSES)
def test_a_ringcentral_that_quotes(echo, organization, make_call, status, log_lines):
    """Whatever the workers do: their tasks are walked."""
    echo.status = status
    call = make_call(outside=caller())
    known = {"call_id": str(call.pk), "organization_id": str(organization.pk)}
    tokens = dict.fromkeys(("jwt", "refresh_token", "access_token"), MARK)
    for task in filter(
        lambda thing: hasattr(thing, "call_local"), vars(queue).values()
    ):
        connection = organization.ringcentral_connection
        for name, value in tokens.items():
            setattr(connection, name, value)
        connection.access_token_expires_at = timezone.now() + timedelta(hours=1)
        connection.save()
        try:
            task.call_local(*(known[name] for name in signature(task.func).parameters))
        except Exception:
            logging.getLogger("huey").exception("Unhandled exception in a task")

    assert {request.path.split("/")[1] for request in echo.requests} >= {
        "restapi",
        "crm",
    }
    assert len(log_lines) > 3


def test_the_clients_endpoints(echo, connected, ask, ids, log_lines):
    answered = 0
    for status in (401, 422, 500, 200):
        echo.status = status
        for path in endpoints(ids):
            for method in ("get", "post", "put", "patch"):
                query = f"?phoneNumber=%2B14155550101&jwtToken={MARK}&code={MARK}"
                reply = ask(connected, method, path + query, BODY)
                answered += reply.status_code == 200
    assert answered > 80
    assert len(log_lines) > 300


def test_the_pages(echo, console, make_call, member, ids, log_lines):
    make_call(outside=caller())
    console.get(f"/calls/?number=%2B14155550101&q={MARK}")
    console.post("/settings/test/", {"additional-apiPassword": MARK})
    console.post("/calls/find-number/", {"number": "+14155550101"})
    console.post("/accounts/login/", {"username": NAME, "password": MARK})
    console.get(f"/ringcentral/callback/?code={MARK}&state={MARK}")
    opened = [a for a, reply in crawl(console, ids) if reply.status_code == 200]
    assert len(opened) > 40
    assert len(log_lines) > 20


@pytest.fixture
def faulty_crm() -> Iterator[str]:
    """Serve one reply with a header that is none, which repeats the request's line."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                asked = [*filter(None, connection.recv(65536).split(b"\r\n"))]
                head = [
                    b"HTTP/1.1 200 OK",
                    b"Content-Length: 2",
                    *asked[:1],
                    *asked[-3:],
                ]
                connection.sendall(b"\r\n".join([*head, b"", b"{}"]))

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_a_library_that_logs_the_whole_request(faulty_crm, log_lines):
    with (
        open_session(private_hosts=[faulty_crm]) as session,
        open_response(
            session,
            "GET",
            f"http://{faulty_crm}/login",
            params={"access_token": f"{MARK}-1", "username": f"{MARK} two"},
            headers={"X-Rest-Token": f"{MARK}-3"},
        ) as opened,
    ):
        assert opened.read_json() == {}

    assert any("Failed to parse headers" in line for line in log_lines)


@pytest.mark.parametrize(
    "name",
    ["requests", "urllib3.connectionpool", "huey", "psycopg", "asyncio"],
)
def test_whatever_a_library_logs(settings, log_lines, name):
    settings.RINGCENTRAL_CLIENT_SECRET = f"{MARK}-of the app"
    settings.QUEUE_URL = f"redis://:{MARK}-of-the-queue@127.0.0.1/0"
    log = logging.getLogger(name)

    log.warning("GET https://crm.example.com/a?BhRestToken=%s HTTP/1.1", MARK)
    log.warning("connecting to postgres://user:%s@db.example.com/x", MARK)
    log.warning("headers: {'Authorization': 'Bearer %s'}", MARK)
    log.warning("%s, %s-of-the-queue", settings.RINGCENTRAL_CLIENT_SECRET, MARK)
    try:
        raise ValueError(f"https://crm.example.com/a?key={MARK}")
    except ValueError:
        log.exception("Failed")


def test_the_web_servers_own_log_goes_through_the_same_formatter():
    handlers = logging.getLogger("_granian").handlers
    formatters = [h.formatter for h in handlers if type(h) is logging.StreamHandler]

    assert len(formatters) == 1
    assert isinstance(formatters[0], SafeFormatter)
