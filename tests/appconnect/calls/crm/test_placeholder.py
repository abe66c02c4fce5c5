"""One contact for each unknown number, in the sandbox's CRM."""

import json
import subprocess
import sys
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appconnect.calls import pipeline
from appconnect.calls.crm import write_once
from appconnect.calls.crm.placeholder import ROW_LIFETIME, TRUST_WINDOW
from appconnect.calls.models import CallSession, Overtaken, PlaceholderContact
from appconnect.calls.models.choices import AttentionReason, FailureReason, SkipReason
from appconnect.calls.models.timing import LOG_DELAYS, SEARCH_WINDOW
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from connector.base import Connector
from connector.crms.sandbox import Sandbox
from connector.errors import PermanentError, TemporaryError
from connector.types import Party
from tests.support.helpers import ROOT

Status = CallSession.Status
NUMBER = "+12125550147"
POST = {"path": "/crm/api/contacts", "method": "POST"}


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch):
    monkeypatch.setattr(pipeline, "running_from", lambda now: lambda: now)


@pytest.fixture(autouse=True)
def rules(connected):
    """The organization has placeholders created."""
    rules = connected.server_logging_settings
    rules.update(no_contact="createNewPlaceholderContact")
    return rules


@pytest.fixture
def call(make_call):
    """Give a function that makes a call from the unknown number."""
    return lambda: make_call(outside=Party(phone_number=NUMBER))


@pytest.fixture
def created(sandbox):
    """Give a function that returns the CRM's contacts with the number."""
    return lambda: [c for c in sandbox.contacts() if c["phone"] == NUMBER]


def text(call: CallSession) -> str:
    return " ".join(entry.text for entry in call.timeline.all())


def test_call_from_an_unknown_number_is_logged_to_a_new_contact(
    call, sandbox, created, rules, log, now
):
    rules.update(placeholder_prefix="Who is", placeholder_type="Lead")

    call_session = log(call(), at=now)

    [contact] = created()
    [record] = sandbox.call_logs()
    assert call_session.status == Status.LOGGED
    assert (contact["name"], contact["type"]) == (f"Who is {NUMBER}", "Lead")
    assert record["contactId"] == contact["id"]
    assert f"Created placeholder {contact['id']} in the CRM." in text(call_session)
    assert "0147" not in text(call_session)


def test_next_call_finds_the_contact_by_its_number(call, sandbox, created, log, now):
    log(call(), at=now)
    call_session = log(call(), at=now)

    [contact] = created()
    assert [r["contactId"] for r in sandbox.call_logs()] == [contact["id"]] * 2
    assert "One contact has this number." in text(call_session)


def test_contact_that_the_search_does_not_show_yet_is_not_created_again(
    call, sandbox, created, log, now
):
    sandbox.switch(crmSearchLagSeconds=300)
    log(call(), at=now)

    call_session = log(call(), at=now + timedelta(seconds=2))

    [contact] = created()
    assert [r["contactId"] for r in sandbox.call_logs()] == [contact["id"]] * 2
    assert call_session.contact_name == f"Unknown caller {NUMBER}"
    assert f"{contact['id']} was just created for this number" in text(call_session)


def test_call_waits_while_another_worker_creates_the_contact(
    call, organization, created, log, now, monkeypatch
):
    other = PlaceholderContact(
        organization=organization,
        platform="sandbox",
        crm_hostname=organization.crm_hostname,
        number_hash=organization.number_hash(NUMBER),
    )
    other.reserve(sent_at=now)
    monkeypatch.setattr(write_once, "is_being_sent", Mock(return_value=True))
    call_session = log(call(), at=now)

    assert call_session.next_attempt_at == now + PlaceholderContact.SENDER_INTERVAL
    assert (call_session.attempts, created()) == (0, [])
    assert "Another worker is still sending it" in text(call_session)

    other.move(other.Status.CREATED, contact_id="c1", sent_at=now)
    log(call_session, at=call_session.next_attempt_at)
    assert call_session.crm_records.get().contact_id == "c1"


