"""The overview: each state with its cause, numbers that are true or unknown, and the way out."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason, FailureReason
from appconnect.monitoring.models import WorkerHeartbeat
from appconnect.monitoring.status.overview import LoggingState, get_overview
from appconnect.organizations.models import LoggingSubscription
from appconnect.worker.heartbeat import beat
from tests.support.helpers import text_of

PATH = "/overview/"
Status = CallSession.Status


@pytest.fixture
def running(connected, now):
    """The organization with everything that logging needs: nothing is wrong."""
    beat()
    LoggingSubscription.objects.create(
        organization=connected,
        status=LoggingSubscription.Status.ACTIVE,
        expires_at=now + timedelta(days=6),
        polled_at=now,
    )
    connected.server_logging_settings.update(logging_since=now)
    return connected


def state_of(organization) -> LoggingState:
    return get_overview(organization, now=timezone.now()).status.state


def test_switched_off_logging_is_shown_with_link_to_set_up(console, organization):
    page = console.get(PATH)

    assert "Not switched on No call is logged until" in text_of(page)
    assert 'id="status-page" href="/setup/"' in page.content.decode()


def test_organization_without_calls_sees_advice(console, running):
    shown = text_of(console.get(PATH))

    assert "Logging since" in shown
    assert "Calls are logged to Sandbox CRM." in shown
    assert "No calls yet. Make a test call" in shown
    assert "Last call received none yet" in shown
    assert "0 of 0 eligible calls logged" in shown


def test_new_crm_is_not_credited_with_the_record_of_the_one_before(
    console, running, make_call, log
):
    log(make_call(), at=timezone.now())
    assert "Sandbox CRM took the last record at" in text_of(console.get(PATH))

    running.platform = "odoo"
    running.save()

    shown = text_of(console.get(PATH))
    assert "took the last record" not in shown
    assert "Odoo unknown: no call has been logged since it was chosen" in shown


def test_calls_that_are_all_logged_are_praised(console, running, make_call, log):
    call = log(make_call(), at=timezone.now())
    assert call.status == Status.LOGGED

    shown = text_of(console.get(PATH))

    assert "All calls of the last 24 hours are logged." in shown
    assert "1 of 1 eligible call logged" in shown
    assert "took the last record at" in shown


def test_credentials_that_the_crm_refuses_stop_the_logging_within_one_call(
    console, running, make_call, log, sandbox
):
    sandbox.switch(crmPassword="another")

    log(make_call(), at=timezone.now())

    page = console.get(PATH)
    assert "Stopped since" in text_of(page)
    assert "The CRM refuses the credentials." in text_of(page)
    assert 'id="status-page" href="/settings/"' in page.content.decode()
    assert "Waiting 1" in text_of(page)


def test_a_call_that_needs_a_person_degrades_it(console, running, make_call):
    call = make_call()
    call.mark_needs_attention("UNMAPPED_EXTENSION", now=timezone.now())

    shown = text_of(console.get(PATH))

    assert "Degraded since" in shown
    assert "Calls need a person" in shown
    assert "Needs attention 1" in shown
    assert "All calls of the last 24 hours" not in shown


def test_the_menu_and_the_tile_have_one_number(console, running, make_call, now):
    make_call().mark_needs_attention(AttentionReason.NO_CREDENTIALS, now=now)
    make_call().mark_failed(FailureReason.GAVE_UP, now=now)

    shown = text_of(console.get(PATH))

    assert "Needs attention 2 calls" in shown
    assert "Needs attention 2 1 failed" in shown


def test_a_link_leads_only_where_the_role_may_go(console, running, member, now):
    running.alert_channels.create(kind="ADMINS", created_at=now, failing_since=now)
    link = 'href="/alerts/"'
    assert console.get(PATH).content.decode().count(link) == 3
    member.role = "VIEWER"
    member.save()

    page = console.get(PATH)

    assert link not in page.content.decode()
    assert "An alert could not be delivered" in text_of(page)
    assert "An admin can put it right." in text_of(page)


def test_it_is_paused_and_goes_on_from_here(console, running):
    page = console.post("/pause/", {"page": "overview"}, follow=True)

    assert page.redirect_chain[-1][0] == PATH
    assert "Paused since" in text_of(page)
    assert "Go on, and log the calls of the pause" in text_of(page)

    page = console.post("/resume/", {"page": "overview", "calls": "skip"}, follow=True)
    assert page.redirect_chain[-1][0] == PATH
    assert "Logging since" in text_of(page)


def test_a_button_leads_nowhere_else(console, running):
    reply = console.post("/pause/", {"page": "//evil.example"})

    assert reply.url == "/settings/"


def test_stopping_problem_takes_precedence_over_pause(console, running):
    console.post("/pause/")
    WorkerHeartbeat.objects.all().delete()

    assert state_of(running) == LoggingState.STOPPED


@pytest.mark.parametrize("hours", [-3, 3])
def test_worker_with_wrong_clock_counts_as_alive(running, monkeypatch, now, hours):
    WorkerHeartbeat.objects.all().delete()
    with monkeypatch.context() as on_that_machine:
        on_that_machine.setattr(timezone, "now", lambda: now + timedelta(hours=hours))
        beat()

    assert state_of(running) == LoggingState.LOGGING


def test_a_number_that_cannot_be_had_is_unknown_and_not_zero(console, running):
    def refuse(execute, sql, params, many, context):
        is_of_the_page = '"reason"' not in sql and "heartbeat" not in sql
        if "COUNT(" in sql and "GROUP BY" in sql and is_of_the_page:
            raise DatabaseError("canceling statement due to statement timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        shown = text_of(console.get(PATH))

    assert "Waiting unknown" in shown
    assert "Today unknown" in shown
    assert "Unknown: the calls cannot be counted now." in shown
    assert "eligible" not in shown


def test_a_bar_is_as_long_as_its_numbers(console, running, make_call):
    for number in range(4):
        call = make_call()
        if number:
            call.mark_logged(now=timezone.now())
        else:
            call.mark_skipped("NO_CONTACT", now=timezone.now())

    today, *others = console.get(PATH).context["days"]

    assert [(part["kind"], part["x"]) for part in today["bar"]] == [
        ("logged", 0),
        ("skipped", 750),
    ]
    assert [day["bar"] for day in others] == [[]] * 6


def test_it_refreshes_itself_until_that_is_stopped(console, running):
    assert 'hx-trigger="every 15s"' in console.get(PATH).content.decode()
    assert "hx-trigger" not in console.get(PATH, {"refresh": "off"}).content.decode()


def test_another_organizations_calls_are_not_counted(
    client, stranger, running, make_call
):
    make_call()
    client.force_login(stranger.user)

    page = client.get(PATH)

    assert "Last call received none yet" in text_of(page)
    assert "Waiting 0" in text_of(page)


def test_nothing_is_asked_in_a_loop(
    console, running, make_call, django_assert_max_num_queries
):
    for _ in range(20):
        make_call()

    with django_assert_max_num_queries(37):
        console.get(PATH)
