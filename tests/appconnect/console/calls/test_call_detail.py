"""The page of one call: its outcome, and the actions on it."""

from datetime import timedelta

import pytest

from appconnect.calls.actions.calls import exclude_number
from appconnect.calls.models import CallParty, CallSession, CrmCircuit, CrmRecord, Step
from appconnect.calls.models.choices import (
    AttentionReason,
    FailureReason,
    Message,
    Sentence,
    SkipReason,
    StepName,
)
from appconnect.console.calls import call_detail
from appconnect.organizations.models import AuditEntry, Member, ServerLoggingSettings
from appconnect.worker import queue
from connector.types import Direction, Party
from tests.support.helpers import text_of
from tests.support.organization import ADA, map_by_hand

Reason = AttentionReason
Status = CallSession.Status
SHARED = Party(phone_number="+14155550111")
"""The number of Tom Twin and of Tim Twin."""


@pytest.fixture(autouse=True)
def _empty_queue():
    queue.engine.flush()
    yield
    queue.engine.flush()


@pytest.fixture
def logged(organization, make_call, now) -> CallSession:
    call = make_call(direction=Direction.OUTBOUND)
    CrmRecord.objects.create(
        organization=organization,
        platform="sandbox",
        crm_hostname="crm.example.com",
        telephony_session_id=call.telephony_session_id,
        extension_id=call.extension_id,
        call=call,
        status=CrmRecord.Status.LOGGED,
        record_id="r77",
        owner_name="Ben Baker",
        logged_at=call.started_at + timedelta(seconds=54),
    )
    message = Message(Sentence.CONFIRMED, {"record": "r77"})
    call.mark_logged(steps=[Step(StepName.LOGGED, message)], now=now)
    return call


@pytest.fixture
def between_twins(connected, make_call, log, now) -> CallSession:
    """A call that is held, because two contacts have the number."""
    policy = ServerLoggingSettings.SeveralContacts.NEEDS_ATTENTION
    connected.server_logging_settings.update(several_contacts=policy)
    return log(make_call(outside=SHARED), at=now)


@pytest.fixture
def undecided(connected, make_call, log, now) -> CallSession:
    """A call of unknown outcome whose record is in the CRM."""
    call = log(make_call(), at=now)
    call.crm_records.update(
        status=CrmRecord.Status.UNKNOWN, record_id="", sent_at=now - timedelta(hours=1)
    )
    call.mark_needs_attention(Reason.UNDECIDED, now=now)
    return call


def page_of(console, call: CallSession) -> str:
    return text_of(console.get(call.get_absolute_url()))


def act(console, call: CallSession, action: str, **body: str) -> str:
    path = f"{call.get_absolute_url()}{action}/"
    return text_of(console.post(path, body, follow=True))


def work() -> None:
    """Run the queued tasks."""
    while task := queue.engine.dequeue():
        if task.name in ("send_due", "process_call"):
            queue.engine.execute(task)


def actions_on(page) -> dict[str, str]:
    """Return the actions on a page, and why each is not possible."""
    return {action.name: action.why_not for action in page.context["actions"]}


def test_record_of_removed_connector_is_shown_without_link(
    console, connected, make_call, log, now
):
    call = log(make_call(), at=now)
    record = call.crm_record.record_id
    call.crm_records.update(platform="vanished")

    page = console.get(f"/calls/{call.pk}/")

    assert page.status_code == 200
    assert f"record {record}" in text_of(page)


def test_the_headline_says_where_the_call_went(console, logged):
    shown = page_of(console, logged)

    assert "Logged to Sandbox CRM as r77 For Ben Baker, 12 seconds after" in shown


def test_title_of_a_forgotten_call_has_its_direction_alone(console, logged):
    CallSession.objects.filter(pk=logged.pk).forget_identity()

    page = console.get(logged.get_absolute_url())

    assert "<h1>Outbound call</h1>" in page.content.decode()
    assert "To Details removed" in text_of(page)