def test_second_reservation_waits(call, created, log, now, monkeypatch):
    monkeypatch.setattr(PlaceholderContact, "reserve", Mock(side_effect=Overtaken))

    call_session = log(call(), at=now)

    assert call_session.next_attempt_at == now + PlaceholderContact.SENDER_INTERVAL
    assert "Another call from this number" in text(call_session)
    assert created() == []


def test_contact_with_a_lost_reply_is_found(
    call, sandbox, created, log, now, monkeypatch
):
    sandbox.switch(replies=[{**POST, "status": 500, "lost": True}])
    call_session = log(call(), at=now)
    assert PlaceholderContact.objects.get().status == "UNKNOWN"

    log(call_session, at=call_session.next_attempt_at)

    [contact] = created()
    assert call_session.status == Status.LOGGED
    assert sandbox.call_logs()[0]["contactId"] == contact["id"]


def test_a_contact_that_was_never_created_is_sent_again_after_the_window(
    call, sandbox, created, log, now, monkeypatch
):
    lag = timedelta(seconds=60)
    monkeypatch.setattr(Sandbox, "search_lag", lag)
    sandbox.switch(replies=[{**POST, "status": 500}])
    call_session = log(call(), at=now)
    at = call_session.next_attempt_at
    while call_session.status == Status.WAITING_TO_LOG:
        at = call_session.next_attempt_at
        log(call_session, at=at)

    assert call_session.status == Status.LOGGED
    assert at >= now + SEARCH_WINDOW + lag
    assert len(created()) == 1


def test_a_contact_that_shows_late_is_not_created_again(
    call, sandbox, created, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "search_lag", timedelta(seconds=300))
    sandbox.switch(crmSearchLagSeconds=300)
    sandbox.switch(replies=[{**POST, "status": 500, "lost": True}])
    call_session = log(call(), at=now)
    at = now
    while call_session.status == Status.WAITING_TO_LOG:
        sandbox.advance((call_session.next_attempt_at - at).total_seconds())
        at = call_session.next_attempt_at
        log(call_session, at=at)

    assert call_session.status == Status.LOGGED
    assert len(created()) == 1


def test_a_contact_that_shows_after_the_decision_is_not_created_again(
    call, organization, sandbox, created, log, now, monkeypatch
):
    PlaceholderContact.objects.create(
        organization=organization,
        platform="sandbox",
        crm_hostname=organization.crm_hostname,
        number_hash=organization.number_hash(NUMBER),
        status=PlaceholderContact.Status.UNKNOWN,
        sent_at=now - timedelta(hours=1),
    )
    sandbox.add_contact(name=f"Unknown caller {NUMBER}", phone=NUMBER)
    find_contact = Sandbox.find_contact
    too_early = iter([[]])
    monkeypatch.setattr(
        Sandbox,
        "find_contact",
        lambda self, number: next(too_early, find_contact(self, number)),
    )

    call_session = log(call(), at=now)
    assert "in the CRM after all" in text(call_session)

    assert log(call_session, at=call_session.next_attempt_at).status == Status.LOGGED
    assert len(created()) == 1


def test_a_crm_that_never_answers_clearly_is_given_up_on(
    call, sandbox, created, log, now
):
    sandbox.switch(replies=[{**POST, "status": 500, "times": 99}])
    call_session = call()
    while call_session.next_attempt_at:
        log(call_session, at=call_session.next_attempt_at)

    posts = [r for r in sandbox.asked(POST["path"]) if r["method"] == "POST"]
    assert call_session.reason == FailureReason.GAVE_UP
    assert len(posts) <= len(LOG_DELAYS) + 1
    assert call_session.ended_at >= now + LOG_DELAYS[-1], "not as fast as can be"


@pytest.mark.parametrize("was_written", [True, False])
def test_a_worker_that_died_while_it_created_leaves_one_contact(
    call, organization, sandbox, created, log, now, was_written
):
    PlaceholderContact.objects.create(
        organization=organization,
        platform="sandbox",
        crm_hostname=organization.crm_hostname,
        number_hash=organization.number_hash(NUMBER),
        status=PlaceholderContact.Status.SENDING,
        sent_at=now,
        fence=1,
    )
    call_session = log(call(), at=now)
    assert call_session.status == Status.WAITING_TO_LOG
    if was_written:  # and its request lands only now
        sandbox.add_contact(name=f"Unknown caller {NUMBER}", phone=NUMBER)

    while call_session.status == Status.WAITING_TO_LOG:
        log(call_session, at=call_session.next_attempt_at)

    assert call_session.status == Status.LOGGED
    assert len(created()) == 1


