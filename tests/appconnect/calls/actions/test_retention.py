"""How long calls are stored."""

from datetime import timedelta

import pytest
from django.db import connection

from appconnect.calls.actions.calls import choose_contact, exclude_number
from appconnect.calls.actions.erasure import erase_number
from appconnect.calls.actions.retention import purge
from appconnect.calls.crm.resolve_unknown import Verdict, decide_undecided
from appconnect.calls.intake.sync import SYNC_LEASE, store_changes
from appconnect.calls.models import (
    CachedNote,
    CallLogSync,
    CallSession,
    ClientDetails,
    CrmRecord,
    Step,
)
from appconnect.calls.models.choices import (
    AttentionReason,
    SkipReason,
    StepName,
    message_of,
)
from appconnect.monitoring.models import PeriodicJob
from appconnect.organizations.logging_settings.retention import update_retention
from appconnect.organizations.models import Retention
from appconnect.organizations.security.audit import Actor
from appconnect.ringcentral.call_log import Changes
from appconnect.ringcentral.call_record import CallRecord
from appconnect.worker import queue, sweep
from connector.errors import PermanentError
from connector.types import Contact
from tests.support.organization import ADA


@pytest.fixture
def ended(make_call, now):
    """Give a function that makes a call of so many days ago, which was skipped."""

    def ended(days: float) -> CallSession:
        call = make_call(started_at=now - timedelta(days=days))
        call.take_contact(type("Contact", (), {"name": "Grace Hopper"}))
        call.mark_skipped(SkipReason.FAX, now=now)
        return call

    return ended


def test_identity_is_deleted_after_its_retention_and_the_state_stays(
    organization, ended, now
):
    old, young = ended(90.1), ended(89.9)

    purge(organization, now=now)

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.details, old.contact_name, old.contact_number_hash) == (None, "", "")
    assert (old.reason, old.extension_id) == (SkipReason.FAX, young.extension_id)
    assert young.call_facts.contact_number == "+14155550101"
    assert CallSession.objects.with_number(organization, "+14155550101").get() == young


def test_call_is_deleted_after_its_retention_with_all_its_rows(
    organization, ended, now
):
    old, young = ended(401), ended(399)
    CrmRecord.objects.create(
        organization=organization, platform="sandbox", call=old, record_id="r1"
    )

    purge(organization, now=now)

    assert CallSession.objects.get() == young
    assert not CrmRecord.objects.exists()


def test_purge_reports_its_counts_and_runs_in_batches(
    organization, ended, now, monkeypatch
):
    monkeypatch.setattr("appconnect.calls.actions.retention.BATCH_SIZE", 2)
    monkeypatch.setattr("appconnect.calls.actions.retention.MAX_READ_AHEAD", 3)
    for days in (91, 92, 93, 401, 402):
        ended(days)

    purge(organization, now=now)
    first = Retention.objects.get()
    assert (first.forgotten, first.deleted, first.purged_at) == (5, 2, now)

    purge(organization, now=now)
    again = Retention.objects.get()
    assert (again.forgotten, again.deleted) == (0, 0)


def test_nothing_is_deleted_during_a_legal_hold(organization, ended, now):
    hold(organization, now)
    call = ended(500)

    purge(organization, now=now)

    call.refresh_from_db()
    assert call.details


def test_call_in_progress_is_logged_before_its_deletion(organization, make_call, now):
    call = make_call(started_at=now - timedelta(days=500))

    purge(organization, now=now)

    call.refresh_from_db()
    assert call.details


def test_held_call_without_its_number_ends_for_good(organization, make_call, now):
    call = make_call(started_at=now - timedelta(days=91))
    call.mark_needs_attention(AttentionReason.NO_CREDENTIALS, now=now)

    purge(organization, now=now)
    organization.configuration_changed()
    CallSession.objects.maybe_fixed(now).make_due(now=now)

    call.refresh_from_db()
    assert call.details is None
    assert (call.status, call.next_attempt_at) == (CallSession.Status.SKIPPED, None)
    assert not CallSession.objects.retriable().exists()
    assert "Its details were removed" in call.timeline.get(step="SKIPPED").text