def test_headline_follows_its_record(console, logged, now):
    deleted = Step(StepName.DELETED, Message(Sentence.DELETED_IN_CRM))
    logged.rest(steps=[deleted], now=now)

    shown = page_of(console, logged)

    assert "Deleted in Sandbox CRM Record r77 was deleted, noticed " in shown
    assert "Logged to Sandbox CRM" not in shown


def test_headline_names_the_crm_that_has_the_record(console, logged):
    logged.crm_records.update(platform="pipedrive")

    assert "Logged to Pipedrive as r77" in page_of(console, logged)


def test_headline_of_a_waiting_call_has_the_answer_of_the_crm(
    console, connected, make_call, sandbox, log, now
):
    sandbox.switch(crmFailsWith=503)
    call = log(make_call(), at=now)

    shown = page_of(console, call)

    answer = "Sandbox CRM answered HTTP 503. It says: “the CRM is down”"
    assert f"Not logged yet {answer} Next try: Today, " in shown


def test_the_timeline_tells_each_step_and_how_long_it_took(
    console, connected, make_call, log, now, django_assert_max_num_queries
):
    call = log(make_call(), at=now)
    with django_assert_max_num_queries(24):
        page = console.get(call.get_absolute_url())

    steps = [line.step for line in page.context["timeline"]]
    assert steps[0] == StepName.RECEIVED
    stored = call.timeline.exclude(step=StepName.RESERVED)
    assert steps[1:] == list(stored.values_list("step", flat=True))
    times = [line.at for line in page.context["timeline"]]
    assert times == sorted(set(times))
    shown = text_of(page)
    assert "Received RingCentral notified us of the call." in shown
    assert "Activity owner: Ben Baker Mapped to this user by email." in shown
    assert "Contact: Iris Ito One contact has this number." in shown
    assert "Sent, attempt 1 Sandbox CRM answered in" in shown
    assert "Show details Attempt 1: no other worker sends this call." in shown
    assert f"confirmed record {call.crm_record.record_id}." in shown


def test_timeline_names_author_of_the_settings_version(
    console, connected, make_call, log, now
):
    mapping = connected.user_mappings.get(extension__extension_number="108")
    map_by_hand(mapping, connected.crm_users.get(crm_user_id="u8"))
    connected.refresh_from_db()

    shown = page_of(console, log(make_call(extension="108"), at=now))

    version = connected.configuration_version
    assert f"Settings version {version} · ada, " in shown
    assert shown.count("Settings version") == 1


def test_times_are_in_the_organizations_zone(console, logged, organization):
    organization.time_zone = "Asia/Kathmandu"
    organization.save()

    assert "+0545" in page_of(console, logged)


def test_the_legs_are_listed_without_numbers(console, logged, organization):
    for party, extension in (("p1", logged.extension_id), ("p2", "")):
        CallParty.objects.create(
            call=logged,
            party_id=party,
            extension_id=extension,
            status="Disconnected",
            was_answered=True,
            has_ended=True,
        )

    shown = page_of(console, logged)

    assert "Ben Baker (102) Disconnected · answered · ended · p1" in shown
    assert "Other party Disconnected · answered · ended · p2" in shown
    assert "4155550101" not in shown


@pytest.mark.parametrize(
    ("end", "headline", "actions"),
    [
        (
            lambda e, now: e.mark_skipped(SkipReason.NO_CONTACT, now=now),
            "Skipped: No matching contact Nothing was written to Sandbox CRM.",
            {"try-again", "show-number", "do-not-log"},
        ),
        (
            lambda e, now: e.mark_needs_attention(Reason.REFUSED_BY_CRM, now=now),
            "Rejected by the CRM Open the call to see Sandbox CRM's answer",
            {"try-again", "leave", "show-number", "do-not-log"},
        ),
        (
            lambda e, now: e.mark_needs_attention(Reason.UNDECIDED, now=now),
            "Is this call in Sandbox CRM? We sent the record and got no answer.",
            {"decide", "show-number", "do-not-log"},
        ),
        (
            lambda e, now: e.mark_failed(FailureReason.GAVE_UP, now=now),
            "All attempts failed Retry when Sandbox CRM responds again.",
            {"try-again", "leave", "show-number", "do-not-log"},
        ),
        (
            lambda e, now: e.wait(now + timedelta(hours=1), now=now),
            "Queued Logged within seconds.",
            {"try-again", "show-number", "do-not-log"},
        ),
    ],
)
def test_actions_depend_on_the_state(console, make_call, now, end, headline, actions):
    call = make_call()
    end(call, now)

    page = console.get(call.get_absolute_url())

    assert headline in text_of(page)
    assert set(actions_on(page)) == actions


