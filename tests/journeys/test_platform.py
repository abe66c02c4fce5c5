"""RingCentral at its worst, against the program as a user runs it: real processes, real HTTP.

What `test_whole_journey` does not show already. The sandbox's clock runs ahead in some of
these, until the program is reset for the next file.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests
from playwright.sync_api import Browser

from tests.support.helpers import wait_for
from tests.support.program import AdminsBrowser, Program

PATIENCE_SECONDS = 90
"""What the worker misses at once it does at a later sweep."""


@pytest.fixture(scope="module")
def program(started_program: Program, browser: Browser) -> Program:
    """The program, logging calls, connected by the admin's own sign-in."""
    started_program.reset()
    context = browser.new_context()
    admin = AdminsBrowser(context.new_page(), started_program)
    admin.sign_in()
    admin.save_settings(password="sandbox")
    admin.connect_ringcentral()
    admin.wait_for_text("Active", "/connections/")
    admin.wait_for_text("users refreshed", "/user-mapping/")
    context.close()
    return started_program


@pytest.fixture
def admin(signed_in: AdminsBrowser) -> Iterator[AdminsBrowser]:
    yield signed_in
    assert signed_in.program.sandbox.conduct()["inPenalty"] == 0


@pytest.fixture
def new_records(admin: AdminsBrowser):
    """Give a function that returns the CRM records that this test has made."""
    before = {record["id"] for record in admin.program.sandbox.call_logs()}

    def new_records() -> list[dict]:
        logs = admin.program.sandbox.call_logs()
        return [record for record in logs if record["id"] not in before]

    return new_records


def test_the_handshake_is_answered_in_time_and_short(admin):
    [subscription] = admin.program.sandbox.subscriptions()

    reply = requests.post(
        subscription["deliveryMode"]["address"],
        headers={"Validation-Token": "d3b07384-d9a0-4c9b-8b1f-aaaaaaaaaaaa"},
        timeout=3,
    )

    headers = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    assert reply.status_code == 200
    assert reply.headers["Validation-Token"].startswith("d3b07384")
    assert len("HTTP/1.1 200 OK\r\n" + headers + "\r\n") + len(reply.content) <= 1024


def test_notifications_are_acknowledged_while_the_crm_is_down(admin, new_records):
    sandbox = admin.program.sandbox
    sandbox.switch(crmFailsWith=503)
    for _ in range(20):
        sandbox.make_call("inbound_answered", extension="102")
    admin.wait_for_call("Queued|Waiting for Sandbox CRM")

    deliveries = sandbox.deliveries()
    assert {delivery["status"] for delivery in deliveries} == {200}
    assert max(delivery["milliseconds"] for delivery in deliveries) < 3000
    sandbox.switch(crmFailsWith=0)
    wait_for(lambda: len(new_records()) == 20, seconds=PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("script", "seconds", "talked", "owner"),
    [
        ("ivr", 5, 4, "u4"),
        ("blind_transfer", 7, 7, "u2"),
        ("attended_transfer", 8, 8, "u2"),
        ("park_pickup", 8, 7, "u2"),
        ("warm_transfer", 9, 9, "u2"),
        ("monitored", 4, 4, "u4"),
    ],
)
def test_a_call_that_moves_is_logged_once_and_whole(
    admin, new_records, script, seconds, talked, owner
):
    admin.program.sandbox.make_call(script, extension="104")

    wait_for(new_records, seconds=PATIENCE_SECONDS)
    wait_for(admin.sees_no_call_in_progress, seconds=PATIENCE_SECONDS)

    [record] = new_records()
    assert (record["durationSeconds"], record["ownerId"]) == (talked, owner)
    assert f"- Duration: {seconds} seconds\n" in record["note"]
    owners = {"u2": "Ben Baker", "u4": "Daniel Diaz"}
    assert f"owned by {owners[owner]}" in admin.text("/calls/")


def test_pranks_change_nothing(admin, new_records):
    sandbox = admin.program.sandbox
    pranks = [
        *("wrongToken", "unknownSubscription", "notJson", "repeatedState"),
        *("unknownFields", "unknownStatus", "queryInEvent"),
    ]
    sandbox.switch(pranks=pranks, duplicates=2, scatterSeconds=1)
    sandbox.make_call("inbound_answered", extension="102")

    wait_for(new_records, seconds=PATIENCE_SECONDS)
    wait_for(admin.sees_no_call_in_progress, seconds=PATIENCE_SECONDS)

    [record] = new_records()
    assert record["result"] == "Accepted"
    sandbox.switch(pranks=[], duplicates=0, scatterSeconds=0)


def test_a_session_with_two_records_is_one_call(admin, new_records):
    admin.program.sandbox.make_call("forwarded", extension="102")

    wait_for(new_records, seconds=PATIENCE_SECONDS)
    wait_for(admin.sees_no_call_in_progress, seconds=PATIENCE_SECONDS)

    [record] = new_records()
    assert (record["direction"], record["ownerId"]) == ("Inbound", "u2")


