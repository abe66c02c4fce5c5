import json
import uuid
from collections.abc import Iterator
from io import BytesIO
from unittest.mock import Mock

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.organizations.models import LoggingSubscription
from appconnect.request_body import WholeBody
from appconnect.ringcentral.notifications import parse_notification
from appconnect.sandbox.ringcentral import seed
from appconnect.worker import queue
from tests.support.helpers import ROOT

CAPTURED = ROOT / "tests/support/data/ringcentral/call-control-js"
TOKEN = "a secret verification token"


@pytest.fixture
def subscription(organization) -> LoggingSubscription:
    return LoggingSubscription.objects.create(
        organization=organization,
        event_filter="/restapi/v1.0/account/~/telephony/sessions",
        verification_token_hash=LoggingSubscription.hash_token(TOKEN),
        subscription_id="4a2eee85-880d-4690-9959-85d9fc70728b",
    )


@pytest.fixture
def deliver(client, subscription):
    """Give a function that delivers as RingCentral does."""

    def deliver(
        body: object = None,
        *,
        key=None,
        token: str = TOKEN,
        content_type: str = "application/json; charset=UTF-8",
        **headers: str,
    ):
        if body is None:
            body = notification()
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.generic(
            "POST",
            f"/webhooks/ringcentral/{key or subscription.pk}/",
            content,
            content_type=content_type,
            headers={"Verification-Token": token, **headers},
        )

    return deliver


def notification(**changes) -> dict:
    name = "telephonySessionOutboundDisconnectedMessage.json"
    captured = json.loads((CAPTURED / name).read_text())
    captured["subscriptionId"] = "4a2eee85-880d-4690-9959-85d9fc70728b"
    captured["body"]["eventTime"] = timezone.now().isoformat()
    captured["ownerId"] = seed.extension_id(seed.ADMIN_EXTENSION)
    return captured | changes


def test_a_delivery_is_stored_and_acknowledged(deliver, organization):
    reply = deliver()

    assert (reply.status_code, reply.content) == (200, b"")
    call = organization.calls.get()
    assert call.telephony_session_id == "s-bb843f9bc3bd4366a83f9e953f2c9c58"
    assert call.next_attempt_at is not None


def test_a_hundred_copies_are_one_call(deliver):
    for _ in range(100):
        assert deliver().status_code == 200

    assert CallSession.objects.count() == 1


@pytest.mark.parametrize(
    ("padding", "status", "calls"),
    [(0, "200 OK", 1), (1024**2, "411 Length Required", 0)],
)
def test_a_delivery_without_a_length_is_read_or_refused(
    subscription, rf, padding, status, calls
):
    path = f"/webhooks/ringcentral/{subscription.pk}/"
    headers = {"Verification-Token": TOKEN}
    request = rf.generic("POST", path, headers=headers, content_type="application/json")
    body = json.dumps(notification()) + " " * padding
    environ = request.environ | {"wsgi.input": BytesIO(body.encode())}
    environ.pop("CONTENT_LENGTH", None)
    statuses = []

    WholeBody(WSGIHandler())(environ, lambda status, _: statuses.append(status))

    assert statuses == [status]
    assert CallSession.objects.count() == calls


def test_a_replay_of_long_ago_begins_no_call(deliver):
    body = notification()
    body["body"]["eventTime"] = "2001-03-02T10:15:52.627Z"

    assert deliver(body).status_code == 200
    assert not CallSession.objects.exists()


def test_a_queue_that_takes_nothing_costs_no_call(deliver, organization, monkeypatch):
    monkeypatch.setattr(queue.engine, "enqueue", Mock(side_effect=OSError("full")))

    assert deliver().status_code == 200

    assert organization.calls.get().next_attempt_at is not None


def test_a_notification_with_the_handshakes_header_is_stored(deliver, organization):
    handshake = {"Validation-Token": "d3b07384-d9a0-4c9b-8b1f-aaaaaaaaaaaa"}

    assert deliver(**handshake).status_code == 200
    assert organization.calls.exists()