@pytest.mark.parametrize(
    ("circuit", "is_paused", "headline"),
    [
        ({}, True, "Logging is paused The call is held until logging resumes."),
        (
            {"rejected_at": True},
            False,
            "Sandbox CRM rejected the password The call is logged after you reconnect.",
        ),
        (
            {"open_until": True},
            False,
            "Sandbox CRM isn't responding The call is logged when it's back. "
            "It isn't lost. Next try: ",
        ),
    ],
)
def test_queued_call_says_what_it_waits_for(
    console, connected, make_call, now, circuit, is_paused, headline
):
    call = make_call()
    call.advance(Status.WAITING_TO_LOG, at=now + timedelta(minutes=5), now=now)
    at = now + timedelta(minutes=5)
    if circuit:
        facts = dict.fromkeys(circuit, at)
        CrmCircuit.objects.create(organization=connected, platform="sandbox", **facts)
    if is_paused:
        connected.server_logging_settings.update(paused_at=now)

    assert headline in page_of(console, call)


def test_record_text_is_shown_without_the_number(
    console, connected, make_call, log, now
):
    every = ServerLoggingSettings.objects.get().note_sections
    connected.server_logging_settings.update(
        note_sections=[*every, "addCallLogContactNumber"]
    )

    shown = page_of(console, log(make_call(), at=now))

    assert "- Summary: Inbound Call from Iris Ito" in shown
    assert "- Contact Number: ••• 0101" in shown
    assert "5550101" not in shown


def test_a_logged_call_offers_nothing_to_try(console, logged):
    assert "Retry" not in page_of(console, logged)


def test_actions_beyond_the_role_name_the_needed_role(console, member, make_call, now):
    call = make_call()
    call.mark_failed(FailureReason.GAVE_UP, now=now)
    for role, why in (
        (Member.Role.VIEWER, "You need the Operator role."),
        (Member.Role.OPERATOR, ""),
    ):
        member.role = role
        member.save()

        page = console.get(call.get_absolute_url())

        assert actions_on(page)["try-again"] == why
        assert actions_on(page)["do-not-log"] == "You need the Admin role."
        assert console.post(f"{call.get_absolute_url()}do-not-log/").status_code == 403
    assert 'aria-disabled="true"' in page.content.decode()


def test_a_held_call_is_tried_again_once_however_often_pressed(console, make_call, now):
    call = make_call()
    call.mark_needs_attention(Reason.UNMAPPED_EXTENSION, now=now)

    assert "Retrying this call." in act(console, call, "try-again")
    assert "Nothing changed: this call was already handled." in act(
        console, call, "try-again"
    )

    call.refresh_from_db()
    assert call.status == Status.WAITING_TO_LOG
    assert AuditEntry.objects.filter(action="CALLS_TRIED_AGAIN").count() == 1


def test_pressed_in_two_tabs_a_call_is_logged_once(
    console, connected, sandbox, make_call, now
):
    call = make_call()
    call.mark_failed(FailureReason.GAVE_UP, now=now)

    act(console, call, "try-again")
    act(console, call, "try-again")
    work()

    assert len(sandbox.call_logs()) == 1


def test_a_skipped_call_can_be_logged_after_all(
    console, connected, sandbox, make_call, now
):
    call = make_call()
    call.mark_skipped(SkipReason.NO_CONTACT, now=now)

    act(console, call, "try-again")
    work()

    assert len(sandbox.call_logs()) == 1