def test_contact_candidates_are_deleted_too(organization, make_call, now):
    call = make_call(started_at=now - timedelta(days=91))
    call.offer_contacts([Contact(id="c1", name="Tom Twin")])
    call.choose_contact({"id": "c1", "type": ""})
    call.mark_needs_attention(AttentionReason.SEVERAL_CONTACTS, now=now)

    purge(organization, now=now)

    call.refresh_from_db()
    assert (call.contact_candidates, call.chosen_contact) == (None, None)


def test_facts_that_the_crm_was_given_are_deleted_too(organization, make_call, now):
    call = make_call(started_at=now - timedelta(days=91))
    call.take_written(call.call_facts)
    call.mark_logged(now=now)

    purge(organization, now=now)

    call.refresh_from_db()
    assert call.written is None


@pytest.mark.parametrize("by", ["retention", "erasure", "do-not-log list"])
def test_answer_of_the_crm_is_deleted_with_the_number(organization, ended, now, by):
    call, other = ended(90.1), ended(89.9)
    refusal = PermanentError("Refused.", reason="Walt exists already")
    steps = [Step(StepName.NOT_LOGGED_YET, message_of(refusal))]
    for one in (call, other):
        one.mark_skipped(SkipReason.FAX, steps=steps, now=now)
    actor = Actor(name="ada")

    match by:
        case "retention":
            purge(organization, now=now)
            assert "Walt" in str(other.timeline.get())
        case "erasure":
            erase_number(organization, "+14155550101", actor=actor, now=now)
        case _:
            exclude_number(call, actor=actor, now=now)

    texts = [entry.text for entry in call.timeline.all()]
    assert "The CRM's answer was deleted with the call's details." in texts
    assert not call.timeline.filter(values__icontains="Walt").exists()


@pytest.mark.parametrize("verdict", [Verdict.LOOK_AGAIN, Verdict.NOT_THERE])
def test_call_without_its_number_is_not_logged(organization, make_call, now, verdict):
    call = make_call()
    call.mark_needs_attention(AttentionReason.UNDECIDED, now=now)
    make_log(call, status=CrmRecord.Status.UNKNOWN)
    CallSession.objects.forget_identity()

    assert not decide_undecided(call, verdict, by="Ada", now=now)

    call.refresh_from_db()
    assert call.status == CallSession.Status.NEEDS_ATTENTION


def test_call_without_its_number_takes_no_chosen_contact(organization, make_call, now):
    call = make_call(details=None)
    call.offer_contacts([Contact(id="c1", name="Tom Twin")])
    call.mark_needs_attention(AttentionReason.SEVERAL_CONTACTS, now=now)

    assert not choose_contact(call, ":c1", actor=ADA, now=now)


def test_client_details_are_deleted_with_the_call(organization, ended, now):
    old, young = make_log(ended(91)), make_log(ended(89))
    for log in (old, young):
        ClientDetails.objects.create(crm_record=log, details={"call": {}})

    purge(organization, now=now)

    assert ClientDetails.objects.get().crm_record == young


def test_client_record_without_a_call_is_deleted_after_its_retention(organization, now):
    for days in (89, 91, 401):
        log = CrmRecord.objects.create(
            organization=organization,
            platform="sandbox",
            telephony_session_id=f"s-{days}",
            sent_at=now - timedelta(days=days),
            logged_at=now - timedelta(days=days),
        )
        ClientDetails.objects.create(crm_record=log, details={})

    purge(organization, now=now)

    left = CrmRecord.objects.values_list("telephony_session_id", flat=True)
    assert set(left) == {"s-89", "s-91"}
    assert ClientDetails.objects.get().crm_record.telephony_session_id == "s-89"


def test_a_legal_hold_during_a_purge_keeps_clients_details(
    organization, ended, now, monkeypatch
):
    ended(91)
    log = CrmRecord.objects.create(
        organization=organization,
        platform="sandbox",
        telephony_session_id="s",
        sent_at=now - timedelta(days=91),
    )
    ClientDetails.objects.create(crm_record=log, details={})

    def forget(*_arguments, **_options) -> None:
        hold(organization, now)

    monkeypatch.setattr("appconnect.calls.actions.retention.forget", forget)
    purge(organization, now=now)

    assert ClientDetails.objects.exists()
    assert Retention.objects.get().deleted_until is None


