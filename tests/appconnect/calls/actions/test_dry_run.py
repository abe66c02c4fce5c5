"""A dry run predicts what the worker does, and writes nothing."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appconnect.calls.actions.dry_run import (
    DryRun,
    DryRunOutcome,
    TooManyDryRuns,
    admit,
    try_call,
)
from appconnect.calls.models import (
    CallSession,
    CrmCircuit,
    CrmRecord,
    PlaceholderContact,
)
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.logging_settings.server_logging import pause
from appconnect.organizations.models import ServerLoggingSettings
from appconnect.organizations.security.audit import Actor
from appconnect.sandbox.ringcentral import seed
from connector.types import Direction, Party
from tests.support.organization import ADA

Rules = ServerLoggingSettings
ENDS = {
    CallSession.Status.LOGGED: DryRunOutcome.LOGGED,
    CallSession.Status.SKIPPED: DryRunOutcome.SKIPPED,
    CallSession.Status.NEEDS_ATTENTION: DryRunOutcome.NEEDS_ATTENTION,
    CallSession.Status.WAITING_TO_LOG: DryRunOutcome.WAITS,
}
KNOWN, UNKNOWN = Party(phone_number="+14155550101"), Party(phone_number="+12125550147")
SEVERAL = Party(phone_number="+14155550111")
COLLEAGUE = Party(extension_id=seed.extension_id("103"), extension_number="103")


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


def set_rules(organization, **rules) -> None:
    settings = organization.server_logging_settings.get()
    for name, value in rules.items():
        setattr(settings, name, value)
    settings.save()


def holds_back(organization) -> None:
    set_do_not_log_numbers(organization, [KNOWN.phone_number])


CASES = {
    "logged": ({}, {}, None),
    "logged, going out": ({"direction": Direction.OUTBOUND}, {}, None),
    "a queue's": ({"extension": seed.QUEUE}, {}, None),
    "unmapped": ({"extension": "108"}, {}, None),
    "left to the admin": ({"extension": "108"}, {"unmapped_owner": "admin"}, None),
    "the admin's": ({}, {"activity_record_owner": "admin"}, None),
    "unknown contact": ({"outside": UNKNOWN}, {}, None),
    "unknown contact, held": ({"outside": UNKNOWN}, {"no_contact": "attention"}, None),
    "placeholder": (
        {"outside": UNKNOWN},
        {"no_contact": Rules.NoContact.PLACEHOLDER},
        None,
    ),
    "several contacts": ({"outside": SEVERAL}, {}, None),
    "first of several": (
        {"outside": SEVERAL},
        {"several_contacts": Rules.SeveralContacts.FIRST_ALPHABETICAL},
        None,
    ),
    "on the do-not-log list": ({}, {}, holds_back),
    "internal": ({"direction": Direction.OUTBOUND, "outside": COLLEAGUE}, {}, None),
    "internal, switched on": (
        {"direction": Direction.OUTBOUND, "outside": COLLEAGUE},
        {"log_internal_calls": True},
        None,
    ),
    "withheld": ({"outside": Party(phone_number="anonymous")}, {}, None),
    "fax": ({"type": "Fax"}, {}, None),
    "out of scope": ({}, {"logged_extensions": [seed.extension_id("103")]}, None),
    "trial": ({}, {"logging_level": Rules.LoggingLevel.USER}, None),
    "switched off": ({}, {"logging_level": Rules.LoggingLevel.DISABLE}, None),
    "no credentials": ({}, {"additional_field_values": None}, None),
    "wrong credentials": (
        {},
        {"additional_field_values": {"apiUsername": "x", "apiPassword": "y"}},
        None,
    ),
    "other text": ({}, {"note_sections": ["addCallSessionId"]}, None),
    "no text": ({}, {"note_sections": []}, None),
    "paused": ({}, {}, lambda o: pause(o, actor=ADA, now=o.created_at)),
}


@pytest.mark.parametrize(("call", "rules", "prepare"), CASES.values(), ids=CASES)
def test_dry_run_predicts_the_worker(
    connected, make_call, sandbox, log, now, call, rules, prepare
):
    set_rules(connected, **rules)
    if prepare:
        prepare(connected)
    call_session = make_call(**call)

    result = try_call(CallSession.objects.get(pk=call_session.pk), now=now)
    done = log(call_session, at=now)

    assert result.outcome == ENDS[done.status]
    assert result.reason == done.reason
    records = sandbox.call_logs()
    assert len(records) == (result.outcome == DryRunOutcome.LOGGED)
    for record in records:
        assert result.decision.contact.name == record["contact"]["name"]
        assert result.decision.owner.id == record["ownerId"]
        assert result.note == record["note"]


@pytest.mark.parametrize("unlicensed", ["u2", "u3"])
def test_license_of_the_owner_is_checked(
    connected, make_call, sandbox, log, now, unlicensed
):
    sandbox.switch(crmUnlicensed=[unlicensed])
    call = make_call(extension="102")

    result = try_call(call, now=now)

    assert result.outcome == ENDS[log(call, at=now).status]


@pytest.mark.parametrize("outside", [KNOWN, UNKNOWN])
def test_nothing_is_written_anywhere(connected, make_call, sandbox, now, outside):
    set_rules(connected, no_contact=Rules.NoContact.PLACEHOLDER)
    call = make_call(outside=outside)
    try_call(call, now=now)  # signs in, and keeps that
    before = len(sandbox.asked())

    with CaptureQueriesContext(
        connection,
    ) as queries:
        result = try_call(call, now=now)

    assert result.outcome == DryRunOutcome.LOGGED
    assert result.creates_contact is (outside is UNKNOWN)
    requests = sandbox.asked()[before:]
    assert requests, "the CRM was asked for the contact"
    assert {request["method"] for request in requests} == {"GET"}
    assert [
        q["sql"] for q in queries if not q["sql"].lstrip().startswith("SELECT")
    ] == []
    assert not PlaceholderContact.objects.exists()


def test_new_placeholder_is_not_created_again(connected, make_call, sandbox, log, now):
    set_rules(connected, no_contact=Rules.NoContact.PLACEHOLDER)
    log(make_call(outside=UNKNOWN), at=now)

    assert not try_call(make_call(outside=UNKNOWN), now=now).creates_contact


def test_refused_credentials_are_reported(connected, make_call, now):
    version = connected.configuration_version
    CrmCircuit.objects.at(connected).reject("no", now=now, version=version)

    result = try_call(make_call(), now=now)

    assert_waits(result, "rejected the password")


def test_open_circuit_is_reported(connected, make_call, now):
    circuit = CrmCircuit.objects.at(connected)
    for _ in range(circuit.FAILURES_TO_OPEN):
        circuit.failed("sandbox: HTTP 503.", now=now)

    result = try_call(make_call(), now=now)

    assert_waits(result, "HTTP 503. The call is kept and retried later")


def test_call_would_wait_for_a_crm_that_is_down(connected, make_call, sandbox, now):
    sandbox.switch(crmFailsWith=503)

    result = try_call(make_call(), now=now)

    assert_waits(result, "503")
    assert not CrmCircuit.objects.exclude(failures=0).exists()


def assert_waits(result: DryRun, sentence: str) -> None:
    assert result.outcome == DryRunOutcome.WAITS
    assert sentence in result.sentence


def test_dry_runs_are_limited_per_person_and_minute(organization, now):
    for _ in range(10):
        admit(organization, None, actor=ADA, now=now)
    with pytest.raises(TooManyDryRuns):
        admit(organization, None, actor=ADA, now=now)

    admit(organization, None, actor=Actor(name="eva"), now=now)
    assert organization.audit_entries.count() == 11


@pytest.mark.parametrize(
    ("status", "outcome", "sentence"),
    [
        ("LOGGED", DryRunOutcome.ALREADY_LOGGED, "Record r77 is in the CRM"),
        ("SENDING", DryRunOutcome.WAITS, "hasn't confirmed it yet"),
        ("UNKNOWN", DryRunOutcome.WAITS, "hasn't confirmed it yet"),
    ],
)
def test_record_that_was_sent_before_is_reported(
    connected, make_call, now, status, outcome, sentence
):
    call = make_call()
    CrmRecord.objects.create(
        organization=connected,
        platform="sandbox",
        telephony_session_id=call.telephony_session_id,
        extension_id=call.extension_id,
        call=call,
        status=status,
        record_id="r77",
    )

    result = try_call(call, now=now)

    assert result.outcome == outcome
    assert sentence in result.sentence