def test_a_call_that_waits_long_is_logged_now(
    console, connected, sandbox, make_call, now
):
    call = make_call()
    call.wait(now + timedelta(hours=4), now=now)
    assert "Log now" in page_of(console, call)

    act(console, call, "try-again")
    work()

    assert len(sandbox.call_logs()) == 1


def test_looking_again_finds_the_record_and_says_so(console, undecided, sandbox):
    act(console, undecided, "decide", verdict="LOOK_AGAIN")
    work()

    assert "The record is in Sandbox CRM after all" in page_of(console, undecided)
    assert len(sandbox.call_logs()) == 1


def test_retry_of_unknown_outcome_searches_the_crm_first(console, undecided, sandbox):
    sandbox.delete_call_log(sandbox.call_logs()[0]["id"])

    act(console, undecided, "try-again")
    work()

    assert "The record isn't in Sandbox CRM, so it's sent again." in page_of(
        console, undecided
    )
    assert len(sandbox.call_logs()) == 1


@pytest.mark.parametrize("body", [{}, {"verdict": "MAYBE"}])
def test_an_answer_is_one_of_the_four(console, undecided, body):
    path = f"{undecided.get_absolute_url()}decide/"

    assert console.post(path, body).status_code == 400


def test_a_person_chooses_between_contacts(console, between_twins, sandbox):
    assert "Tom Twin" in page_of(console, between_twins)

    act(console, between_twins, "contact", contact="Contact:c12")
    work()

    [record] = sandbox.call_logs()
    assert record["contact"]["name"] == "Tim Twin"
    entry = AuditEntry.objects.get(action="CONTACT_CHOSEN")
    assert entry.changes[0]["after"] == "c12"
    assert "2 contacts have this number. Chosen on the call's page: c12." in page_of(
        console, between_twins
    )


def test_any_of_many_contacts_can_be_chosen_by_number(
    console, connected, sandbox, make_call, log, now
):
    policy = ServerLoggingSettings.SeveralContacts.NEEDS_ATTENTION
    connected.server_logging_settings.update(several_contacts=policy)
    number = "+14155550122"
    for contact_id in range(25, 0, -1):
        sandbox.add_contact(id=str(contact_id), name=f"Desk {contact_id}", phone=number)
    call = log(make_call(outside=Party(phone_number=number)), at=now)

    page = console.get(call.get_absolute_url())

    ids = [candidate["id"] for candidate in page.context["candidates"]]
    assert ids == [str(number) for number in range(1, 26)]
    shown = text_of(page)
    assert (
        "25 contacts in Sandbox CRM have this number Choose who was on the call."
        in shown
    )
    assert "Find a contact" in shown
    assert "There may be more" not in shown
    act(console, call, "contact", contact="Contact:9")
    work()
    assert [r["contactId"] for r in sandbox.call_logs()] == ["9"]
    call.refresh_from_db()
    assert call.contact_candidates is None, "the others are not kept"


def test_more_contacts_than_are_stored_are_told_of(console, between_twins, monkeypatch):
    monkeypatch.setattr(call_detail, "MAX_CANDIDATES", 2)

    shown = page_of(console, between_twins)

    assert "There may be more: these are the first by ID." in shown
    assert "Retry" in shown


def test_candidates_are_sealed_in_the_database(between_twins):
    [stored] = CallSession.objects.values_list("contact_candidates", flat=True)

    assert stored
    assert "Twin" not in stored


def test_without_candidates_the_call_is_to_be_retried(console, make_call, now):
    call = make_call()
    call.mark_needs_attention(AttentionReason.SEVERAL_CONTACTS, now=now)

    shown = page_of(console, call)

    assert "Multiple contacts match The contacts aren't known yet." in shown
    assert "Choose who was on the call." not in shown
    assert "try-again" in actions_on(console.get(call.get_absolute_url()))


@pytest.mark.parametrize("contact", ["", "Contact:c1", "c12"])
def test_only_one_of_the_candidates_can_be_chosen(console, between_twins, contact):
    assert "Nothing changed: this call was already handled." in act(
        console, between_twins, "contact", contact=contact
    )
    between_twins.refresh_from_db()
    assert between_twins.chosen_contact is None


