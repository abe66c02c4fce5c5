"""What many clients do at once, at a real web server of two processes, on PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.postgres import running_postgres
from tests.web import Client, running_web

CALL = {
    "logInfo": {
        "sessionId": "4711",
        "telephonySessionId": "s-4711",
        "direction": "Inbound",
        "from": {"phoneNumber": "+14155550101"},
        "to": {"extensionNumber": "101"},
        "startTime": "2026-03-02T10:00:00Z",
        "duration": 61,
        "result": "Accepted",
    },
    "contactId": "c1",
    "contactName": "Cara Caller",
}


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    with running_postgres() as server:
        yield server.url


@pytest.fixture
def client(database_url, sandbox, tmp_path_factory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("web")
    with running_web(folder, sandbox, database_url=database_url) as client:
        yield client


def at_once(
    ask: Callable[[int], requests.Response], count: int
) -> list[requests.Response]:
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(ask, range(count)))


def test_clients_at_once_lose_and_double_nothing(client, sandbox):
    """Ten posts of one call, thirty patches of it, and twenty look-ups of one number."""
    posted = at_once(lambda _: client.ask("POST", "/callLog", json=CALL), 10)

    answers = [reply.json() for reply in posted]
    assert len(sandbox.call_logs()) == 1
    assert [answer["successful"] for answer in answers].count(True) == 1
    refused = [a["returnMessage"]["message"] for a in answers if not a["successful"]]
    assert set(refused) == {"Existing log for session 4711"}

    news = [
        {"note": "Agreed"},
        {"recordingLink": "https://r.example/1"},
        {"duration": 75},
    ]
    patched = at_once(
        lambda n: client.ask(
            "PATCH", "/callLog", json={"sessionId": "4711", **news[n % 3]}
        ),
        30,
    )

    assert all(reply.json()["successful"] for reply in patched)
    [log] = sandbox.call_logs()
    assert "- Note: Agreed\n" in log["note"]
    assert "https://r.example/1" in log["note"]
    assert "- Duration: 1 minute, 15 seconds" in log["note"]

    sandbox.switch(crmDelaySeconds=0.3)
    asked_before = len(sandbox.asked("/crm/api/contacts"))
    number = {"phoneNumber": "+14155550102"}
    looked_up = at_once(lambda _: client.ask("GET", "/contact", params=number), 20)

    assert {reply.json()["contact"][0]["id"] for reply in looked_up} == {"c2"}
    assert len(sandbox.asked("/crm/api/contacts")) == asked_before + 1