def test_record_of_a_contact_that_was_just_deleted_is_refused(
    call, sandbox, created, log, now
):
    log(call(), at=now)
    sandbox.delete_contact(created()[0]["id"])

    call_session = log(call(), at=now)

    assert call_session.reason == AttentionReason.REFUSED_BY_CRM
    later = now + TRUST_WINDOW
    CallSession.objects.held().make_due(now=later)
    assert log(call_session, at=later).status == Status.LOGGED
    assert len(created()) == 1


def test_refused_contact_needs_attention(call, sandbox, created, log, now):
    sandbox.switch(replies=[{**POST, "status": 422}])

    call_session = log(call(), at=now)

    assert call_session.reason == AttentionReason.REFUSED_BY_CRM
    assert PlaceholderContact.objects.get().status == "RESERVED"
    CallSession.objects.held().make_due(now=now)
    assert log(call_session, at=now).status == Status.LOGGED
    assert len(created()) == 1


SPELLED = "(212) 555-0147"  # which the CRM's search does not find


def test_contact_that_the_search_does_not_find_becomes_a_persons_within_minutes(
    call, sandbox, log, now
):
    sandbox.add_contact(name="Walt Hidden", phone=SPELLED)
    sandbox.switch(crmNumbersAreUnique=True)
    call_session, other = call(), call()
    while call_session.next_attempt_at:
        at = call_session.next_attempt_at
        log(call_session, at=at)

    assert call_session.reason == AttentionReason.HIDDEN_CONTACT
    assert at < now + timedelta(minutes=5)
    assert "Contact not found by search" in text(call_session)
    assert "It says: “A contact with … exists already.”" in text(call_session)
    assert log(other, at=at).reason == AttentionReason.HIDDEN_CONTACT, "at once"


def test_call_is_logged_once_the_hidden_contact_is_found(call, sandbox, log, now):
    hidden = sandbox.add_contact(name="Walt Hidden", phone=SPELLED)
    sandbox.switch(crmNumbersAreUnique=True)
    call_session = call()
    while call_session.next_attempt_at:
        at = call_session.next_attempt_at
        log(call_session, at=at)

    sandbox.delete_contact(hidden["id"])
    found = sandbox.add_contact(name="Walt Hidden", phone=NUMBER)
    CallSession.objects.held().make_due(now=at)

    assert log(call_session, at=at).status == Status.LOGGED
    assert sandbox.call_logs()[0]["contactId"] == found["id"]


@pytest.mark.parametrize("status", [409, 400, 422])
def test_existing_placeholder_is_found_by_its_name_and_used(
    call, sandbox, log, now, monkeypatch, status
):
    """As made before, where the CRM writes numbers in a way that its search misses."""
    made = sandbox.add_contact(name=f"Unknown caller {NUMBER}", phone=SPELLED)
    sandbox.add_contact(name=f"Unknown caller {NUMBER} too", phone="+12125550199")
    refusal = PermanentError("Refused.", reason="Phone has already been taken")
    if status == 409:
        sandbox.switch(crmNumbersAreUnique=True)
    else:
        monkeypatch.setattr(Sandbox, "create_contact", Mock(side_effect=refusal))

    call_session = log(call(), at=now)

    assert call_session.status == Status.LOGGED
    assert sandbox.call_logs()[0]["contactId"] == made["id"]
    assert f"already has placeholder {made['id']}" in text(call_session)
    assert "Created placeholder" not in text(call_session)


def test_refusal_without_that_meaning_is_a_refusal(call, log, now, monkeypatch):
    refusal = PermanentError("Refused.", reason="The owner does not exist")
    monkeypatch.setattr(Sandbox, "create_contact", Mock(side_effect=refusal))

    assert log(call(), at=now).reason == AttentionReason.REFUSED_BY_CRM


