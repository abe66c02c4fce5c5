"""The overview: each state with its cause, numbers that are true or unknown, and the way out."""

import re
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason, FailureReason
from appconnect.console.attention.numbers import draw_bar
from appconnect.monitoring.models import WorkerHeartbeat
from appconnect.monitoring.models.problems import LoggingState
from appconnect.monitoring.status.counts import DayCounts, Ends
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


def state_of(console) -> LoggingState:
    """Return the state on the page, which is the state in the top bar, too."""
    page = console.get(PATH)
    assert page.context["overview"].status.state == page.context["logging_state"]
    return page.context["logging_state"]


def stat_on(page, name: str) -> tuple[int, str]:
    """Return one of the four numbers, and the words below it."""
    [stat] = [stat for stat in page.context["stats"] if stat["id"] == name]
    return stat["value"], text_of_html(stat["note"])


def text_of_html(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def test_switched_off_logging_is_shown_with_link_to_set_up(console, organization):
    page = console.get(PATH)

    assert "Logging is off No calls are logged until you turn it on." in text_of(page)
    assert "Off" in page.context["chip"].label
    assert 'id="status-page" href="/setup/"' in page.content.decode()


def test_organization_without_calls_sees_advice(console, running):
    shown = text_of(console.get(PATH))

    assert "extensions are logged to Sandbox CRM." in shown
    assert "No calls yet. Make a test call; it shows up here within a minute." in shown
    assert "Logged today 0 of 0 eligible calls" in shown
    assert "Nothing needs attention Checked at" in shown


def test_new_crm_is_not_credited_with_the_record_of_the_one_before(
    console, running, make_call, log
):
    log(make_call(), at=timezone.now())
    assert "Sandbox CRM Last record" in text_of(console.get(PATH))

    running.platform = "odoo"
    running.save()

    shown = text_of(console.get(PATH))
    assert "Last record" not in shown
    assert "Odoo No calls logged yet" in shown


def test_a_logged_call_is_counted_with_how_soon_it_was_logged(
    console, running, make_call, log
):
    call = log(make_call(), at=timezone.now())
    assert call.status == Status.LOGGED

    shown = text_of(console.get(PATH))

    assert "The last one was logged" in shown
    assert "s from hang-up to record" in shown
    assert "Logged today 1 of 1 eligible call" in shown


def test_credentials_that_the_crm_refuses_stop_the_logging_within_one_call(
    console, running, make_call, log, sandbox
):
    sandbox.switch(crmPassword="another")

    log(make_call(), at=timezone.now())

    page = console.get(PATH)
    assert "Logging has stopped" in text_of(page)
    assert "Sandbox CRM Last record" not in text_of(page)
    assert "Password rejected" in text_of(page)
    [link] = re.findall(
        r'id="status-page" href="([^"]*)">([^<]*)<', page.content.decode()
    )
    assert link == ("/connections/account/", "Reconnect Sandbox CRM")
    assert stat_on(page, "in-progress") == (1, "0 on call, 1 queued")


def test_a_call_that_needs_a_person_is_a_to_do_and_logging_stays_on(
    console, running, make_call
):
    call = make_call()
    call.mark_needs_attention("UNMAPPED_EXTENSION", now=timezone.now())

    page = console.get(PATH)

    assert "Logging is on" in text_of(page)
    assert "Needs your attention View all 1 call from an unmapped" in text_of(page)
    assert stat_on(page, "attention")[0] == 1


def test_calls_with_one_reason_are_one_to_do(console, running, make_call, now):
    for extension in ("101", "108"):
        make_call(extension=extension).mark_needs_attention(
            AttentionReason.UNMAPPED_EXTENSION, now=now
        )
    for _ in range(2):
        make_call().mark_needs_attention(AttentionReason.UNDECIDED, now=now)

    titles = [to_do.title for to_do in console.get(PATH).context["to_dos"]]

    assert set(titles) == {
        "2 calls from 2 unmapped extensions",
        "2 calls with an unknown outcome",
    }


def test_an_extensions_name_is_shown_as_it_is(console, running, make_call, now):
    name = "100 %(off) & more"
    running.extensions.filter(extension_number="108").update(name=name)
    make_call(extension="108").mark_needs_attention(
        AttentionReason.UNMAPPED_EXTENSION, now=now
    )

    assert f"{name} (108)." in text_of(console.get(PATH))


def test_the_menu_and_the_tile_have_one_number(console, running, make_call, now):
    make_call().mark_needs_attention(AttentionReason.NO_CREDENTIALS, now=now)
    make_call().mark_failed(FailureReason.GAVE_UP, now=now)

    page = console.get(PATH)

    assert "Needs attention 2 calls" in text_of(page)
    assert stat_on(page, "attention")[0] == 2


def test_a_link_leads_only_where_the_role_may_go(console, running, member, now):
    running.alert_channels.create(kind="ADMINS", created_at=now, failing_since=now)
    link = 'href="/alerts/"'
    assert console.get(PATH).content.decode().count(link) == 2
    member.role = "VIEWER"
    member.save()

    page = console.get(PATH)

    assert link not in page.content.decode()
    assert "Alert not delivered" in text_of(page)
    assert "Only admins can change this." in text_of(page)


def test_it_is_paused_and_goes_on_from_here(console, running):
    page = console.post("/pause/", follow=True)

    assert page.redirect_chain[-1][0] == PATH
    assert "Logging is paused By ada, " in text_of(page)
    assert "0 calls are held; none are lost. Resume logging" in text_of(page)

    page = console.post("/resume/", {"calls": "skip"}, follow=True)
    assert page.redirect_chain[-1][0] == PATH
    assert "Logging is on" in text_of(page)


def buttons_on(page) -> set[str]:
    """Return the ids of the buttons and links beside the state."""
    ids = re.findall(r'<(?:a|button)[^>]* id="([^"]*)"', page.content.decode())
    known = {"status-page", "switch-on", "to-pause", "resume-log", "resume-skip"}
    return known & set(ids)


def test_logging_that_is_delayed_or_stopped_can_be_paused_and_resumed(
    console, running, make_call
):
    make_call(next_attempt_at=timezone.now() - timedelta(hours=1))
    assert state_of(console) == LoggingState.DELAYED
    assert buttons_on(console.get(PATH)) == {"status-page", "to-pause"}
    WorkerHeartbeat.objects.all().delete()
    assert state_of(console) == LoggingState.STOPPED
    assert buttons_on(console.get(PATH)) == {"status-page", "to-pause"}

    console.post("/pause/")

    assert state_of(console) == LoggingState.STOPPED
    page = console.get(PATH)
    assert buttons_on(page) == {"status-page", "resume-log", "resume-skip"}
    assert "Resume and log 1 call" in text_of(page)
    console.post("/resume/", {"calls": "log"})
    assert "to-pause" in buttons_on(console.get(PATH))


def test_a_trial_can_be_paused_by_an_admin_too(console, running, member):
    running.server_logging_settings.update(logging_level="User")
    assert state_of(console) == LoggingState.TRIAL
    assert buttons_on(console.get(PATH)) == {"switch-on", "to-pause"}

    member.role = "OPERATOR"
    member.save()
    assert buttons_on(console.get(PATH)) == {"to-pause"}


@pytest.mark.parametrize("role", ["OPERATOR", "ADMIN"])
def test_a_button_that_a_refresh_brings_finds_its_dialog(
    console, running, member, role
):
    member.role = role
    member.save()

    page = console.post("/pause/", follow=True)

    assert "to-pause" not in buttons_on(page)
    _refreshed, _end, rest = page.content.decode().partition('id="pause"')
    assert "Pause logging?" in rest


def test_a_viewer_can_neither_pause_nor_resume(console, running, member):
    member.role = "VIEWER"
    member.save()
    assert buttons_on(console.get(PATH)) == set()
    running.server_logging_settings.update(paused_at=timezone.now())

    page = console.get(PATH)

    assert buttons_on(page) == set()
    assert "Only operators and admins can change this." in text_of(page)


def test_stopping_problem_takes_precedence_over_pause(console, running):
    console.post("/pause/")
    WorkerHeartbeat.objects.all().delete()

    assert state_of(console) == LoggingState.STOPPED


@pytest.mark.parametrize("hours", [-3, 3])
def test_worker_with_wrong_clock_counts_as_alive(
    console, running, monkeypatch, now, hours
):
    WorkerHeartbeat.objects.all().delete()
    with monkeypatch.context() as on_that_machine:
        on_that_machine.setattr(timezone, "now", lambda: now + timedelta(hours=hours))
        beat()

    assert state_of(console) == LoggingState.LOGGING


def test_a_number_that_cannot_be_had_is_unknown_and_not_zero(console, running):
    def refuse(execute, sql, params, many, context):
        is_of_the_page = '"reason"' not in sql and "heartbeat" not in sql
        if "COUNT(" in sql and "GROUP BY" in sql and is_of_the_page:
            raise DatabaseError("canceling statement due to statement timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        shown = text_of(console.get(PATH))

    assert shown.count("Counts aren't available right now.") == 2
    assert "eligible" not in shown


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_numbers_are_those_of_the_calls_behind_their_links(
    console, running, member, make_call, zone
):
    """A zone in which the day begins at another time than the organization's."""
    own = running.extensions.filter(extension_id=member.extension_id)
    own.update(time_zone=zone)
    for hours in range(0, 36, 2):
        call = make_call(started_at=timezone.now() - timedelta(hours=hours))
        call.mark_logged(now=timezone.now())

    page = console.get(PATH)

    [logged] = [stat for stat in page.context["stats"] if stat["id"] == "logged"]
    for shown, address in (
        (logged["value"], logged["address"]),
        *((day["ends"].total, day["address"]) for day in page.context["days"]),
    ):
        assert len(console.get(address).context["calls"]) == shown
    assert f"Days in {zone}" in text_of(page)


def test_no_part_of_the_longest_bar_is_cut_off():
    ends = Ends(logged=1_000_000, skipped=1, needs_attention=1, failed=1, in_progress=1)

    bar = draw_bar(DayCounts(day=date(2026, 3, 9), ends=ends), ends.total)

    assert [part["height"] for part in bar[1:]] == [6] * 4
    assert bar[-1]["y"] >= 0


def test_a_bar_is_as_long_as_its_numbers(console, running, make_call):
    for number in range(4):
        call = make_call()
        if number:
            call.mark_logged(now=timezone.now())
        else:
            call.mark_skipped("NO_CONTACT", now=timezone.now())

    page = console.get(PATH)
    *others, today = page.context["days"]

    assert [(part["state"], part["height"]) for part in today["bar"]] == [
        ("ok", 705),
        ("off", 235),
    ]
    assert [day["bar"] for day in others] == [[]] * 6
    assert [(skip["count"], skip["width"]) for skip in page.context["skips"]] == [
        (1, 100)
    ]


def test_it_refreshes_itself_until_that_is_stopped(console, running):
    assert 'hx-trigger="every 15s"' in console.get(PATH).content.decode()
    assert "hx-trigger" not in console.get(PATH, {"refresh": "off"}).content.decode()


def test_all_that_can_have_the_focus_has_an_id(console, running, make_call, now):
    """By which htmx gives the focus back as the page refreshes itself."""
    make_call().mark_skipped("NO_CONTACT", now=now)
    make_call(next_attempt_at=now - timedelta(hours=1))
    make_call().mark_needs_attention(AttentionReason.UNDECIDED, now=now)
    running.alert_channels.create(kind="ADMINS", created_at=now, failing_since=now)

    html = console.get(PATH).content.decode()

    _head, _id, rest = html.partition('id="overview"')
    refreshed, _id, _dialog = rest.partition('id="pause"')
    controls = re.findall(r"<(?:a|button|details|summary)\b[^>]*>", refreshed)
    ids = [re.search(r' id="([^"]+)"', control) for control in controls]
    assert [tag for tag, found in zip(controls, ids, strict=True) if not found] == []
    assert len({found[1] for found in ids}) == len(controls) > 20


def test_another_organizations_calls_are_not_counted(
    client, stranger, running, make_call
):
    make_call()
    client.force_login(stranger.user)

    page = client.get(PATH)

    assert stat_on(page, "in-progress")[0] == 0


def test_nothing_is_asked_in_a_loop(
    console, running, make_call, django_assert_max_num_queries
):
    for _ in range(20):
        make_call()
    make_call().mark_logged(now=timezone.now())

    with django_assert_max_num_queries(38):
        console.get(PATH)