@pytest.mark.on_postgresql
def test_more_client_records_than_a_statement_takes_values_are_deleted(
    organization, now
):
    """It takes 65,535. Years of them are due when an admin shortens the retention."""
    CrmRecord.objects.create(
        organization=organization,
        platform="sandbox",
        telephony_session_id="s",
        logged_at=now - timedelta(days=401),
    )
    own = {"id", "telephony_session_id"}
    same = [
        f'"{f.column}"' for f in CrmRecord._meta.concrete_fields if f.name not in own
    ]
    columns = ", ".join(same)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO calls_crmrecord (telephony_session_id, {columns}) "  # noqa: S608
            f"SELECT n::text, {columns} FROM calls_crmrecord, generate_series(1, 66000) n"
        )

    purge(organization, now=now)

    assert not CrmRecord.objects.exists()
    assert Retention.objects.get().purged_at == now


def test_contact_searches_and_cached_notes_of_clients_expire(organization, now):
    for session, minutes in (("old", -1), ("young", 1)):
        CachedNote.objects.create(
            organization=organization,
            session_id=session,
            expires_at=now + timedelta(minutes=minutes),
        )
    searches = {
        "old": {"looked_up_at": now - timedelta(minutes=6)},
        "young": {"looked_up_at": now - timedelta(minutes=4)},
        "never answered": {},
        "being asked": {"looking_until": now + timedelta(seconds=30)},
    }
    for question, times in searches.items():
        organization.contact_searches.create(question_hash=question, **times)

    sweep.sweep.call_local()

    assert CachedNote.objects.get().session_id == "young"
    left = organization.contact_searches.values_list("question_hash", flat=True)
    assert set(left) == {"young", "being asked"}


def test_another_organization_keeps_its_calls(stranger, ended, now):
    call = ended(500)

    purge(stranger.organization, now=now)

    call.refresh_from_db()
    assert call.details


def test_deleted_call_is_not_recovered_from_the_call_log(
    organization, logging_settings, ended, now
):
    logging_settings.logging_since = now - timedelta(days=1000)
    sync = CallLogSync.objects.create(
        organization=organization, since=logging_settings.logging_since
    )
    old = ended(401)
    record = CallRecord(
        call_facts=old.call_facts,
        parties=(),
        type="Voice",
        is_system_call=False,
        is_finished=True,
        legs=(),
    )
    purge(organization, now=now)
    update_retention(  # whoever keeps calls longer now does not get it back either
        organization,
        identity_days=90,
        work_state_days=2000,
        is_on_hold=False,
        actor=ADA,
        now=now,
    )
    changes = Changes(
        records={old.telephony_session_id: record},
        sync_token="t",
        until=now,
        has_more=False,
    )

    assert sync.take_lease("reading_until", SYNC_LEASE, now=now)
    store_changes(sync, changes, logging_settings, now=now)

    assert not CallSession.objects.exists()


def test_worker_purges_once_a_day(organization, ended, now):
    queue.engine.flush()
    old = ended(91)

    sweep.sweep.call_local()
    while task := queue.engine.dequeue():
        if task.name == "purge_calls":
            queue.engine.execute(task)

    old.refresh_from_db()
    assert old.details is None
    assert PeriodicJob.objects.filter(name="purge").exists()
    PeriodicJob.objects.filter(name="sweep").delete()
    sweep.sweep.call_local()
    names = []
    while task := queue.engine.dequeue():
        names.append(task.name)
    assert "purge_calls" not in names


def hold(organization, now) -> None:
    update_retention(
        organization,
        identity_days=90,
        work_state_days=400,
        is_on_hold=True,
        actor=ADA,
        now=now,
    )


def make_log(call: CallSession, **fields) -> CrmRecord:
    return CrmRecord.objects.create(
        organization=call.organization,
        platform="sandbox",
        telephony_session_id=call.telephony_session_id,
        extension_id=call.extension_id,
        call=call,
        **fields,
    )
