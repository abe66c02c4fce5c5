"""The filters of the calls page: what they find, what they refuse, and what they hide."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from appconnect.calls.models import CallSession, CrmRecord, RetryBatch
from appconnect.calls.models.choices import AttentionReason, SkipReason
from appconnect.console.calls.calls import MAX_NUMBERS_PER_MINUTE
from appconnect.organizations.models import Extension
from connector.types import Direction, Party
from tests.support.helpers import text_of

PATH = "/calls/"
FIND = "/calls/find-number/"


@pytest.fixture
def found(console):
    """Return a function that returns the calls that a page with these filters shows."""

    def found(**filters) -> list[CallSession]:
        return console.get(PATH, filters).context["calls"]

    return found


def log_record(call: CallSession, record_id: str) -> None:
    CrmRecord.objects.create(
        organization=call.organization,
        platform="sandbox",
        telephony_session_id=call.telephony_session_id,
        extension_id=call.extension_id,
        call=call,
        status=CrmRecord.Status.LOGGED,
        record_id=record_id,
    )


def test_a_reason_is_chosen(found, make_call, now):
    make_call().mark_skipped(SkipReason.FAX, now=now)
    held = make_call()
    held.mark_needs_attention(AttentionReason.NO_CREDENTIALS, now=now)

    assert found(reason="NO_CREDENTIALS") == [held]


@pytest.mark.parametrize("text", ["103", "cleo carter", "Cleo"])
def test_a_person_is_found_by_number_or_name(found, make_call, text):
    make_call(extension="102")
    cleos = make_call(extension="103")

    assert found(extension=text) == [cleos]


def reuse(organization, number: str) -> Extension:
    """Give an extension's number and name to a new one, as RingCentral does."""
    gone = organization.extensions.get(extension_number=number)
    organization.extensions.filter(pk=gone.pk).update(is_enabled=False)
    gone.pk, gone.extension_id = None, f"9{gone.extension_id}"
    gone.save(force_insert=True)
    return gone


@pytest.mark.parametrize(("text", "finds_old"), [("103", True), ("Cleo Carter", False)])
def test_reassigned_extension_number_finds_both_extensions(
    found, organization, make_call, now, text, finds_old
):
    old = make_call(extension="103", started_at=now - timedelta(hours=1))
    new = make_call(extension_id=reuse(organization, "103").extension_id)

    assert found(extension=text) == ([new, old] if finds_old else [new])


def test_a_direction_is_chosen(found, make_call):
    make_call()
    outbound = make_call(direction=Direction.OUTBOUND)

    assert found(direction="Outbound") == [outbound]


@pytest.mark.parametrize("source", ["notification", "call-log", "try-again"])
def test_a_source_is_chosen(found, organization, make_call, now, source):
    retry_batch = RetryBatch.objects.create(organization=organization, started_at=now)
    calls = {
        "call-log": make_call(was_recovered=True),
        "try-again": make_call(retry_batch=retry_batch, was_recovered=True),
        "notification": make_call(),
    }

    assert calls[source] in found(source=source)
    assert len(found(source=source)) == (2 if source == "call-log" else 1)
    assert found(retry_batch=retry_batch.pk) == [calls["try-again"]]


def test_any_id_finds_its_call(found, make_call):
    make_call(session_id="1")
    call = make_call(session_id="2")
    log_record(call, "r9")

    for text in (call.telephony_session_id, "2", "r9", str(call.pk)):
        assert found(id=text) == [call], text
    assert found(id="nobody's") == []


def test_a_strangers_ids_find_nothing(client, stranger, make_call):
    call = make_call()
    log_record(call, "r9")
    client.force_login(stranger.user)

    for text in (call.telephony_session_id, call.session_id, "r9", str(call.pk)):
        assert client.get(PATH, {"id": text}).context["calls"] == []


@pytest.mark.parametrize(
    ("filters", "hours"),
    [
        # In Los Angeles the clocks went back on 1 November 2026: a day of 25 hours.
        ({"since_date": "2026-11-01", "until_date": "2026-11-01"}, range(7, 32)),
        # They go forward on 8 March: 23 hours.
        ({"since_date": "2026-03-08", "until_date": "2026-03-08"}, range(8, 31)),
        # 01:30 comes twice: from the first one on, until the second one.
        (
            {
                "since_date": "2026-11-01",
                "since_time": "01:30",
                "until_date": "2026-11-01",
                "until_time": "01:30",
            },
            range(9, 10),
        ),
        ({"since_date": "2026-11-01", "since_time": "23:00"}, range(31, 40)),
    ],
)
def test_a_day_is_as_long_as_it_is_where_the_organization_is(
    found, make_call, filters, hours
):
    day = datetime.fromisoformat(filters["since_date"]).replace(tzinfo=UTC)
    starts = {n: day + timedelta(hours=n) for n in range(40)}
    for start in starts.values():
        make_call(started_at=start)

    shown = {call.started_at for call in found(**filters)}

    assert shown == {starts[n] for n in hours}


@pytest.mark.parametrize("typed", ["+1 415 555 0101", "(415) 555-0101", "415.555.0101"])
def test_a_number_is_found_in_any_spelling_and_stands_in_no_address(
    console, make_call, typed
):
    make_call(outside=Party(phone_number="+14155550102"))
    call = make_call()

    reply = console.post(FIND, {"phone_number": typed, "direction": "Inbound"})
    page = console.get(reply.url)

    assert page.context["calls"] == [call]
    assert "direction=Inbound" in reply.url
    assert "5550101" not in reply.url
    assert "5550101" not in page.content.decode()
    assert "Filtered by number" in text_of(page)


