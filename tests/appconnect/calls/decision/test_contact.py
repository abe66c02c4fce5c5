"""Step 5, against the sandbox's CRM: nobody, one or several with the number."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache

from appconnect.calls.decision.contact import choose_contact
from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason, SkipReason
from appconnect.organizations.models import ServerLoggingSettings
from connector.crms import sandbox as sandbox_connector
from connector.types import Contact, Party

Status = CallSession.Status
NoContact = ServerLoggingSettings.NoContact
Several = ServerLoggingSettings.SeveralContacts
UNKNOWN = Party(phone_number="+12125550147")
SHARED = Party(phone_number="+14155550120")
COLLEAGUE = Party(extension_id="800100103", extension_number="103")


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


@pytest.fixture
def choose(connected):
    """Give a function that sets rules of the organization."""

    def choose(**rules) -> None:
        connected.server_logging_settings.update(**rules)
        connected.configuration_changed()

    return choose


@pytest.fixture
def three(sandbox) -> list[dict]:
    """Three contacts with one number, each first in a way of its own."""
    facts = (
        ("Bea", "2023-05-01T09:00:00+00:00", "2025-01-01T09:00:00+00:00"),
        ("carl", "2023-05-02T09:00:00+00:00", "2025-03-01T09:00:00+00:00"),
        ("abel", "2023-05-03T09:00:00+00:00", "2025-02-01T09:00:00+00:00"),
    )
    return [
        sandbox.add_contact(
            name=name, phone="+14155550120", createdAt=created, lastActivityAt=active
        )
        for name, created, active in facts
    ]


def last_step(call: CallSession) -> str:
    return call.timeline.last().text


def test_unknown_number_can_need_attention(make_call, sandbox, log, choose, now):
    choose(no_contact=NoContact.NEEDS_ATTENTION)

    call = log(make_call(outside=UNKNOWN), at=now)

    assert call.status == Status.NEEDS_ATTENTION
    assert call.reason == AttentionReason.NO_CONTACT
    assert call.get_reason_display() == "No matching contact"
    assert "Add one in the CRM" in last_step(call)
    assert "0147" not in last_step(call)
    sandbox.add_contact(name="Nell New", phone="+12125550147")
    CallSession.objects.held().make_due(now=now)
    assert log(call, at=now).status == Status.LOGGED
    assert sandbox.call_logs()[0]["contact"]["name"] == "Nell New"


def test_held_call_is_retried_when_the_rule_changes(
    connected, make_call, log, choose, now
):
    choose(no_contact=NoContact.NEEDS_ATTENTION)
    call = log(make_call(outside=UNKNOWN), at=now)
    assert not CallSession.objects.maybe_fixed(now).exists()

    choose(no_contact=NoContact.SKIP)
    connected.configuration_changed()

    assert CallSession.objects.maybe_fixed(now).make_due(now=now) == 1
    log(call, at=now)
    assert (call.status, call.reason) == (Status.SKIPPED, SkipReason.NO_CONTACT)


@pytest.mark.parametrize(
    ("policy", "name", "which"),
    [
        (Several.FIRST_ALPHABETICAL, "abel", "first by name"),
        (Several.MOST_RECENT_ACTIVITY, "carl", "most recently active"),
        (Several.EARLIEST_CREATED, "Bea", "oldest"),
    ],
)
def test_policy_chooses_one_of_several_contacts(
    make_call, sandbox, three, log, choose, now, policy, name, which
):
    choose(several_contacts=policy)

    call = log(make_call(outside=SHARED), at=now)

    [record] = sandbox.call_logs()
    assert call.status == Status.LOGGED
    assert record["contact"]["name"] == name
    text = call.timeline.get(step="CONTACT").text
    assert "3 contacts have this number" in text
    assert f"Used the {which}: {record['contactId']}." in text
    assert name not in text


def test_first_of_equal_contacts_by_id_is_chosen(make_call, sandbox, log, choose, now):
    for contact_id in ("x2", "x1", "x3"):
        sandbox.add_contact(id=contact_id, name="Eve", phone="+14155550120")
    choose(several_contacts=Several.FIRST_ALPHABETICAL)

    log(make_call(outside=SHARED), at=now)

    assert sandbox.call_logs()[0]["contactId"] == "x1"


@pytest.mark.parametrize(
    ("ids", "first"), [(("10", "9"), "9"), (("c1", "99"), "99"), (("10", "010"), "010")]
)
def test_numeric_ids_are_ordered_as_numbers(ids, first):
    contacts = [Contact(id=contact_id, name="Eve") for contact_id in ids]

    chosen, _why = choose_contact(contacts, Several.FIRST_ALPHABETICAL)

    assert chosen.id == first


def test_contact_that_the_search_gives_twice_counts_once(
    make_call, sandbox, log, now, monkeypatch
):
    find_contact = sandbox_connector.Sandbox.find_contact
    monkeypatch.setattr(
        sandbox_connector.Sandbox,
        "find_contact",
        lambda self, number: find_contact(self, number) * 2,
    )

    assert log(make_call(), at=now).status == Status.LOGGED


def test_several_contacts_can_need_attention(
    make_call, sandbox, three, log, choose, now
):
    choose(several_contacts=Several.NEEDS_ATTENTION)

    call = log(make_call(outside=SHARED), at=now)

    assert call.reason == AttentionReason.SEVERAL_CONTACTS
    assert last_step(call).startswith("3 contacts in the CRM have this number.")
    for contact in three[1:]:
        sandbox.delete_contact(contact["id"])
    CallSession.objects.held().make_due(now=now)
    assert log(call, at=now).status == Status.LOGGED


@pytest.mark.parametrize(
    ("policy", "untold"),
    [
        (Several.MOST_RECENT_ACTIVITY, "lastActivityAt"),
        (Several.EARLIEST_CREATED, "createdAt"),
    ],
)
def test_policy_by_time_needs_the_time_of_every_contact(
    make_call, sandbox, three, log, choose, now, monkeypatch, policy, untold
):
    find_contact = sandbox_connector.Sandbox.find_contact

    def keep_silent(self, number):
        first, *others = find_contact(self, number)
        name = {"lastActivityAt": "most_recent_activity_at", "createdAt": "created_at"}
        return [replace(first, **{name[untold]: None}), *others]

    monkeypatch.setattr(sandbox_connector.Sandbox, "find_contact", keep_silent)
    choose(several_contacts=policy)

    call = log(make_call(outside=SHARED), at=now)

    assert call.reason == AttentionReason.SEVERAL_CONTACTS
    assert "not all have the date that your rule needs" in last_step(call)
    assert sandbox.call_logs() == []


def test_number_formats_are_tried_in_order_until_one_finds_a_contact(
    make_call, sandbox, log, choose, now
):
    sandbox.add_contact(name="Dora", phone="(212) 555-0147")
    sandbox.add_contact(name="Not reached", phone="2125550147")
    choose(phone_number_formats="***-***\n***.***.****\n(***) ***-****\n**********")

    log(make_call(outside=UNKNOWN), at=now)

    assert sandbox.call_logs()[0]["contact"]["name"] == "Dora"
    assert numbers_asked(sandbox) == ["+12125550147", "212.555.0147", "(212) 555-0147"]


def test_format_may_have_number_signs(make_call, sandbox, log, choose, now):
    sandbox.add_contact(name="Dora", phone="(212) 555-0147")
    choose(phone_number_formats="(###) ###-####")

    log(make_call(outside=UNKNOWN), at=now)

    assert sandbox.call_logs()[0]["contact"]["name"] == "Dora"


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("+5215512345678", "+5215512345678"),
        ("+5215512345678", "+525512345678"),
        ("+525512345678", "+5215512345678"),
        ("+18612345678", "+18612345678"),
        ("+22507123456", "+22507123456"),
    ],
)
def test_call_of_a_number_that_the_library_does_not_know_is_logged(
    make_call, sandbox, log, number, stored, now
):
    sandbox.add_contact(name="Dora", phone=stored)

    call = log(make_call(outside=Party(phone_number=number)), at=now)

    assert call.status == Status.LOGGED
    assert sandbox.call_logs()[0]["contact"]["name"] == "Dora"


def test_number_that_an_earlier_release_kept_without_plus_is_logged_on_retry(
    make_call, sandbox, log, now
):
    sandbox.add_contact(name="Dora", phone="+493012345678")

    call = log(make_call(outside=Party(phone_number="493012345678")), at=now)

    assert call.status == Status.LOGGED
    assert call.call_facts.contact_number == "+493012345678"


def test_number_found_in_e_164_is_searched_once(make_call, sandbox, log, choose, now):
    choose(phone_number_formats="**********")

    log(make_call(), at=now)

    assert numbers_asked(sandbox) == ["+14155550101"]


def test_extension_number_is_searched_only_if_internal_calls_are_logged(
    make_call, sandbox, log, choose, now
):
    sandbox.add_contact(name="Cleo", phone="103")
    rules = {"phone_number_formats": "***", "no_contact": NoContact.PLACEHOLDER}
    choose(**rules)

    call = log(make_call(outside=COLLEAGUE), at=now)
    assert call.reason == SkipReason.INTERNAL_CALL
    assert sandbox.asked("/crm/api/") == []

    choose(log_internal_calls=True)
    assert log(make_call(outside=COLLEAGUE), at=now).status == Status.LOGGED
    assert sandbox.call_logs()[0]["contact"]["name"] == "Cleo"
    assert numbers_asked(sandbox) == ["103"]


def test_colleague_gets_no_placeholder(make_call, sandbox, log, choose, now):
    choose(log_internal_calls=True, no_contact=NoContact.PLACEHOLDER)

    call = log(make_call(outside=COLLEAGUE), at=now)

    assert call.reason == SkipReason.NO_CONTACT
    assert len(sandbox.contacts()) == 12


def numbers_asked(sandbox) -> list[str]:
    queries = [urlsplit(r["path"]).query for r in sandbox.asked("/crm/api/contacts")]
    return [parse_qs(query)["phone"][0] for query in queries]


@pytest.mark.parametrize("rule", [NoContact.SKIP, NoContact.PLACEHOLDER])
def test_chosen_contact_without_the_number_needs_attention(
    make_call, sandbox, log, choose, now, rule
):
    choose(no_contact=rule)
    call = make_call(outside=UNKNOWN)
    call.choose_contact({"id": "c12", "type": "Contact"})

    call = log(call, at=now)

    assert (call.status, call.reason) == (
        Status.NEEDS_ATTENTION,
        AttentionReason.NO_CONTACT,
    )
    assert "Contact c12 no longer has this number" in last_step(call)
    assert sandbox.call_logs() == []
