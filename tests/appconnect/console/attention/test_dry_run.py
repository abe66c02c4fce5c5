from datetime import timedelta

import pytest
from django.core.cache import cache

from appconnect.calls.intake.extension import extensions_of
from appconnect.calls.intake.ringcentral_record import read_record
from appconnect.calls.models import CallSession
from appconnect.console.attention.dry_run_form import DryRunForm
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.models import AuditEntry
from appconnect.ringcentral.call_log import find_record
from tests.support.helpers import text_of

PATH = "/dry-run/"
CALL = {
    "direction": "Inbound",
    "extension": "102",
    "number": "(415) 555-0101",
    "ending": "answered",
    "duration": "1:05",
    "at": "2026-03-31T14:15",
}


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


def test_invented_call_gets_a_result(connected, console, sandbox):
    page = console.post(PATH, CALL)

    text = text_of(page)
    assert "Would be logged to Sandbox CRM For Ben Baker, on contact Iris Ito." in text
    assert "Contact: Iris Ito" in text
    assert "Activity owner: Ben Baker" in text
    assert "Inbound Call from Iris Ito" in text
    assert "2026-03-31 02:15:00 PM PDT" in text
    assert "1 minute, 5 seconds" in text
    assert sandbox.call_logs() == []
    assert not CallSession.objects.exists()


def test_extension_number_means_its_present_owner(connected, console):
    gone = connected.extensions.get(extension_number="108")  # mapped to nobody
    gone.pk, gone.is_enabled = None, False
    gone.extension_id, gone.extension_number = "1", "102"
    gone.save(force_insert=True)
    ids = [e.pk for e in connected.extensions.filter(extension_number="102")]
    for pk, is_enabled in zip(sorted(ids), (False, True), strict=True):
        connected.extensions.filter(pk=pk).update(is_enabled=is_enabled)

    text = text_of(console.post(PATH, CALL))

    assert "Unmapped extension" in text, "the newer one has the number now"


def test_audit_log_records_dry_run_without_number(connected, console):
    console.post(PATH, CALL)

    entry = connected.audit_entries.get(action=AuditEntry.Action.DRY_RUN)
    assert entry.actor == "ada"
    assert "5550101" not in f"{entry.subject}{entry.changes}"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"number": ""}, "Would be skipped Caller ID withheld or incomplete"),
        ({"number": "+12125550147"}, "Would be skipped No matching contact"),
        ({"number": "103"}, "Would be skipped Internal call"),
        ({"number": "+14155550102", "direction": "Outbound"}, "contact Jonas Jung"),
        ({"extension": "108"}, "Would need attention Unmapped extension"),
        ({"extension": "200"}, "Unmapped extension"),
        ({"extension": "300"}, "Hung up before reaching anyone"),
        ({"ending": "voicemail"}, "Result: Voicemail"),
        ({"ending": "missed", "direction": "Outbound"}, "Result: No Answer"),
    ],
    ids=str,
)
def test_result_depends_on_the_entered_call(connected, console, changed, text):
    assert text in text_of(console.post(PATH, CALL | changed))


def test_the_do_not_log_list_is_asked_as_for_a_real_call(connected, console, sandbox):
    set_do_not_log_numbers(connected, ["+14155550101"])

    page = console.post(PATH, CALL)

    assert "Would be skipped On the do-not-log list" in (text_of(page))
    assert sandbox.asked("/crm/api/") == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"extension": "999"}, "Extension: No extension has this number."),
        ({"number": "999"}, "Other party's number: No extension has this number."),
        (
            {"number": "+43 664 1234567 (Ana)"},
            "Other party's number: Contains more than a phone number.",
        ),
        ({"at": "soon"}, "Starts: Enter a valid date/time."),
        ({"at": "0001-01-01T00:00"}, "Starts: Enter a time within 10 years"),
        ({"duration": "65"}, "Duration: Enter minutes and seconds, such as 1:30."),
        (
            {"ending": "voicemail", "direction": "Outbound"},
            "Only an inbound call can end in voicemail.",
        ),
    ],
    ids=str,
)
def test_invalid_values_are_named_and_stay_in_the_form(
    connected, console, changed, fault
):
    page = console.post(PATH, CALL | changed)

    assert fault in text_of(page)
    assert 'value="(415) 555-0101"' in page.content.decode() or "number" in changed


