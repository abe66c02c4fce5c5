"""PATCH /callLog gives the CRM what is new, and nothing that people have changed there."""

import pytest

from appconnect.calls.actions.erasure import erase_number
from appconnect.calls.models import CallSession, ClientDetails
from connector.crms.sandbox import Sandbox
from connector.errors import PermanentError
from tests.appconnect.api.calls.test_call_log import PATH, body
from tests.support.organization import ADA

LOGS = "/crm/api/call-logs"
SECONDS = 42
"""Of `make_call`."""


def refuse_update(sandbox, status: int) -> None:
    reply = {"path": LOGS, "method": "PATCH", "status": status}
    sandbox.switch(replies=[reply])


def test_patch_keeps_peoples_changes(call, sandbox):
    log_id = call("POST", PATH, body()).json()["logId"]
    sandbox.edit_call_log(log_id, durationSeconds=999, result="Sold")

    changes = {"note": "Later", "duration": 61, "recordingLink": "https://x.example/1"}
    call("PATCH", PATH, {"sessionId": "4711", **changes})

    [record] = sandbox.call_logs()
    assert record["recordingUrl"] == "https://x.example/1"
    assert "- Note: Later\n" in record["note"]
    assert (record["durationSeconds"], record["result"]) == (999, "Sold")


@pytest.mark.parametrize("status", [422, 503])
def test_change_that_failed_is_sent_when_the_client_repeats_it(call, sandbox, status):
    call("POST", PATH, body())
    refuse_update(sandbox, status)
    longer = {"sessionId": "4711", "duration": 75}
    assert call("PATCH", PATH, longer).json()["successful"] is False
    assert sandbox.call_logs()[0]["durationSeconds"] == 61

    assert call("PATCH", PATH, longer).json()["successful"] is True

    assert sandbox.call_logs()[0]["durationSeconds"] == 75


@pytest.mark.parametrize(
    "is_first", [False, True], ids=["worker first", "client first"]
)
def test_worker_keeps_peoples_changes_in_a_clients_record(
    call, sandbox, make_call, log, now, is_first
):
    def log_by_hand() -> None:
        log_id = call("POST", PATH, body(log_info=info)).json()["logId"]
        sandbox.edit_call_log(log_id, durationSeconds=999)

    info = {"duration": SECONDS}
    if is_first:
        log_by_hand()
        call_session = make_call(extension="101", telephony_session_id="s-4711")
        call_session = log(call_session, at=now)
    else:
        call_session = make_call(extension="101", telephony_session_id="s-4711")
        log_by_hand()
        call_session.refresh_from_db()

    call_session = log(call_session, at=call_session.next_attempt_at)

    assert call_session.timeline.last().step == "UPDATED"
    assert sandbox.call_logs()[0]["durationSeconds"] == 999


@pytest.mark.parametrize("has_call", [True, False])
@pytest.mark.parametrize("is_refused", [True, False])
def test_update_during_an_erasure_stores_nothing_of_the_call(
    call, connected, make_call, log, now, monkeypatch, has_call, is_refused
):
    if has_call:
        log(make_call(extension="101", telephony_session_id="s-4711"), at=now)
    call("POST", PATH, body())
    changes = {"sessionId": "4711", "transcript": "Private", "duration": 75}
    if has_call:
        changes |= {"recordingLink": "https://x.example/1"}
    call("PATCH", PATH, changes)

    def erase(*args, **options) -> None:
        number = "+14155550101"
        erase_number(connected, number, actor=ADA, now=now)
        if is_refused:
            raise PermanentError("The CRM refused it.")

    monkeypatch.setattr(Sandbox, "update_call_log", erase)
    answer = call("PATCH", PATH, changes | {"transcript": "Secret", "duration": 80})

    assert answer.status_code == 200
    assert not ClientDetails.objects.exists()
    assert not CallSession.objects.exclude(written=None).exists()


def test_worker_corrects_wrong_facts_of_a_client(call, sandbox, make_call, log, now):
    call("POST", PATH, body(log_info={"duration": 3000}))
    call_session = make_call(extension="101", telephony_session_id="s-4711")

    call_session = log(call_session, at=now)
    log(call_session, at=call_session.next_attempt_at)

    assert sandbox.call_logs()[0]["durationSeconds"] == SECONDS
