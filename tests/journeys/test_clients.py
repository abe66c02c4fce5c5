"""Recorded sessions of App Connect's client, against the running program and its sandbox.

`tests/support/data/clients/` has one file for each version: what the client asks, in its
order, with what it needs to find in each reply. `$name` stands for what it knows by then,
from an earlier reply (`keeps`) or from RingCentral.
"""

import json
import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from appconnect.sandbox.ringcentral import seed
from tests.support.helpers import ROOT
from tests.support.program import Program

FOLDER = ROOT / "tests/support/data/clients"
RECORDINGS = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
}
SIGN_IN = "signs in with an API key"
ORIGIN = "chrome-extension://abc"
PLACE = re.compile(r"\$([\w.]+)")
DIRECTORY = [
    {
        "id": int(seed.extension_id(number)),
        "name": name,
        "email": email,
        "extensionNumber": number,
        "type": kind,
    }
    for number, name, email, kind in seed.EXTENSIONS
]


@pytest.fixture
def program(started_program: Program) -> Program:
    """The program as it is after its start, for each client."""
    started_program.reset()
    return started_program


class Client:
    """One person's client of some version: what it knows, and what it does next."""

    def __init__(
        self, version: str, program: Program, *, extension: str, crm_user: str
    ):
        self.version = version
        self.recording = RECORDINGS[version]
        self.left_out: list[str] = []
        self.known: dict[str, Any] = {
            "serverUrl": program.url,
            **what_the_widget_knows(program, extension),
            "apiKey": seed.api_key_of(crm_user),
            "crmHostname": program.sandbox.host,
        }
        if earlier := self.recording.get("signed_in_by"):
            other = Client(earlier, program, extension=extension, crm_user=crm_user)
            steps = other.recording["person_logs_a_call"]
            other.take(next(step for step in steps if step["name"] == SIGN_IN))
            self.known["userJwt"] = other.known["userJwt"]

    def replay(self, part: str) -> None:
        for step in self.recording[part]:
            if "if" in step and not self.known["interfaces"][step["if"]]:
                self.left_out.append(step["name"])
            else:
                self.take(step)

    def take(self, step: dict[str, Any]) -> None:
        """Make the request of a step; fail unless the reply is what the client needs."""
        method, path = self.fill(step["request"]).split(" ", 1)
        url = self.known["serviceUrl" if step.get("to") == "service" else "serverUrl"]
        body = self.fill(step.get("body"))
        for place, value in self.fill(step.get("edits", {})).items():
            *parents, name = place.split(".")
            find(body, ".".join(parents))[name] = value
        reply = requests.request(
            method, url + path, headers=self.headers(step), json=body, timeout=60
        )

        told = f"Client {self.version} {step['name']}: {reply.status_code} {reply.text[:1000]}"
        assert reply.status_code == step.get("status", 200), told
        assert reply.headers["Access-Control-Allow-Origin"] == "*", told
        if step.get("is_text"):
            assert reply.headers["Content-Type"].startswith("text/html"), told
            return
        assert reply.headers["Content-Type"].startswith("application/json"), told
        answer = reply.json()
        for name, place in step.get("keeps", {}).items():
            assert has(answer, place), f"{place} is missing. {told}"
            self.known[name] = find(answer, place)
        for place in step.get("reads", ()):
            assert has(answer, place), f"{place} is missing. {told}"
        for place, value in self.fill(step.get("shows", {})).items():
            assert has(answer, place), f"{place} is missing. {told}"
            assert find(answer, place) == value, f"{place} is not {value}. {told}"

    def headers(self, step: dict[str, Any]) -> dict[str, str]:
        """Return the headers of every request, as far as they are known, and the step's."""
        common = {
            name: self.fill(value)
            for name, value in self.recording["headers"].items()
            if all(place.split(".")[0] in self.known for place in PLACE.findall(value))
        }
        return {"Origin": ORIGIN, **common, **self.fill(step.get("headers", {}))}

    def fill(self, value: Any) -> Any:
        """Return a copy in which what is known stands in its places."""
        if isinstance(value, dict):
            return {name: self.fill(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if whole := PLACE.fullmatch(value):
            return deepcopy(self.look_up(whole[1]))
        return PLACE.sub(lambda place: str(self.look_up(place[1])), value)

    def look_up(self, place: str) -> Any:
        name, _, inner = place.partition(".")
        known = self.known[name]
        return find(known() if callable(known) else known, inner)


def find(value: Any, place: str) -> Any:
    """Return a member of a member, such as `logs.0.logId`; `value` itself for no place."""
    for part in filter(None, place.split(".")):
        value = value[int(part) if isinstance(value, list) else part]
    return value


def has(value: Any, place: str) -> bool:
    try:
        find(value, place)
    except (LookupError, TypeError, ValueError):
        return False
    return True


def what_the_widget_knows(program: Program, extension: str) -> dict[str, Any]:
    """Return what RingCentral's part of the client has: the person, a token and a call."""
    sandbox, now = program.sandbox, datetime.now(UTC)
    token = sandbox.access_token(extension)
    [person] = [one for one in DIRECTORY if one["extensionNumber"] == extension]

    def make_code() -> str:
        sandbox.advance(60)  # RingCentral allows five sign-ins a minute
        return sandbox.interop_code(token)

    return {
        "accountId": seed.ACCOUNT_ID,
        "extensionId": person["id"],
        "extensionNumber": extension,
        "email": person["email"],
        "rcAccessToken": token,
        "interopCode": make_code,
        "otherCode": "for-ringcentrals-own-app",
        "directory": DIRECTORY,
        "people": [p for p in DIRECTORY if p["type"] in ("User", "Department")],
        "now": iso(now),
        "dayAgo": iso(now - timedelta(days=1)),
        "call": {
            "id": "c-4711",
            "sessionId": "4711",
            "telephonySessionId": "s-4711",
            "type": "Voice",
            "action": "Phone Call",
            "direction": "Inbound",
            "from": {"phoneNumber": "+14155550101", "name": "Iris Ito"},
            "to": {
                "phoneNumber": seed.direct_number(extension),
                "name": person["name"],
            },
            "startTime": iso(now - timedelta(minutes=2)),
            "duration": 61,
            "result": "Accepted",
        },
    }


def iso(at: datetime) -> str:
    """Return an instant as a browser writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S.000Z}"


@pytest.mark.parametrize("version", RECORDINGS)
def test_every_step_of_a_clients_session_is_accepted(program, version):
    ada = Client(version, program, extension="101", crm_user="u1")
    ben = Client(version, program, extension="102", crm_user="u2")

    ada.replay("admin_switches_on")
    ben.replay("person_logs_a_call")
    ada.replay("admin_switches_off")

    assert set(ben.left_out) <= {"sets a disposition"}
    [record] = program.sandbox.call_logs()
    assert record["owner"]["name"] == "Ben Baker"
    assert record["contact"]["name"] == "Iris Ito"
    assert record["subject"] == "Quote for Iris Ito"
    assert "Wants a quote by Friday" in record["note"]
    assert "Session Id: 4711" in record["note"], "the setting that Ada saved"
