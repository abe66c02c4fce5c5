"""The data and privacy page."""

import json

import pytest
from django.db import connection
from django.utils import timezone

from appconnect.calls.actions.calls import exclude_number
from appconnect.calls.models import CallSession, ClientDetails, CrmRecord
from appconnect.calls.models.choices import AttentionReason, SkipReason
from appconnect.console.shell.templatetags.times import full
from appconnect.organizations.models import AuditEntry, Retention
from connector.types import Contact, Direction, Party
from tests.support.helpers import text_of
from tests.support.organization import ADA

PATH = "/privacy/"
ERASE = "/privacy/erase-number/"
EXPORT = "/privacy/export-number/"
FIND = "/calls/find-number/"
NUMBER = "+14155550101"
CONFIRMED = {"phone_number": NUMBER, "confirmed": ""}
SAVED = {"identity_days": "30", "work_state_days": "60", "is_on_hold": ""}


@pytest.fixture
def ended(make_call, now) -> CallSession:
    call = make_call()
    call.take_contact(Contact(id="c1", name="Grace Hopper"))
    call.mark_skipped(SkipReason.FAX, now=now)
    return call


def test_page_lists_kept_data_and_its_retention(console):
    shown = text_of(console.get(PATH))

    assert "90 days after the call" in shown
    assert "400 days after the call" in shown
    assert "Nothing deleted yet." in shown


def test_how_long_is_changed_and_audited(console, organization):
    page = console.post(PATH, SAVED, follow=True)

    assert "30 days after the call" in text_of(page)
    retention = Retention.objects.get(organization=organization)
    assert (retention.identity_days, retention.work_state_days) == (30, 60)
    [entry] = AuditEntry.objects.filter(action="RETENTION_CHANGED")
    assert {change["field"] for change in entry.changes} == {
        "identity_days",
        "work_state_days",
    }
    console.post(PATH, SAVED)
    assert AuditEntry.objects.filter(action="RETENTION_CHANGED").count() == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"identity_days": "0"}, "greater than or equal to 1"),
        ({"identity_days": "366", "work_state_days": "400"}, "less than or equal"),
        ({"identity_days": "many"}, "Enter a whole number."),
        ({"work_state_days": "29"}, "at least as many days as for caller details"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_saved(console, values, said):
    page = console.post(PATH, SAVED | values)

    assert said in text_of(page)
    assert not Retention.objects.exists()


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_only_admins_see_it(console, member, role):
    member.role = role
    member.save()

    assert console.get(PATH).status_code == 403
    assert console.post(ERASE, CONFIRMED).status_code == 403
    assert console.post(EXPORT, {"phone_number": NUMBER}).status_code == 403
    assert "Administer" not in text_of(console.get("/calls/"))


def test_erased_number_is_gone_and_outcome_of_its_calls_stays(
    console, organization, ended, make_call, now
):
    CrmRecord.objects.create(
        organization=organization,
        platform="sandbox",
        telephony_session_id=ended.telephony_session_id,
        call=ended,
        record_id="r1",
        status=CrmRecord.Status.LOGGED,
    )
    other = make_call(outside=Party(phone_number="+14155550102"))

    page = console.post(
        ERASE, CONFIRMED | {"phone_number": "(415) 555-0101"}, follow=True
    )

    shown = text_of(page)
    assert "Erased 1 call. CRM records stay." in shown
    assert "555" not in shown
    ended.refresh_from_db()
    assert (ended.details, ended.contact_name) == (None, "")
    assert (ended.reason, ended.crm_record.record_id) == (SkipReason.FAX, "r1")
    assert ended.timeline.last().step == "ERASED"
    assert not CallSession.objects.with_number(organization, NUMBER).exists()
    other.refresh_from_db()
    assert other.details
    assert console.get(ended.get_absolute_url()).status_code == 200
    [entry] = AuditEntry.objects.filter(action="NUMBER_ERASED")
    assert entry.changes == [{"field": "calls", "before": None, "after": 1}]


def test_before_a_number_is_erased_its_calls_are_counted(
    console, ended, make_call, stranger
):
    being_logged = make_call()

    page = console.post(ERASE, {"phone_number": "(415) 555-0101"})

    shown = text_of(page)
    assert f"Erase 1 call with {NUMBER}?" in shown
    assert f'value="{NUMBER}"' in page.content.decode()
    for call in (ended, being_logged):
        call.refresh_from_db()
        assert call.details
    assert not AuditEntry.objects.filter(action="NUMBER_ERASED").exists()


def test_a_call_that_waited_is_not_asked_for_again(console, make_call, now):
    call = make_call()
    call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)

    console.post(ERASE, CONFIRMED)

    call.refresh_from_db()
    assert call.reason == SkipReason.LEFT_BY_ADMIN
    call.organization.configuration_changed()
    assert not CallSession.objects.maybe_fixed(now).exists()


def test_a_call_that_is_being_logged_is_named_and_left_alone(console, make_call):
    call = make_call()

    page = console.post(ERASE, CONFIRMED, follow=True)

    shown = text_of(page)
    assert "Not erased, because they are still being logged: calls of" in shown
    with timezone.override(call.organization.time_zone):
        assert full(call.started_at) in shown
    call.refresh_from_db()
    assert call.call_facts.contact_number == NUMBER


def test_a_worker_that_has_an_erased_record_in_hand_writes_nothing(
    log, connected, console, make_call, now
):
    call = log(make_call(), at=now)
    assert call.status == CallSession.Status.LOGGED
    call.schedule_update(at=now)

    console.post(ERASE, CONFIRMED)
    CallSession.objects.filter(pk=call.pk).update(next_attempt_at=now)
    call = log(call, at=now)

    assert call.next_attempt_at is None
    assert call.details is None