@pytest.mark.parametrize("status", ["CREATING", "ACTIVE"])
def test_the_handshake_is_answered_at_any_time(client, subscription, status):
    subscription.status = status
    subscription.save()

    reply = client.post(
        f"/webhooks/ringcentral/{subscription.pk}/",
        content_type="application/json",
        headers={"Validation-Token": "d3b07384-d9a0-4c9b-8b1f-aaaaaaaaaaaa"},
    )

    assert reply.status_code == 200
    expected = "d3b07384-d9a0-4c9b-8b1f-aaaaaaaaaaaa"
    assert reply.headers["Validation-Token"] == expected
    assert reply.headers["Content-Type"] == "application/json"


def test_the_first_delivery_may_be_faster_than_the_subscriptions_answer(
    deliver, subscription
):
    subscription.subscription_id = ""
    subscription.save()

    assert deliver().status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
def test_a_wrong_token_is_refused(deliver, token):
    assert deliver(token=token).status_code == 403
    assert not CallSession.objects.exists()


def test_unknown_address_is_not_found(deliver):
    assert deliver(key=uuid.uuid4()).status_code == 404


def test_another_subscriptions_notification_is_refused(deliver):
    assert deliver(notification(subscriptionId="other")).status_code == 403
    assert not CallSession.objects.exists()


def test_the_notification_of_another_accounts_person_is_refused(deliver):
    assert deliver(notification(ownerId="170848004")).status_code == 403
    assert not CallSession.objects.exists()


@pytest.mark.parametrize("owner", [seed.extension_id("102"), seed.ACCOUNT_ID, None])
def test_the_subscription_of_an_earlier_admin_works_until_it_is_replaced(
    deliver, owner
):
    assert deliver(notification(ownerId=owner)).status_code == 200
    assert CallSession.objects.exists()


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/jsonp"])
def test_another_content_type_is_taken(deliver, content_type):
    assert deliver(content_type=content_type).status_code == 200
    assert CallSession.objects.exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"not json", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "event"),
        (b'{"event": "/telephony/sessions", "body": 3}', "body"),
        (b" " * (50 * 1024 * 1024), "more than 262,144 bytes"),
    ],
)
def test_what_cannot_be_read_is_acknowledged_and_counted(
    deliver, subscription, body, reason
):
    assert deliver(body).status_code == 200
    assert deliver(body).status_code == 200

    subscription.refresh_from_db()
    assert (subscription.unreadable, subscription.unreadable_reason) == (2, reason)
    assert not CallSession.objects.exists()


def test_ten_thousand_parties_are_left_unread(deliver):
    body = notification()
    body["body"]["parties"] *= 10_000

    assert deliver(body).status_code == 200
    assert not CallSession.objects.exists()


def with_odd_values(value: object) -> Iterator[object]:
    """Yield copies of a JSON value, each with one of its values missing or odd."""
    yield from (
        None,
        0,
        -1,
        1e400,
        "",
        "odd\0\ud800",
        [],
        {},
        [[]],
        {"a": {}},
        "x" * 500,
    )
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {other: v for other, v in value.items() if other != name}
            yield from ({**value, name: odd} for odd in with_odd_values(inner))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from (
                [*value[:at], odd, *value[at + 1 :]] for odd in with_odd_values(inner)
            )


def test_no_notification_of_ours_is_refused_however_odd(deliver):
    """RingCentral ends a subscription whose notifications are refused."""
    body = notification()
    names = {name: body.pop(name) for name in ("subscriptionId", "ownerId")}
    odd = (o | names if isinstance(o, dict) else o for o in with_odd_values(body))
    # One body for each thing that is read out of them: the rest would be no news.
    kinds = {parse_notification(body): body for body in odd}

    for body in kinds.values():
        assert deliver(json.dumps(body).encode()).status_code == 200, body
    assert len(kinds) > 10


def test_only_post_is_answered(client, subscription):
    reply = client.get(f"/webhooks/ringcentral/{subscription.pk}/")

    assert reply.status_code == 405


@pytest.mark.parametrize("handshake", [{}, {"Validation-Token": "x" * 36, "token": ""}])
def test_the_answer_carries_no_header_it_does_not_need(deliver, handshake):
    """RingCentral takes 1,024 bytes, of which a web server may add its own."""
    reply = deliver(**handshake)

    assert reply.status_code == 200
    size = sum(len(f"{k}: {v}\r\n") for k, v in reply.headers.items())
    assert size + len(reply.content) < 500