def test_hidden_contact_after_other_failures_is_no_undecided_record(
    call, sandbox, log, now
):
    sandbox.add_contact(name="Walt Hidden", phone=SPELLED)
    sandbox.switch(crmNumbersAreUnique=True)
    call_session = call()
    CallSession.objects.update(attempts=6)
    call_session.refresh_from_db()
    while call_session.next_attempt_at:
        log(call_session, at=call_session.next_attempt_at)

    assert call_session.reason == AttentionReason.HIDDEN_CONTACT


def test_contact_that_shows_after_its_refusal_is_used(call, sandbox, log, now):
    sandbox.switch(replies=[{**POST, "status": 409}])
    call_session = log(call(), at=now)
    assert call_session.status == Status.WAITING_TO_LOG
    shown = sandbox.add_contact(name="Made a moment ago", phone=NUMBER)

    log(call_session, at=call_session.next_attempt_at)

    assert call_session.status == Status.LOGGED
    assert sandbox.call_logs()[0]["contactId"] == shown["id"]


@pytest.mark.parametrize(
    "answer",
    [TemporaryError("Sandbox CRM answered HTTP 200, and an error."), None, {}],
)
def test_failed_search_makes_no_placeholder_and_the_call_waits(
    call, created, log, now, monkeypatch, answer
):
    error = answer if isinstance(answer, Exception) else None
    search = Mock(side_effect=error, return_value=answer)
    monkeypatch.setattr(Sandbox, "find_contact", search)

    call_session = log(call(), at=now)

    assert call_session.status == Status.WAITING_TO_LOG
    assert created() == []


def test_fuzzy_search_takes_no_other_contact(call, sandbox, created, log, now):
    sandbox.add_contact(name=f"Call back {NUMBER}", phone="+14155550199")
    sandbox.switch(crmIsFuzzy=True)

    call_session = log(call(), at=now)

    [contact] = created()
    assert call_session.status == Status.LOGGED
    assert sandbox.call_logs()[0]["contactId"] == contact["id"]


def test_connector_without_contact_creation_needs_attention(
    call, log, now, monkeypatch
):
    monkeypatch.setattr(Sandbox, "create_contact", Connector.create_contact)

    call_session = log(call(), at=now)

    assert call_session.reason == AttentionReason.NO_CONTACT
    assert "none can be created from here" in text(call_session)


@pytest.mark.parametrize("number", ["", "anonymous", "+1855201XXXX", "911"])
def test_invalid_number_has_no_contact_created(make_call, sandbox, log, now, number):
    call = log(make_call(outside=Party(phone_number=number)), at=now)

    assert call.reason == SkipReason.WITHHELD_NUMBER
    assert len(sandbox.contacts()) == 12


def test_a_number_on_the_do_not_log_list_has_no_contact_created(
    call, organization, sandbox, created, log, now
):
    set_do_not_log_numbers(organization, [NUMBER])

    call_session = log(call(), at=now)

    assert call_session.reason == SkipReason.DO_NOT_LOG
    assert created() == []
    assert not PlaceholderContact.objects.exists()


def test_placeholder_row_has_no_number_and_is_deleted_after_a_day(
    call, make_call, log, now
):
    log(call(), at=now)
    [row] = PlaceholderContact.objects.values()
    assert "2125550147" not in str(row)

    other = make_call(outside=Party(phone_number="+12125550148"))
    log(other, at=now + ROW_LIFETIME + timedelta(hours=1))

    assert PlaceholderContact.objects.get().pk != row["id"]


def test_placeholder_rule_costs_a_known_number_no_statement(make_call, rules, log, now):
    def statements(call) -> int:
        with CaptureQueriesContext(connection) as captured:
            log(call, at=now)
        return len(captured)

    log(make_call(), at=now)
    with_placeholders = statements(make_call())
    rules.update(no_contact="skipLogging")

    assert with_placeholders == statements(make_call())


@pytest.mark.processes
@pytest.mark.long
def test_calls_at_once_from_one_unknown_number_make_one_contact():
    """In two worker processes, with a CRM whose search shows new contacts late."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.long_runs.unknown_callers"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert (figures["contacts"], figures["records"]) == (6, 24)
    assert figures["waits"] > 0, "no call has met another"