def test_a_legal_hold_keeps_everything(console, ended):
    console.post(PATH, SAVED | {"is_on_hold": "on"})

    page = console.post(ERASE, CONFIRMED)

    assert "Error: Privacy" in text_of(page)
    assert "Legal hold is on, so nothing was erased." in text_of(page)
    ended.refresh_from_db()
    assert ended.details


def test_a_stranger_erases_and_exports_nothing_of_ours(client, stranger, ended):
    client.force_login(stranger.user)

    client.post(ERASE, CONFIRMED)
    told = client.post(EXPORT, {"phone_number": NUMBER}).json()

    assert told["calls"] == []
    ended.refresh_from_db()
    assert ended.details


def test_everything_about_a_number_is_exported(console, ended):
    reply = console.post(EXPORT, {"phone_number": "415 555 0101"})

    assert "attachment" in reply.headers["Content-Disposition"]
    [call] = reply.json()["calls"]
    assert call["caller"]["phone_number"] == NUMBER
    assert call["contactName"] == "Grace Hopper"
    assert call["id"] == str(ended.pk)
    [entry] = AuditEntry.objects.filter(action="NUMBER_EXPORTED")
    assert "4155550101" not in json.dumps(entry.changes) + entry.subject


def test_export_includes_details_from_client(
    console, ended, django_assert_max_num_queries
):
    for extension in ("1", "2", "3"):
        record = CrmRecord.objects.create(
            organization=ended.organization,
            platform="sandbox",
            telephony_session_id=ended.telephony_session_id,
            extension_id=extension,
            call=ended,
        )
        words = {"addCallLogAiNote": f"Wants {extension}"}
        ClientDetails.objects.create(crm_record=record, details={"words": words})

    with django_assert_max_num_queries(20):
        [call] = console.post(EXPORT, {"phone_number": NUMBER}).json()["calls"]

    told = [record["toldByClient"] for record in call["crmRecords"]]
    notes = sorted(words["addCallLogAiNote"] for words in told)
    assert notes == ["Wants 1", "Wants 2", "Wants 3"]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("+5215512345678", "+5215512345678"),
        ("+5215512345678", "+52 55 1234 5678"),
        ("+525512345678", "0052 1 55 1234 5678"),
        ("+18612345678", "+1 (861) 234-5678"),
        ("+22507123456", "+22507123456"),
        # As an earlier release kept it:
        ("442079460018", "+44 20 7946 0018"),
    ],
)
def test_number_in_an_unknown_format_is_found_exported_and_erased(
    console, make_call, now, stored, typed
):
    other = make_call()
    call = make_call(outside=Party(phone_number=stored))
    call.mark_skipped(SkipReason.FAX, now=now)

    found = console.get(console.post(FIND, {"phone_number": typed}).url)
    [exported] = console.post(EXPORT, {"phone_number": typed}).json()["calls"]
    console.post(ERASE, {"phone_number": typed, "confirmed": ""})

    assert found.context["calls"] == [call]
    assert exported["id"] == str(call.pk)
    call.refresh_from_db()
    other.refresh_from_db()
    assert (call.details, call.contact_number_hash) == (None, "")
    assert other.details is not None


@pytest.mark.parametrize("path", [ERASE, EXPORT])
@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("+43 664 1234567 (Ana)", "Contains more than a phone number."),
        ("+1 650 555 0100 +1 650 555 0101", "Looks like several phone numbers."),
    ],
)
def test_text_with_more_than_a_number_is_refused(console, path, typed, fault):
    page = console.post(path, {"phone_number": typed, "confirmed": ""})

    assert fault in text_of(page)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("path", [ERASE, EXPORT])
def test_invalid_number_is_named_and_stays_in_the_form(console, path):
    page = console.post(path, {"phone_number": "12"})

    assert "Error: Privacy" in text_of(page)
    assert 'role="alert"' in page.content.decode()
    assert "Nothing changed" in text_of(page)
    assert (
        "Not a complete phone number. Write it with + and the country code."
        in text_of(page)
    )
    assert 'value="12"' in page.content.decode()
    assert not AuditEntry.objects.exists()
    assert console.get(path).url == PATH


@pytest.mark.on_sqlite
def test_no_digit_of_an_erased_number_is_in_the_database(console, make_call, now):
    for direction in Direction:
        call = make_call(direction=direction)
        call.mark_skipped(SkipReason.FAX, now=now)
    sealed = CallSession.objects.values_list("details", "contact_number_hash")
    before = [str(value) for row in sealed for value in row]
    console.post(EXPORT, {"phone_number": NUMBER})

    console.post(ERASE, CONFIRMED)

    content = connection.connection.serialize()
    assert b"4155550101" not in content
    assert [value for value in before if value.encode() in content] == []


@pytest.mark.parametrize("has_event", [True, False])
def test_erasure_includes_details_from_client(console, organization, ended, has_event):
    for number in (NUMBER, "+14155550199"):
        log = CrmRecord.objects.create(
            organization=organization,
            platform="sandbox",
            telephony_session_id=number,
            call=ended if has_event and number == NUMBER else None,
        )
        caller = {"phone_number": number, "name": "Grace Hopper"}
        ClientDetails.objects.create(
            crm_record=log, details={"call": {"caller": caller}}
        )

    console.post(ERASE, CONFIRMED)

    kept = ClientDetails.objects.get()
    assert kept.crm_record.telephony_session_id == "+14155550199"


def test_excluding_a_number_forgets_details_from_client(ended, now):
    log = CrmRecord.objects.create(
        organization=ended.organization, platform="sandbox", call=ended
    )
    ClientDetails.objects.create(crm_record=log, details={})

    exclude_number(ended, actor=ADA, now=now)

    assert not ClientDetails.objects.exists()