def test_a_past_call_is_asked_about_by_its_id(connected, console, make_call):
    call = make_call()
    assert (
        f"/dry-run/?call={call.pk}"
        in console.get(call.get_absolute_url()).content.decode()
    )

    page = console.get(PATH, {"call": call.pk})
    assert "Other party ••• 0101" in text_of(page)
    page = console.post(PATH, {"call": call.pk})

    assert (
        "Would be logged to Sandbox CRM For Ben Baker, on contact Iris Ito."
        in text_of(page)
    )
    entry = connected.audit_entries.get(action=AuditEntry.Action.DRY_RUN)
    assert entry.subject == call.telephony_session_id, "whose number was shown"
    call.refresh_from_db()
    assert call.status == CallSession.Status.WAITING_TO_LOG
    assert call.contact_name == ""


def test_a_logged_call_gets_no_second_record(connected, console, make_call, log, now):
    call = log(make_call(), at=now)

    page = console.post(PATH, {"call": call.pk})

    assert "won't be logged twice" in text_of(page)


def test_of_a_forgotten_call_nothing_can_be_said(connected, console, make_call):
    call = make_call()
    call.forget()

    assert "dry-run/?call" not in console.get(call.get_absolute_url()).content.decode()
    assert console.post(PATH, {"call": call.pk}).status_code == 404


def test_anothers_call_is_not_found(client, stranger, make_call):
    call = make_call()
    client.force_login(stranger.user)

    for reply in (
        client.get(PATH, {"call": call.pk}),
        client.post(PATH, {"call": call.pk}),
        client.post(PATH, {"call": "nonsense"}),
    ):
        assert reply.status_code == 404


def test_the_eleventh_within_a_minute_asks_nothing(connected, console, sandbox):
    for _ in range(10):
        console.post(PATH, CALL | {"number": ""})

    page = console.post(PATH, CALL)

    assert page.status_code == 429
    assert "10 simulations a minute is the limit" in text_of(page)
    assert 'value="(415) 555-0101"' in page.content.decode()
    assert sandbox.asked("/crm/api/") == []


@pytest.mark.parametrize(
    ("script", "direction", "ending"),
    [
        ("inbound_answered", "Inbound", "answered"),
        ("outbound_answered", "Outbound", "answered"),
        ("missed", "Inbound", "missed"),
        ("voicemail", "Inbound", "voicemail"),
        ("extension_to_extension", "Outbound", "answered"),
    ],
)
def test_invented_call_equals_ringcentrals_record(
    connected, sandbox, settings, now, script, direction, ending
):
    """The same sides, owner and result as the call log of such a call, script by script."""
    session = sandbox.make_call(script, extension="104", **{"from": "+14155550101"})
    sandbox.advance(3600)
    told, real_owner = read_call(connected, session, now)
    other = "102" if script == "extension_to_extension" else "+14155550101"
    form = DryRunForm(
        CALL
        | {"direction": direction, "ending": ending}
        | {"extension": "104", "number": other},
        organization=connected,
        now=now,
    )
    assert form.is_valid(), form.errors

    made = form.make_record()

    typed, owner = read_record(connected, made, extensions_of(connected, [made]))
    assert owner == real_owner
    assert (typed.direction, typed.result) == (told.direction, told.result)
    assert typed.contact_party.extension_id == told.contact_party.extension_id
    if not told.is_internal:
        assert typed.contact_number == told.contact_number
    assert typed.is_internal == told.is_internal


def read_call(organization, session, now):
    with open_ringcentral(organization, now=now) as client:
        record = find_record(client, session, started_at=now - timedelta(hours=1))
    return read_record(organization, record, extensions_of(organization, [record]))
