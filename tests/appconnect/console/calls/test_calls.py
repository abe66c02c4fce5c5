import re
from datetime import timedelta

import pytest
from django.urls import reverse

from appconnect.calls.models import CallSession, CrmRecord, Step
from appconnect.calls.models.choices import (
    AttentionReason,
    Message,
    Sentence,
    SkipReason,
    StepName,
)
from connector.types import Direction
from tests.support.helpers import text_of

PATH = "/calls/"
Status = CallSession.Status


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
    )
    message = Message(Sentence.CONFIRMED, {"record": "r77"})
    call.mark_logged(steps=[Step(StepName.LOGGED, message)], now=now)
    return call


def test_each_call_shows_its_outcome(console, logged):
    shown = text_of(console.get(reverse("console:calls")))

    assert re.search(
        r"Unknown number , Outbound ••• 0101 .* BB Ben Baker Ext. 102 Logged r77",
        shown,
    )
    assert "4155550101" not in shown


def test_the_record_can_be_opened(console, logged):
    page = console.get(PATH).content.decode()

    assert 'href="http://crm.example.com/crm/call-logs/r77/"' in page


def test_reason_stands_below_the_outcome(console, make_call, now):
    make_call().mark_skipped(SkipReason.NO_CONTACT, now=now)

    shown = text_of(console.get(PATH))

    assert "Skipped No matching contact" in shown


@pytest.mark.parametrize(
    ("state", "count"),
    [
        ("", 4),
        ("in-progress", 1),
        ("logged", 1),
        ("skipped", 1),
        ("needs-attention", 1),
        ("failed", 0),
        ("nonsense", 0),
    ],
)
def test_calls_are_filtered_by_state(console, logged, make_call, now, state, count):
    make_call()
    make_call().mark_skipped(SkipReason.NO_CONTACT, now=now)
    make_call().mark_needs_attention(AttentionReason.NO_CREDENTIALS, now=now)

    assert len(console.get(PATH, {"state": state}).context["calls"]) == count


def test_earlier_calls_are_a_page_that_new_calls_do_not_shift(console, make_call, now):
    for n in range(60):
        make_call(started_at=now - timedelta(minutes=n))
    first = console.get(PATH)
    make_call(started_at=now + timedelta(minutes=1))

    second = console.get(PATH, {"before": first.context["page"].earlier})

    seen = [*first.context["calls"], *second.context["calls"]]
    assert len({call.pk for call in seen}) == 60
    assert second.context["page"].earlier == ""


@pytest.mark.parametrize("before", ["x", "1_2", "nan_x", "1e999_x", "_"])
def test_a_broken_cursor_shows_the_newest(console, make_call, before):
    make_call()

    assert len(console.get(PATH, {"before": before}).context["calls"]) == 1


def test_the_number_of_queries_does_not_grow_with_the_page(
    console, make_call, django_assert_num_queries
):
    make_call()
    with django_assert_num_queries(20):
        console.get(PATH)
    for _ in range(30):
        make_call()

    with django_assert_num_queries(20):
        console.get(PATH)


def test_empty_page_has_reason_and_advice(console, organization):
    assert "No calls yet." in text_of(console.get(PATH))
    assert "No calls match these filters." in text_of(
        console.get(PATH, {"state": "failed"})
    )


def test_help_of_the_filters_and_the_export_is_shown(console):
    page = console.get(PATH)

    described = set(re.findall(r'aria-describedby="([^"]+)"', page.content.decode()))
    ids = set(re.findall(r' id="([^"]+)"', page.content.decode()))
    assert "id_id_helptext" in described
    assert described <= ids
    shown = text_of(page)
    assert "A session ID, call ID or record ID." in shown
    assert "up to 100,000 of the newest matching calls. Numbers show" in shown