def test_a_late_record_is_waited_for_and_a_provisional_one_corrected(
    admin, new_records
):
    sandbox = admin.program.sandbox
    sandbox.switch(recordDelaySeconds=6, provisionalSeconds=5, recordingSeconds=15)
    sandbox.make_call("inbound_answered", extension="102")

    wait_for(new_records, seconds=PATIENCE_SECONDS)
    [record] = new_records()
    assert (record["durationSeconds"], record["result"]) == (4, "Accepted")
    wait_for(
        lambda: "media.ringcentral.com" in new_records()[0]["note"],
        seconds=PATIENCE_SECONDS,
    )
    assert len(new_records()) == 1
    sandbox.switch(recordDelaySeconds=1.5, provisionalSeconds=1, recordingSeconds=4)


def test_calls_without_notifications_are_found_after_an_outage(admin, new_records):
    sandbox = admin.program.sandbox
    sandbox.switch(dropRate=1)
    for extension in ("102", "103", "104"):
        sandbox.make_call("outbound_answered", extension=extension)
    sandbox.advance(3600)
    sandbox.switch(dropRate=0)

    admin.check_now()

    wait_for(lambda: len(new_records()) == 3, seconds=PATIENCE_SECONDS)
    assert {record["ownerId"] for record in new_records()} == {"u2", "u3", "u4"}
    admin.text("/calls/")
    admin.page.locator("tbody tr").first.get_by_role("link").first.click()
    assert "Found in RingCentral's call log" in admin.page.inner_text("main")


@pytest.mark.parametrize("fate", ["blacklist", "delete", "expire", "drift"])
def test_a_subscription_that_dies_is_replaced_and_its_calls_are_caught_up(
    admin, new_records, fate
):
    sandbox = admin.program.sandbox
    [was] = sandbox.subscriptions()
    sandbox.switch(subscriptions=fate)
    sandbox.make_call("inbound_answered", extension="102")
    sandbox.advance(60)

    admin.check_now()

    wait_for(
        lambda: is_replaced(sandbox.subscriptions(), was["id"]),
        seconds=PATIENCE_SECONDS,
    )
    admin.check_now()  # by now the call log has the call
    wait_for(new_records, seconds=PATIENCE_SECONDS)
    sandbox.make_call("inbound_answered", extension="103")
    wait_for(lambda: len(new_records()) == 2, seconds=PATIENCE_SECONDS)


def is_replaced(subscriptions: list[dict], was: str) -> bool:
    [now] = subscriptions if len(subscriptions) == 1 else [{"id": was}]
    return now["id"] != was and now["status"] == "Active"


def test_the_subscription_is_renewed_before_it_ends(admin):
    sandbox = admin.program.sandbox
    [was] = sandbox.subscriptions()
    sandbox.advance(timedelta(days=4).total_seconds())

    admin.check_now()

    def is_renewed() -> bool:
        [now] = sandbox.subscriptions()
        gained = expiry(now) - expiry(was)
        return now["id"] == was["id"] and gained > timedelta(days=3)

    wait_for(is_renewed, seconds=PATIENCE_SECONDS)


def test_reminder_renews_the_subscription_at_once(admin):
    """Five minutes before the next look at it: RingCentral's reminder is what renews it."""
    sandbox = admin.program.sandbox
    [was] = sandbox.subscriptions()
    sandbox.advance(timedelta(days=5, hours=8).total_seconds())

    def is_renewed() -> bool:
        [now] = sandbox.subscriptions()
        return now["id"] == was["id"] and expiry(now) > expiry(was)

    wait_for(is_renewed)


def expiry(subscription: dict) -> datetime:
    return datetime.fromisoformat(subscription["expirationTime"])


def test_calls_wait_while_the_connection_is_lost(admin, new_records):
    sandbox = admin.program.sandbox
    sandbox.switch(revokeTokens=True)
    sandbox.make_call("inbound_answered", extension="102")
    admin.wait_for_call("Waiting for call log")
    admin.check_now()
    wait_for(lambda: "RingCentral is disconnected" in admin.html("/calls/"))
    assert "RingCentral is disconnected" in admin.banner("/calls/")
    assert "OAU-213" in admin.text("/connections/")
    assert new_records() == []

    admin.connect_ringcentral()

    wait_for(new_records, seconds=PATIENCE_SECONDS)
    assert "RingCentral is disconnected" not in admin.banner("/calls/")


def test_penalty_and_rate_limit_are_observed(admin, new_records):
    sandbox = admin.program.sandbox
    limited = {"path": "/call-log", "status": 429, "code": "CMN-301", "retryAfter": "5"}
    sandbox.switch(replies=[limited])

    def limited_requests() -> list[dict]:
        return [r for r in sandbox.asked() if r["status"] == 429]

    for _ in range(30):
        sandbox.make_call("missed", extension="102")
    wait_for(limited_requests)
    sandbox.advance(61)  # the penalty is over there; here five seconds are kept

    wait_for(lambda: len(new_records()) == 30, seconds=PATIENCE_SECONDS)

    assert len(limited_requests()) == 1