def test_invalid_number_is_named_and_not_searched(console, make_call):
    make_call()

    page = console.post(FIND, {"phone_number": "12", "direction": "Inbound"})

    html = page.content.decode()
    assert "Error: Calls" in text_of(page)
    assert 'role="alert"' in html
    assert (
        "Not a complete phone number. Write it with + and the country code."
        in text_of(page)
    )
    assert 'value="12"' in html
    assert '<details class="disclosure" open>' in html
    assert 'href="?' not in html
    assert "direction=Inbound" in html
    assert len(page.context["calls"]) == 1
    assert console.get(FIND).url == PATH


def test_a_masked_number_is_not_found_by_trying_them_all(
    console, organization, make_call, stranger, monkeypatch, now
):
    make_call()
    monkeypatch.setattr(timezone, "now", lambda: now)  # within one minute
    for last in range(MAX_NUMBERS_PER_MINUTE):
        assert find(console, last).status_code == 302

    page = find(console, 101)

    assert page.status_code == 200
    assert "Wait a minute, then try again." in text_of(page)
    [entry] = organization.audit_entries.all()
    assert (entry.action, entry.subject) == ("ACCESS_DENIED", f"POST {FIND}")
    console.force_login(stranger.user)
    assert find(console, 101).status_code == 302


def find(console, last: int):
    return console.post(FIND, {"phone_number": f"+1415555{last:04}"})


def test_another_organizations_hash_of_the_same_number_is_another(
    client, stranger, make_call
):
    call = make_call()
    client.force_login(stranger.user)

    reply = client.get(PATH, {"number": call.contact_number_hash})

    assert reply.context["calls"] == []


def test_a_call_on_the_do_not_log_list_leaves_its_number_in_no_index(make_call):
    call = make_call()
    assert call.contact_number_hash

    call.forget()

    call.refresh_from_db()
    assert call.contact_number_hash == ""


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"state": "nonsense"}, "Status: Select a valid choice."),
        ({"reason": "BAD_LUCK"}, "Reason: Select a valid choice."),
        ({"extension": "999"}, "Person: No extension has this number or name."),
        ({"extension": "e"}, "Person: Several extensions have this name"),
        ({"since_date": "yesterday"}, "From date: Enter a valid date."),
        ({"since_time": "10:00"}, "From date: Enter a date as well."),
        ({"until_date": "9999-12-31"}, "Until date: Enter a date in this century."),
        (
            {"since_date": "2026-02-02", "until_date": "2026-02-01"},
            "Until date: The end is before the start.",
        ),
        ({"number": "+14155550101"}, "Number: Enter a valid value."),
        ({"retry_batch": "x"}, "Retried together: Enter a valid UUID."),
    ],
)
def test_a_wrong_value_is_named_and_no_call_is_shown(console, make_call, filters, said):
    make_call()

    page = console.get(PATH, filters)

    assert said in text_of(page)
    assert page.context["calls"] == []
    assert re.search(r"<title>\s*Error:", page.content.decode())


def test_an_address_restores_its_filters(console, make_call):
    make_call()
    address = (
        "?extension=102&direction=Inbound&since_date=2020-01-02&since_time=03%3A04"
    )

    page = console.get(PATH + address).content.decode()

    assert 'value="102"' in page
    assert '<option value="Inbound" selected>' in page
    assert 'value="2020-01-02"' in page
    assert 'value="03:04"' in page
    assert "extension=102&amp;direction=Inbound" in page


def test_no_match_says_so(console, make_call):
    make_call()

    page = text_of(console.get(PATH, {"direction": "Outbound"}))

    assert "No calls match these filters." in page


def test_the_way_back_leads_over_the_same_pages(console, make_call, now):
    for n in range(130):
        make_call(started_at=now - timedelta(minutes=n // 3))

    first = console.get(PATH)
    second = console.get(PATH, {"before": first.context["page"].earlier})
    third = console.get(PATH, {"before": second.context["page"].earlier})
    make_call(started_at=now + timedelta(minutes=1))
    back = console.get(PATH, {"after": third.context["page"].later})
    begun = console.get(PATH, {"after": back.context["page"].later})
    newest = console.get(PATH, {"after": begun.context["page"].later})

    seen = [first, second, third]
    assert len({e.pk for page in seen for e in page.context["calls"]}) == 130
    assert back.context["calls"] == second.context["calls"]
    assert "Newer" in text_of(back)
    assert "Older" in text_of(back)
    assert begun.context["calls"] == first.context["calls"]
    assert newest.context["calls"][1:] == first.context["calls"][:-1]
    assert "Newer" not in text_of(newest)


def test_new_calls_are_counted_and_do_not_move_the_page(console, make_call, now):
    make_call()
    since = console.get(PATH, {"direction": "Inbound"}).context["newest"]
    path = reverse("console:new-calls")
    asked = {"direction": "Inbound", "since": since}
    assert console.get(path, asked).status_code == 204

    make_call(started_at=now + timedelta(minutes=1))
    make_call(
        direction=Direction.OUTBOUND, started_at=now + timedelta(minutes=1)
    ).save()
    reply = console.get(path, asked)

    assert "Show 1 new call" in text_of(reply)
    assert console.get(path, {**asked, "shown": "1"}).status_code == 204