def test_a_chosen_contact_must_still_have_the_number(console, between_twins, sandbox):
    sandbox.delete_contact("c12")

    act(console, between_twins, "contact", contact="Contact:c12")
    work()

    shown = page_of(console, between_twins)
    assert sandbox.call_logs() == []
    assert "Contact c12 no longer has this number in Sandbox CRM." in shown
    assert "Tom Twin" in shown
    assert "Tim Twin" not in shown


def test_an_unmapped_extension_leads_to_its_mapping_and_back(
    console, organization, make_call, now
):
    call = make_call(extension="108")
    call.mark_needs_attention(Reason.UNMAPPED_EXTENSION, now=now)
    fix = console.get(call.get_absolute_url()).context["fix"]
    assert fix.label == "Map Gus Grey (108)"

    path, _question, query = fix.address.partition("?")
    edit = console.get(fix.address).content.decode()
    mapping = organization.user_mappings.get(extension__extension_number="108")
    chosen = {"crm_user": "u8", "version": mapping.version}
    reply = console.post(f"{path}?{query}", chosen)

    assert f'value="{call.get_absolute_url()}"' in edit
    assert reply.url == call.get_absolute_url()


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_the_way_back_is_a_page_of_ours(console, organization, elsewhere):
    mapping = organization.user_mappings.get(extension__extension_number="108")
    path = f"/user-mapping/{mapping.pk}/"

    chosen = {"crm_user": "u8", "version": mapping.version}
    reply = console.post(path, {**chosen, "next": elsewhere})

    assert reply.url == "/user-mapping/"
    assert elsewhere not in console.get(path, {"next": elsewhere}).content.decode()


def test_a_call_is_left_as_it_is(console, make_call, now):
    call = make_call()
    call.mark_failed(FailureReason.GAVE_UP, now=now)

    shown = act(console, call, "leave")

    assert "Dismissed The call stays unlogged." in shown
    assert AuditEntry.objects.get().action == "CALLS_LEFT"


def test_a_number_is_never_logged_again_and_forgotten_here(
    console, connected, sandbox, make_call, log, now
):
    call = make_call()
    call.mark_failed(FailureReason.GAVE_UP, now=now)

    shown = act(console, call, "do-not-log")

    assert "Skipped: On the do-not-log list" in shown
    assert "0101" not in shown
    call.refresh_from_db()
    assert call.details is None
    entry = AuditEntry.objects.get()
    assert entry.action == "NUMBER_EXCLUDED"
    assert "5550101" not in f"{entry.subject} {entry.changes}"
    again = log(make_call(), at=now)
    assert again.reason == SkipReason.DO_NOT_LOG


def test_logged_call_stays_logged_after_its_number_is_forgotten(
    console, connected, sandbox, make_call, log, now
):
    call = log(make_call(), at=now)

    assert exclude_number(call, actor=ADA, now=now)

    shown = page_of(console, call)
    assert "Logged to Sandbox CRM" in shown
    assert "Iris" not in shown
    assert len(sandbox.call_logs()) == 1


def test_number_is_shown_once_and_audited(console, logged):
    path = f"{logged.get_absolute_url()}number/"

    reply = console.post(path)

    assert "+14155550101" in text_of(reply)
    assert AuditEntry.objects.get().action == "NUMBER_SHOWN"
    assert "+14155550101" not in page_of(console, logged)
    assert console.get(path).url == logged.get_absolute_url()


def test_no_secret_is_on_the_page(console, connected, make_call, log, now):
    canary = "canary-5f1d"
    settings = connected.server_logging_settings.get()
    settings.additional_field_values = {"apiUsername": "service", "apiPassword": canary}
    settings.save()
    connected.ringcentral_connection.jwt = canary
    connected.ringcentral_connection.save()

    call = log(make_call(), at=now)

    assert call.timeline.exists()
    assert canary not in console.get(call.get_absolute_url()).content.decode()
