import uuid
from datetime import timedelta

import pytest

from appconnect.calls.models import CallSession, RetryBatch
from appconnect.calls.models.choices import AttentionReason, FailureReason, SkipReason
from appconnect.worker import queue
from tests.support.helpers import text_of

PATH = "/calls/try-again/"
Status = CallSession.Status


@pytest.fixture(autouse=True)
def _empty_queue():
    queue.engine.flush()
    yield
    queue.engine.flush()


@pytest.fixture
def held(make_call, now) -> list[CallSession]:
    """Three calls of an unmapped extension, one of unknown outcome, one failed, one skipped."""
    calls = [make_call(extension="108") for _ in range(6)]
    for call in calls[:3]:
        call.mark_needs_attention(AttentionReason.UNMAPPED_EXTENSION, now=now)
    calls[3].mark_needs_attention(AttentionReason.UNDECIDED, now=now)
    calls[4].mark_failed(FailureReason.GAVE_UP, now=now)
    calls[5].mark_skipped(SkipReason.NO_CONTACT, now=now)
    return calls


def waiting() -> set:
    return set(
        CallSession.objects.filter(status=Status.WAITING_TO_LOG).values_list(
            "pk", flat=True
        )
    )


def test_the_chosen_calls_are_tried_again(console, held):
    chosen = [str(held[0].pk), str(held[4].pk)]

    page = console.post(PATH, {"call": chosen}, follow=True)

    assert waiting() == {held[0].pk, held[4].pk}
    assert "Retrying 2 calls." in text_of(page)
    assert "ada is retrying 2 calls, 2 left. Show" in text_of(page)
    assert "ada retried 2 calls together." in held[0].timeline.last().text


def test_all_calls_of_a_state_are_retried_except_undecided_ones(console, held):
    console.post(PATH, {"all": "", "state": "needs-attention"})

    assert waiting() == {call.pk for call in held[:3]}


def test_pressed_twice_it_is_one_attempt(console, held):
    console.post(PATH, {"all": "", "state": "failed"})
    page = console.post(PATH, {"all": "", "state": "failed"}, follow=True)

    assert RetryBatch.objects.count() == 1
    assert "None of the selected calls can be retried." in text_of(page)


def test_a_worker_logs_them_and_the_progress_says_so(connected, console, held, sandbox):
    console.post(PATH, {"all": "", "state": "failed"})
    connected.user_mappings.filter(extension__extension_number="108").update(
        crm_user=connected.crm_users.get(crm_user_id="u8")
    )

    while task := queue.engine.dequeue():
        if task.name in ("send_due", "process_call"):
            queue.engine.execute(task)

    assert len(sandbox.call_logs()) == 1
    assert "on their way" not in text_of(console.get("/calls/"))


def test_calls_not_yet_claimed_can_be_canceled(console, held, now):
    console.post(PATH, {"all": "", "state": "needs-attention"})
    assert (
        CallSession.objects.claim(held[0].pk, held[0].organization.created_at) is None
    )
    begun = CallSession.objects.get(pk=held[0].pk)
    CallSession.objects.claim(begun.pk, begun.next_attempt_at)
    retry_batch = RetryBatch.objects.get()

    page = console.post(f"{PATH}{retry_batch.pk}/cancel/", follow=True)

    assert "Retry canceled: 2 calls are held." in text_of(page)
    assert waiting() == {begun.pk}
    held[1].refresh_from_db()
    assert held[1].reason == AttentionReason.RETRY_CANCELED
    assert "ada canceled the retry." in held[1].timeline.last().text


def test_a_second_cancel_says_that_there_is_nothing_to_cancel(console, held):
    console.post(PATH, {"all": "", "state": "failed"})
    path = f"{PATH}{RetryBatch.objects.get().pk}/cancel/"
    console.post(path)

    page = console.post(path, follow=True)

    assert "Nothing to cancel: all of its calls have started." in text_of(page)


def test_the_calls_of_this_retry_are_shown(console, organization, held, now):
    RetryBatch.objects.create(
        organization=organization, started_at=now + timedelta(days=9), started_by="ada"
    )

    page = console.post(PATH, {"call": str(held[0].pk)})

    held[0].refresh_from_db()
    assert page.url == f"/calls/?retry_batch={held[0].retry_batch_id}"


@pytest.mark.parametrize(
    "body",
    [{}, {"call": "nonsense"}, {"call": str(uuid.uuid4())}, {"all": "", "state": "x"}],
)
def test_unknown_call_ids_change_nothing(console, held, body):
    page = console.post(PATH, body, follow=True)

    assert "None of the selected calls can be retried." in text_of(page)
    assert waiting() == set()


def test_a_strangers_calls_are_not_there(client, stranger, member, console, held):
    console.post(PATH, {"all": "", "state": "failed"})
    client.force_login(stranger.user)

    client.post(PATH, {"call": [str(held[0].pk)]})
    answer = client.post(f"{PATH}{RetryBatch.objects.get().pk}/cancel/")

    assert answer.status_code == 404
    assert waiting() == {held[4].pk}


def test_confirmation_shows_number_of_calls_and_consequences(console, held):
    page = text_of(console.get(PATH, {"all": "1", "state": "needs-attention"}))

    assert "Retry 3 calls?" in page
    assert "we look for it in Sandbox CRM first" in page
    assert "Retry 3 calls" in page
    assert waiting() == set()


def test_confirmation_posts_the_same_calls_it_shows(console, held):
    page = console.get(PATH, {"call": [str(held[0].pk), "nonsense"]}).content.decode()

    assert f'name="call" value="{held[0].pk}"' in page
    assert page.count('name="call"') == 1
    assert 'name="all"' not in page


def test_all_that_match_the_filters_are_tried(console, held):
    body = {"all": "1", "reason": "GAVE_UP"}

    page = console.post(PATH, body, follow=True)

    assert waiting() == {held[4].pk}
    assert page.context["calls"] == [CallSession.objects.get(pk=held[4].pk)]
    assert "Retried by ada" in text_of(page)


def test_confirmation_excludes_calls_that_cannot_be_retried(console, held):
    page = text_of(console.get(PATH, {"call": str(held[5].pk)}))

    assert "None of the selected calls can be retried." in page


def test_a_viewer_is_not_offered_it(console, member, held):
    member.role = "VIEWER"
    member.save()

    assert "Retry selected" not in text_of(console.get("/calls/?state=failed"))
    assert console.get(PATH).status_code == 403


def test_trying_again_and_cancelling_are_in_the_audit_log(console, organization, held):
    console.post(PATH, {"all": "", "state": "needs-attention"})
    console.post(f"{PATH}{RetryBatch.objects.get().pk}/cancel/")

    entries = organization.audit_entries.values_list("action", "actor", "subject")
    assert set(entries) == {
        ("CALLS_TRIED_AGAIN", "ada", "3 calls"),
        ("CALLS_HELD_AGAIN", "ada", "3 calls"),
    }
