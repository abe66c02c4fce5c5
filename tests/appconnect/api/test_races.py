"""What many clients do at once, at a real web server of two processes, on PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from appconnect.sandbox.ringcentral import seed
from tests.support.web import Client, running_web

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


@pytest.fixture
def database_url(postgres_server) -> str:
    return postgres_server.make_database()


@pytest.fixture
def client(database_url, sandbox, tmp_path) -> Iterator[Client]:
    with running_web(tmp_path, sandbox, database_url=database_url) as client:
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


def test_two_admins_at_once_lose_no_mapping(client, sandbox):
    """Both have fetched the same object; each maps extensions of their own."""
    client.headers["X-RC-Access-Token"] = sandbox.access_token("101")
    served = client.ask("GET", "/admin/settings").json()
    extension_ids = [seed.extension_id(f"10{n}") for n in range(1, 9)]

    def save(number: int) -> requests.Response:
        posted = {
            **served,
            "userMappings": [
                *served["userMappings"],
                {"crmUserId": "u8", "rcExtensionId": [extension_ids[number]]},
            ],
            "userSettings": {
                **served["userSettings"],
                f"plugin_{number}": {"value": {"config": {}}},
            },
        }
        return client.ask("POST", "/admin/settings", json={"adminSettings": posted})

    replies = at_once(save, 8)

    assert [reply.text for reply in replies] == ["Admin settings updated"] * 8
    settings = client.ask("GET", "/admin/settings").json()
    mapped = {e["crmUserId"]: e["rcExtensionId"] for e in settings["userMappings"]}
    assert set(mapped["u8"]) == set(extension_ids)
    assert {f"plugin_{n}" for n in range(8)} <= settings["userSettings"].keys()
